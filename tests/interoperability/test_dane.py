"""The DANE scenarios behind real servers: a zone served by NSD and an unbound in front of it, TLS and STARTTLS servers on
loopback; and what `openssl s_client` and Postfix's `posttls-finger` make of the same servers."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver import Resolver
from resolver.dane.reports import HostReport, SmtpReport
from resolver.testing import World
from resolver.testing.world import NOW
from resolver.validator.outcome import Secure
from tests.interoperability.conftest import Programs
from tests.interoperability.servers import HOST, answers, serving, stop, unbound_configuration
from tests.probe.lab import Background
from tests.probe.scenarios import SCENARIOS, TRUSTED_ROOT, Scenario, add, new_world, peers_of

RESOLVER_ADDRESS = "127.0.0.77"  # where Postfix asks: resolv.conf knows no ports, and 127.0.0.1:53 may be taken
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


class Lab(NamedTuple):
    """The servers of all scenarios.

    Attributes:
        world: what NSD serves.
        folder: the zone files, the anchors and certificates.
        unbound: its port on 127.0.0.1; it validates.
        ports: scenario -> the ports of its TLS and its mail server.
        authority: NSD's port.
    """

    world: World
    folder: Path
    unbound: int
    ports: dict[str, tuple[int, int]]
    authority: int


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Lab]:
    programs = require_servers("nsd", "unbound")
    folder = tmp_path_factory.mktemp("dane")
    world = new_world()
    with ExitStack() as running:
        peers = [peer for scenario in SCENARIOS for peer in peers_of(scenario, folder)]
        listening = running.enter_context(Background(*peers))
        ports = {
            scenario.name: (listening[2 * number], listening[2 * number + 1])
            for number, scenario in enumerate(SCENARIOS)
        }
        for scenario in SCENARIOS:
            add(world, scenario, *ports[scenario.name])
        zones = folder / "zones"
        zones.mkdir()
        origins = [origin for origin, _ in world.write(zones)]
        nsd = running.enter_context(
            serving(folder / "nsd", programs["nsd"], ["-d", "-c"], lambda port: world.nsd_conf(zones, port=port))
        )

        def configure(port: int) -> str:
            return unbound_configuration(
                folder / "unbound", port, nsd, origins, anchors=zones / "anchors.ds", at=NOW.strftime("%Y%m%d%H%M%S")
            )

        unbound = running.enter_context(serving(folder / "unbound", programs["unbound"], ["-d", "-p", "-c"], configure))
        (folder / "ca.pem").write_bytes(TRUSTED_ROOT.pem)
        yield Lab(world, folder, unbound, ports, nsd)


@pytest.fixture(scope="module")
def judged(lab: Lab) -> dict[str, tuple[HostReport, SmtpReport]]:
    """What this library says, with unbound as its upstream."""
    found = {}
    with Resolver(f"{HOST}:{lab.unbound}", anchors=lab.world.anchors, clock=lab.world.clock) as asking:
        for scenario in SCENARIOS:
            web_port, mail_port = lab.ports[scenario.name]
            web = asking.check_https(scenario.host, web_port, roots=[TRUSTED_ROOT.der])
            found[scenario.name] = web, asking.check_smtp(scenario.domain, mail_port)
    return found


@pytest.mark.parametrize("name", BY_NAME)
def test_a_real_zone_and_a_real_resolver_change_nothing(name: str, judged: dict) -> None:
    web, mail = judged[name]
    if BY_NAME[name].web:
        assert web.result == BY_NAME[name].web, web.reason
    assert mail.result == BY_NAME[name].mail, mail.reason


# Another implementation of DANE: OpenSSL's own


def openssl(lab: Lab, program: str, scenario: Scenario, report: HostReport, *, mail: bool) -> bool:
    """Whether `openssl s_client` authenticates the peer by the records that we found."""
    assert isinstance(report.tlsa, Secure)
    command = [program, "s_client", "-connect", f"{HOST}:{lab.ports[scenario.name][mail]}", "-verify_return_error"]
    command += ["-dane_tlsa_domain", str(report.base_domain).removesuffix("."), "-dane_ee_no_namechecks"]
    command += ["-CAfile", str(lab.folder / "ca.pem"), "-brief"]
    for record in report.tlsa.value.records:
        if not mail or record.usage in (2, 3):  # RFC 7672 §3.1.3 is the caller's matter there
            command += ["-dane_tlsa_rrdata", str(record)]
    if mail:
        command += ["-starttls", "smtp"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode == 0 and "Verification: OK" in done.stderr + done.stdout


# OpenSSL accepts wildcards within a label unless its caller forbids them, and s_client does not; RFC 7672 §3.2.3 does.
MORE_LENIENT = {"partial-wildcard"}
# s_client takes one name only, and the next hop is a second one (RFC 7672 §3.2.2).
MORE_NAMES = {"next-hop-name"}
# "unsigned" and "bogus" have no proven records to give it, and "no-starttls" no TLS.
WITH_RECORDS = [name for name in BY_NAME if name not in ("unsigned", "bogus", "no-starttls", "short-digest")]


@pytest.mark.parametrize("name", WITH_RECORDS)
def test_openssl_agrees_about_tls_servers(name: str, lab: Lab, judged: dict, require_servers: Programs) -> None:
    program = require_servers("openssl")["openssl"]
    web, _ = judged[name]
    assert openssl(lab, program, BY_NAME[name], web, mail=False) is (web.ok or name in MORE_LENIENT)


@pytest.mark.parametrize(
    "name", [name for name in WITH_RECORDS if BY_NAME[name].mail != "UNUSABLE_TLS_ONLY" and name not in MORE_NAMES]
)
def test_openssl_agrees_about_mail_servers(name: str, lab: Lab, judged: dict, require_servers: Programs) -> None:
    program = require_servers("openssl")["openssl"]
    (host,) = judged[name][1].hosts
    assert openssl(lab, program, BY_NAME[name], host, mail=True) is (host.ok or name in MORE_LENIENT)


# Postfix


@pytest.fixture(scope="module")
def postfix(lab: Lab, require_servers: Programs) -> Iterator[list[str]]:
    """How to run posttls-finger with our unbound as its resolver: in a mount namespace with a resolv.conf of its own."""
    programs = require_servers("posttls-finger", "unbound", "unshare")
    if os.geteuid() != 0:
        pytest.skip("a resolver at port 53 and a mount namespace need root")
    folder = lab.folder / "unbound-53"
    folder.mkdir()
    text = unbound_configuration(
        folder, 53, lab.authority, [str(zone.name) for zone in lab.world.zones],
        anchors=lab.folder / "zones" / "anchors.ds", at=NOW.strftime("%Y%m%d%H%M%S"),
    )  # fmt: skip
    (folder / "unbound.conf").write_text(
        text.replace(f"{HOST}@53", f"{RESOLVER_ADDRESS}@53").replace(f"{HOST}/32", "127.0.0.0/8")
    )
    (folder / "resolv.conf").write_text(f"nameserver {RESOLVER_ADDRESS}\noptions edns0 trust-ad\n")
    mount = f"mount --bind {shlex.quote(str(folder / 'resolv.conf'))} /etc/resolv.conf"
    wrapped = [programs["unshare"], "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if subprocess.run([*wrapped, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    process = subprocess.Popen(
        [programs["unbound"], "-d", "-p", "-c", str(folder / "unbound.conf")],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert answers(process, 53, host=RESOLVER_ADDRESS)
        yield [*wrapped, programs["posttls-finger"]]
    finally:
        stop(process)


@pytest.mark.parametrize("name", BY_NAME)
def test_postfix_agrees(name: str, lab: Lab, judged: dict, postfix: list[str]) -> None:
    scenario, (_, mail) = BY_NAME[name], judged[name]
    target = f"{scenario.domain}:{lab.ports[name][1]}"
    command = [*postfix, "-c", "-l", "dane", "-L", "summary", "-o", "smtputf8_enable=no", target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    said = done.stdout + done.stderr
    assert ("Verified TLS connection established" in said) is mail.ok, said
