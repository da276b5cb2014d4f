"""`python -m tests.interoperability.comparison`: the gallery, asked by dnssec-trace, delv, drill and unbound-host.

It writes docs/comparison.md. The worlds are signed for the present, because the other tools have no clock to set. NSD serves
them behind an unbound that does not validate. What is not installed is left out.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from resolver.testing import World
from tests.interoperability.servers import HOST, serving, unbound_configuration
from tests.interoperability.test_gallery import CASES, zone_of
from tests.trace import gallery

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"
SECONDS = 30.0  # that a tool may take
POLICY = "by policy"  # each tool has its own, and none is wrong
SHOWN = 90  # characters of what a tool says


class Said(NamedTuple):
    """What a tool said of one world: its verdict in our words, why in its own, exit code, lines, milliseconds."""

    verdict: str
    why: str
    code: int
    lines: int
    milliseconds: float


class Place(NamedTuple):
    """Where to ask, and with which anchors in which form."""

    port: int
    anchors: Path
    bind: Path
    unbound: Path


def run(words: list[str]) -> tuple[str, int, float]:
    """Output, exit code and milliseconds of processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, timeout=SECONDS, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000
    return (done.stdout + done.stderr).decode("utf-8", "replace"), done.returncode, took


def wanted_of(name: str) -> str:
    """The right verdict of a world."""
    case = CASES[name]
    return POLICY if case.code in ("ITERATIONS", "NSEC3_ITERATIONS", "SHA1_POLICY") else case.verdict


def ours(place: Place, name: str, rdtype: str) -> Said:
    words = ["--server", f"{HOST}:{place.port}", "--anchor", str(place.anchors)]
    text, code, took = run([sys.executable, "-m", "resolver.cli.trace", name, rdtype, *words])
    first = text.split("\n", 1)[0]
    word = first.split(" ")[1].lower() if " " in first else "?"
    why = re.split(rf"{rdtype}: ", first, maxsplit=1)[-1]
    return Said("no verdict" if word == "no" else word, why, code, text.count("\n"), took)


def delv(place: Place, name: str, rdtype: str) -> Said:
    words = [f"@{HOST}", "-p", str(place.port), "-a", str(place.bind), "+root=.", "+cd", "+vtrace", name, rdtype]
    text, code, took = run(["delv", *words])
    verdict = "?"
    for pattern, word in (
        ("negative response, fully validated", "absent"),
        ("; fully validated", "secure"),
        ("negative response, unsigned answer", "insecure"),
        ("; unsigned answer", "insecure"),
        ("resolution failed|broken trust chain|validating .*: (no valid|verify failed)", "bogus"),
    ):
        if re.search(pattern, text):
            verdict = word
            break
    return Said(
        verdict, _first(text, "resolution failed|verify failed|no valid|broken trust"), code, text.count("\n"), took
    )


def drill(place: Place, name: str, rdtype: str) -> Said:
    text, code, took = run(["drill", "-S", "-k", str(place.anchors), "-p", str(place.port), f"@{HOST}", name, rdtype])
    verdict = "secure" if "Chase successful" in text else "bogus" if re.search(r"[Ee]rror|failed|Bogus", text) else "?"
    return Said(verdict, _first(text, "[Ee]rror|failed"), code, text.count("\n"), took)


def unbound_host(place: Place, name: str, rdtype: str) -> Said:
    text, code, took = run(["unbound-host", "-v", "-C", str(place.unbound), "-t", rdtype, name])
    found = re.search(r"\((secure|insecure|BOGUS|error)", text)
    verdict = found.group(1).lower() if found else "?"
    return Said(verdict, _first(text, "validation failure|BOGUS"), code, text.count("\n"), took)


def _first(text: str, pattern: str) -> str:
    """The first line that says why."""
    return next((line.strip(" ;") for line in text.split("\n") if re.search(pattern, line)), "")


TOOLS: dict[str, Callable[[Place, str, str], Said]] = {
    "dnssec-trace": ours,
    "delv": delv,
    "drill": drill,
    "unbound-host": unbound_host,
}


def is_right(verdict: str, wanted: str) -> bool:
    """Whether a tool's word means the right verdict; that there is no such name is `secure` to unbound-host and drill."""
    if wanted == POLICY:
        return True
    return verdict == wanted or (wanted == "absent" and verdict == "secure")


def ask_all(folder: Path) -> dict[str, dict[str, Said]]:
    """What each tool says of each world."""
    world = World(now=int(time.time()))
    world.zone("target.test").add("www A 192.0.2.2")
    for name, case in CASES.items():
        zone = world.zone(zone_of(name), **case.options)
        gallery.fill(zone)
        case.build(world, zone)
    origins = [origin for origin, _ in world.write(folder)]
    place = Place(0, folder / "anchors.ds", folder / "anchors.bind", folder / "host.conf")
    _, _, _, tag, algorithm, kind, digest = world.anchor_text.split()
    place.bind.write_text(f'trust-anchors {{ "." static-ds {tag} {algorithm} {kind} "{digest}"; }};\n')
    found: dict[str, dict[str, Said]] = {}
    tools = {name: tool for name, tool in TOOLS.items() if name == "dnssec-trace" or shutil.which(name)}
    with ExitStack() as running:
        nsd = running.enter_context(
            serving(folder / "nsd", "nsd", ["-d", "-c"], lambda port: world.nsd_conf(folder, port=port))
        )
        port = running.enter_context(
            serving(
                folder / "iterator",
                "unbound",
                ["-d", "-p", "-c"],
                lambda port: unbound_configuration(
                    folder / "iterator", port, nsd, origins, anchors=None, at="20260101000000"
                ),
            )
        )
        place = place._replace(port=port)
        place.unbound.write_text(
            f'server:\n  do-not-query-localhost: no\n  local-zone: "test." nodefault\n  trust-anchor-file: "{place.anchors}"\n'
            f'  chroot: ""\n  username: ""\nforward-zone:\n  name: "."\n  forward-addr: {HOST}@{port}\n'
        )
        for name, case in CASES.items():
            if case.verdict == "indeterminate":  # no other tool has this verdict
                continue
            asked, rdtype = case.question
            asked = asked.replace(gallery.NAME, zone_of(name))
            found[name] = {each: tool(place, asked, rdtype) for each, tool in tools.items()}
    return found


def page(found: dict[str, dict[str, Said]]) -> str:
    """The page."""
    tools = list(next(iter(found.values())))
    lines = [
        "# Side by side",
        "",
        "The gallery of worlds (`tests/trace/gallery.py`), served by NSD behind an unbound that does not validate.",
    ]
    lines += [
        "Written by `python -m tests.interoperability.comparison`; the times are of whole processes.",
        "",
    ]
    lines += ["| | " + " | ".join(tools) + " |", "|---|" + "---|" * len(tools)]

    def row(title: str, value: Callable[[str], object]) -> str:
        return f"| {title} | " + " | ".join(str(value(tool)) for tool in tools) + " |"

    broken = [name for name in found if wanted_of(name) == "bogus"]
    lines.append(
        row(
            "right verdict",
            lambda tool: (
                f"{sum(is_right(found[name][tool].verdict, wanted_of(name)) for name in found)} of {len(found)}"
            ),
        )
    )
    lines.append(
        row(
            "exit code other than 0 where bogus",
            lambda tool: f"{sum(found[name][tool].code != 0 for name in broken)} of {len(broken)}",
        )
    )
    lines.append(
        row("lines of output where bogus, median", lambda tool: _median([found[name][tool].lines for name in broken]))
    )
    lines.append(
        row(
            "milliseconds of processor time, median",
            lambda tool: round(_median([found[name][tool].milliseconds for name in found])),
        )
    )
    lines += ["", "A cell is the tool's verdict, its exit code, and the first line that says why.", ""]
    lines += ["| world | right | " + " | ".join(tools) + " |", "|---|---|" + "---|" * len(tools)]
    for name, said in found.items():
        case = CASES[name]
        cells = [_cell(said[tool], wanted_of(name)) for tool in tools]
        lines.append(f"| {name} | {wanted_of(name)} {case.code or ''} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _cell(said: Said, wanted: str) -> str:
    why = said.why if len(said.why) <= SHOWN else said.why[: SHOWN - 1] + "…"
    why = why.replace("|", "\\|").replace("<", "&lt;")
    mark = "" if is_right(said.verdict, wanted) else "**wrong** "
    return f"{mark}{said.verdict}, {said.code}" + (f": {why}" if why and wanted not in ("secure", "absent") else "")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        PAGE.write_text(page(ask_all(Path(temporary))), encoding="utf-8")
