"""What a sending server must do with one mail host: addresses before TLSA records, and the four cases of RFC 7672 §2.2.

Limits: `ADDRESSES` addresses of a host.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal, NamedTuple, TypeAlias

from resolver.dane.agility import MAIL_USAGES, sort, usable
from resolver.dane.aliases import Course, candidates, choose, chosen, course, is_error
from resolver.dane.ask import Look
from resolver.dane.tlsa import Tlsa, TlsaSet, error_about, tlsa_name, tlsa_outcome
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import AAAA, TLSA, A
from resolver.errors import BadName
from resolver.validator.outcome import Bogus, Indeterminate, Insecure, Outcome, Secure

ADDRESSES = 100  # of a host and family that are kept; as many as an RRset has records at most (Limits.rrset_records)

AUTHENTICATE: Literal["a"] = "a"  # TLS, and the peer must match a record (RFC 7672 §2.2)
ENCRYPT: Literal["b"] = "b"  # TLS, without authentication: there are records, and none is usable
OPPORTUNISTIC: Literal["c"] = "c"  # as before DANE: TLS where it is offered
SKIP: Literal["d"] = "d"  # not this host: an error, or nothing to connect to; the next one, or later

Case: TypeAlias = Literal["a", "b", "c", "d"]

CASES: dict[Case, str] = {
    AUTHENTICATE: "TLS is mandatory and the peer must match a TLSA record",
    ENCRYPT: "TLS is mandatory; no TLSA record can authenticate the peer",
    OPPORTUNISTIC: "DANE does not apply; TLS where it is offered",
    SKIP: "do not deliver through this host now",
}


class MailHost(NamedTuple):
    """One mail host, and what a sending server must do with it.

    Fields:
        host: its name in the MX record; for an implicit MX the domain itself.
        preference: of the MX record; None for an implicit MX.
        port: where it is asked for, part of the TLSA name (RFC 7672 §2.2.3).
        addresses: in words; IPv6 and IPv4 as found, perhaps unverified. Empty where there is nothing to connect to.
        base_domain: the TLSA base domain; also the server name to ask for (SNI, RFC 7672 §8.1).
        tlsa: the verdict about its TLSA records, or what made it impossible or pointless to look for them.
        case: a, b, c or d of RFC 7672 §2.2.
        names: reference identifiers for DANE-TA, any may match (RFC 7672 §3.2.2); DANE-EE needs none.
        usable: the records that may authenticate it.
        reason: one line.
        lookups: the verdicts about its A and AAAA records.
        secure_mx: whether it is proven to be a host of the domain (RFC 7672 §2.2.1).
    """

    host: Name
    preference: int | None
    port: int
    addresses: tuple[str, ...]
    base_domain: Name
    tlsa: Outcome[TlsaSet]
    case: Case
    names: tuple[Name, ...]
    usable: tuple[Tlsa, ...]
    reason: str
    lookups: tuple[Outcome[RRset], ...]
    secure_mx: bool


class Ruling(NamedTuple):
    """What follows from a host's lookups; the fields are those of `MailHost`."""

    case: Case
    reason: str
    tlsa: Outcome[TlsaSet]
    base_domain: Name
    addresses: tuple[str, ...]
    usable: tuple[Tlsa, ...] = ()


class Wanted(NamedTuple):
    """A host to judge.

    Fields: its name; the preference of its MX record; whether it is proven to be the domain's; and the names beside its
    base domain that a certificate may be for.
    """

    host: Name
    preference: int | None
    secure_mx: bool
    names: tuple[Name, ...]


async def hosts(wanted: Sequence[Wanted], port: int) -> tuple[MailHost, ...]:
    """Judge hosts, in their order. All first lookups are asked at the same time, and so are those of aliases' ends.

    The TLSA records at a host's own name are asked for together with its addresses; what the addresses say decides
    whether they count (RFC 7672 §2.2.2).
    """
    first = list(dict.fromkeys(question for each in wanted for question in _first_questions(each.host, port)))
    known = dict(zip(first, await Look(*first), strict=True)) if first else {}
    ends = [
        question
        for each in wanted
        for name in candidates(each.host, _lookups(each.host, known), insecure_too=False)
        for question in _tlsa_questions(name, port)
        if question not in known
    ]
    if ends:
        ends = list(dict.fromkeys(ends))
        known.update(zip(ends, await Look(*ends), strict=True))
    found = []
    for each in wanted:
        lookups = _lookups(each.host, known)
        ruling = await _judge(each.host, port, lookups, known)
        found.append(
            MailHost(
                host=each.host,
                preference=each.preference,
                port=port,
                addresses=ruling.addresses,
                base_domain=ruling.base_domain,
                tlsa=ruling.tlsa,
                case=ruling.case,
                names=tuple(dict.fromkeys((ruling.base_domain, *each.names))),
                usable=ruling.usable,
                reason=ruling.reason,
                lookups=lookups,
                secure_mx=each.secure_mx,
            )
        )
    return tuple(found)


async def one_host(host: Name, port: int) -> MailHost:
    """Judge one host that no MX record led to, such as a smart host or a submission server (RFC 7672 §2.2)."""
    (found,) = await hosts((Wanted(host, None, True, (host,)),), port)
    return found


def _first_questions(host: Name, port: int) -> list[Question]:
    return [Question(host, A), Question(host, AAAA), Question(tlsa_name(host, port), TLSA)]


def _tlsa_questions(name: Name, port: int) -> list[Question]:
    try:
        return [Question(tlsa_name(name, port), TLSA)]
    except BadName:  # an alias led to a name without room for `_port._tcp`, which has no records (RFC 1035 §2.3.4)
        return []


def _lookups(host: Name, known: dict[Question, Outcome[RRset]]) -> tuple[Outcome[RRset], ...]:
    return known[Question(host, A)], known[Question(host, AAAA)]


async def _judge(
    host: Name, port: int, lookups: tuple[Outcome[RRset], ...], known: dict[Question, Outcome[RRset]]
) -> Ruling:
    own = Question(tlsa_name(host, port), TLSA)
    addresses = addresses_of(lookups)
    literal = address_in(host)
    if literal is not None:  # RFC 7672 §2.2: DANE knows servers by name only
        reason = "the MX record names an address, which RFC 5321 §5.1 forbids: DANE does not apply"
        return Ruling(OPPORTUNISTIC, reason, tlsa_outcome(known[own], host), host, (literal,))
    if not addresses:
        return _unreachable(host, own, lookups, known)
    names = candidates(host, lookups, insecure_too=False)
    if not names:  # RFC 7672 §2.2.2: TLSA records are not looked for
        insecure = next(each for each in lookups if course(each) is Course.INSECURE)
        reason = f"its addresses are not secure: {insecure.summary}"
        return Ruling(OPPORTUNISTIC, reason, tlsa_outcome(insecure, host), host, addresses)
    choice = await choose(names, port, "tcp", known)
    tlsa, base = chosen(choice, lookups), choice.base_domain
    if isinstance(tlsa, Secure):
        records = usable(tlsa.value.records, MAIL_USAGES)
        if records:
            return Ruling(AUTHENTICATE, f"{CASES[AUTHENTICATE]} of {base}", tlsa, base, addresses, records)
        return Ruling(ENCRYPT, f"{CASES[ENCRYPT]}: {why_unusable(tlsa.value)}", tlsa, base, addresses)
    # RFC 7672 §2.1.2: an error is never taken for the absence of records.
    return Ruling(SKIP if is_error(tlsa) else OPPORTUNISTIC, tlsa.summary, tlsa, base, addresses)


def _unreachable(
    host: Name, own: Question, lookups: tuple[Outcome[RRset], ...], known: dict[Question, Outcome[RRset]]
) -> Ruling:
    """There is nothing to connect to (RFC 7672 §2.2.2), or nobody knows (§2.1.2)."""
    errors = [each for each in lookups if isinstance(each, Bogus | Indeterminate)]
    if not errors:
        return Ruling(SKIP, "it has no addresses", tlsa_outcome(known[own], host), host, ())
    graver = max(errors, key=lambda error: (is_error(error), isinstance(error, Bogus), error.finding.rank))
    if isinstance(graver, Indeterminate) and graver.why == "NO_ANCHOR":  # as if there were no TLSA (RFC 6698 §4.1)
        return Ruling(OPPORTUNISTIC, graver.summary, tlsa_outcome(graver, host), host, ())
    tlsa = error_about(own, graver, lookups) if is_error(graver) else tlsa_outcome(graver, host)
    return Ruling(SKIP, f"its addresses could not be found out: {graver.summary}", tlsa, host, ())


def why_unusable(found: TlsaSet) -> str:
    """Why none of the records can authenticate a mail host, in one line."""
    return "; ".join(dict.fromkeys(finding.text for _, finding in sort(found.records, MAIL_USAGES).unusable))


def addresses_of(lookups: Sequence[Outcome[RRset]]) -> tuple[str, ...]:
    """The addresses that these verdicts give, proven or not, in their order."""
    found: dict[str, None] = {}
    for outcome in lookups:
        rrset = outcome.value if isinstance(outcome, Secure) else None
        if isinstance(outcome, Insecure):
            rrset = outcome.untrusted
        for rdata in rrset.rdata[:ADDRESSES] if rrset is not None else ():
            if len(rdata) == 4:
                found[str(IPv4Address(rdata))] = None
            elif len(rdata) == 16:
                found[str(IPv6Address(rdata))] = None
    return tuple(found)


def address_in(name: Name) -> str | None:
    """The IPv4 address that a name spells, or an address literal in brackets (RFC 5321 §4.1.3); None where it is a name."""
    text = str(name).removesuffix(".")
    bracketed = text[:1] == "[" and text[-1:] == "]"
    if bracketed:
        text = text[1:-1]
        if text[:5].lower() == "ipv6:":
            text = text[5:]
    for kind in (IPv4Address, IPv6Address):
        try:
            return str(kind(text))
        except AddressValueError:
            continue
    return None
