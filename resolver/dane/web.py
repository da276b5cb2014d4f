"""The plan for the TLSA records of a service that is known by host and port, HTTPS above all (RFC 7671 §7).

An alias at `_443._tcp.host` itself is followed like any other and never changes the base domain (RFC 7671 §7). For plain
DNS there is no standard that ties DANE to the targets of HTTPS and SVCB records, so host and port stay the original
(RFC 9102 §2.1 says the same for its chains).
"""

from __future__ import annotations

from resolver.dane.aliases import Choice, Course, candidates, choose, chosen, course
from resolver.dane.ask import Look
from resolver.dane.tlsa import TlsaSet, error_about, tlsa_name
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import AAAA, TLSA, A
from resolver.errors import BadName
from resolver.validator.outcome import Bogus, Indeterminate, Outcome


async def tlsa(host: Name, port: int, protocol: str = "tcp") -> Outcome[TlsaSet]:
    """Find the TLSA records of a service, host aliases followed (RFC 7671 §7).

    The host's A records and its own TLSA records are asked for together. Where they show that it is no alias, which one
    address type proves for all (RFC 2181 §10.1), that is all. Else its AAAA records follow, and the TLSA records of the
    name that the alias ends at.

    Args:
        host: the original name.
        port: 1 to 65535.
        protocol: "tcp", "udp" or "sctp".

    Returns:
        The verdict about the records of the base domain. An error in both address lookups is an error: there might be
        an alias, and records at its end that say otherwise (docs/readings.md).

    Raises:
        BadName, BadInput: the service has no TLSA name.
    """
    own = Question(tlsa_name(host, port, protocol), TLSA)
    a, at_host = await Look(Question(host, A), own)
    known = {own: at_host}
    addresses = [a]
    if a.aliases or course(a) is Course.UNKNOWN:
        further = [Question(host, AAAA)]
        if course(a) is Course.SECURE:  # the records at the end are asked for at once, and dropped if it is void
            further += _tlsa_question(a.canonical, port, protocol)
        aaaa, *rest = await Look(*further)
        known.update(zip(further[1:], rest, strict=True))
        addresses.append(aaaa)
    if all(course(outcome) is Course.UNKNOWN for outcome in addresses):
        return _unknown(own, addresses)
    choice = await choose(candidates(host, addresses, insecure_too=True), port, protocol, known)
    return chosen(choice, addresses)


async def tlsa_at(base_domain: Name, port: int, protocol: str = "tcp") -> Outcome[TlsaSet]:
    """Find the TLSA records at `_port._protocol.base_domain`, whatever the host's aliases are (RFC 9102 §3)."""
    (outcome,) = await Look(Question(tlsa_name(base_domain, port, protocol), TLSA))
    return chosen(Choice(base_domain, outcome, ()), ())


def _tlsa_question(name: Name, port: int, protocol: str) -> list[Question]:
    try:
        return [Question(tlsa_name(name, port, protocol), TLSA)]
    except BadName:
        return []


def _unknown(question: Question, addresses: list[Outcome[RRset]]) -> Bogus | Indeterminate:
    """Whether the host is an alias could not be found out, so neither could its records; the graver error is told."""
    errors = [outcome for outcome in addresses if isinstance(outcome, Bogus | Indeterminate)]
    worst = max(errors, key=lambda error: (isinstance(error, Bogus), error.finding.rank))
    return error_about(question, worst, addresses)
