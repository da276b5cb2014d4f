"""The scenarios of the lab, each by HTTPS and by mail, over a signed world and real servers on loopback."""

from __future__ import annotations

import pytest
import trio

from resolver.dane.reports import HostReport, SmtpReport
from tests.probe.lab import asking, listening, run
from tests.probe.scenarios import SCENARIOS, TRUSTED_ROOT, Scenario, add, new_world, peers_of

Found = dict[str, tuple[HostReport, SmtpReport]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Every scenario's reports, all checked in one run."""
    folder = tmp_path_factory.mktemp("scenarios")

    async def main() -> Found:
        world = new_world()
        peers = [peer for scenario in SCENARIOS for peer in peers_of(scenario, folder)]
        results: Found = {}
        async with listening(*peers) as ports:
            for number, scenario in enumerate(SCENARIOS):
                add(world, scenario, *ports[2 * number : 2 * number + 2])
            async with asking(world) as asked:

                async def check(scenario: Scenario, web_port: int, mail_port: int) -> None:
                    web = await asked.check_https(scenario.host, web_port, roots=[TRUSTED_ROOT.der])
                    results[scenario.name] = web, await asked.check_smtp(scenario.domain, mail_port)

                async with trio.open_nursery() as nursery:
                    for number, scenario in enumerate(SCENARIOS):
                        nursery.start_soon(check, scenario, *ports[2 * number : 2 * number + 2])
        return results

    return run(main)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_scenario_comes_out_as_the_rfcs_say(scenario: Scenario, found: Found) -> None:
    web, mail = found[scenario.name]
    if scenario.web:
        assert web.result == scenario.web, web.reason
    assert mail.result == scenario.mail, mail.reason
    assert mail.ok is (scenario.mail == "AUTHENTICATED")
    (host,) = mail.hosts
    assert host.result == scenario.mail


def test_there_are_as_many_as_in_the_lab() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == 26


def test_an_alias_changes_the_server_name(found: Found) -> None:
    web, mail = found["host-alias"]
    assert str(web.base_domain) == str(mail.hosts[0].base_domain) == "host-alias-end.example.com."


def test_a_bogus_zone_is_never_said_to_have_no_records(found: Found) -> None:
    web, mail = found["bogus"]
    for report in (web, mail.hosts[0]):
        assert report.tlsa.status == "bogus"
        assert report.peers == ()
        assert "expired" in report.reason
