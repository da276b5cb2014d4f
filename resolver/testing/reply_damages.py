"""Damages of whole replies (`message`): what servers and forwarders do between a right zone and its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.rrset import Message, NoReply, RRset
from resolver.data.types import CNAME, DNAME, NSEC, NSEC3
from resolver.testing.forwarder import NOTIMP, REFUSED, changed, without_dnssec
from resolver.testing.lookup import NOERROR, NXDOMAIN, SERVFAIL
from resolver.testing.registry import damage

if TYPE_CHECKING:
    from resolver.testing.zone import Zone


@damage("rcode-nxdomain", "message")
def nxdomain(zone: Zone, message: Message) -> Message:
    """The RCODE says NXDOMAIN, whatever the records say; they are genuine."""
    return changed(message, rcode=NXDOMAIN)


@damage("rcode-noerror", "message")
def noerror(zone: Zone, message: Message) -> Message:
    """The RCODE says NOERROR, whatever the records say; they are genuine."""
    return changed(message, rcode=NOERROR)


@damage("answer-removed", "message")
def removed(zone: Zone, message: Message) -> Message:
    """The answer section is empty; the rest of the reply is genuine."""
    return changed(message, answer=())


@damage("answer-denied", "message")
def denied(zone: Zone, message: Message) -> Message:
    """NXDOMAIN in place of an existing answer, with genuine denial records of the zone that do not fit."""
    genuine = tuple(piece.rrset for piece in zone.denial.no_data(zone.name))
    return changed(message, rcode=NXDOMAIN, answer=(), authority=genuine)


@damage("dnssec-stripped", "message")
def dnssec_stripped(zone: Zone, message: Message) -> Message:
    """A forwarder that knows nothing of DNSSEC: no signature, no denial record, no OPT."""
    stripped = without_dnssec(message)
    stripped.edns = None
    return stripped


@damage("signatures-stripped", "message")
def signatures_stripped(zone: Zone, message: Message) -> Message:
    """Every RRSIG is taken out of the reply; NSEC and NSEC3 stay."""

    def bare(rrsets: tuple[RRset, ...]) -> tuple[RRset, ...]:
        return tuple(rrset.with_rrsigs(()) for rrset in rrsets)

    return changed(message, answer=bare(message.answer), authority=bare(message.authority))


@damage("authority-removed", "message")
def authority_removed(zone: Zone, message: Message) -> Message:
    """The authority section is empty, as from a forwarder that sends minimal replies: no SOA, no proof."""
    return changed(message, authority=())


@damage("authority-unsigned-soa", "message")
def unsigned_soa(zone: Zone, message: Message) -> Message:
    """No fault: the SOA of a denial comes without signature; no proof needs it (R132)."""
    kept = (each if each.rdtype in (NSEC, NSEC3) else each.with_rrsigs(()) for each in message.authority)
    return changed(message, authority=tuple(kept))


@damage("order-reversed", "message")
def order_reversed(zone: Zone, message: Message) -> Message:
    """No fault: the RRsets of each section come in the reverse order."""
    return changed(message, answer=message.answer[::-1], authority=message.authority[::-1])


@damage("dname-synthesis-missing", "message")
def synthesis_missing(zone: Zone, message: Message) -> Message:
    """No fault: the CNAME that a DNAME implies is left out; a validator makes its own (RFC 6672 §5.3.1)."""
    return changed(message, answer=tuple(rrset for rrset in message.answer if not _synthesised(message, rrset)))


@damage("dname-synthesis-altered", "message")
def synthesis_altered(zone: Zone, message: Message) -> Message:
    """The CNAME beside a DNAME leads elsewhere than the DNAME does (RFC 6672 §5.3.1)."""
    elsewhere = b"\x09elsewhere\x07invalid\0"
    answer = (
        RRset(rrset.owner, CNAME, rrset.ttl, (elsewhere,)) if _synthesised(message, rrset) else rrset
        for rrset in message.answer
    )
    return changed(message, answer=tuple(answer))


def _synthesised(message: Message, rrset: RRset) -> bool:
    return rrset.rdtype == CNAME and any(
        other.rdtype == DNAME and rrset.owner.is_below(other.owner) for other in message.answer
    )


@damage("server-failure", "message")
def failure(zone: Zone, message: Message) -> Message:
    """SERVFAIL and no records."""
    return changed(message, rcode=SERVFAIL, answer=(), authority=())


@damage("server-refused", "message")
def refused(zone: Zone, message: Message) -> Message:
    """REFUSED and no records."""
    return changed(message, rcode=REFUSED, answer=(), authority=())


@damage("server-not-implemented", "message")
def not_implemented(zone: Zone, message: Message) -> Message:
    """NOTIMP and no records, as old servers answer to TLSA."""
    return changed(message, rcode=NOTIMP, answer=(), authority=())


@damage("server-silent", "message")
def silent(zone: Zone, message: Message | NoReply) -> NoReply:
    """No reply comes: `answer` raises TimeoutError and the Source returns NoReply."""
    return NoReply(message.question, "timeout", f"the world is silent on {message.question}")
