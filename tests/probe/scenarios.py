"""The scenarios of a DANE lab: what a zone says, what a server presents, and what a client has to make of it.

One world holds them all: a scenario's host is `<name>.example.com`, a mail domain `d-<name>.example.com` has it as its
MX, and its TLS and STARTTLS servers listen on loopback ports. The expected words are those of RFC 6698, RFC 7671 and RFC 7672.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from resolver.testing import World
from tests.probe.certificates import PAST, Identity, make
from tests.probe.lab import LOOPBACK, SMTP_WITHOUT_TLS, rdata, smtp, speaking
from tests.probe.peers import Peer, server_context, serving

ZONE = "example.com"
ROOT = make("the root", authority=True)
ISSUER = make("the issuer", ROOT, authority=True)
TRUSTED_ROOT = make("a trusted root", authority=True)
TRUSTED_ISSUER = make("a trusted issuer", TRUSTED_ROOT, authority=True)
EVIL_TWIN = make("the issuer", authority=True)  # another key under the same name
EVIL = make("somebody else", authority=True)
OTHER = make("another server", names=["other.example.com"])


@dataclass(frozen=True)
class Scenario:
    """One case.

    Attributes:
        name: a label.
        web, mail: the expected results; "" where the scenario has no such side.
        chain: host name -> what the server presents, its own certificate first.
        records: that chain -> the TLSA records.
        zone: where the host is.
        alias: the host is an alias of `<name>-end`, where the records are.
        indirect: the record name is an alias.
        damage: of the zone, at the TLSA records.
        starttls: whether the mail server offers it.
    """

    name: str
    web: str
    mail: str
    chain: Callable[[str], Sequence[Identity]]
    records: Callable[[Sequence[Identity]], Sequence[str]]
    zone: str = ZONE
    alias: bool = False
    indirect: bool = False
    damage: str = ""
    starttls: bool = True

    @property
    def host(self) -> str:
        return f"{self.name}.{self.zone}"

    @property
    def domain(self) -> str:
        return f"d-{self.name}.{self.zone}"

    @cache  # noqa: B019 - they live as long as the tests
    def presented(self) -> tuple[Identity, ...]:
        return tuple(self.chain(self.host))


def leaf(issuer: Identity | None = ISSUER, **more: object) -> Callable[[str], Sequence[Identity]]:
    """A certificate for the host, with its issuer sent along."""

    def chain(host: str) -> Sequence[Identity]:
        own = make("leaf", issuer, **{"names": [host], **more})  # type: ignore[arg-type]
        return [own] if issuer is None else [own, issuer]

    return chain


def sending(
    *others: Identity, issuer: Identity = ISSUER, signed_by: Identity | None = None
) -> Callable[[str], Sequence[Identity]]:
    """A certificate that names `issuer`, followed by these."""

    def chain(host: str) -> Sequence[Identity]:
        return [make("leaf", issuer, names=[host], signed_by=signed_by.key if signed_by else None), *others]

    return chain


def of(*which: tuple[int, int, int, int]) -> Callable[[Sequence[Identity]], Sequence[str]]:
    """Records for certificates of the chain: (position, usage, selector, matching type)."""
    return lambda chain: [chain[at].tlsa(*parameters) for at, *parameters in which]


def fixed(*records: str) -> Callable[[Sequence[Identity]], Sequence[str]]:
    return lambda chain: records


def wrong(usage: int, selector: int, matching_type: int) -> str:
    digest = hashlib.new({1: "sha256", 2: "sha512"}[matching_type], b"no certificate").hexdigest()
    return f"{usage} {selector} {matching_type} {digest}"


def both(*makers: Callable[[Sequence[Identity]], Sequence[str]]) -> Callable[[Sequence[Identity]], Sequence[str]]:
    return lambda chain: [record for each in makers for record in each(chain)]


OK, BAD, NO_NAME = "AUTHENTICATED", "MISMATCH", "NAME_MISMATCH"
EE = of((0, 3, 1, 1))
TA = fixed(ISSUER.tlsa(2, 0, 1))

SCENARIOS = (
    Scenario("ee", OK, OK, leaf(None), EE),
    Scenario("roll-over", OK, OK, leaf(None), both(EE, fixed(OTHER.tlsa(3, 1, 1)))),
    Scenario("tlsa-alias", OK, OK, leaf(None), EE, indirect=True),
    Scenario("pkix-bad-ee-good", OK, OK, leaf(None), both(fixed(wrong(1, 1, 1)), EE)),
    Scenario("ee-expired-other-name", OK, OK, leaf(None, names=["x.invalid"], until=PAST), EE),
    Scenario("ee-mismatch", BAD, BAD, leaf(None), fixed(OTHER.tlsa(3, 1, 1))),
    Scenario("ta", OK, OK, leaf(), TA),
    Scenario("ta-other-name", NO_NAME, NO_NAME, leaf(names=["x.invalid"]), TA),
    Scenario("ta-not-the-signer", "CHAIN_INVALID", "CHAIN_INVALID", sending(ISSUER, signed_by=EVIL), TA),
    Scenario("ta-evil-twin", "CHAIN_INVALID", "CHAIN_INVALID", sending(EVIL_TWIN, ISSUER, signed_by=EVIL_TWIN), TA),
    Scenario("ta-evil-other", "CHAIN_INVALID", "CHAIN_INVALID", sending(EVIL, ISSUER, issuer=EVIL), TA),
    Scenario("ta-expired-leaf", "EXPIRED", "EXPIRED", leaf(until=PAST), TA),
    Scenario("ta-in-dns", OK, OK, sending(), fixed(ISSUER.tlsa(2, 0, 0))),
    Scenario("ta-key-in-dns", OK, OK, sending(), fixed(ISSUER.tlsa(2, 1, 0))),
    Scenario("ta-digest-not-sent", BAD, BAD, sending(), TA),
    Scenario("out-of-order", OK, OK, sending(ROOT, ISSUER), fixed(ROOT.tlsa(2, 0, 1))),
    Scenario("agility", BAD, BAD, leaf(None), both(EE, fixed(wrong(3, 1, 2)))),
    Scenario("short-digest", "UNUSABLE_TLS_ONLY", "UNUSABLE_TLS_ONLY", leaf(None), fixed(wrong(3, 1, 1)[:-2])),
    Scenario("unsigned", "NO_DANE", "NO_DANE", leaf(None), EE, zone="unsigned.com"),
    Scenario("bogus", "DNS_ERROR", "DNS_ERROR", leaf(None), EE, damage="signature-expired"),
    Scenario("host-alias", OK, OK, lambda host: leaf()(host.replace("alias", "alias-end")), TA, alias=True),
    Scenario("pkix-private-ca", "CHAIN_INVALID", "UNUSABLE_TLS_ONLY", leaf(), of((0, 1, 1, 1))),
    Scenario("pkix-public-ca", OK, "UNUSABLE_TLS_ONLY", leaf(TRUSTED_ISSUER), of((0, 1, 1, 1))),
    Scenario("next-hop-name", NO_NAME, OK, leaf(names=[f"d-next-hop-name.{ZONE}"]), TA),
    Scenario("partial-wildcard", NO_NAME, NO_NAME, leaf(names=[f"partial*.{ZONE}"]), TA),
    Scenario("no-starttls", "", "NO_STARTTLS", leaf(None), EE, starttls=False),
)


def peers_of(scenario: Scenario, folder: Path) -> tuple[Peer, Peer]:
    """The TLS server and the mail server of a scenario."""
    own = folder / scenario.name
    own.mkdir(exist_ok=True)
    context = server_context(own, scenario.presented())
    return serving(context), smtp(context) if scenario.starttls else speaking(
        SMTP_WITHOUT_TLS, None, answer=b"221 good-bye\r\n"
    )


def add(world: World, scenario: Scenario, web_port: int, mail_port: int) -> None:
    """Write a scenario into the world."""
    zone = world.zone(scenario.zone)
    name = scenario.name
    end = f"{name}-end" if scenario.alias else name
    zone.add(f"d-{name} 300 MX 10 {name}", f"{end} 300 A {LOOPBACK}")
    if scenario.alias:
        zone.add(f"{name} 300 CNAME {end}")
    for port in (web_port, mail_port):
        owner = f"_{port}._tcp.{end}"
        if scenario.indirect:
            zone.add(f"{owner} 300 CNAME shared-{port}-{name}")
            owner = f"shared-{port}-{name}"
        for record in scenario.records(scenario.presented()):
            zone.add_rdata(owner, "TLSA", rdata(record), ttl=300)
        if scenario.damage:
            zone.damage(scenario.damage, f"{owner} TLSA")


def new_world(**more: object) -> World:
    """A world with the zones of the scenarios."""
    world = World(**more)  # type: ignore[arg-type]
    world.zone(ZONE)
    world.zone("unsigned.com", signed=False)
    return world
