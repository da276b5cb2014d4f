"""The records that a fix is made of, ready to paste: computed from what was served, in zone-file form.

Limits: a DS is computed from a DNSKEY RRset that nothing proves (that is why it is asked for), so it says to be compared
with the signer's own keys before anybody publishes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import Name
from resolver.data.presentation import record_text
from resolver.data.rrset import RRset
from resolver.data.types import DS, RRSIG, to_type
from resolver.data.views import Dnskey, Rrsig, read_dnskey
from resolver.errors import BadInput
from resolver.trace import chain as links_of
from resolver.validator import proof as steps_of
from resolver.validator.algorithms import digest_of
from resolver.validator.policy import SHA256

if TYPE_CHECKING:
    from resolver.data.rrset import Message
    from resolver.validator.findings import Finding
    from resolver.validator.outcome import Outcome

DS_TTL = 3600  # seconds, where no DS of the parent tells its own: a usual value of registries
MAX_RECORDS = 4  # of each kind; a zone that serves more keys than that has another trouble

# What a new DS mends: the link between the parent's DS and the keys that are in use (RFC 4035 §5.2).
NEW_DS = frozenset({"NO_SEP", "DIGEST_INVALID", "DNSKEY_REVOKED_DS", "DS_KEY_NOT_SIGNING"})


class Remedy(NamedTuple):
    """One step of a fix: "publish", "remove" or "replace by" and the record; `where` is the zone that holds it."""

    action: str
    where: str
    record: str


def remedies(outcome: Outcome[object]) -> list[Remedy]:
    """The records to publish or to remove; empty where no record mends it, or none can be known."""
    cause = outcome.cause
    if cause is None or outcome.status != "bogus":
        return []
    zone = place(cause)[0]
    link = next((link for link in links_of.chain(outcome) if link.zone == zone), None)
    if zone is None or link is None or zone.is_root:
        return []
    held = link.ds.rrset if link.ds is not None else None
    ttl = link.ds.original_ttl if link.ds is not None else DS_TTL  # not what a cache has left of it
    parent = str(link.ds.zone) if link.ds is not None else "the parent"
    if cause.code in NEW_DS or (cause.code == "RDATA_MALFORMED" and place(cause)[1] == DS):
        there = held.rdata if held is not None else ()
        made = [ds_rdata(zone, key) for key in in_use(link.served)[:MAX_RECORDS]]
        return [Remedy("publish", parent, record_text(zone, ttl, DS, ds)) for ds in made if ds not in there]
    if cause.code == "DNSKEY_MISSING" and held is not None:
        return [Remedy("remove", parent, record_text(zone, ttl, DS, rdata)) for rdata in held.rdata[:MAX_RECORDS]]
    return []


def has_usable_key(outcome: Outcome[object]) -> bool:
    """Whether the zone that the cause is about serves a key that a DS may name; true where its keys are not known."""
    name = place(outcome.cause)[0] if outcome.cause is not None else None
    served = next((link.served for link in links_of.chain(outcome) if link.zone == name), None)
    return served is None or bool(in_use(served))


def in_use(served: RRset | None) -> list[Dnskey]:
    """The keys of a DNSKEY RRset that a DS may name: those that sign it and carry SEP, or what comes nearest."""
    if served is None:
        return []
    views = [view for rdata in served.rdata if (view := read_dnskey(rdata)) is not None]
    usable = [
        view for view in views if view.is_zone_key and not view.is_revoked and view.protocol == 3
    ]  # RFC 4034 §2.1
    signing = {(rrsig.tag, rrsig.algorithm) for rrsig in links_of.signatures(served)}
    makers = [view for view in usable if (view.tag, view.algorithm) in signing]
    return [view for view in makers if view.is_sep] or makers or [view for view in usable if view.is_sep]


def ds_rdata(zone: Name, key: Dnskey) -> bytes:
    """The DS of a key with SHA-256, the digest that everybody must support (RFC 9904 §3.2)."""
    digest = digest_of(SHA256, zone, key.rdata)
    assert digest is not None
    return key.tag.to_bytes(2, "big") + bytes((key.algorithm, SHA256)) + digest


def place(finding: Finding) -> tuple[Name | None, int]:
    """The name and the type that a finding is about; None where it names something else."""
    name, _, rdtype = finding.at.rpartition("/")
    try:
        return Name.from_text(name), to_type(rdtype)
    except BadInput:
        return None, 0


# Where the finding's own zone is the signature's word for it, and that word is what is wrong.
_SIGNER_IS_WRONG = frozenset({"SIGNER_NOT_ZONE", "SIGNER_OFF_TREE"})


def operator_zone(outcome: Outcome[object], finding: Finding) -> str:
    """The zone whose operator can mend it: as the finding says, else the deepest of the chain that holds its name."""
    _, _, zone = finding.who.partition(":")
    name, rdtype = place(finding)
    if (zone and finding.code not in _SIGNER_IS_WRONG) or name is None:
        return zone
    above = [
        link.zone
        for link in links_of.chain(outcome)
        if (link.status == "secure" or link.ds is not None or link.anchors or link.served is not None)
        and (name.is_below(link.zone) if rdtype == DS else name.is_under(link.zone))  # RFC 4035 §3.1.4.1
    ]
    return str(above[-1]) if above else zone


def message_of(outcome: Outcome[object]) -> Message | None:
    """The reply that the verdict fails on: one that holds what the cause is about, else that of the last failed step."""
    failed = [
        step for step in links_of.all_steps(outcome) if step.step == steps_of.FAILURE and step.message is not None
    ]
    cause = outcome.cause
    if cause is None or not failed:
        return failed[-1].message if failed else None
    name, rdtype = place(cause)
    same = [
        step
        for step in failed
        if step.finding is not None and (step.finding.code, step.finding.at) == (cause.code, cause.at)
    ]
    for step in reversed(same):
        if step.message is not None and name is not None and step.message.find(name, rdtype) is not None:
            return step.message
    for step in reversed(same):
        if step.message is not None and (name, rdtype) == step.message.question:
            return step.message
    return (same or failed)[-1].message


def served_at(outcome: Outcome[object]) -> RRset | None:
    """The RRset that the cause is about, as it was served."""
    cause, message = outcome.cause, message_of(outcome)
    if cause is None or message is None:
        return None
    name, rdtype = place(cause)
    return message.find(name, rdtype) if name is not None else None


def served_signatures(outcome: Outcome[object]) -> list[Rrsig]:
    """The signatures over what the cause is about, as they were served and proven by nothing."""
    rrset = served_at(outcome)
    if rrset is None:
        rrset = next((link.served for link in links_of.chain(outcome) if link.served is not None), None)
    return links_of.signatures(rrset) if rrset is not None else []


def is_signature_malformed(outcome: Outcome[object]) -> bool:
    """Whether there are signature records over what the cause is about, none of which can be read."""
    rrset = served_at(outcome)
    return rrset is not None and bool(rrset.rrsigs) and not links_of.signatures(rrset)


def is_served_signed(outcome: Outcome[object]) -> bool:
    """Whether anything in the failing reply carries a signature."""
    message = message_of(outcome)
    if message is None:
        return False
    return any(rrset.rrsigs or rrset.rdtype == RRSIG for rrset in (*message.answer, *message.authority))


def has_edns(outcome: Outcome[object]) -> bool:
    """Whether the failing reply has an EDNS part, without which nothing of DNSSEC comes through (RFC 3225 §3)."""
    message = message_of(outcome)
    return message is None or message.edns is not None
