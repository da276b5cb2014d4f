"""What the judge really says, shown: every damage of the test kit has a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolver import trace
from resolver.testing import World, damages

QUESTIONS = (
    ("www.example.com", "A"),
    ("nothing.example.com", "A"),
    ("x.wild.example.com", "TXT"),
    ("alias.example.com", "A"),
)


def judged(damage: str | None) -> list[Any]:
    """The verdicts of some questions to a world with one damaged zone."""
    world = World()
    world.zone("com", denial="opt-out")
    zone = world.zone("example.com", keys="split")
    zone.add("www A 192.0.2.1", "*.wild TXT hello", "alias CNAME www", "there DNAME other")
    if damage is not None:
        zone.damage(damage, "www A" if damage == "data-altered" else None)
    resolver = world.offline()
    return [resolver.lookup(*question) for question in QUESTIONS]


@pytest.mark.parametrize("damage", [None, *sorted(damages)])
def test_every_damage_has_a_trace(damage: str | None):
    for outcome in judged(damage):
        text = trace.text(outcome, width=0, verbose=1)
        assert str(outcome.question.name) in text.splitlines()[0]
        assert "? " not in text.splitlines()[0]  # a gap in a sentence
        assert ("fix:" in text) == (outcome.status in ("bogus", "indeterminate"))
        found = json.loads(json.dumps(trace.json(outcome)))
        assert found["verdict"] == outcome.status
        assert [link["zone"] for link in found["chain"]][:1] == ["."]


def test_a_sound_world_is_all_proven():
    assert [outcome.status for outcome in judged(None)] == ["secure", "absent", "secure", "secure"]
    wildcard = trace.text(judged(None)[2], width=0)
    assert "expanded from the wildcard *.wild.example.com." in wildcard
    assert "covers x.wild.example.com." in wildcard


def test_equal_lookups_have_equal_documents():
    assert [trace.json(outcome) for outcome in judged("key-other")] == [
        trace.json(outcome) for outcome in judged("key-other")
    ]
