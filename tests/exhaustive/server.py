"""An honest server of a world, and an attacker who holds all its genuine records.

Limits: one hop a message; the judge asks for the target of an alias by itself.
"""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNAME, DNSKEY, DS, NS, SOA
from tests.exhaustive.signer import TTL, Chain, labels_of, signed
from tests.exhaustive.worlds import TOP, World, Zone


class Server:
    """Answers every question about a world with the full proof (RFC 4035 §3.1, RFC 5155 §7.2, RFC 9824 §3)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chains = {apex: Chain(world, zone) for apex, zone in world.zones.items() if zone.signed}
        self._said: dict[Question, Message] = {}

    def holder(self, question: Question) -> Zone:
        """The zone that answers: of the deepest apex, for DS strictly above the name (RFC 4035 §3.1.4.1)."""
        name, rdtype = question
        fit = [
            apex
            for apex in self.world.zones
            if (name.is_below(apex) if rdtype == DS and name != TOP else name.is_under(apex))
        ]
        return self.world.zones[max(fit, key=lambda apex: len(apex.labels))]

    def answer(self, question: Question) -> Message:
        """The honest reply, always the same."""
        message = self._said.get(question)
        if message is None:
            message = self._said[question] = self._answer(question)
        return message

    def _answer(self, question: Question) -> Message:
        zone = self.holder(question)
        chain = self.chains.get(zone.apex)
        name, rdtype = question
        dnames = [owner for owner, node in zone.nodes.items() if DNAME in node and name.is_below(owner)]
        if dnames:
            owner = min(dnames, key=lambda each: len(each.labels))
            target = name.labels[: len(name.labels) - len(owner.labels)] + Name(zone.nodes[owner][DNAME]).labels
            alias = RRset(name, CNAME, TTL, (Name.from_labels(target).wire,))
            return Message(question, answer=(self._held(zone, owner, DNAME), alias))
        existing = {above for owner in zone.nodes for above in (zone.apex, *owner.between(zone.apex))}
        encloser = name
        while encloser not in existing:
            encloser = encloser.parent()
        if encloser == name:
            node = zone.nodes.get(name, {})
            if rdtype == DNSKEY and name == zone.apex and chain is not None:
                return Message(question, answer=(chain.positive[name, DNSKEY],))
            for wanted in (rdtype, CNAME):
                if wanted in node:
                    return Message(question, answer=(self._held(zone, name, wanted),))
            return self._negative(question, zone, self._no_data(chain, name))
        next_closer = name.rightmost(len(encloser.labels) + 1)
        wildcard = encloser.wildcard()
        if wildcard not in existing:
            proof = self._cover(chain, encloser, next_closer, name)
            if chain is not None:
                proof += [chain.compact(name, None)] if chain.mode == "compact" else [chain.cover(wildcard)]
            return self._negative(question, zone, proof, rcode=3)
        node = zone.nodes.get(wildcard, {})
        for wanted in (rdtype, CNAME):
            if wanted in node and NS not in node:  # RFC 4592 §4.2: a delegation is never synthesised here
                return Message(
                    question,
                    answer=(self.expanded(zone, wildcard, name, wanted),),
                    authority=_distinct(self._cover(chain, encloser, next_closer, name)),
                )
        proof = self._cover(chain, encloser, next_closer, name)
        if chain is not None and chain.mode == "compact":
            proof = [] if NS in node else [chain.compact(name, set(node))]
        elif chain is not None:
            proof.append(chain.match(wildcard) or chain.cover(wildcard))
        return self._negative(question, zone, proof)

    def _held(self, zone: Zone, owner: Name, rdtype: int) -> RRset:
        chain = self.chains.get(zone.apex)
        if chain is None or (owner, rdtype) not in chain.positive:
            return RRset(owner, rdtype, TTL, (zone.nodes[owner][rdtype],))
        return chain.positive[owner, rdtype]

    def expanded(self, zone: Zone, wildcard: Name, name: Name, rdtype: int) -> RRset:
        """What a wildcard gives for a name; a compact signer signs it as the name's own."""
        rdata = zone.nodes[wildcard][rdtype]
        if not zone.signed:
            return RRset(name, rdtype, TTL, (rdata,))
        return signed(
            zone.apex, name, rdtype, rdata, labels=None if self.world.mode == "compact" else labels_of(wildcard)
        )

    def _no_data(self, chain: Chain | None, name: Name) -> list[RRset | None]:
        if chain is None:
            return []
        if chain.mode == "compact":
            return [chain.compact(name, set(chain.zone.nodes.get(name, {})))]
        if not chain.hashing or name in chain.linked:
            return [chain.match(name) or chain.cover(name)]
        encloser = name
        while encloser not in chain.linked:  # RFC 5155 §7.2.4: the closest provable encloser
            encloser = encloser.parent()
        return [chain.match(encloser), chain.cover(name.rightmost(len(encloser.labels) + 1))]

    def _cover(self, chain: Chain | None, encloser: Name, next_closer: Name, name: Name) -> list[RRset | None]:
        if chain is None or chain.mode == "compact":
            return []
        if not chain.hashing:
            return [chain.cover(name)]
        while encloser not in chain.linked:
            encloser, next_closer = encloser.parent(), encloser
        return [chain.match(encloser), chain.cover(next_closer)]

    def _negative(self, question: Question, zone: Zone, proof: list[RRset | None], rcode: int = 0) -> Message:
        soa = self._held(zone, zone.apex, SOA)
        return Message(question, rcode=rcode, authority=(soa, *_distinct(proof)))


def _distinct(records: list[RRset | None]) -> tuple[RRset, ...]:
    return tuple(dict.fromkeys(record for record in records if record is not None))
