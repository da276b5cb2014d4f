"""HTTPS and other services that are known by host and port: their TLSA records, their addresses, their peers.

What the outcome of the TLSA lookup means (R6, R21; RFC 6698 §4.1, RFC 7671 §10.3): usable records must match; an error
refuses; proven absence, no signatures, and records that are all unusable leave it to PKIX, unless DANE is required.

Limits: `ADDRESSES` addresses of a host. An HTTPS or SVCB record is not followed: host and port stay the original.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resolver.dane import web
from resolver.dane.aliases import is_error
from resolver.dane.ask import Look
from resolver.dane.reports import HostReport
from resolver.dane.tlsa import TlsaSet
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import AAAA, A
from resolver.probe.expectation import Case, Expectation, case_of
from resolver.probe.hosts import Seen, Service, check_services
from resolver.probe.peers import Way
from resolver.probe.starttls import ALL_USAGES, Protocol
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure

if TYPE_CHECKING:
    from resolver.engine.driver import Engine

HTTPS_PORT = 443
ADDRESSES = 32  # of a host that are met; more are left out


class Found(NamedTuple):
    """What the DNS says about a service.

    Attributes:
        tlsa: the verdict about its TLSA records.
        addresses: in words, IPv4 first; perhaps unverified.
        case: as in `expectation.case_of`; "d" also where the addresses are an error, or there are none.
        reason: one line.
    """

    tlsa: Outcome[TlsaSet]
    addresses: tuple[str, ...]
    case: Case
    reason: str


async def find(host: Name, port: int, usages: frozenset[int], *, addresses_matter: bool = True) -> Found:
    """The plan: TLSA records, host aliases followed, and addresses.

    Args:
        host: the original name.
        port: of the service, over TCP.
        usages: certificate usages that authenticate.
        addresses_matter: whether a host without addresses is case "d"; not where the caller has its own.
    """
    tlsa = await web.tlsa(host, port)
    lookups = await Look(Question(host, A), Question(host, AAAA))
    case = case_of(tlsa, usages)
    if case == "d":
        return Found(tlsa, (), "d", tlsa.reason)
    addresses = addresses_of(lookups)
    if addresses or not addresses_matter:  # one family is enough (R25)
        return Found(tlsa, addresses, case, tlsa.reason)
    text = str(host).removesuffix(".")
    for lookup in lookups:
        if isinstance(lookup, Bogus | Indeterminate) and is_error(lookup):
            return Found(lookup, (), "d", f"its addresses could not be found out: {lookup.reason}")
    if all(isinstance(lookup, Absent) and lookup.kind == "NXDOMAIN" for lookup in lookups):
        return Found(tlsa, (), "d", f"{text} does not exist, and that is proven")
    return Found(tlsa, (), "d", f"{text} has no addresses")


def addresses_of(lookups: Sequence[Outcome[RRset]]) -> tuple[str, ...]:
    """The addresses in these verdicts, verified or not."""
    found: dict[str, None] = {}
    for outcome in lookups:
        rrset = None
        if isinstance(outcome, Secure):
            rrset = outcome.value
        elif isinstance(outcome, Insecure):
            rrset = outcome.untrusted
        for rdata in rrset.rdata if rrset is not None else ():
            if len(rdata) in (4, 16):
                found[str(ipaddress.ip_address(rdata))] = None
    return tuple(found)[:ADDRESSES]


async def service(
    engine: Engine,
    host: Name,
    port: int,
    *,
    roots: Iterable[bytes] | None,
    protocol: Protocol | None = None,
    require_dane: bool = False,
) -> Service:
    """Look up what there is to know about a service before it is met; the arguments are those of `service_of`."""
    from resolver.engine.plans import run

    found = await run(engine, find(host, port, usages_of(protocol)))
    return service_of(found, host, port, roots=roots, protocol=protocol, require_dane=require_dane)


def usages_of(protocol: Protocol | None) -> frozenset[int]:
    """The certificate usages that authenticate in a protocol."""
    return ALL_USAGES if protocol is None else protocol.usages


def service_of(
    found: Found,
    host: Name,
    port: int,
    *,
    roots: Iterable[bytes] | None,
    protocol: Protocol | None = None,
    require_dane: bool = False,
) -> Service:
    """What the DNS says about a service, as a service to be met.

    Args:
        found: what it says.
        host, port: the service.
        roots: for usages 0 and 1 and for PKIX, certificates in DER.
        protocol: what leads to TLS; None: TLS begins at once.
        require_dane: nothing but DANE authenticates.
    """
    # Only where DANE authenticates does the end of a secure alias become the server's name (RFC 7671 §7). Records that
    # are all unusable count as none (RFC 6698 §4.1), and PKIX knows the server by the name that the user gave.
    dane = found.case == "a" and isinstance(found.tlsa, Secure)
    base_domain = found.tlsa.value.base_domain if dane and isinstance(found.tlsa, Secure) else host
    return Service(
        host=host,
        port=port,
        way=Way(
            base_domain=base_domain,
            port=port,
            protocol=protocol,
            service=str(host).removesuffix("."),
            https=protocol is None and port == HTTPS_PORT,
        ),
        expectation=Expectation(
            tlsa=found.tlsa,
            case=found.case,
            names=(base_domain,),
            usages=usages_of(protocol),
            roots=None if roots is None else tuple(roots),
            pkix=True,
            require_dane=require_dane,
        ),
        addresses=found.addresses,
        reason=found.reason,
    )


async def check_https(
    engine: Engine,
    host: Name,
    port: int,
    *,
    roots: Iterable[bytes] | None,
    require_dane: bool,
    clock: Callable[[], float],
    seen: Seen | None = None,
) -> HostReport:
    """Check a service with TLS from the first octet; see `Resolver.check_https`."""
    what = await service(engine, host, port, roots=roots, require_dane=require_dane)
    (report,) = await check_services([what], clock, seen=seen)
    return report
