"""What a zone's plan cost, and what a work limit leaves behind (R8, R90)."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.testing import World
from resolver.validator import chain
from resolver.validator.algorithms import Key
from resolver.validator.ask import Ask, Fetch, Held, Keys, run
from resolver.validator.context import Context
from resolver.validator.evidence import is_cut
from resolver.validator.limits import Limits
from resolver.validator.policy import Policy
from resolver.validator.settled import FAILED_SECONDS
from resolver.validator.states import BrokenZone, SecureZone, ZoneState

ZONE = Name.from_text("example.com")


def state_of(world: World, own: Context) -> ZoneState:
    """The state of `ZONE` by a plan with this context; the zones above have contexts of their own."""

    def perform(ask: Ask[object]) -> object:
        if isinstance(ask, Keys):
            above = Context(anchors=world.anchors, policy=Policy(), now=world.now)
            return run(chain.zone(above, ask.zone), perform)
        if isinstance(ask, Held):
            return ()
        assert isinstance(ask, Fetch)
        return tuple(world.source().answer(question) for question in ask.questions)

    return run(chain.zone(own, ZONE), perform)


def context(world: World, **options: object) -> Context:
    return Context(anchors=world.anchors, policy=Policy(), now=world.now, **options)  # type: ignore[arg-type]


def world_with_two_keys() -> World:
    world = World()
    world.zone("example.com", algorithm=(8, 13))
    return world


def test_a_zone_whose_plan_met_a_failure_is_kept_for_a_minute_only() -> None:  # R90
    """Every lookup that uses the state pays for the failure, so a moment of forged replies must not last."""
    world = world_with_two_keys()
    clean = state_of(world, context(world))
    assert isinstance(clean, SecureZone)
    assert clean.fresh_until > world.now + FAILED_SECONDS
    refused: list[bytes] = []

    def fails_once_for_the_zones_keys(key: Key, signature: bytes, data: bytes) -> bool:
        if not refused and key.dnskey.rdata in clean.dnskey.rrset.rdata:
            refused.append(signature)
            return False
        return key.verify(signature, data)

    marked = state_of(world, context(world, verify=fails_once_for_the_zones_keys))
    assert refused
    assert isinstance(marked, SecureZone)
    assert marked.fresh_until == world.now + FAILED_SECONDS
    assert marked.valid_until == clean.valid_until


def test_a_work_limit_under_a_verified_ds_still_shows_the_cut() -> None:  # R8
    """Four checks pay for the zones above and the DS, none for the keys; the parent has no say below all the same."""
    world = World()
    world.zone("example.com")
    state = state_of(world, context(world, limits=Limits(verifications=4)))
    assert isinstance(state, BrokenZone) and state.why == "WORK_LIMIT"
    assert state.ds is not None
    assert is_cut(state)
