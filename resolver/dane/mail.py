"""The plan for mail to a domain: its MX hosts, and for each what a sending server must do (RFC 7672 §2.2).

Runs over a network or a snapshot alike; it looks up and decides, and connects to nobody. Insecure MX records do not
keep a host's DANE from being used, but with them no delivery is secure (RFC 7672 §2.2.1): `MailPlan.secure_mx`.

Limits: `MX_HOSTS` hosts of a domain. Hosts of equal preference are in canonical order: whoever sends mail shuffles them
(RFC 5321 §5.1), which is nothing that a verdict should depend on.
Not done: SRV records (RFC 7673); MTA-STS, which must not override a failure of DANE in any case (RFC 8461 §2).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from resolver.dane.ask import Look
from resolver.dane.mail_host import MailHost, Wanted, address_in, hosts
from resolver.dane.tlsa import tlsa_name
from resolver.data.name import Name, NameLike, to_name
from resolver.data.rrset import Question, RRset
from resolver.data.types import MX
from resolver.data.views import read_mx
from resolver.errors import BadInput, BadName
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Outcome, Secure

MX_HOSTS = 50  # as many hosts as Exim tries at most for a message (hosts_max_try_hardlimit)

State: TypeAlias = Literal["mx", "implicit", "null", "no-domain", "no-anchor", "error"]

STATES: dict[State, str] = {
    "mx": "the domain has MX records",
    "implicit": "the domain has no MX records: it is its own mail host (RFC 5321 §5.1)",
    "null": "the domain accepts no mail: null MX (RFC 7505 §3)",
    "no-domain": "the domain does not exist",
    "no-anchor": "no trust anchor is above the domain, so nothing is said about it",
    "error": "the MX records could not be found out: mail waits (RFC 7672 §2.1.2)",
}


class MailPlan(NamedTuple):
    """What a sending server is to do with mail to a domain.

    Fields:
        domain: the recipients' domain.
        port: of the mail hosts.
        mx: the verdict about its MX records.
        state: "mx"; "implicit" (the domain itself is the host); "null" (it accepts no mail); "no-domain"; "no-anchor";
            or "error" (mail waits). There are hosts only in the first two.
        hosts: in the order in which they are tried, which DANE never changes (RFC 7672 §2.2.1).
        secure_mx: whether the hosts are proven to be the domain's. Where not, no delivery to it is secure, and a sender
            that insists on DANE waits (RFC 7672 §2.2.1).
        reason: one line.
        notes: what was passed over, one line each.
    """

    domain: Name
    port: int
    mx: Outcome[RRset]
    state: State
    hosts: tuple[MailHost, ...]
    secure_mx: bool
    reason: str
    notes: tuple[str, ...] = ()


def mail_domain(domain: NameLike) -> Name:
    """Read a recipients' domain.

    Raises:
        BadName: it is no name.
        BadInput: it is an address or an address literal: DANE does not apply to it (RFC 7672 §2.2).
    """
    name = to_name(domain)
    if address_in(name) is not None:
        raise BadInput(f"{domain} is an address; DANE needs the name of a domain or host (RFC 7672 §2.2)")
    return name


async def mail(domain: Name, port: int = 25) -> MailPlan:
    """Find the mail hosts of a domain, and what to do with each.

    First the MX records are looked up, then at once the addresses of all hosts and the TLSA records at their own names,
    and last the TLSA records at the ends of secure aliases.

    Args:
        domain: the recipients' domain; see `mail_domain`.
        port: 1 to 65535; part of the TLSA names (RFC 7672 §2.2.3).

    Raises:
        BadInput, BadName: the port is none, or the domain too long to have TLSA records.
    """
    tlsa_name(domain, port)
    (mx,) = await Look(Question(domain, MX))
    state, wanted, notes = _read(domain, port, mx)
    found = await hosts(wanted, port)
    secure = isinstance(mx, Secure | Absent)
    return MailPlan(domain, port, mx, state, found, secure, _reason(state, mx), notes)


def _reason(state: State, mx: Outcome[RRset]) -> str:
    if state == "no-anchor" or (state == "error" and not isinstance(mx, Secure | Insecure)):
        return mx.summary
    if state == "error":
        return "none of the domain's MX records names a host that mail could go to"
    if state in ("mx", "implicit") and isinstance(mx, Insecure):
        return f"{STATES[state]}; that is not secure, so no delivery is (RFC 7672 §2.2.1)"
    return STATES[state]


def _read(domain: Name, port: int, mx: Outcome[RRset]) -> tuple[State, list[Wanted], tuple[str, ...]]:
    """The state of a domain by the verdict about its MX records, and its mail hosts."""
    if isinstance(mx, Secure):
        # RFC 7672 §3.2.2: the next hop, and the name that it is an alias of, for secure MX records only.
        return _records(mx.value, port, secure=True, names=(domain, mx.canonical))
    if isinstance(mx, Absent):
        return _without_mx(domain, mx.kind, secure=True)
    if isinstance(mx, Insecure):
        if mx.untrusted is not None:  # RFC 7672 §2.2.1: DANE for its hosts is optional, and used
            return _records(mx.untrusted, port, secure=False, names=())
        if mx.claimed is not None:  # the denial of an unsigned zone is no error (RFC 7672 §2.1.1)
            return _without_mx(domain, mx.claimed, secure=False)
    unknown = isinstance(mx, Indeterminate) and mx.why == "NO_ANCHOR"
    return ("no-anchor" if unknown else "error"), [], ()  # RFC 7672 §2.1.2: never on to the addresses


def _without_mx(domain: Name, kind: str, *, secure: bool) -> tuple[State, list[Wanted], tuple[str, ...]]:
    if kind == "NXDOMAIN":
        return "no-domain", [], ()
    return "implicit", [Wanted(domain, None, secure, (domain,))], ()  # RFC 7672 §2.2.2


def _records(
    rrset: RRset, port: int, *, secure: bool, names: tuple[Name, ...]
) -> tuple[State, list[Wanted], tuple[str, ...]]:
    """The hosts of MX records, by preference (RFC 5321 §5.1)."""
    records = sorted(read for rdata in rrset.rdata if (read := read_mx(rdata)) is not None)
    notes = [] if len(records) == len(rrset.rdata) else ["a malformed MX record was passed over"]
    if records and all(exchange.is_root for _, exchange in records):  # RFC 7505 §3
        return "null", [], tuple(notes)
    best: dict[Name, int] = {}
    for preference, exchange in records:
        if exchange.is_root:  # RFC 7505 §3: not beside others
            notes.append("a null MX beside other MX records was passed over (RFC 7505 §3)")
        elif _has_tlsa_name(exchange, port):
            best.setdefault(exchange, preference)
        else:
            notes.append(f"{exchange} is too long to have TLSA records, and was passed over")
    if len(best) > MX_HOSTS:
        notes.append(f"{len(best) - MX_HOSTS} more MX hosts were passed over; the limit is {MX_HOSTS}")
    wanted = [Wanted(host, preference, secure, names) for host, preference in best.items()]
    return ("mx" if wanted else "error"), wanted[:MX_HOSTS], tuple(notes)


def _has_tlsa_name(host: Name, port: int) -> bool:
    try:
        tlsa_name(host, port)
    except BadName:
        return False
    return True
