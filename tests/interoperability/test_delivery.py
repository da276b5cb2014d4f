"""Mail that a real Postfix delivers, or does not, to STARTTLS servers on loopback: is it what this library says of it?

The domains are the DANE scenarios', and some without any records. Postfix asks a real, validating unbound, as we do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver.cli.senders import Outlook, outlooks
from resolver.dane.reports import SmtpReport
from resolver.probe.expectation import case_of
from resolver.probe.starttls import MAIL_USAGES
from resolver.testing import World
from tests.interoperability.conftest import Programs
from tests.interoperability.dane_lab import at_port_53, needs_root, running
from tests.interoperability.postfix import LEVELS, Sent, send
from tests.probe.lab import LOOPBACK, SMTP_SCRIPT, SMTP_WITHOUT_TLS, STRANGER, rdata, speaking
from tests.probe.peers import Peer, server_context, serving
from tests.probe.scenarios import SCENARIOS, ZONE, Scenario, fixed, leaf

ALL = (
    *SCENARIOS,
    Scenario("no-records", "", "NO_DANE", leaf(None), fixed()),
    Scenario("no-records-no-tls", "", "NO_DANE", leaf(None), fixed(), starttls=False),
)
# More domains, whose mail hosts are those of scenarios: name -> the scenario whose port they use.
MORE = {
    "d-insecure-mx.unsigned.com": "ee",
    "d-insecure-mx-mismatch.unsigned.com": "ee-mismatch",
    "d-dead-first.example.com": "ee",
    "d-bogus-first.example.com": "ee",
    "d-alias.example.com": "ee",
    "d-only-dead.example.com": "ee",
}
PORT_OF = {scenario.domain: scenario.name for scenario in ALL} | MORE


def add_more(world: World, ports: dict[str, tuple[int, int]]) -> None:
    """MX records that are not signed, hosts that fail before one that does not, a domain that is an alias."""
    port = ports["ee"][1]
    record = rdata(STRANGER.tlsa(3, 1, 1))
    unsigned, zone = world.zone("unsigned.com"), world.zone(ZONE)
    unsigned.add("d-insecure-mx MX 10 ee.example.com.", "d-insecure-mx-mismatch MX 10 ee-mismatch.example.com.")
    zone.add("d-dead-first MX 5 dead", "d-dead-first MX 10 ee", "d-only-dead MX 5 dead", "dead A 127.0.0.9")
    zone.add("d-bogus-first MX 5 forged", "d-bogus-first MX 10 ee", f"forged A {LOOPBACK}", "d-alias CNAME d-ee")
    for host in ("dead", "forged"):
        zone.add_rdata(f"_{port}._tcp.{host}", "TLSA", record)
    zone.damage("signature-expired", f"_{port}._tcp.forged TLSA")


# What we say of a delivery -> Postfix's word for the peer, and whether the message came in TLS, or in the clear.
HOW = {
    "encrypted and authenticated": ("Verified", True, False),
    "encrypted; the host is authenticated, and not proven to be the domain's": ("Trusted", True, False),
    "encrypted, not authenticated": ("Untrusted", True, False),
    "in the clear": ("", False, True),
}


class Mailbox:
    """A mail server's side of a session once it has greeted: takes any message. Octets in, octets out."""

    def __init__(self, received: list[str]) -> None:
        self._received = received
        self._buffer = b""
        self._recipient = ""
        self._in_data = False

    def __call__(self, octets: bytes) -> bytes:
        self._buffer += octets
        out = b""
        while b"\r\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            out += self._reply(line)
        return out

    def _reply(self, line: bytes) -> bytes:
        if self._in_data:
            if line != b".":
                return b""
            self._in_data = False
            self._received.append(self._recipient)
            return b"250 taken\r\n"
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line.decode().partition("<")[2].partition(">")[0]
        self._in_data = verb == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 good-bye\r\n"}.get(verb, b"250 so be it\r\n")


class Delivered(NamedTuple):
    """What there is to compare.

    Attributes:
        postfix: (level, domain) -> what Postfix says.
        received: what servers took: recipients, and whether in TLS.
        reports: domain -> what this library says, of the same servers.
    """

    postfix: dict[tuple[str, str], Sent]
    received: dict[bool, list[str]]
    reports: dict[str, SmtpReport]


def taking(scenario: Scenario, folder: Path, received: dict[bool, list[str]]) -> tuple[Peer, Peer]:
    """The TLS server and the mail server of a scenario; the latter takes messages."""
    own = folder / scenario.name
    own.mkdir()
    context = server_context(own, scenario.presented())

    async def mail(stream: object) -> None:
        if scenario.starttls:
            peer = speaking(SMTP_SCRIPT, context, None, Mailbox(received[True]))
        else:
            peer = speaking(SMTP_WITHOUT_TLS, None, None, Mailbox(received[False]))
        await peer(stream)  # type: ignore[arg-type]

    return serving(context), mail


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Delivered]:
    programs = require_servers("nsd", "unbound", "unshare", "postfix", "sendmail")
    needs_root()
    received: dict[bool, list[str]] = {True: [], False: []}

    def peers_of(scenario: Scenario, folder: Path) -> tuple[Peer, Peer]:
        return taking(scenario, folder, received)

    with running(tmp_path_factory.mktemp("delivery"), programs, ALL, peers_of, add_more) as lab:
        domains = {domain: lab.ports[name][1] for domain, name in PORT_OF.items()}
        folder = lab.folder / "postfix"
        folder.mkdir()
        with at_port_53(lab, programs["unbound"]) as resolv_conf:
            sent = send(folder, programs, resolv_conf, domains)
        with lab.asking() as asking:
            reports = {domain: asking.check_smtp(domain, port) for domain, port in domains.items()}
        yield Delivered(sent, received, reports)


def outlook(report: SmtpReport, level: str) -> Outlook:
    """What Postfix would do, as `dane-check` says it."""
    cases = [case_of(host.tlsa, MAIL_USAGES) for host in report.hosts]
    found = outlooks(report.hosts, cases, secure_mx=report.secure_mx)
    return next(each for each in found if each.sender == f"Postfix, {level}")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("domain", PORT_OF)
def test_postfix_does_what_is_said_of_it(domain: str, level: str, delivered: Delivered) -> None:
    said = outlook(delivered.reports[domain], level)
    sent = delivered.postfix[level, domain]
    recipient = f"{level}@{domain}"
    assert sent.status == {"delivers": "sent", "waits": "deferred"}[said.does], (said, sent)
    in_tls, in_clear = (recipient in delivered.received[tls] for tls in (True, False))
    if said.does == "waits":
        assert not in_tls
        assert not in_clear
        return
    how = said.how.partition(", ")[2].partition(", after")[0]
    assert (sent.tls, in_tls, in_clear) == HOW[how], (said, sent)


def test_good_wrong_and_no_records_are_told_apart(delivered: Delivered) -> None:
    """The reference itself, by name: so that the comparison above cannot agree about nothing."""
    names = {scenario.domain: scenario.name for scenario in ALL}
    status = {
        (level, names[domain]): (sent.status, sent.tls)
        for (level, domain), sent in delivered.postfix.items()
        if domain in names
    }
    for level in LEVELS:
        assert status[level, "ee"] == ("sent", "Verified")
        assert status[level, "ee-mismatch"] == ("deferred", "Untrusted")
        assert status[level, "bogus"] == ("deferred", "")
        assert status[level, "no-starttls"] == ("deferred", "")
    assert status["dane", "no-records"] == ("sent", "Untrusted")
    assert status["dane", "no-records-no-tls"] == ("sent", "")
    assert status["dane", "short-digest"] == ("sent", "Untrusted")
    for name in ("no-records", "no-records-no-tls", "short-digest", "unsigned"):
        assert status["dane-only", name][0] == "deferred"
    words = {names[domain]: report.result for domain, report in delivered.reports.items() if domain in names}
    assert [words[name] for name in ("ee", "ee-mismatch", "no-records")] == ["AUTHENTICATED", "MISMATCH", "NO_DANE"]
