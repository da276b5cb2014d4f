"""Names against dnspython's, and by hand where dnspython has no such thing."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.name import ROOT, Name, label_text, to_name, wire_length
from resolver.errors import BadName

octet_labels = st.binary(min_size=1, max_size=63)
short_labels = st.sampled_from([b"a", b"A", b"b", b"*", b"a.b", b"\0", b"\xff", b"_25", b"aa"])


def _fits(labels: list[bytes]) -> bool:
    return sum(len(label) + 1 for label in labels) < 255


label_lists = st.one_of(
    st.lists(short_labels, max_size=5), st.lists(octet_labels, max_size=8), st.lists(short_labels, max_size=127)
).filter(_fits)


def _ours(labels: list[bytes]) -> Name:
    return Name.from_labels(tuple(labels))


def _theirs(labels: list[bytes]) -> dns.name.Name:
    return dns.name.Name([*labels, b""])


@given(label_lists)
def test_a_name_is_dnspythons_canonical_wire_form(labels):
    name = _ours(labels)
    assert name.wire == _theirs(labels).to_digestable()
    assert Name.from_wire(_theirs(labels).to_wire()) == name
    assert name.labels == tuple(label.lower() for label in labels)
    assert wire_length(b"xx" + name.wire + b"yy", 2) == len(name.wire)


@given(label_lists, label_lists)
def test_order_and_equality_are_dnspythons(one, other):
    ours, theirs = (_ours(one), _ours(other)), (_theirs(one), _theirs(other))
    assert (ours[0] < ours[1]) == (theirs[0] < theirs[1])
    assert (ours[0] <= ours[1]) == (theirs[0] <= theirs[1])
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert ours[0] != ours[1] or hash(ours[0]) == hash(ours[1])


@given(label_lists, st.integers(0, 128), label_lists)
def test_being_under_a_name_is_dnspythons_subdomain(labels, cut, other):
    name, above = _ours(labels), _ours(labels[cut:])
    assert name.is_under(above)
    assert name.is_below(above) == (len(name.wire) > len(above.wire))
    stranger = _ours(other)
    assert name.is_under(stranger) == _theirs(labels).is_subdomain(_theirs(other))
    assert name.is_below(stranger) == (name.is_under(stranger) and name != stranger)


def test_a_name_that_only_ends_with_the_same_octets_is_not_under_it():
    assert not Name.from_text("evilexample.com").is_under(Name.from_text("example.com"))
    inside = Name.from_labels((b"a\x03com", b"org"))  # the octets \3com\3org\0 end it, the labels do not
    assert not inside.is_under(Name.from_text("com.org"))


@given(label_lists)
def test_text_goes_both_ways_here_and_through_dnspython(labels):
    name = _ours(labels)
    assert Name.from_text(str(name)) == name
    assert dns.name.from_text(str(name)).to_digestable() == name.wire
    assert Name.from_text(_theirs(labels).to_text()) == name
    assert repr(name) == f"Name({str(name)!r})"


@given(label_lists, label_lists)
def test_the_common_ancestor_is_dnspythons(one, other):
    ours = _ours(one).common(_ours(other))
    assert _ours(one).is_under(ours)
    assert _ours(other).is_under(ours)
    shared = _theirs(one).fullcompare(_theirs(other))[2]  # counts the root
    assert len(ours.labels) == shared - 1


@given(label_lists, st.integers(0, 128))
def test_the_names_between_lead_down_step_by_step(labels, cut):
    name, above = _ours(labels), _ours(labels[cut:])
    path = name.between(above)
    assert len(path) == min(cut, len(labels))
    here = above
    for step in path:
        assert step.parent() == here
        here = step
    assert here == name


def test_ancestors_are_taken_by_whole_labels():
    name = Name.from_text("a.b.example.com")
    assert name.parent() == Name.from_text("b.example.com")
    assert name.rightmost(2) == Name.from_text("example.com")
    assert name.rightmost(0) == ROOT
    assert name.rightmost(9) == name
    assert name.between(Name.from_text("org")) == []
    with pytest.raises(ValueError, match="root has no parent"):
        ROOT.parent()


def test_children_and_wildcards_are_made():
    name = Name.from_text("example.com")
    assert name.child(b"WWW") == Name.from_text("www.example.com")
    assert str(name.wildcard()) == "*.example.com."
    assert name.wildcard().is_wildcard
    assert not Name.from_text("**.example.com").is_wildcard
    assert ROOT.is_root
    assert not name.is_root
    with pytest.raises(BadName, match="limit is 255"):
        _ours([b"a" * 63, b"a" * 63, b"a" * 63, b"a" * 61]).child(b"b")


def test_the_order_of_rfc_4034_section_6_1():
    texts = [
        "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
        "\\001.z.example.", "*.z.example.", "\\200.z.example.",
    ]  # fmt: skip
    names = [Name.from_text(text) for text in texts]
    assert sorted(names[4:] + names[:4]) == names


@pytest.mark.parametrize("wire", [b"", b"\x01a", b"\x01a\0b", b"\x40" + b"a" * 64 + b"\0", b"\xc0\0", b"\x05ab\0"])
def test_octets_that_are_no_single_name_are_refused(wire):
    with pytest.raises(BadName, match="not one uncompressed wire name"):
        Name.from_wire(wire)


def test_the_longest_name_has_255_octets():
    longest = b"".join(b"\x01a" for _ in range(127)) + b"\0"
    assert len(Name.from_wire(longest).labels) == 127
    assert wire_length(b"\x01a" + longest, 0) == -1


@pytest.mark.parametrize("labels", [(b"",), (b"a", b""), (b"a" * 64,), (b"a" * 63,) * 4])
def test_labels_that_make_no_name_are_refused(labels):
    with pytest.raises(BadName, match=r"RFC 1035 §2\.3\.4"):
        Name.from_labels(labels)


@pytest.mark.parametrize(
    ("text", "origin", "expected"),
    [
        ("@", "example.", "example."),
        ("@", None, "\\@."),
        (".", "example.", "."),
        ("a", "example.", "a.example."),
        ("a.", "example.", "a."),
        ("a\\.b", "example.", "a\\.b.example."),
        ("a\\.b.", "example.", "a\\.b."),
        ("\\065\\b\\233.x", None, "ab\\233.x."),
        ("\\é.x", None, "\\233.x."),
        ("bücher.example", None, "xn--bcher-kva.example."),
        ("Bücher。example．", None, "xn--bcher-kva.example."),
    ],
)
def test_text_is_read_as_a_master_file_writes_it(text, origin, expected):
    name = Name.from_text(text, None if origin is None else Name.from_text(origin))
    assert str(name) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty name"),
        ("a..b", "label of 0 octets"),
        (".a", "label of 0 octets"),
        ("a" * 64, "label of 64 octets"),
        ("a." * 128, "limit is 255"),
        ("a\\12", "three digits"),
        ("a\\1b3", "three digits"),
        ("a\\256", "three digits"),
        ("a\\1²3", "three digits"),
        ("a\\", "ends in an escape"),
        ("ü\\065", "an escape and a non-ASCII letter"),
        ("\\日\\065", "an escape and a non-ASCII letter"),
        ("☃-.example", "IDNA 2008"),
        ("\u0378.example", "IDNA 2008"),
        ("ü" * 300, "IDNA 2008"),
    ],
)
def test_text_that_is_no_name_is_refused_in_a_clear_line(text, words):
    with pytest.raises(BadName, match=words) as refused:
        Name.from_text(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_name_is_taken_as_it_is_and_a_text_is_absolute():
    name = Name.from_text("example.com")
    assert to_name(name) is name
    assert to_name("Example.COM") == name
    assert name != "example.com."


def test_what_a_master_file_would_misread_is_escaped():
    assert label_text(b'a"b.c;d\\e(f)g@h$i j\x7f') == 'a\\"b\\.c\\;d\\\\e\\(f\\)g\\@h\\$i\\032j\\127'
