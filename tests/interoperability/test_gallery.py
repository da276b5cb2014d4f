"""The gallery of damaged worlds once more, served by NSD behind unbound: the same verdict, and the same headline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from resolver.cli.trace import main
from resolver.testing import World
from resolver.testing.registry import find_damage
from resolver.testing.world import NOW
from tests.interoperability.conftest import Programs
from tests.interoperability.servers import HOST, serving, unbound_configuration
from tests.trace import gallery

AT = "2026-06-01T12:00:00Z"
IN_A_FILE = ("key", "keyset", "delegation", "chain", "order", "signed")  # damages that a zone file can hold
# What no server takes: NSD 4.6.1 dies of an unknown NSEC3 hash and refuses malformed records; compact denial has no file.
LEFT_OUT = {
    "malformed-signature",
    "malformed-signature-keys",
    "malformed-key",
    "ds-malformed",
    "good-compact",
    "hostile-names",
    "denial-unknown-hash",
} | {
    "denial-from-a-cut",  # NSD sends no NSEC3 of a zone whose apex has none with an SOA bit
    "alias-loop",  # unbound says SERVFAIL
    "keys-collide",  # which of the 31 keys come first decides (R21), and servers have an order of their own
    "denial-next-outside",  # unbound leaves such an NSEC out
}


def zone_of(name: str) -> str:
    """The zone of a case."""
    return f"case-{name}.test"


def cases() -> dict[str, gallery.Case]:
    """The worlds that a zone file can hold, each as a zone of its own."""
    found = {}
    for name, case in gallery.CASES.items():
        damage = getattr(case.build, "damage", None)
        held = case.build is gallery.honest or (damage is not None and find_damage(damage).stage in IN_A_FILE)
        if held and not case.parent and case.policy is None and not case.later and name not in LEFT_OUT:
            found[name] = case
    return found


CASES = cases()


class Place:
    """Where the servers are, and with what to judge."""

    def __init__(self, folder: Path, nsd: int, iterator: int, validator: int) -> None:
        self.anchors = folder / "anchors.ds"
        self.nsd, self.iterator, self.validator = nsd, iterator, validator
        self.folder = folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Place]:
    """All worlds as one tree of zones under test., behind an unbound that does not validate and one that does."""
    folder = tmp_path_factory.mktemp("gallery")
    programs = require_servers("nsd", "unbound")
    world = World()
    world.zone("target.test").add("www A 192.0.2.2")
    for name, case in CASES.items():
        zone = world.zone(zone_of(name), **case.options)
        gallery.fill(zone)
        case.build(world, zone)
    written = world.write(folder)
    origins = [origin for origin, _ in written]
    at = NOW.strftime("%Y%m%d%H%M%S")
    with ExitStack() as running:
        nsd = running.enter_context(
            serving(folder / "nsd", programs["nsd"], ["-d", "-c"], lambda port: world.nsd_conf(folder, port=port))
        )
        ports = []
        for kind, anchors in (("iterator", None), ("validator", folder / "anchors.ds")):
            configured = serving(
                folder / kind,
                programs["unbound"],
                ["-d", "-p", "-c"],
                lambda port, kind=kind, anchors=anchors: unbound_configuration(
                    folder / kind, port, nsd, origins, anchors=anchors, at=at
                ),
            )
            ports.append(running.enter_context(configured))
        yield Place(folder, nsd, *ports)


def test_most_of_the_gallery_can_be_served():
    assert len([case for case in CASES.values() if case.code is not None]) >= 35


@pytest.mark.parametrize("path", ["iterator", "validator"])
def test_the_headline_is_the_same_behind_real_servers(place: Place, path: str, capsys: pytest.CaptureFixture[str]):
    wanted, got = {}, {}
    for name, case in CASES.items():
        asked, rdtype = case.question
        words = [asked.replace(gallery.NAME, zone_of(name)), rdtype, "--server", f"{HOST}:{getattr(place, path)}"]
        main([*words, "--anchor", str(place.anchors), "--at", AT, "--json"])
        found = json.loads(capsys.readouterr().out)
        got[name] = (found["verdict"], found["cause"] and found["cause"]["code"])
        wanted[name] = (case.verdict, case.code)
    assert got == wanted


def test_several_servers_are_shown_side_by_side(place: Place, capsys: pytest.CaptureFixture[str]):
    both = f"{HOST}:{place.iterator},{HOST}:{place.validator}"
    common = ["--all-servers", both, "--anchor", str(place.anchors), "--at", AT]
    assert main(["www.case-expired.test", "A", *common]) == 31
    out = capsys.readouterr().out
    assert out.startswith(
        "✔ SAME through each of the servers:\n  ✖ BOGUS www.case-expired.test. A: the signature expired"
    )
    lines = out.splitlines()[2:]
    assert "it says itself: NOERROR (disagrees)" in lines[0]
    assert "it says itself: SERVFAIL, EDE " in lines[1]
    assert "(agrees)" in lines[1]
    assert main(["www.case-good.test", "A", *common, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["verdict"], each["ad"], each["agrees"]) for each in found["servers"]] == [
        ("secure", False, False),
        ("secure", True, True),
    ]


def test_the_odd_one_out_is_the_headline(place: Place, capsys: pytest.CaptureFixture[str], require_servers: Programs):
    world = World()
    world.zone("case-good.test").add("www A 192.0.2.1").damage("signature-bad", "www A")
    folder = place.folder / "odd"
    world.write(folder)
    with serving(
        folder / "nsd", require_servers("nsd")["nsd"], ["-d", "-c"], lambda port: world.nsd_conf(folder, port=port)
    ) as odd:
        servers = f"{HOST}:{place.iterator},{HOST}:{odd},{HOST}:{place.validator}"
        words = ["www.case-good.test", "A", "--all-servers", servers, "--anchor", str(place.anchors), "--at", AT]
        assert main(words) == 30
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"✖ DIFFERENT {HOST}:{odd} gives other data than the others:"
    assert second.startswith("  ✖ BOGUS www.case-good.test. A: no signature by key")


def test_a_new_zone_is_judged_under_the_live_parent(place: Place, capsys: pytest.CaptureFixture[str]):
    other = World(1)
    zone = other.zone("case-good.test")
    gallery.fill(zone)
    folder = place.folder / "other"
    other.write(folder)
    words = ["--server", f"{HOST}:{place.iterator}", "--anchor", str(place.anchors), "--at", AT]
    assert main(["--overlay", str(folder / "case-good.test.zone"), *words]) == 30
    out = capsys.readouterr().out
    assert out.startswith("after publishing, validators will say (worse: from secure to bogus")
    assert "publish in test.:\ncase-good.test. 3600 IN DS " in out
    assert main(["--overlay", str(place.folder / "case-good.test.zone"), *words]) == 0
    assert "(no change: still secure)" in capsys.readouterr().out


def test_a_recording_replays_to_the_same_octets_in_every_form(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    kept = str(tmp_path / "kept")
    anchors = ["--anchor", str(place.anchors)]
    for name in ("good", "expired", "ds-mismatch", "good-nxdomain-nsec3", "no-ds"):
        asked, rdtype = CASES[name].question
        question = [asked.replace(gallery.NAME, zone_of(name)), *([rdtype] if name != "good" else [])]
        for form in ([], ["-v"], ["-vv"], ["--json"], ["--forecast"], ["--clock", "+30d"], ["--sarif"]):
            words = [*question, *form, "--server", f"{HOST}:{place.iterator}", *anchors, "--at", AT, "--record", kept]
            recorded = (main(words), capsys.readouterr().out)
            assert (main([*question, *form, "--replay", kept, *anchors]), capsys.readouterr().out) == recorded
