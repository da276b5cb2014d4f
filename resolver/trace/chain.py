"""The chain of a verdict: what its proof says about each zone, from the root down. Text and JSON both read it.

Any shape of proof gives some chain: a trace is needed most when something is odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY, DS, RRSIG
from resolver.data.views import Dnskey, Ds, Rrsig, read_dnskey, read_ds, read_rrsig
from resolver.validator import proof as steps_of
from resolver.validator.algorithms import RSA, Key, digest_of
from resolver.validator.outcome import Indeterminate, Outcome
from resolver.validator.states import Verified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolver.validator.anchors import Anchor
    from resolver.validator.findings import Finding
    from resolver.validator.proof import Proof

LinkStatus: TypeAlias = Literal["secure", "insecure", "bogus", "indeterminate", "not-a-cut"]


class Link:
    """What the proof says about one name that is, or might be, a zone.

    Attributes:
        zone: the name.
        status: "secure", "insecure", "bogus", "indeterminate" or "not-a-cut".
        proof: the step that says so.
        ds: the verified DS RRset of the zone, if the proof has it.
        dnskey: the verified DNSKEY RRset of a secure zone.
        served: the DNSKEY RRset of a broken zone as it was served, unverified.
        finding: why a broken zone is broken.
    """

    __slots__ = ("dnskey", "ds", "finding", "proof", "served", "status", "zone")

    def __init__(self, zone: Name, status: LinkStatus, proof: Proof) -> None:
        self.zone = zone
        self.status: LinkStatus = status
        self.proof = proof
        self.ds: Verified | None = None
        self.dnskey: Verified | None = None
        self.served: RRset | None = None
        self.finding: Finding | None = proof.finding

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The trust anchors that hold the zone."""
        return self.proof.anchors

    @property
    def ds_views(self) -> list[Ds]:
        """The zone's DS records, of which malformed ones are left out."""
        views = [read_ds(rdata) for rdata in self.ds.rrset.rdata] if self.ds is not None else []
        return [view for view in views if view is not None]


class ZoneKey(NamedTuple):
    """One DNSKEY as people look at it.

    Fields: the record; its role ("KSK", "ZSK", "CSK", "revoked", "not a zone key"); bits, as people name its size;
    whether a DS or an anchor matches it; and whether its signature of the DNSKEY RRset is the one that verified.
    """

    dnskey: Dnskey
    role: str
    bits: int
    matched: bool
    signs: bool


def all_steps(outcome: Outcome[object]) -> list[Proof]:
    """Every step of a verdict once: of its aliases, of an enclosing cut and of its proof, foundations first."""
    roots = [alias.proof for alias in outcome.aliases]
    if isinstance(outcome, Indeterminate) and outcome.enclosing is not None:
        roots.append(outcome.enclosing.proof)
    found: dict[int, Proof] = {}
    for root in (*roots, outcome.proof):
        for step in root.walk():
            found.setdefault(id(step), step)
    return list(found.values())


def chain(outcome: Outcome[object]) -> list[Link]:
    """The links in the canonical order of their names (RFC 4034 §6.1): the root first, each zone before those below."""
    ranks = {"secure": 3, "insecure": 2, "bogus": 1, "indeterminate": 1, "not-a-cut": 0}
    links: dict[Name, Link] = {}
    delegations: dict[Name, Verified] = {}
    for step in all_steps(outcome):
        link = _link(step, outcome)
        if step.step == steps_of.DS or (step.step == steps_of.CUT and step.evidence):
            for evidence in step.evidence:
                if evidence.rrset.rdtype == DS:
                    delegations[step.subject.name] = evidence
        if link is not None:
            other = links.get(link.zone)
            if other is None or ranks[link.status] > ranks[other.status]:
                links[link.zone] = link
    for zone, link in links.items():
        link.ds = delegations.get(zone)
    return [links[zone] for zone in sorted(links)]


def _link(step: Proof, outcome: Outcome[object]) -> Link | None:
    name = step.subject.name
    if step.step in (steps_of.KEYS, steps_of.ANCHOR):
        link = Link(name, "secure", step)
        link.dnskey = next((held for held in step.evidence if held.rrset.rdtype == DNSKEY), None)
        return link
    if step.step in (steps_of.CUT, steps_of.NEGATIVE_ANCHOR):
        return Link(name, "insecure", step)
    if step.step == steps_of.NOT_A_CUT:
        return Link(name, "not-a-cut", step)
    if step.step == steps_of.FAILURE and step.finding is not None and step.subject.rdtype in (DNSKEY, DS):
        if step.subject == outcome.question and step.subject.rdtype == DS:
            return None  # the parent's records: shown as the answer that failed
        link = Link(name, "indeterminate" if outcome.status == "indeterminate" else "bogus", step)
        if step.message is not None:
            link.served = step.message.find(name, DNSKEY)
        return link
    return None


def keys_of(link: Link) -> list[ZoneKey]:
    """The keys of a zone, those that a DS or an anchor matches first."""
    rrset = link.dnskey.rrset if link.dnskey is not None else link.served
    if rrset is None:
        return []
    views = [view for rdata in rrset.rdata if (view := read_dnskey(rdata)) is not None]
    matched = {view.rdata for view in views if _is_held(link, view)}
    signer = link.dnskey.key.dnskey.rdata if link.dnskey is not None else b""
    usable = [view for view in views if view.is_zone_key and not view.is_revoked]
    entries = {view.rdata for view in usable if view.is_sep or view.rdata in matched}
    split = any(view.rdata not in entries for view in usable)
    found = []
    for view in views:
        if not view.is_zone_key:
            role = "not a zone key"  # RFC 4034 §2.1.1
        elif view.is_revoked:
            role = "revoked"  # RFC 5011 §3
        elif view.rdata in entries:
            role = "KSK" if split else "CSK"
        else:
            role = "ZSK"
        found.append(ZoneKey(view, role, Key(view).bits, view.rdata in matched, view.rdata == signer))
    return sorted(found, key=lambda key: (not key.matched, key.role == "ZSK", key.dnskey.tag))


def _is_held(link: Link, view: Dnskey) -> bool:
    """Whether a DS (RFC 4034 §5.1.4) or an anchor matches the key."""
    digests = [*link.ds_views, *(anchor.ds for anchor in link.anchors if anchor.ds is not None)]
    if any(anchor.dnskey == view.rdata for anchor in link.anchors):
        return True
    return any(
        ds.tag == view.tag
        and ds.algorithm == view.algorithm
        and digest_of(ds.digest_type, link.zone, view.rdata) == ds.digest
        for ds in digests
    )


def key_text(key: ZoneKey) -> str:
    """`38696/8/KSK/2048`: tag, algorithm, role, and bits where they vary within an algorithm (RSA)."""
    size = f"/{key.bits}" if key.dnskey.algorithm in RSA and key.bits else ""
    return f"{key.dnskey.tag}/{key.dnskey.algorithm}/{key.role}{size}"


DIGESTS = {1: "SHA-1", 2: "SHA-256", 4: "SHA-384"}  # RFC 9904 §3.2


def ds_text(ds: Ds) -> str:
    """`22805/13/SHA-256`: tag, algorithm and digest."""
    return f"{ds.tag}/{ds.algorithm}/{DIGESTS.get(ds.digest_type, f'digest {ds.digest_type}')}"


def signatures(rrset: RRset) -> list[Rrsig]:
    """The views of an RRset's signatures, unverified."""
    return [view for ttl, rdata in rrset.rrsigs if (view := read_rrsig(rdata, ttl)) is not None]


def signing_zones(outcome: Outcome[object]) -> list[Name]:
    """The zones whose keys the proof verified, the root first."""
    return [link.zone for link in chain(outcome) if link.status == "secure"]


def refused(outcome: Outcome[object]) -> tuple[list[Finding], int]:
    """The refused attempts that led to the verdict, its cause not among them, and how many more are not kept (R142)."""
    cause = outcome.cause
    seen = {_identity(cause)} if cause is not None else set()
    found: list[Finding] = []
    more = 0
    for step in reversed(all_steps(outcome)):
        more += step.refused_more
        own: Iterable[Finding] = (step.finding, *step.refused) if step.finding is not None else step.refused
        for finding in own:
            if _identity(finding) not in seen:
                seen.add(_identity(finding))
                found.append(finding)
    return found, more


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.at, finding.text


def first_to_end(outcome: Outcome[object]) -> Verified | None:
    """The signature that ends first of all those that the verdict rests on."""
    evidence = [held for step in all_steps(outcome) for held in step.evidence if held.rrset.rdtype != RRSIG]
    return min(evidence, key=lambda held: held.not_after, default=None)
