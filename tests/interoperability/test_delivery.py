"""Mail that a real Postfix or Exim delivers, or does not, to STARTTLS servers on loopback: is it what we say of them?

The domains are the DANE scenarios', and some without any records. They ask a real, validating unbound, as we do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from resolver.cli.senders import Outlook, outlooks
from resolver.dane.reports import SmtpReport
from resolver.probe.expectation import case_of
from resolver.probe.starttls import MAIL_USAGES
from resolver.testing import World
from tests.interoperability import exim, postfix
from tests.interoperability.conftest import Programs
from tests.interoperability.dane_lab import Lab, Sent, at_port_53, needs_root, running
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


class Post(NamedTuple):
    """The servers, and what there is to compare with.

    Attributes:
        lab: the servers.
        domains: domain -> the port of its mail hosts.
        received: in TLS, and in the clear -> the recipients of what servers took.
        reports: domain -> what this library says, of the same servers.
        resolv_conf: where a mail server asks.
    """

    lab: Lab
    domains: dict[str, int]
    received: dict[bool, list[str]]
    reports: dict[str, SmtpReport]
    resolv_conf: Path


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
def post(tmp_path_factory: pytest.TempPathFactory, require_servers: Programs) -> Iterator[Post]:
    programs = require_servers("nsd", "unbound", "unshare")
    needs_root()
    received: dict[bool, list[str]] = {True: [], False: []}

    def peers_of(scenario: Scenario, folder: Path) -> tuple[Peer, Peer]:
        return taking(scenario, folder, received)

    with running(tmp_path_factory.mktemp("delivery"), programs, ALL, peers_of, add_more) as lab:
        domains = {domain: lab.ports[name][1] for domain, name in PORT_OF.items()}
        with lab.asking() as asking:
            reports = {domain: asking.check_smtp(domain, port) for domain, port in domains.items()}
        with at_port_53(lab, programs["unbound"]) as resolv_conf:
            yield Post(lab, domains, received, reports, resolv_conf)


@pytest.fixture(scope="module")
def by_postfix(request: pytest.FixtureRequest, require_servers: Programs) -> dict[tuple[str, str], Sent]:
    """(level, domain) -> what Postfix did."""
    programs = require_servers("unshare", "postfix", "sendmail")
    post: Post = request.getfixturevalue("post")
    folder = post.lab.folder / "postfix"
    folder.mkdir()
    return postfix.send(folder, programs, post.resolv_conf, post.domains)


@pytest.fixture(scope="module")
def by_exim(request: pytest.FixtureRequest, require_servers: Programs) -> Iterator[dict[tuple[str, str], Sent]]:
    """(level, domain) -> what Exim did."""
    unpacked, unshare = exim.folder_of_exim(), require_servers("unshare")["unshare"]
    post: Post = request.getfixturevalue("post")
    with TemporaryDirectory() as name:  # the folders of pytest are root's alone, and Exim reads as somebody else
        folder = Path(name)
        folder.chmod(0o755)
        yield exim.send(folder, unshare, unpacked, post.resolv_conf, post.domains)


def outlook(report: SmtpReport, sender: str) -> Outlook:
    """What a sender would do, as `dane-check` says it."""
    cases = [case_of(host.tlsa, MAIL_USAGES) for host in report.hosts]
    found = outlooks(report.hosts, cases, secure_mx=report.secure_mx)
    return next(each for each in found if each.sender == sender)


STATUS = {"delivers": "sent", "waits": "deferred", "returns": "bounced"}


def compared(said: Outlook, sent: Sent, recipient: str, post: Post, how: dict[str, tuple[str, bool, bool]]) -> None:
    """Assert that what was said of a sender is what it did."""
    assert sent.status == STATUS[said.does], (said, sent)
    came = tuple(recipient in post.received[tls] for tls in (True, False))
    if said.does != "delivers":
        assert came == (False, False)
        return
    words = said.how.partition(", ")[2].partition(", after")[0]
    assert (sent.tls, *came) == how[words], (said, sent)


@pytest.mark.parametrize("level", postfix.LEVELS)
@pytest.mark.parametrize("domain", PORT_OF)
def test_postfix_does_what_is_said_of_it(
    domain: str, level: str, by_postfix: dict[tuple[str, str], Sent], post: Post
) -> None:
    said = outlook(post.reports[domain], f"Postfix, {level}")
    compared(said, by_postfix[level, domain], f"{level}@{domain}", post, HOW)


# Exim's words: only "dane" is worth anything. It uses no records of hosts that are not proven to be the domain's.
HOW_EXIM = {
    "encrypted and authenticated": ("dane", True, False),
    "encrypted, not authenticated": ("no", True, False),
    "in the clear": ("", False, True),
}
# Exim 4.96 with GnuTLS, as in Debian 12: what it makes of some certificates is not what the RFCs say.
EXIM_DIFFERS = {
    "agility": "sent",  # RFC 7672 §5
    "ta-evil-other": "sent",
    "ta-in-dns": "deferred",  # RFC 7671 §5.2.2: it has no use for matching type 0
    "ta-key-in-dns": "deferred",
    "next-hop-name": "deferred",  # RFC 7672 §3.2.2
    "short-digest": "sent",  # and the next two: no record is usable
    "pkix-private-ca": "sent",
    "pkix-public-ca": "sent",
}
# Here all hosts are this machine, and Exim strikes those from the list that come after itself.
NO_LIST = {"d-dead-first.example.com", "d-bogus-first.example.com"}


@pytest.mark.parametrize("level", exim.LEVELS)
@pytest.mark.parametrize("domain", sorted(set(PORT_OF) - NO_LIST))
def test_exim_does_what_is_said_of_it(
    domain: str, level: str, by_exim: dict[tuple[str, str], Sent], post: Post
) -> None:
    said, sent = outlook(post.reports[domain], f"Exim, {level}"), by_exim[level, domain]
    differs = EXIM_DIFFERS.get(PORT_OF[domain]) if domain not in MORE else None
    if differs is not None:
        assert sent.status == differs, (said, sent)
        # As long as it is a difference; where we say that it depends, it is none.
        assert STATUS.get(said.does) != differs, (said, sent)
        return
    compared(said, sent, f"{level}@{domain}", post, HOW_EXIM)


def test_good_wrong_and_no_records_are_told_apart(by_postfix: dict[tuple[str, str], Sent], post: Post) -> None:
    """The reference itself, by name: so that the comparison above cannot agree about nothing."""
    names = {scenario.domain: scenario.name for scenario in ALL}
    status = {
        (level, names[domain]): (sent.status, sent.tls)
        for (level, domain), sent in by_postfix.items()
        if domain in names
    }
    for level in postfix.LEVELS:
        assert status[level, "ee"] == ("sent", "Verified")
        assert status[level, "ee-mismatch"] == ("deferred", "Untrusted")
        assert status[level, "bogus"] == ("deferred", "")
        assert status[level, "no-starttls"] == ("deferred", "")
    assert status["dane", "no-records"] == ("sent", "Untrusted")
    assert status["dane", "no-records-no-tls"] == ("sent", "")
    assert status["dane", "short-digest"] == ("sent", "Untrusted")
    for name in ("no-records", "no-records-no-tls", "short-digest", "unsigned"):
        assert status["dane-only", name][0] == "deferred"
    words = {names[domain]: report.result for domain, report in post.reports.items() if domain in names}
    assert [words[name] for name in ("ee", "ee-mismatch", "no-records")] == ["AUTHENTICATED", "MISMATCH", "NO_DANE"]
