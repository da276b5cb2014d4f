"""One service of one host: all its peers, a bounded number at a time, and the report about them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import trio

from resolver.dane.aliases import is_error
from resolver.dane.reports import (
    AUTHENTICATED,
    DNS_ERROR,
    TLS_FAILED,
    TLSRPT_TYPES,
    HostReport,
    PeerReport,
    worst_result,
)
from resolver.data.name import Name
from resolver.engine.driver import together
from resolver.probe.expectation import Expectation
from resolver.probe.peers import Way, examine, is_no_route
from resolver.validator.outcome import Absent, Insecure, Secure

CHECK_SECONDS = 120.0  # for all peers of a check together; DNS has the resolver's own time-out
PEERS = 256  # that are met in one check; a domain may list 50 hosts with 200 addresses each, and every chain is kept
PEERS_AT_ONCE = 20  # connections of one check; a domain's own servers count them as one client's

Seen: TypeAlias = "Callable[[HostReport], None]"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Service:
    """One service of one host, ready to be met.

    Attributes:
        host, port: what is checked.
        way: how its peers are reached.
        expectation: what they must present.
        addresses: where they are.
        reason: what the DNS says about it, in one line.
        preference: of its MX record, or None.
    """

    host: Name
    port: int
    way: Way
    expectation: Expectation
    addresses: tuple[str, ...]
    reason: str
    preference: int | None = None


async def check_services(
    services: Sequence[Service], clock: Callable[[], float], *, seen: Seen | None = None
) -> tuple[HostReport, ...]:
    """Meet all peers of these services; one report for each, in their order.

    Args:
        services: what to meet.
        clock: POSIX seconds.
        seen: told of every peer as soon as it is known, by a report about its host with that peer alone.
    """
    limiter = trio.CapacityLimiter(PEERS_AT_ONCE)
    deadline = trio.current_time() + CHECK_SECONDS
    wanted = [(service, address) for service in services for address in to_meet(service)]
    calls = [partial(_peer, *one, clock, limiter, deadline, seen) for one in wanted[:PEERS]]
    calls += [partial(_left_out, address) for _, address in wanted[PEERS:]]
    met = iter(await together(calls) if calls else ())
    return tuple([summed(service, [report for _ in to_meet(service) for report in next(met)]) for service in services])


def to_meet(service: Service) -> tuple[str, ...]:
    """The addresses to be met: none where the DNS forbids it (RFC 7672 §2.1.2)."""
    return () if service.expectation.case == "d" else service.addresses


async def _left_out(address: str) -> tuple[PeerReport, ...]:
    return (PeerReport(address=address, result=TLS_FAILED, reason=f"not met: a check meets {PEERS} addresses at most"),)


async def _peer(
    service: Service,
    address: str,
    clock: Callable[[], float],
    limiter: trio.CapacityLimiter,
    deadline: float,
    seen: Seen | None,
) -> tuple[PeerReport, ...]:
    reports: tuple[PeerReport, ...] = (not_met(address, f"not done when the check ended after {CHECK_SECONDS:g} s"),)
    with trio.CancelScope(deadline=deadline):
        async with limiter:
            reports = await examine(address, service.way, service.expectation, clock)
    if seen is not None:
        seen(summed(service, reports))
    return reports


def not_met(address: str, reason: str) -> PeerReport:
    """What is said of a peer for which there was no time left."""
    return PeerReport(address=address, result=TLS_FAILED, reason=reason, tlsrpt=TLSRPT_TYPES[TLS_FAILED])


def summed(service: Service, peers: Sequence[PeerReport]) -> HostReport:
    """The report about a host: the worst of its peers, or what the DNS says where none was to be met."""
    result, reason, until = _verdict(service, peers)
    return HostReport(
        host=service.host,
        port=service.port,
        base_domain=service.way.base_domain,
        result=result,
        reason=reason,
        tlsa=service.expectation.tlsa,
        peers=tuple(peers),
        valid_until=until,
        preference=service.preference,
    )


def _verdict(service: Service, peers: Sequence[PeerReport]) -> tuple[str, str, float | None]:
    tlsa = service.expectation.tlsa
    until = float(tlsa.valid_until) if isinstance(tlsa, Secure | Absent | Insecure) else None
    if service.expectation.case == "d":
        return (DNS_ERROR if is_error(tlsa) else TLS_FAILED), service.reason, until
    if not peers:
        return TLS_FAILED, "it has no addresses", until
    # What cannot be reached from here, such as IPv6 from a machine without it, says nothing where something else can.
    counted = [peer for peer in peers if not is_no_route(peer)] or list(peers)
    left_out = len(peers) - len(counted)
    note = f" ({left_out} not tried: no way from here)" if left_out else ""
    worst = worst_result([peer.result for peer in counted])
    if worst != AUTHENTICATED:
        first = next(peer for peer in counted if peer.result == worst)
        where = f"{first.address}{f' ({first.key_type.upper()})' if first.key_type else ''}"
        others = f" (the worst of {len(counted)})" if any(peer.result != worst for peer in counted) else ""
        return worst, f"{where}: {first.reason}{others}{note}", until
    for peer in counted:
        if peer.match is not None and peer.match.valid_until is not None:
            until = peer.match.valid_until if until is None else min(until, peer.match.valid_until)
    if len(counted) == 1:
        return worst, f"{counted[0].reason}{note}", until
    addresses = len({peer.address for peer in counted})
    return worst, f"all {len(counted)} certificates at {addresses} address{'es' * (addresses > 1)} match{note}", until
