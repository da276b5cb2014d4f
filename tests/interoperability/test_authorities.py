"""`dnssec-trace --iterate` over real servers: NSD at loopback addresses, of which one serves an old copy of a zone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver.cli.trace import main
from resolver.testing import World
from resolver.testing.world import NOW
from tests.interoperability.authorities import Authority, authorities
from tests.interoperability.servers import nsd_configuration
from tests.trace.schema import faults

Programs = Callable[..., dict[str, str]]

ROOT, TLD = "127.53.78.1", "127.53.78.2"
GOOD = ("127.53.78.3", "127.53.78.4", "127.53.78.5")
OLD, LAME, NOBODY = "127.53.78.6", "127.53.78.7", "127.53.78.8"
LEAF = (*GOOD, OLD, LAME, NOBODY)


def build(damage: str | None = None) -> World:
    """The tree; every world of it has the same keys."""
    world = World("authorities laboratory")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT}")
    tld = world.zone("test", nameserver="ns.test.").add(f"ns A {TLD}")
    leaf = world.zone("example.test", nameserver="ns1").add("www A 192.0.2.1", "*.wild TXT wild")
    for number, address in enumerate(LEAF, 1):
        leaf.add(f"ns{number} A {address}")
        tld.add(f"ns{number}.example A {address}")
        if number > 1:
            leaf.add(f"@ NS ns{number}")
            tld.add(f"example NS ns{number}.example.test.")
    if damage is not None:
        leaf.damage(damage, "www A")
    return world


class Place(NamedTuple):
    """What the command is given."""

    hints: str
    anchors: str

    def words(self, name: str, *more: str) -> list[str]:
        at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        return [name, *more, "--iterate", "--root-hints", self.hints, "--anchor", self.anchors, "--at", at]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Place]:
    program = require_servers("nsd")["nsd"]
    folder = tmp_path_factory.mktemp("authorities")
    old = folder / "old"
    old.mkdir()
    world = build()
    written, stale = dict(world.write(folder)), dict(build("signature-expired").write(old))

    def nsd(host: str, origin: str, path: object) -> Authority:
        return Authority(
            host,
            program,
            ("-d", "-c"),
            origin,
            lambda folder, port: nsd_configuration(folder, [(origin, str(path))], port, host),
        )

    servers = [
        nsd(ROOT, ".", written["."]),
        nsd(TLD, "test.", written["test."]),
        *(nsd(host, "example.test.", written["example.test."]) for host in GOOD),
        nsd(OLD, "example.test.", stale["example.test."]),
        nsd(LAME, "test.", written["test."]),
    ]
    with authorities(folder, servers) as port:
        hints = folder / "hints"
        hints.write_text(f". 3600 NS ns.root.\nns.root. 3600 A {ROOT}:{port}\n")
        yield Place(str(hints), str(folder / "anchors.ds"))


def test_the_odd_server_is_the_headline_and_the_exit_code(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(place.words("www.example.test", "A")) == 31
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"✖ DIFFERENT ns4.example.test. ({OLD}): the signature expired")
    assert first.endswith("the other 3 of example.test. are good")
    assert second.startswith("✔ SECURE www.example.test. A: 192.0.2.1")
    rows = [line.split(" ", 6)[-1] for line in rest[-6:]]
    assert rows == [
        "✔ secure · signed 2026-05-25 … 2026-06-22",
        "✔ secure · signed 2026-05-25 … 2026-06-22",
        "✔ secure · signed 2026-05-25 … 2026-06-22",
        "✖ bogus (odd) EXPIRATION_IN_PAST · signed 2026-05-24 … 2026-05-31T12:00Z (expired 1d 0h ago)",
        "◌ no verdict a referral upwards: it does not serve the zone",
        "◌ no verdict connection refused",
    ]
    assert main(place.words("www.example.test", "A", "-q")) == 31
    assert capsys.readouterr().out == first + "\n"
    assert main(place.words("www.example.test", "A", "--expect", "secure")) == 1


def test_the_matrix_in_json(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(place.words("www.example.test", "--json")) == 31
    found = json.loads(capsys.readouterr().out)
    assert faults(found) == []
    assert found["verdict"] == "secure"
    assert "authorities" not in found["also"]
    assert [(zone["zone"], len(zone["servers"])) for zone in found["authorities"]["zones"]] == [
        (".", 1),
        ("test.", 1),
        ("example.test.", 6),
    ]
    good, _, _, odd, lame, nobody = found["authorities"]["zones"][2]["servers"]
    assert good == {
        "server": "ns1.example.test.",
        "address": GOOD[0],
        "verdict": "secure",
        "code": None,
        "at": None,
        "says": "",
        "serial": 1,
        "inception": "2026-05-25T12:00:00Z",
        "expiration": "2026-06-22T12:00:00Z",
        "odd": False,
    }
    assert (odd["verdict"], odd["code"], odd["odd"]) == ("bogus", "EXPIRATION_IN_PAST", True)
    assert odd["expiration"] == "2026-05-31T12:00:00Z"
    assert [(row["verdict"], row["serial"], row["odd"]) for row in (lame, nobody)] == 2 * [
        ("indeterminate", None, False)
    ]


def test_where_all_that_answer_agree_the_verdict_is_the_headline(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(place.words("nothing.example.test", "TXT")) == 0
    out = capsys.readouterr().out
    assert out.startswith("✔ ABSENT nothing.example.test. TXT: NXDOMAIN")
    assert "servers of example.test.: 4 absent · 2 no verdict" in out.replace(", ", " · ")
    assert main(place.words("www.example.test", "A", "--nagios")) == 0
    assert "servers of" not in capsys.readouterr().out


def test_root_hints_that_cannot_be_read_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["www.test", "--iterate", "--root-hints", str(tmp_path / "none")]) == 2
    assert main(["www.test", "--root-hints", str(tmp_path / "none")]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 2)
