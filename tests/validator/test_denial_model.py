"""The denial rules against every question of small random zones: no bag of genuine records proves what is not so.

`MUTATIONS=20000 pytest tests/validator/test_denial_model.py` runs longer.
"""

from __future__ import annotations

import os
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.data.name import Name
from resolver.data.types import CNAME, DS, NS, TXT, A, to_type
from resolver.validator import nsec, nsec3
from resolver.validator.context import Context
from resolver.validator.limits import Limits
from resolver.validator.policy import Policy
from resolver.validator.spans import Denial
from resolver.validator.states import Verified
from tests.validator.judging import mint_nsec, name_of
from tests.validator.test_mutations import honest
from tests.validator.test_nsec3 import Chain, expansion

EXAMPLES = int(os.environ.get("MUTATIONS", "60"))
ZONE = name_of("z.")
LABELS = ("*", "a", "b")
OWNERS = [f"{label}.z." for label in LABELS] + [f"{low}.{high}.z." for low, high in product(LABELS, LABELS)]
NAMES = ["z.", *OWNERS, *(f"{low}.{owner}" for low in ("a", "b") for owner in OWNERS[3:])]
KINDS = ("A", "TXT", "A TXT", "CNAME", "NS", "NS DS", "DNAME", "A DNAME")
CONTENTS = st.dictionaries(st.sampled_from(OWNERS), st.sampled_from(KINDS), max_size=4)


class Content:
    """A zone of names and types, and what is so about every question."""

    def __init__(self, nodes: dict[str, str]) -> None:
        every = {name_of(owner): {to_type(word) for word in kind.split()} for owner, kind in nodes.items()}
        hidden = [owner for owner, types in every.items() if NS in types or 39 in types]
        self.nodes = {
            owner: types for owner, types in every.items() if not any(owner.is_below(other) for other in hidden)
        }
        self.barriers = [owner for owner in hidden if owner in self.nodes]
        self.nodes[ZONE] = {6, NS, A}
        self.exists = {above for owner in self.nodes for above in (ZONE, *owner.between(ZONE))}

    def text(self, owner: Name) -> str:
        return " ".join(f"TYPE{rdtype}" for rdtype in sorted(self.nodes.get(owner, ())))

    def truth(self, name: Name, rdtype: int, *, walking: bool = False) -> set[str]:
        """The denials that may be proven: none, NODATA or NXDOMAIN. An alias does not matter to the walk (R5)."""
        if any(name.is_below(barrier) for barrier in self.barriers):
            return set()
        if name in self.exists:
            types = self.nodes.get(name, set()) - ({CNAME} if walking else set())
            return self._at(types, rdtype, apex=name == ZONE, wildcard=False)
        encloser = name
        while encloser not in self.exists:
            encloser = encloser.parent()
        wildcard = encloser.wildcard()
        if wildcard in self.exists:
            types = self.nodes.get(wildcard, set()) - ({CNAME} if walking else set())
            return self._at(types, rdtype, apex=False, wildcard=True)
        return {"NXDOMAIN"}

    def _at(self, types: set[int], rdtype: int, *, apex: bool, wildcard: bool) -> set[str]:
        if rdtype in types or CNAME in types or (apex and rdtype == DS):
            return set()
        if NS in types and not apex and (wildcard or rdtype != DS):
            return set()
        return {"NODATA"}


def nsec_chain(content: Content) -> list[Verified]:
    names = sorted(content.nodes)
    return [
        mint_nsec(str(name), str(names[(at + 1) % len(names)]), content.text(name), zone="z.")
        for at, name in enumerate(names)
    ]


def nsec3_chain(content: Content, *, opt_out: bool) -> tuple[list[Verified], set[Name]]:
    """The records, and the names that are in the chain."""
    kept = {owner for owner, types in content.nodes.items() if not (opt_out and types == {NS})}
    named = {above for owner in kept for above in (ZONE, *owner.between(ZONE))}
    texts = {str(name): content.text(name) for name in named}
    return Chain(texts, opt_out=opt_out, zone="z.").all(), named


def wrong(content: Content, named: set[Name], name: Name, rdtype: int, denial: Denial | None, *, walking: bool) -> bool:
    """Whether a denial says what is not so."""
    if denial is None:
        return False
    if denial.insecure == "OPT_OUT":  # says: whatever is at or below this name is no signed part of the zone
        return denial.cut is None or denial.cut in named or not name.is_under(denial.cut)
    if denial.delegation and (content.nodes.get(name) != {NS} or rdtype != DS):
        return True
    return denial.kind not in content.truth(name, rdtype, walking=walking)


@settings(max_examples=EXAMPLES)
@given(nodes=CONTENTS, picks=st.lists(st.integers(0, 1023), min_size=12, max_size=12))
def test_no_bag_of_nsec_records_proves_what_is_not_so(nodes: dict[str, str], picks: list[int]) -> None:
    content = Content(nodes)
    chain = nsec_chain(content)
    for turn, (text, rdtype) in enumerate(product(NAMES, (A, DS, TXT))):
        name = name_of(text)
        if name == ZONE and rdtype == DS:
            continue
        pick = picks[turn % len(picks)]
        bag = [record for at, record in enumerate(chain) if pick >> at & 1]
        for walking in (False, True) if rdtype == DS else (False,):
            denial = nsec.prove(ZONE, name, rdtype, nsec.usable_spans(ZONE, bag, []), [], walking=walking)
            assert not wrong(content, set(), name, rdtype, denial, walking=walking), (text, rdtype, denial)
        spans = nsec.usable_spans(ZONE, chain, [])
        full = nsec.prove(ZONE, name, rdtype, spans, [])
        assert ({full.kind} if full is not None else set()) == content.truth(name, rdtype), (text, rdtype)


@settings(max_examples=EXAMPLES)
@given(nodes=CONTENTS, picks=st.lists(st.integers(0, 8191), min_size=12, max_size=12), opt_out=st.booleans())
def test_no_bag_of_nsec3_records_proves_what_is_not_so(nodes: dict[str, str], picks: list[int], opt_out: bool) -> None:
    content = Content(nodes)
    chain, named = nsec3_chain(content, opt_out=opt_out)
    world = honest()
    context = Context(anchors=world.anchors, policy=Policy(limits=Limits(nsec3_hashes=10**6)), now=world.now)
    for turn, (text, rdtype) in enumerate(product(NAMES, (A, DS, TXT))):
        name = name_of(text)
        if name == ZONE and rdtype == DS:
            continue
        pick = picks[turn % len(picks)]
        bag = [record for at, record in enumerate(chain) if pick >> at & 1]
        for walking in (False, True) if rdtype == DS else (False,):
            groups = nsec3.usable_groups(context, ZONE, bag, [])
            denial = nsec3.prove(context, ZONE, name, rdtype, groups, [], walking=walking)
            assert not wrong(content, named, name, rdtype, denial, walking=walking), (text, rdtype, denial)
        if not opt_out:
            full = nsec3.prove(context, ZONE, name, rdtype, nsec3.usable_groups(context, ZONE, chain, []), [])
            assert ({full.kind} if full is not None else set()) == content.truth(name, rdtype), (text, rdtype)


@settings(max_examples=EXAMPLES)
@given(nodes=CONTENTS, pick=st.integers(0, 8191))
def test_no_bag_of_records_lets_a_wildcard_answer_where_something_is_closer(nodes: dict[str, str], pick: int) -> None:
    """RFC 4035 §5.3.4, RFC 5155 §8.8: each wildcard of the zone, moved to each name below its parent."""
    content = Content(nodes)
    chain = nsec_chain(content)
    hashed, _ = nsec3_chain(content, opt_out=False)
    world = honest()
    context = Context(anchors=world.anchors, policy=Policy(limits=Limits(nsec3_hashes=10**6)), now=world.now)
    for wildcard, text in product([owner for owner in content.nodes if owner.is_wildcard], NAMES):
        name, encloser = name_of(text), wildcard.parent()
        if not name.is_below(encloser) or name == wildcard:
            continue
        moved = expansion(text, str(encloser), zone=ZONE)
        closest = name
        while closest not in content.exists:
            closest = closest.parent()
        occluded = any(name.is_below(barrier) for barrier in content.barriers)
        allowed = closest == encloser and not occluded
        for bag in ([record for at, record in enumerate(chain) if pick >> at & 1], chain):
            held = nsec.prove_expansion(ZONE, moved, nsec.usable_spans(ZONE, bag, []))
            assert held is None or allowed, (text, str(wildcard))
        assert (held is not None) == allowed, (text, str(wildcard))
        for bag in ([record for at, record in enumerate(hashed) if pick >> at & 1], hashed):
            by_hash = nsec3.prove_expansion(context, ZONE, moved, nsec3.usable_groups(context, ZONE, bag, []))
            assert by_hash is None or allowed, (text, str(wildcard))
        assert (by_hash is not None) == allowed, (text, str(wildcard))
