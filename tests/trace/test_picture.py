"""The picture: the same octets each time, sound XML, nothing from elsewhere, hostile names harmless, every verdict drawn."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from resolver import trace
from resolver.data.rrset import RRset
from resolver.testing import World
from resolver.trace.picture.marks import fitted, folded, shown
from resolver.trace.picture.scene import Scene, build
from resolver.validator.outcome import Outcome

SVG = "{http://www.w3.org/2000/svg}"


def world(denial: str = "nsec") -> World:
    made = World()
    made.zone("com", keys="split", denial="nsec3")
    made.zone("example.com", keys="split", denial=denial).add(
        "www A 192.0.2.1",
        "_25._tcp.mail TLSA 3 1 1 " + "ab" * 32,
        "alias CNAME www.sub.deep.example.net.",
        "*.w TXT any",
    )
    made.zone("example.net", denial=denial)
    made.zone("deep.example.net", keys="split", denial=denial)
    made.zone("sub.deep.example.net", keys="split", denial=denial).add("www A 192.0.2.9")
    made.zone("plain.com", signed=False).add("www A 192.0.2.3")
    return made


def verdict(name: str, rdtype: str = "A", *, denial: str = "nsec", damage: str = "") -> Outcome[RRset]:
    made = world(denial)
    if damage:
        made.zone("example.com").damage(damage)
    return made.offline().lookup(name, rdtype)


CASES: dict[str, tuple[str, str, str, str]] = {
    "secure": ("_25._tcp.mail.example.com", "TLSA", "nsec", ""),
    "six zones and an alias": ("alias.example.com", "A", "nsec", ""),
    "wildcard": ("x.w.example.com", "TXT", "nsec3", ""),
    "no such name, NSEC": ("nosuch.example.com", "A", "nsec", ""),
    "no such name, NSEC3": ("nosuch.example.com", "A", "nsec3", ""),
    "no data, NSEC3": ("www.example.com", "MX", "nsec3", ""),
    "compact": ("nosuch.example.com", "A", "compact", ""),
    "insecure": ("www.plain.com", "A", "nsec", ""),
    "the absence of a DS": ("plain.com", "DS", "nsec", ""),
    "another digest": ("www.example.com", "A", "nsec", "ds-mismatch"),
    "expired": ("www.example.com", "A", "nsec", "signature-expired"),
    "no keys": ("www.example.com", "A", "nsec", "dnskey-missing"),
    "no signature": ("www.example.com", "A", "nsec", "signature-missing"),
    "many keys": ("www.example.com", "A", "nsec", "keys-collide"),
    "silence": ("www.example.com", "A", "nsec", "server-silent"),
    "no DS": ("www.example.com", "A", "nsec", "ds-missing"),
    "outside": ("www.example.com", "ANY", "nsec", ""),
}


def case(name: str) -> Outcome[RRset]:
    asked, rdtype, denial, damage = CASES[name]
    return verdict(asked, rdtype, denial=denial, damage=damage)


class Page(HTMLParser):
    """Collects what a page would request, and its texts."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.requests += [f"{tag} {value}" for key, value in attrs if key in ("src", "href", "xlink:href", "action")]
        assert not [key for key, _ in attrs if key.startswith("on")]


@pytest.mark.parametrize("name", CASES)
def test_the_picture_of_every_verdict_is_sound_and_always_the_same(name: str) -> None:
    first, second = case(name), case(name)
    picture = trace.svg(first)
    assert picture == trace.svg(second)
    assert trace.html(first) == trace.html(second)
    root = ET.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title") is not None
    assert "NaN" not in picture
    assert "None" not in picture


@pytest.mark.parametrize("name", CASES)
def test_a_page_asks_nobody_for_anything(name: str) -> None:
    page = Page()
    source = trace.html(case(name))
    page.feed(source)
    assert page.requests == []
    assert not {"link", "img", "iframe", "object", "embed", "form"} & set(page.tags)
    assert re.findall(r"https?://[^\"' ]+", source.replace("http://www.w3.org/2000/svg", "")) == []
    assert "default-src 'none'" in source


@pytest.mark.parametrize("name", CASES)
def test_boxes_lie_beside_each_other_within_the_picture(name: str) -> None:
    root = ET.fromstring(trace.svg(case(name)))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = []
    for element in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        if element.attrib["class"] == "body":
            boxes.append((x, y, w, h))
    for at, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[at + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_each_box_can_be_reached_by_keyboard_and_says_what_it_is() -> None:
    root = ET.fromstring(trace.svg(case("six zones and an alias")))
    boxes = [each for each in root.iter(f"{SVG}g") if each.attrib.get("class", "").startswith("box")]
    assert len(boxes) > 15
    for box in boxes:
        assert box.attrib["tabindex"] == "0"
        title = box.find(f"{SVG}title")
        assert title is not None
        assert title.text == box.attrib["aria-label"]


def states(scene: Scene, lane: str) -> dict[str, list[str]]:
    return {str(column.zone): [box.state for box in column.lanes[lane]] for column in scene.columns}  # type: ignore[index]


def test_a_chain_is_drawn_link_by_link() -> None:
    scene = build(case("six zones and an alias"))
    assert [str(column.zone) for column in scene.columns] == [
        ".", "com.", "example.com.", "net.", "example.net.", "deep.example.net.", "sub.deep.example.net.",
    ]  # fmt: skip
    assert {column.status for column in scene.columns} == {"secure"}
    boxes = {box.key for column in scene.columns for lane in column.lanes.values() for box in lane}
    assert {edge.start for edge in scene.edges} | {edge.end for edge in scene.edges} <= boxes
    held = {edge.end for edge in scene.edges}
    assert boxes - held == {"anchor . 0"}  # everything else hangs on something
    assert any(edge.state == "faint" and edge.end.startswith("data www.sub") for edge in scene.edges)


def test_the_broken_edge_is_the_one_that_is_broken() -> None:
    scene = build(case("another digest"))
    broken = [edge for edge in scene.edges if edge.state == "bad"]
    assert len(broken) == 1
    assert broken[0].start.startswith("ds example.com.")
    assert broken[0].end.startswith("key example.com.")
    assert states(scene, "ds")["com."] == ["good"]
    assert states(scene, "ds")["example.com."] == ["bad"]


def test_many_keys_are_counted_and_not_all_drawn() -> None:
    scene = build(case("many keys"))
    assert all(len(boxes) <= 4 for column in scene.columns for boxes in column.lanes.values())
    assert "more" in trace.svg(case("many keys"))


def test_the_ring_shows_where_a_hash_falls() -> None:
    picture = trace.svg(case("no such name, NSEC3"))
    assert " ← nosuch.example.com." in picture
    assert "lies between" in picture
    assert "<circle" in picture


def test_the_line_shows_the_neighbours() -> None:
    picture = trace.svg(case("no such name, NSEC"))
    assert "nosuch.example.com. would stand here" in picture
    assert "<circle" not in picture


def test_what_a_page_needs_for_its_slider_is_in_it() -> None:
    outcome = case("secure")
    times = json.loads(re.findall(r'id="times">(.*?)</script>', trace.html(outcome))[0])
    assert times["verdict"] == "secure"
    assert times["since"] < times["now"] < times["until"]
    assert min(window[2] for window in times["windows"]) == outcome.valid_until  # type: ignore[union-attr]
    assert max(window[1] for window in times["windows"]) == outcome.valid_from  # type: ignore[union-attr]


def test_the_json_of_a_page_is_that_of_the_trace() -> None:
    outcome = case("expired")
    found = re.findall(r'id="trace">(.*?)</script>', trace.html(outcome))[0]
    assert json.loads(found) == trace.json(outcome)


HOSTILE = ("</script><script>alert(1)</script>", "<img src=x>", "\x1b[31m", "\u202egnp", '"onload="x', "&lt;", "\x00")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_in_records_stay_texts(text: str) -> None:
    made = World()
    octets = "".join(f"\\{octet:03d}" for octet in text.encode())
    made.zone("example.com").add(f'www TXT "{octets}"', f"a CNAME {octets}.example.com.")
    for name in ("www.example.com", "a.example.com"):
        outcome = made.offline().lookup(name, "TXT")
        picture, source = trace.svg(outcome), trace.html(outcome)
        ET.fromstring(picture)
        page = Page()
        page.feed(source)
        assert page.tags.count("script") == 3
        assert "img" not in page.tags
        assert not set(picture + source) & {"\x1b", "\x00", "\u202e"}


def test_texts_are_shortened_in_the_middle_and_folded_at_spaces() -> None:
    assert fitted("short", 100) == "short"
    assert fitted("a" * 20 + "b" * 20, 67) == "aaaa…bbbbb"
    assert folded("one two three four", 60, 2) == ["one two", "three f…"]
    assert shown("a\u202eb<\x1b") == "a\\u{202e}b&lt;\\u{1b}"
