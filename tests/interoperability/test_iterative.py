"""Iterative resolution over real servers: NSD for the root and the top-level domain, NSD and BIND for the zones below,
each on a loopback address of its own, all on one port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from resolver import Iterative, Policy, Resolver
from resolver.testing import World
from resolver.testing.world import NOW
from tests.interoperability.authorities import Authority, authorities, bind_configuration
from tests.interoperability.servers import nsd_configuration

Programs = Callable[..., dict[str, str]]

ROOT, TLD, LEAF = "127.53.77.1", "127.53.77.2", "127.53.77.3"
OTHER = "127.0.0.1"  # BIND listens only where an interface says so, and lo says no more than this
BIG = [f"3 1 1 {number:064x}" for number in range(60)]  # over 2 kB: more than any UDP answer may have here


class Laboratory(NamedTuple):
    """A tree that is served."""

    world: World
    hints: dict[str, str]

    def resolver(self, *, minimise: bool = False) -> Resolver:
        return Resolver(
            Iterative(root_hints=self.hints, minimise=minimise),
            anchors=self.world.anchors,
            clock=NOW.timestamp,
            policy=Policy(),
        )


def build() -> World:
    """The tree: a signed root, `test.`, and below it signed zones, one unsigned and one whose second server lies."""
    world = World("iterative laboratory")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT}")
    world.zone("test", nameserver="ns.test.", denial="nsec3").add(
        f"ns A {TLD}",
        "two NS ns2.two.test.",
        f"ns2.two A {OTHER}",
    )
    world.zone("example.test", nameserver="ns").add(
        f"ns A {LEAF}",
        "www A 192.0.2.1",
        "_443._tcp.www TLSA 3 1 1 " + 32 * "ab",
        "far CNAME www.glueless.test.",
        *(f"_25._tcp.big TLSA {rdata}" for rdata in BIG),
    )
    world.zone("unsigned.test", nameserver="ns", signed=False).add(f"ns A {LEAF}", "www A 192.0.2.2")
    world.zone("glueless.test", nameserver="ns.example.test.").add("www A 192.0.2.3")
    world.zone("two.test", nameserver="ns1").add(
        f"ns1 A {LEAF}", "@ NS ns1", "@ NS ns2", f"ns2 A {OTHER}", "www A 192.0.2.4"
    )
    return world


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Laboratory]:
    """NSD on three addresses and BIND on the fourth, which serves `two.test.` with an altered record."""
    programs = require_servers("nsd", "named")
    folder = tmp_path_factory.mktemp("iterative")
    world = build()
    written = dict(world.write(folder))
    liar = folder / "liar.zone"
    liar.write_text(written["two.test."].read_text().replace("192.0.2.4", "192.0.2.66"))
    below = [str(zone.name) for zone in world.zones if len(zone.name.labels) == 2]
    shares = {ROOT: ["."], TLD: ["test."], LEAF: below}

    def nsd(host: str, origins: list[str]) -> Authority:
        zones = [(origin, str(written[origin])) for origin in origins]
        return Authority(
            host,
            programs["nsd"],
            ("-d", "-c"),
            origins[0],
            lambda place, port: nsd_configuration(place, zones, port, host),
        )

    bind = Authority(
        OTHER,
        programs["named"],
        ("-g", "-c"),
        "two.test.",
        lambda place, port: bind_configuration(place, [("two.test.", str(liar))], port, OTHER),
    )
    with authorities(folder, [*(nsd(*share) for share in shares.items()), bind]) as port:
        yield Laboratory(world, {"ns.root.": f"{ROOT}:{port}"})


@pytest.mark.parametrize("minimise", [False, True])
def test_a_tree_is_walked_from_its_root(laboratory: Laboratory, minimise: bool) -> None:
    with laboratory.resolver(minimise=minimise) as resolver:
        assert resolver.tlsa("www.example.test", 443).status == "secure"
        assert resolver.tlsa("nothing.example.test", 443).status == "absent"
        assert resolver.lookup("www.unsigned.test", "A").status == "insecure"
        assert resolver.lookup("far.example.test", "A").status == "secure"
        assert resolver.lookup("nothing.test", "A").status == "absent"
        assert resolver.lookup("example.test", "DS").status == "secure"


def test_a_reply_too_long_for_a_packet_comes_over_tcp(laboratory: Laboratory) -> None:
    with laboratory.resolver() as resolver:
        outcome = resolver.tlsa("big.example.test", 25)
    assert outcome.status == "secure"
    assert len(outcome.require().records) == len(BIG)


def test_one_server_of_two_that_lies_costs_another_try_and_no_verdict(laboratory: Laboratory) -> None:
    for _ in range(4):  # which of the two is asked first is a matter of chance
        with laboratory.resolver() as resolver:
            assert resolver.lookup("www.two.test", "A").require().to_text() == ["192.0.2.4"]
