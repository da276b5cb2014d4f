"""Which server is asked first, and for how long it is waited for."""

from __future__ import annotations

import random

from resolver.data.types import MX, TLSA
from resolver.data.types import A as ADDRESS
from resolver.sources.iterative.limits import (
    DEAD_SECONDS,
    DEAD_SILENCES,
    FAMILY_SECONDS,
    FIRST_SECONDS,
    LEAST_SECONDS,
    MOST_SECONDS,
    REST_SECONDS,
    SUSPECT_SECONDS,
)
from resolver.sources.iterative.roster import LOST, Roster

A, B, C, SIX = "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"
NOW = 1000.0


def roster() -> Roster:
    return Roster(random.Random(1))


def test_the_quickest_known_server_comes_first() -> None:
    known = roster()
    for host, seconds in ((A, 0.3), (B, 0.2), (C, 0.4)):
        known.heard(host, seconds)
    assert known.order([A, B, C], NOW) == [B, A, C]


def test_of_servers_never_heard_of_each_may_come_first() -> None:
    known = roster()
    assert {known.order([A, B, C], NOW)[0] for _ in range(50)} == {A, B, C}


def test_a_slow_server_is_tried_again_after_a_while() -> None:
    known = roster()
    known.heard(A, 0.1)
    known.heard(B, 0.2)
    assert any(known.order([A, B], NOW)[0] == B for _ in range(100))


def test_a_silent_server_and_a_liar_come_last_for_a_time() -> None:
    for spoil, seconds in (
        (lambda r: r.unheard(A, TLSA, NOW, no_way=False), REST_SECONDS),
        (lambda r: r.doubt(A, NOW), SUSPECT_SECONDS),
    ):
        known = roster()
        known.heard(A, 0.01)
        known.heard(B, 1.0)
        spoil(known)
        assert known.order([A, B], NOW + seconds - 1)[0] == B
        assert known.order([A, B], NOW + seconds)[0] == A
        assert known.order([A, B], NOW - 1)[0] == A  # a clock that steps back finds nothing


def test_a_reply_ends_the_rest_of_a_silent_server() -> None:
    known = roster()
    known.unheard(A, TLSA, NOW, no_way=False)
    known.heard(A, 0.01)
    known.heard(B, 0.1)
    assert known.order([A, B], NOW)[0] == A


def test_where_the_system_knows_no_way_the_other_kind_of_address_comes_first() -> None:
    known = roster()
    known.heard(A, 1.0)
    known.unheard(SIX, TLSA, NOW, no_way=True)
    assert known.order(["2001:db8::2", A], NOW)[0] == A
    assert not known.reaches(6, NOW)
    assert known.reaches(6, NOW + FAMILY_SECONDS)
    assert known.reaches(4, NOW)


def test_a_kind_of_address_that_only_loses_packets_comes_last_too() -> None:
    known = roster()
    known.heard(A, 0.1)
    for number in range(LOST):
        assert known.reaches(6, NOW)
        known.unheard(f"2001:db8::{number + 1}", TLSA, NOW, no_way=False)
    assert not known.reaches(6, NOW)
    known.heard(SIX, 0.1)
    assert known.reaches(6, NOW)


def test_where_nothing_is_heard_at_all_no_kind_is_blamed() -> None:
    known = roster()
    for number in range(2 * LOST):
        known.unheard(f"192.0.2.{number + 1}", TLSA, NOW, no_way=False)
    assert known.reaches(4, NOW)


def test_the_patience_follows_the_measured_time_within_bounds() -> None:
    known = roster()
    assert known.patience(A) == FIRST_SECONDS
    known.heard(A, 0.001)
    assert known.patience(A) == LEAST_SECONDS
    assert known.patience(A, 1) == 2 * LEAST_SECONDS
    known.heard(B, 1.5)
    assert known.patience(B) == MOST_SECONDS
    known.heard(C, 0.3)
    assert LEAST_SECONDS < known.patience(C) < MOST_SECONDS


def test_an_address_that_is_silent_again_and_again_is_left_alone_for_a_while() -> None:
    known = roster()
    for _ in range(DEAD_SILENCES):
        assert not known.is_dead(A, TLSA, NOW)
        known.unheard(A, TLSA, NOW, no_way=False)
    assert known.is_dead(A, TLSA, NOW)
    assert not known.is_dead(A, ADDRESS, NOW)  # perhaps a firewall that drops what it does not know
    assert not known.is_dead(A, TLSA, NOW + DEAD_SECONDS)
    known.unheard(A, ADDRESS, NOW, no_way=False)
    assert known.is_dead(A, MX, NOW)
    known.heard(A, 0.1)
    assert not known.is_dead(A, TLSA, NOW)
