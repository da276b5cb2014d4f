"""The policy: which algorithms and digests count, and what a caller may change about it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resolver.data.name import Name
from resolver.errors import BadInput
from resolver.validator.limits import Limits
from resolver.validator.policy import DEFAULT_ALGORITHMS, KNOWN_ALGORITHMS, KNOWN_DIGESTS, Policy


def test_the_default_is_rfc_9904_with_rfc_9905() -> None:
    policy = Policy()
    assert policy.usable_algorithms == {8, 10, 13, 14, 15, 16, 18} == DEFAULT_ALGORITHMS
    assert policy.usable_digests == {1, 2, 4} == KNOWN_DIGESTS
    assert (policy.min_rsa_bits, policy.clock_skew) == (512, 0)
    assert policy.negative_points == {}


def test_rsa_with_sha_1_is_a_switch() -> None:
    assert Policy(allow_rsa_sha1=True).usable_algorithms == KNOWN_ALGORITHMS
    assert Policy.permissive().usable_algorithms == KNOWN_ALGORITHMS
    assert Policy.permissive().limits.nsec3_iterations == 150
    assert Policy(allow_rsa_sha1=True, algorithms={5: False}).usable_algorithms == KNOWN_ALGORITHMS - {5}


def test_the_strict_policy_refuses_sha_1_and_short_keys() -> None:
    policy = Policy.strict()
    assert policy.usable_digests == {2, 4}
    assert policy.min_rsa_bits == 2048


def test_a_single_algorithm_or_digest_can_be_switched() -> None:
    policy = Policy(algorithms={7: True, 8: False, 200: False}, digests={1: False, 3: False, 4: True})
    assert policy.usable_algorithms == (DEFAULT_ALGORITHMS | {7}) - {8}
    assert policy.usable_digests == {2, 4}


@pytest.mark.parametrize("number", [0, 1, 3, 6, 12, 17, 252, 253, 254])
def test_what_is_not_implemented_cannot_be_switched_on(number: int) -> None:
    with pytest.raises(BadInput, match=f"algorithm {number} is not implemented"):
        Policy(algorithms={number: True})


@pytest.mark.parametrize("number", [0, 3, 5, 255])
def test_an_unknown_digest_cannot_be_switched_on(number: int) -> None:
    with pytest.raises(BadInput, match=f"digest {number} is not implemented"):
        Policy(digests={number: True})


@pytest.mark.parametrize("number", [-1, 256, True, "RSASHA256", 8.0, None])
def test_what_is_no_number_is_refused(number: object) -> None:
    with pytest.raises(BadInput, match="is no algorithm number"):
        Policy(algorithms={number: False})  # type: ignore[dict-item]
    with pytest.raises(BadInput, match="is no digest number"):
        Policy(digests={number: False})  # type: ignore[dict-item]


@pytest.mark.parametrize("value", [511, 0, -1, True, 1024.0, "1024", None])
def test_the_least_rsa_key_is_a_whole_number_from_512(value: object) -> None:
    with pytest.raises(BadInput, match="min_rsa_bits"):
        Policy(min_rsa_bits=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, True, 0.5, "1", None])
def test_the_clock_skew_is_a_whole_number_of_seconds(value: object) -> None:
    with pytest.raises(BadInput, match="clock_skew"):
        Policy(clock_skew=value)  # type: ignore[arg-type]


def test_negative_anchors_are_names_with_an_end() -> None:
    end = datetime(2026, 6, 1, tzinfo=UTC)
    policy = Policy(negative_anchors={"Example.COM": end, Name.from_text("org."): 5})
    assert policy.negative_points == {Name.from_text("example.com."): end.timestamp(), Name.from_text("org."): 5.0}


@pytest.mark.parametrize("end", [datetime(2026, 6, 1), "tomorrow", None, -1, 2**33, True])  # noqa: DTZ001
def test_a_negative_anchor_without_a_proper_end_is_refused(end: object) -> None:  # RFC 7646 §2
    with pytest.raises(BadInput, match="an end is required"):
        Policy(negative_anchors={"example.com": end})  # type: ignore[dict-item]


def test_a_negative_anchor_at_no_name_is_refused() -> None:
    with pytest.raises(BadInput):
        Policy(negative_anchors={"example..com": 5})


def test_a_policy_takes_keywords_only_and_does_not_change() -> None:
    with pytest.raises(TypeError):
        Policy(True)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Policy().clock_skew = 5  # type: ignore[misc]
    limits = Limits(aliases=3)
    assert Policy(limits=limits).limits is limits


def test_policies_are_told_apart_by_identity() -> None:
    assert Policy() != Policy()
    assert len({Policy(), Policy()}) == 2
