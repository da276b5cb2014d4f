"""The DANE scenarios behind real servers: a zone served by NSD and an unbound in front of it, TLS and STARTTLS servers on
loopback; and what `openssl s_client` and Postfix's `posttls-finger` make of the same servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from resolver.dane.reports import HostReport, SmtpReport
from resolver.validator.outcome import Secure
from tests.interoperability.conftest import Programs
from tests.interoperability.dane_lab import Lab, apart, at_port_53, needs_root, running
from tests.interoperability.servers import HOST
from tests.probe.scenarios import SCENARIOS, TRUSTED_ROOT, Scenario, peers_of

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Lab]:
    programs = require_servers("nsd", "unbound")
    folder = tmp_path_factory.mktemp("dane")
    (folder / "ca.pem").write_bytes(TRUSTED_ROOT.pem)
    with running(folder, programs, SCENARIOS, peers_of) as lab:
        yield lab


@pytest.fixture(scope="module")
def judged(lab: Lab) -> dict[str, tuple[HostReport, SmtpReport]]:
    """What this library says, with unbound as its upstream."""
    found = {}
    with lab.asking() as asking:
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
    needs_root()
    with at_port_53(lab, programs["unbound"]) as resolv_conf:
        yield [*apart(programs["unshare"], {resolv_conf: "/etc/resolv.conf"}), programs["posttls-finger"]]


@pytest.mark.parametrize("name", BY_NAME)
def test_postfix_agrees(name: str, lab: Lab, judged: dict, postfix: list[str]) -> None:
    scenario, (_, mail) = BY_NAME[name], judged[name]
    target = f"{scenario.domain}:{lab.ports[name][1]}"
    command = [*postfix, "-c", "-l", "dane", "-L", "summary", "-o", "smtputf8_enable=no", target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    said = done.stdout + done.stderr
    assert ("Verified TLS connection established" in said) is mail.ok, said
