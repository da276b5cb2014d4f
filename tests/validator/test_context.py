"""What a lookup remembers of signature checks, and what it may be made with."""

from __future__ import annotations

import pytest

from resolver import BadAnchor, OfflineResolver, Policy
from resolver.data.views import read_dnskey
from resolver.testing import World
from resolver.validator.algorithms import Key
from resolver.validator.context import Context


def test_a_remembered_check_holds_only_for_the_same_signature_over_the_same_data() -> None:
    """Moving octets from the data to the signature must not find what was remembered for the other split."""
    dnskey = read_dnskey(b"\x01\x00\x03\x0d" + bytes(64))
    assert dnskey is not None
    key = Key(dnskey)
    world = World()
    genuine = (b"signature", b"and data")
    context = Context(
        anchors=world.anchors,
        policy=Policy(),
        now=world.now,
        verify=lambda key, signature, data: (signature, data) == genuine,
    )
    assert context.signature_holds(key, *genuine)
    assert not context.signature_holds(key, b"signatureand", b" data")
    assert context.budget.verifications == 2


def test_a_root_anchor_that_the_policy_switches_off_is_refused_at_construction() -> None:
    """R129."""
    world = World()
    world.zone("example.com")
    with pytest.raises(BadAnchor, match="cannot be used by this policy"):
        OfflineResolver(world.source(), at=world.now, anchors=world.anchors, policy=Policy(algorithms={13: False}))
