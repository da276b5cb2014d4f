"""Every server of the zones on the way, over a network in memory whose clock jumps."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.probe.authorities import OUT_OF_TIME, Authorities, Row, Survey
from resolver.testing import World
from resolver.trace import authorities as shown
from resolver.validator.policy import Policy
from tests.sources.iterative.network import Network
from tests.sources.iterative.trees import LEAF_SERVERS, engine, run, serving, tree


def survey(world: World, network: Network, question: str, *, seconds: float = 30.0) -> tuple[Authorities, ...]:
    upstream = network.upstream(clock=world.clock)

    async def main() -> tuple[Authorities, ...]:
        outcome = await engine(world, upstream).lookup(Question.of(*question.split()))
        setting = {"anchors": world.anchors, "policy": Policy(), "clock": world.clock}
        return await Survey(upstream, [outcome], **setting).run(seconds)  # type: ignore[arg-type]

    return run(main)


def table(zones: tuple[Authorities, ...], width: int = 0) -> list[str]:
    return shown.table(zones, verbose=0, color=False, ascii_only=False, width=width).splitlines()


def test_each_address_has_a_verdict_of_its_own() -> None:
    world = tree()
    network = serving(world).twist(LEAF_SERVERS[1], None)
    zones = survey(world, network, "www.example.test A")
    assert [str(zone.zone) for zone in zones] == [".", "test.", "example.test."]
    first, second = zones[-1].rows
    assert first.outcome is not None
    assert (first.address, first.outcome.status, first.serial) == (LEAF_SERVERS[0], "secure", 1)
    assert (second.address, second.outcome, second.serial) == (LEAF_SERVERS[1], None, None)
    assert second.reason.startswith("no reply within")
    assert shown.headline(zones) is None


def test_what_a_survey_has_no_time_for_says_so() -> None:
    world = tree()
    zones = survey(world, serving(world), "www.example.test A", seconds=0.0)
    assert {row.reason for zone in zones for row in zone.rows} == {OUT_OF_TIME}


def test_a_server_that_breaks_the_chain_is_odd_wherever_it_stands() -> None:
    world = tree()
    bad = serving(tree_with("signature-bad", "www A"))
    network = serving(world).twist(LEAF_SERVERS[1], lambda send, _: bad.honest(send))
    zones = survey(world, network, "alias.example.test A")
    (odd,) = shown.odd_ones(zones)
    assert (odd.zone, [row.address for row in odd.rows], odd.good) == ("example.test.", [LEAF_SERVERS[1]], 1)
    assert shown.headline(zones).endswith("; the other one of example.test. is good")  # type: ignore[union-attr]


def tree_with(damage: str, target: str) -> World:
    world = tree()
    next(zone for zone in world.zones if str(zone.name) == "example.test.").damage(damage, target)
    return world


def test_what_servers_are_called_moves_no_cursor() -> None:
    world = tree()
    (zone, *_) = survey(world, serving(world), "www.example.test A")
    hostile = Name.from_text("\\027[2J\\010\\226\\128\\174.test.")
    rows = (Row(hostile, "192.0.2.9", reason="\x1b[31m\u202e"), *zone.rows)
    text = "\n".join(table((Authorities(zone.zone, rows),), width=80))
    assert all(char.isprintable() for char in text.replace("\n", ""))


def test_a_lagging_serial_is_shown_where_serials_differ() -> None:
    world = tree()
    zones = survey(world, serving(world), "www.example.test A")
    first, second = zones[-1].rows
    lagging = (Authorities(zones[-1].zone, (first, second._replace(serial=7))),)
    assert table(lagging, width=80) == [
        "  servers of example.test.: 2 secure · 2 serials, 1 to 7",
        "    ns1.example.test. 192.0.2.3 ✔ secure · serial 1 ·",
        "        signed 2026-05-25 … 2026-06-22",
        "    ns2.example.test. 192.0.2.4 ✔ secure · serial 7 ·",
        "        signed 2026-05-25 … 2026-06-22",
    ]
    assert table(zones[-1:], width=80)[1] == "    ns1.example.test. 192.0.2.3 ✔ secure · signed 2026-05-25 … 2026-06-22"
