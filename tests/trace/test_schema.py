"""`dnssec-trace/1`: the schema in the package describes what is printed, and the page in docs holds the same."""

from __future__ import annotations

import json

import pytest

from resolver import trace
from tests.trace import gallery
from tests.trace.cases import cases
from tests.trace.schema import SCHEMA, faults

HAND_MADE = cases()


@pytest.mark.parametrize("name", sorted(gallery.CASES))
def test_every_world_of_the_gallery_fits(name: str):
    assert faults(json.loads(gallery.as_json(name))) == []


@pytest.mark.parametrize("name", sorted(HAND_MADE))
def test_every_verdict_made_by_hand_fits(name: str):
    assert faults(trace.json(HAND_MADE[name])) == []


def test_the_schema_names_its_version():
    assert SCHEMA["title"] == trace.SCHEMA == "dnssec-trace/1"
    assert SCHEMA["properties"]["schema"] == {"const": trace.SCHEMA}


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"schema": "dnssec-trace/0"},
        {"now": "yesterday"},
        {"chain": [{}]},
        {"budget": None},
        {"surprise": 1},
    ],
)
def test_the_checker_finds_what_does_not_fit(change: dict[str, object]):
    assert faults(json.loads(gallery.as_json("good")) | change) != []


def test_a_lacking_member_is_found():
    found = json.loads(gallery.as_json("good"))
    for name in SCHEMA["required"]:
        assert faults({key: value for key, value in found.items() if key != name}) == [f"$: lacks {name}"]
