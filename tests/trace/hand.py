"""Verdicts made by hand from the test kit's messages: any shape of proof, also one that the judge never makes."""

from __future__ import annotations

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import DNSKEY, DS, NSEC, NSEC3
from resolver.data.views import read_dnskey, read_rrsig
from resolver.testing import World
from resolver.validator import mint, proof
from resolver.validator.algorithms import Key
from resolver.validator.budget import Work
from resolver.validator.findings import Finding
from resolver.validator.proof import Proof
from resolver.validator.states import Verified


class Hand:
    """Makes proofs from a world without judging anything."""

    def __init__(self, world: World) -> None:
        self.world = world

    def verified(self, rrset: RRset) -> Verified:
        """The RRset as if its first signature had verified."""
        ttl, rdata = rrset.rrsigs[0]
        rrsig = read_rrsig(rdata, ttl)
        assert rrsig is not None
        keys = [read_dnskey(octets) for octets in self.world.zone(rrsig.signer).keyset]
        key = next(Key(view) for view in keys if view is not None and view.tag == rrsig.tag)
        return mint.verified(rrset, rrsig, key, rrsig.signer, rrsig.inception, rrsig.expiration, rrsig.original_ttl)

    def keys(self, zone: Name) -> Proof:
        """The steps from the root's anchor down to the keys of a zone."""
        dnskey = self.world.message(f"{zone} DNSKEY").find(zone, DNSKEY)
        assert dnskey is not None
        question = Question(zone, DNSKEY)
        if zone == ROOT:
            anchors = self.world.anchors.at(ROOT)
            return Proof(proof.KEYS, question, zone=zone, evidence=(self.verified(dnskey),), anchors=anchors)
        return Proof(
            proof.KEYS, question, zone=zone, evidence=(self.verified(dnskey),), rests_on=(self.delegation(zone),)
        )

    def delegation(self, zone: Name) -> Proof:
        """The step that proves a zone's DS."""
        parent = self.world.parent_of(zone)
        ds = self.world.message(f"{zone} DS").find(zone, DS)
        assert parent is not None and ds is not None
        return Proof(
            proof.DS,
            Question(zone, DS),
            zone=parent.name,
            evidence=(self.verified(ds),),
            rests_on=(self.keys(parent.name),),
        )

    def denial(self, step: str, question: Question, zone: Name, reason: str) -> Proof:
        """A step that rests on the NSEC and NSEC3 records of the reply to a question."""
        authority = self.world.message(question).authority
        evidence = tuple(self.verified(rrset) for rrset in authority if rrset.rdtype in (NSEC, NSEC3))
        return Proof(step, question, zone=zone, evidence=evidence, reason=reason, rests_on=(self.keys(zone),))

    def common(self, question: Question, proven: Proof, notes: tuple[Finding, ...] = ()) -> dict[str, object]:
        """What `mint.secure`, `mint.absent` and `mint.insecure` share."""
        now = self.world.now
        return {
            "question": question,
            "proof": proven,
            "aliases": (),
            "canonical": question.name,
            "judged_at": float(now),
            "notes": notes,
            "work": Work(5, 0, 102, 8),
            "times": (now - 7 * 86400, now + 21 * 86400, now + 300.0),
        }
