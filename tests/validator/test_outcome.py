"""The seal: nobody but the judge makes a verdict that grants anything, and no verdict has a truth value."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, assert_never

import pytest

import resolver
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import A
from resolver.errors import NotTrusted
from resolver.testing import World
from resolver.validator.budget import Work
from resolver.validator.findings import finding
from resolver.validator.outcome import Absent, Alias, Bogus, Indeterminate, Insecure, Outcome, Secure, Verdict
from resolver.validator.proof import Proof
from resolver.validator.signatures import check
from resolver.validator.states import (
    BrokenZone,
    Expanded,
    InsecureZone,
    NotACut,
    Sealed,
    SecureZone,
    Verified,
)
from tests.validator.crafting import ADDRESS, KEY, NOW, WWW, ZONE, accepted, context, loaded, outcome, signed

SEALED = [Secure, Absent, Insecure, Verified, Expanded, SecureZone, InsecureZone, NotACut]
QUESTION = Question.of("www.example.com", "A")
NO_DS = finding("NO_DS", QUESTION, cut="example.com.")


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1", "alias CNAME www", "*.wild A 192.0.2.2")
    world.zone("plain.com", signed=False).add("www A 192.0.2.3")
    world.zone("bad.com").add("www A 192.0.2.4").damage("signature-bad", "www A")
    return world


@pytest.fixture
def secure(world: World) -> Secure[RRset]:
    result = outcome(world, "www.example.com")
    assert isinstance(result, Secure)
    return result


def every(world: World) -> list[Outcome[RRset]]:
    """One outcome of each kind."""
    return [
        outcome(world, "www.example.com"),
        outcome(world, "nx.example.com"),
        outcome(world, "www.plain.com"),
        outcome(world, "www.bad.com"),
        outcome(world, "www.example.com", "RRSIG"),
    ]


# --- forgeries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SEALED)
def test_a_sealed_type_cannot_be_called(kind: Any) -> None:
    fields = {field.name: None for field in dataclasses.fields(kind)}
    for arguments in ({}, fields, {"only_the_validator_makes_this": None}):
        with pytest.raises(TypeError):
            kind(**arguments)
    with pytest.raises(TypeError):
        kind(*fields)


@pytest.mark.parametrize("kind", SEALED)
def test_a_sealed_type_has_no_way_in_by_its_constructor(kind: Any) -> None:
    with pytest.raises(TypeError, match="made only by the validator"):
        kind.__new__(kind, only_the_validator_makes_this=None)
    assert kind.__init__ is object.__init__
    assert "__setstate__" not in dir(kind)
    assert "__dict__" not in dir(kind)
    assert "__post_init__" not in dir(kind)


@pytest.mark.parametrize("kind", SEALED)
def test_a_sealed_type_has_no_subclasses(kind: Any) -> None:
    with pytest.raises(TypeError, match="final"):
        type("Forged", (kind,), {})
    with pytest.raises(TypeError, match="final"):
        type("Forged", (kind,), {"__new__": object.__new__, "__slots__": ()})


def test_a_generic_alias_is_not_constructible_either() -> None:
    with pytest.raises(TypeError):
        Secure[int](value=1)  # type: ignore[call-arg]


def test_a_bare_object_is_no_verdict_that_says_anything() -> None:
    hollow = object.__new__(Secure)
    with pytest.raises(AttributeError):
        hollow.require()
    with pytest.raises(AttributeError):
        hollow.__setstate__({"value": 1})  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        hollow.value = 1  # type: ignore[misc]


def test_calling_init_again_forges_nothing(secure: Secure[RRset]) -> None:
    before = {name: getattr(secure, name) for name in dir(secure) if not name.startswith("__")}
    secure.__init__("forged", value="forged")  # type: ignore[misc]
    assert all(getattr(secure, name) is value or getattr(secure, name) == value for name, value in before.items())
    assert secure.value.rdata == (ADDRESS,)


def test_a_live_verdict_does_not_change(secure: Secure[RRset]) -> None:
    for name in ("value", "valid_until", "question", "proof", "notes", "unheard"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(secure, name, None)
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            delattr(secure, name)


def test_replace_makes_no_verdict(secure: Secure[RRset]) -> None:
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(secure, value=None)
    if hasattr(copy, "replace"):
        with pytest.raises((TypeError, ValueError)):
            copy.replace(secure, value=None)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_proven_verdict_does_not_pickle(world: World, protocol: int) -> None:
    for result in every(world)[:3]:
        with pytest.raises(TypeError, match="judge again"):
            pickle.dumps(result, protocol)


def test_what_the_judge_holds_inside_does_not_pickle_either() -> None:
    expanded = check(context(), signed(labels=2), ZONE, loaded(KEY))
    for sealed in (accepted(signed()), expanded):
        assert isinstance(sealed, Sealed)
        with pytest.raises(TypeError, match="judge again"):
            pickle.dumps(sealed)


def test_there_is_no_map(secure: Secure[RRset]) -> None:
    assert not hasattr(secure, "map")


def test_positional_patterns_leak_nothing(secure: Secure[RRset]) -> None:
    with pytest.raises(TypeError):
        match secure:
            case Secure(_value):  # type: ignore[misc]
                pytest.fail("a positional pattern matched")


def test_a_proven_expansion_comes_only_from_the_denial_modules() -> None:
    expanded = check(context(), signed(labels=2), ZONE, loaded(KEY))
    assert isinstance(expanded, Expanded)
    assert not isinstance(expanded, Verified)
    assert not hasattr(expanded, "rrset")


# --- a truth value, copies, equality ---------------------------------------------------------------------------------


def test_no_verdict_has_a_truth_value(world: World) -> None:
    for result in every(world):
        with pytest.raises(TypeError, match="no truth value"):
            bool(result)
        with pytest.raises(TypeError, match="no truth value"):
            _ = result or None
        with pytest.raises(TypeError, match="no truth value"):
            list(filter(None, [result]))


def test_what_the_judge_holds_inside_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(accepted(signed()))


def test_a_copy_is_the_verdict_itself(secure: Secure[RRset]) -> None:
    assert copy.copy(secure) is secure
    assert copy.deepcopy({"row": [secure]})["row"][0] is secure


def test_verdicts_are_equal_only_to_themselves_and_can_be_kept_in_sets(world: World, secure: Secure[RRset]) -> None:
    again = outcome(world, "www.example.com")
    assert secure != again
    assert len({secure, again, secure}) == 2


# --- what each says --------------------------------------------------------------------------------------------------


def word(result: Outcome[RRset]) -> str:
    """The checkers hold that these five are all; here every kind arrives where it belongs."""
    match result:
        case Secure(value=value):
            return f"secure {len(value.rdata)}"
        case Absent(kind=kind):
            return f"absent {kind}"
        case Insecure(cut=cut, reason=reason):
            return f"insecure {cut} {reason}"
        case Bogus(finding=found):
            return f"bogus {found.code}"
        case Indeterminate(why=why):
            return f"indeterminate {why}"
        case _:
            assert_never(result)


def test_a_match_reaches_every_kind(world: World) -> None:
    assert [word(result) for result in every(world)] == [
        "secure 1",
        "absent NXDOMAIN",
        "insecure plain.com. NO_DS",
        "bogus SIGNATURE_INVALID",
        "indeterminate UNSIGNABLE_TYPE",
    ]
    assert [result.status for result in every(world)] == ["secure", "absent", "insecure", "bogus", "indeterminate"]
    for result in every(world):
        assert isinstance(result, Verdict)


def test_only_a_secure_verdict_gives_a_value(world: World) -> None:
    first, *others = every(world)
    assert first.require() is first.value  # type: ignore[union-attr]
    for result in others:
        with pytest.raises(NotTrusted) as refused:
            result.require()
        assert refused.value.outcome is result
        assert str(refused.value) == result.summary
        assert not hasattr(result, "value")


def test_the_refusal_pickles_without_its_verdict(world: World) -> None:
    for result in every(world)[1:]:
        with pytest.raises(NotTrusted) as refused:
            result.require()
        again = pickle.loads(pickle.dumps(refused.value))
        assert type(again) is NotTrusted
        assert str(again) == str(refused.value)
        assert again.outcome is None


def test_every_verdict_has_a_one_line_summary_and_a_proof(world: World) -> None:
    for result in every(world):
        assert "\n" not in result.summary
        assert result.summary
        assert result.reason
        assert repr(result) == f"<{type(result).__name__}: {result.summary}>"
        assert isinstance(result.proof, Proof)
        assert result.judged_at == world.now
        assert str(result.question.name) in result.summary
    assert every(world)[0].reason == every(world)[0].summary
    assert every(world)[2].reason == "NO_DS"
    assert "no such record" in outcome(world, "www.example.com", "MX").summary


def test_only_refusals_and_insecurity_have_a_cause(world: World) -> None:
    assert [result.cause is None for result in every(world)] == [True, True, False, False, False]


def test_an_insecure_verdict_has_no_value_and_hands_out_nothing_signed(world: World) -> None:
    result = outcome(world, "www.plain.com")
    assert isinstance(result, Insecure)
    assert result.untrusted is not None
    assert result.untrusted.rrsigs == ()
    assert result.claimed is None
    assert outcome(world, "nx.plain.com").claimed == "NXDOMAIN"  # type: ignore[union-attr]
    assert outcome(world, "www.plain.com", "MX").claimed == "NODATA"  # type: ignore[union-attr]


def test_an_answer_behind_aliases_keeps_each_hop(world: World) -> None:
    result = outcome(world, "alias.example.com")
    assert isinstance(result, Secure)
    assert (str(result.canonical), len(result.aliases)) == ("www.example.com.", 1)
    (alias,) = result.aliases
    assert (alias.kind, alias.security) == ("CNAME", "secure")
    assert repr(alias) == "<Alias alias.example.com. CNAME www.example.com. secure>"
    assert outcome(world, "x.wild.example.com").wildcard == Name.from_text("*.wild.example.com")  # type: ignore[union-attr]


# --- refusals may be constructed -------------------------------------------------------------------------------------


def test_anybody_may_refuse() -> None:
    bogus = Bogus(QUESTION, finding("MISSING_RRSIG", QUESTION))
    assert (bogus.status, bogus.canonical, bogus.aliases, bogus.notes, bogus.work) == (
        "bogus",
        QUESTION.name,
        (),
        (),
        Work(),
    )
    assert bogus.proof.finding is bogus.finding is bogus.cause
    assert "www.example.com./A is bogus: there is no signature" in bogus.reason
    unknown = Indeterminate(QUESTION, "NO_REPLY", finding("NO_REPLY", QUESTION, text="silence"), retry_at=7.0)
    assert (unknown.status, unknown.enclosing, unknown.retry_at) == ("indeterminate", None, 7.0)
    assert unknown.reason == "www.example.com./A could not be determined: no usable reply: silence"
    with pytest.raises(NotTrusted):
        unknown.require()


def test_a_refusal_takes_what_it_is_given() -> None:
    proof = Proof("failure", QUESTION)
    alias = Alias(WWW, ZONE, "CNAME", "secure", proof)
    there = {
        "proof": proof,
        "aliases": (alias,),
        "canonical": ZONE,
        "judged_at": 5.0,
        "notes": (NO_DS,),
        "work": Work(1, 2, 3, 4),
    }
    bogus = Bogus(QUESTION, NO_DS, **there)  # type: ignore[arg-type]
    unknown = Indeterminate(QUESTION, "DEADLINE", NO_DS, **there)  # type: ignore[arg-type]
    for result in (bogus, unknown):
        assert {name: getattr(result, name) for name in there} == there


def test_a_failure_below_an_insecure_cut_names_it() -> None:  # R122
    world = World()
    world.zone("plain.com", signed=False).damage("server-silent", "www A")
    result = outcome(world, "www.plain.com")
    assert isinstance(result, Indeterminate)
    assert result.enclosing is not None
    assert str(result.enclosing.cut) == "plain.com."
    assert result.summary.endswith("it lies under the insecure cut plain.com.")


def test_a_verdict_without_a_kind_says_nothing() -> None:
    bare = object.__new__(Verdict)
    with pytest.raises(NotImplementedError):
        bare.summary  # noqa: B018
    assert bare.cause is None


def test_the_base_requires_nothing_of_nobody() -> None:
    class Nothing(Verdict):
        @property
        def summary(self) -> str:
            return "nothing"

    nothing = Nothing()
    with pytest.raises(NotTrusted, match="nothing") as refused:
        nothing.require()
    assert refused.value.outcome is nothing


def test_a_broken_zone_can_be_made_and_shows_itself() -> None:
    broken = BrokenZone(ZONE, "BOGUS", NO_DS, Proof("failure", QUESTION))
    assert repr(broken) == "<BrokenZone example.com. BOGUS NO_DS>"
    assert broken.work == {}


def test_the_public_types_are_these() -> None:
    for name in ("Secure", "Absent", "Insecure", "Bogus", "Indeterminate"):
        assert getattr(resolver, name).__module__ == "resolver"


def test_a_signed_rrset_alone_is_worth_nothing() -> None:
    """An RRset is what a server said: having one proves nothing, and only `check` makes more of it."""
    assert not isinstance(RRset(WWW, A, 60, (ADDRESS,)), Sealed)
    assert isinstance(accepted(signed(), now=NOW), Sealed)


# --- the proof -------------------------------------------------------------------------------------------------------


def test_the_proof_leads_down_to_the_anchor_each_step_once(secure: Secure[RRset]) -> None:
    steps = secure.proof.walk()
    assert [(step.step, str(step.subject)) for step in steps] == [
        ("keys", "./DNSKEY"),
        ("ds", "com./DS"),
        ("keys", "com./DNSKEY"),
        ("ds", "example.com./DS"),
        ("keys", "example.com./DNSKEY"),
        ("answer", "www.example.com./A"),
    ]
    assert steps[-1] is secure.proof
    assert steps[0].anchors


def test_a_proof_shows_itself_in_one_line(world: World) -> None:
    assert repr(outcome(world, "www.example.com").proof) == "<Proof answer www.example.com./A>"
    assert repr(outcome(world, "www.bad.com").proof) == "<Proof failure www.bad.com./A SIGNATURE_INVALID>"


def test_a_shared_proof_is_walked_once() -> None:
    below = Proof("keys", QUESTION)
    left, right = Proof("ds", QUESTION, rests_on=(below,)), Proof("ds", QUESTION, rests_on=(below,))
    top = Proof("answer", QUESTION, rests_on=(left, right, below))
    assert top.walk() == [below, left, right, top]


def test_a_proof_keeps_eight_refused_attempts_and_counts_the_rest() -> None:  # R142
    world = World()
    zone = world.zone("example.com").add("www A 192.0.2.1")
    late = signed(WWW)
    every_one = [
        rrsig for number in range(20) for rrsig in signed(WWW, tag=number, signer=zone.name, original_ttl=number).rrsigs
    ]
    message = world.message("www.example.com A")
    message.answer = (late.with_rrsigs(tuple(every_one)),)
    world.override("www.example.com A", message)
    result = outcome(world, "www.example.com")
    assert result.status == "bogus"
    assert len(result.proof.refused) == 8
    assert result.proof.refused_more >= 1
    ranks = [result.cause.rank, *(found.rank for found in result.proof.refused)]  # type: ignore[union-attr]
    assert ranks == sorted(ranks, reverse=True)
