"""Snapshots answer like an authoritative server (R139): structure, on small zones without signatures."""

from __future__ import annotations

import gzip

import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import CNAME, DNAME, RRSIG, SOA
from resolver.data.wire import read, write_message
from resolver.errors import BadName, BadSnapshot
from resolver.sources.snapshot import Snapshot

APEX = "$TTL 60\n@ SOA ns hostmaster 1 2 3 4 30\n@ NS ns\nns A 192.0.2.53\n"
ZONE = (
    "$ORIGIN example.\n"
    + APEX
    + """
www A 192.0.2.1
www A 192.0.2.2
www RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AAAA
a.ent TXT leaf
alias CNAME www
outside CNAME www.other.
dangling CNAME none
loop1 CNAME loop2
loop2 CNAME loop1
incut CNAME host.child
*.wild TXT star
*.wild MX 10 mail
sub.wild A 192.0.2.3
*.aliased CNAME www
leaf.*.starry TXT below
moved DNAME new
moved TXT apex
hidden.moved A 192.0.2.66
www.new A 192.0.2.4
child NS ns.child
child DS 1 13 200 00
child TXT hidden
ns.child A 192.0.2.5
*.child A 192.0.2.6
bare NS ns.elsewhere.
both NS ns
both DNAME new
"""
)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.from_text(ZONE)


def answer(snapshot: Snapshot, question: str) -> Message:
    name, _, rdtype = question.partition("/")
    reply = snapshot.answer(Question.of(name, rdtype))
    assert isinstance(reply, Message), reply
    return reply


def missing(snapshot: Snapshot, question: str) -> str:
    name, _, rdtype = question.partition("/")
    reply = snapshot.answer(Question.of(name, rdtype))
    assert isinstance(reply, NoReply), reply
    assert reply.why == "not-in-snapshot"
    assert reply.attempts == (("snapshot", reply.text),)
    return reply.text


def shown(reply: Message) -> list[str]:
    return [f"{one.owner} {text}" for one in reply.answer for text in one.to_text()]


def test_an_answer_has_the_whole_set_its_signatures_and_the_flags_of_an_authority(snapshot: Snapshot) -> None:
    reply = answer(snapshot, "www.example/A")
    assert shown(reply) == ["www.example. 192.0.2.1", "www.example. 192.0.2.2"]
    assert [ttl for ttl, _ in reply.answer[0].rrsigs] == [60]
    assert (reply.rcode, reply.flags, reply.authority, reply.cd) == (0, 0x8410, (), True)
    assert reply.origin == "snapshot <text>"
    assert reply.edns is not None
    assert reply.edns.flags == 0x8000
    other = snapshot.answer(Question.of("www.example", "A"), cd=False)
    assert isinstance(other, Message)
    assert (other.flags, other.cd) == (0x8400, False)


def test_every_reply_survives_the_wire(snapshot: Snapshot) -> None:
    for question in ("www.example/A", "none.example/A", "x.moved.example/A", "child.example/DS", "a.wild.example/MX"):
        reply = answer(snapshot, question)
        again = read(write_message(reply))
        assert (again.question, again.rcode, again.flags) == (reply.question, reply.rcode, reply.flags)
        assert set(again.answer) == set(reply.answer)
        assert set(again.authority) == set(reply.authority)


@pytest.mark.parametrize(
    "question", ["www.example/MX", "ent.example/A", "example/MX", "wild.example/TXT", "*.starry.example/A"]
)
def test_no_data_has_the_soa_with_the_negative_ttl_and_no_error(snapshot: Snapshot, question: str) -> None:
    reply = answer(snapshot, question)
    assert (reply.rcode, reply.answer) == (0, ())
    assert [(one.rdtype, one.ttl) for one in reply.authority] == [(SOA, 30)]


@pytest.mark.parametrize(
    "question", ["none.example/A", "x.www.example/A", "x.ent.example/A", "a.b.none.example/TXT", "none.example/DS"]
)
def test_a_name_that_is_not_there_is_nxdomain(snapshot: Snapshot, question: str) -> None:
    reply = answer(snapshot, question)
    assert (reply.rcode, reply.flags & 15, reply.answer) == (3, 3, ())
    assert [one.rdtype for one in reply.authority] == [SOA]


@pytest.mark.parametrize("question", ["example/DS", "example.org/A", "./DNSKEY", "org/DS", "./DS"])
def test_what_is_in_no_zone_has_no_reply_and_names_the_zones_that_are(snapshot: Snapshot, question: str) -> None:
    assert "of example." in missing(snapshot, question)


def test_the_ds_of_a_zone_without_its_parent_says_so(snapshot: Snapshot) -> None:
    assert missing(snapshot, "example/DS").startswith("the DS of example. is in its parent zone")


@pytest.mark.parametrize(
    "question",
    ["child.example/NS", "child.example/TXT", "x.child.example/A", "ns.child.example/A", "ns.child.example/DS"],
)
def test_at_and_below_a_cut_without_the_child_there_is_no_reply(snapshot: Snapshot, question: str) -> None:
    text = missing(snapshot, question)
    assert "delegates child.example." in text
    assert "<text>" in text


def test_the_parent_answers_for_the_ds(snapshot: Snapshot) -> None:
    assert shown(answer(snapshot, "child.example/DS")) == ["child.example. 1 13 200 00"]
    reply = answer(snapshot, "bare.example/DS")
    assert (reply.rcode, reply.answer) == (0, ())


def test_the_parent_answers_for_the_ds_even_if_the_child_is_there_and_the_child_for_the_rest() -> None:
    child = "$ORIGIN child.example.\n" + APEX + "@ DS 9 9 99 09\n@ TXT inside\n"
    both = Snapshot.from_text(child, ZONE)
    assert [str(name) for name in both.zones] == ["example.", "child.example."]
    assert shown(answer(both, "child.example/DS")) == ["child.example. 1 13 200 00"]
    assert shown(answer(both, "child.example/TXT")) == ['child.example. "inside"']
    assert answer(both, "x.child.example/A").rcode == 3
    assert answer(both, "x.child.example/DS").rcode == 3
    assert answer(both, "child.example/TXT").origin == "snapshot <text 1>"


def test_a_zone_between_may_be_missing() -> None:
    both = Snapshot.from_text("$ORIGIN example.\n" + APEX + "child NS ns", "$ORIGIN deep.child.example.\n" + APEX)
    assert shown(answer(both, "ns.deep.child.example/A")) == ["ns.deep.child.example. 192.0.2.53"]
    assert "delegates child.example." in missing(both, "deep.child.example/DS")


def test_the_ds_of_the_root_is_denied_by_the_root() -> None:
    reply = answer(Snapshot.from_text(". 60 IN SOA a. b. 1 2 3 4 5\ncom. 60 IN NS a.\n"), "./DS")
    assert (reply.rcode, reply.answer, reply.authority[0].owner) == (0, (), Name(b"\0"))


def test_an_alias_is_followed_inside_the_zone(snapshot: Snapshot) -> None:
    assert shown(answer(snapshot, "alias.example/A")) == [
        "alias.example. www.example.",
        "www.example. 192.0.2.1",
        "www.example. 192.0.2.2",
    ]
    reply = answer(snapshot, "alias.example/MX")
    assert (shown(reply), [one.rdtype for one in reply.authority]) == (["alias.example. www.example."], [SOA])
    assert answer(snapshot, "dangling.example/A").rcode == 3  # RFC 2308 §2.1


@pytest.mark.parametrize(
    "question", ["outside.example/A", "incut.example/A", "alias.example/CNAME", "x.moved.example/CNAME"]
)
def test_an_alias_that_leads_elsewhere_or_was_asked_for_stands_alone(snapshot: Snapshot, question: str) -> None:
    reply = answer(snapshot, question)
    assert (reply.rcode, [one.rdtype for one in reply.answer if one.rdtype != DNAME], reply.authority) == (
        0,
        [CNAME],
        (),
    )


def test_a_loop_of_aliases_ends(snapshot: Snapshot) -> None:
    assert shown(answer(snapshot, "loop1.example/A")) == [
        "loop1.example. loop2.example.",
        "loop2.example. loop1.example.",
    ]


def test_a_long_chain_of_aliases_is_cut_off() -> None:
    chain = "".join(f"c{number} CNAME c{number + 1}\n" for number in range(50))
    reply = answer(Snapshot.from_text("$ORIGIN example.\n" + APEX + chain), "c0.example/A")
    assert (reply.rcode, len(reply.answer)) == (0, 13)


def test_a_wildcard_stands_in_for_a_name_that_is_not_there(snapshot: Snapshot) -> None:
    assert shown(answer(snapshot, "a.b.wild.example/TXT")) == ['a.b.wild.example. "star"']
    assert shown(answer(snapshot, "*.wild.example/TXT")) == ['*.wild.example. "star"']
    assert shown(answer(snapshot, "a.*.wild.example/TXT")) == []  # the asterisk name exists (RFC 4592 §2.2.1)
    assert answer(snapshot, "a.*.wild.example/TXT").rcode == 3
    assert answer(snapshot, "a.sub.wild.example/TXT").rcode == 3  # a closer encloser exists (RFC 4592 §3.3.1)
    assert answer(snapshot, "sub.wild.example/TXT").rcode == 0
    assert shown(answer(snapshot, "sub.wild.example/TXT")) == []
    no_data = answer(snapshot, "a.wild.example/A")
    assert (no_data.rcode, no_data.answer) == (0, ())
    ent = answer(snapshot, "a.starry.example/TXT")  # the wildcard is an empty non-terminal
    assert (ent.rcode, ent.answer) == (0, ())


def test_a_wildcard_alias_is_made_for_the_name_and_followed(snapshot: Snapshot) -> None:
    assert shown(answer(snapshot, "x.aliased.example/A"))[:2] == [
        "x.aliased.example. www.example.",
        "www.example. 192.0.2.1",
    ]
    assert shown(answer(snapshot, "x.aliased.example/CNAME")) == ["x.aliased.example. www.example."]


def test_a_dname_redirects_what_is_below_it_and_hides_it(snapshot: Snapshot) -> None:
    reply = answer(snapshot, "www.moved.example/A")
    assert shown(reply) == [
        "moved.example. new.example.",
        "www.moved.example. www.new.example.",
        "www.new.example. 192.0.2.4",
    ]
    assert reply.answer[1].rrsigs == ()
    assert reply.answer[1].ttl == reply.answer[0].ttl
    assert answer(snapshot, "hidden.moved.example/A").rcode == 3
    assert shown(answer(snapshot, "moved.example/TXT")) == ['moved.example. "apex"']
    assert shown(answer(snapshot, "moved.example/DNAME")) == ["moved.example. new.example."]
    assert "delegates both.example." in missing(snapshot, "x.both.example/A")


def test_a_dname_at_the_apex_redirects_the_zone() -> None:
    reply = answer(Snapshot.from_text("$ORIGIN example.\n" + APEX + "@ DNAME other.\n"), "a.b.example/A")
    assert shown(reply) == ["example. other.", "a.b.example. a.b.other."]


def test_a_dname_that_makes_the_name_too_long_is_yxdomain() -> None:
    far = ".".join(["x" * 60] * 4) + "."
    reply = answer(Snapshot.from_text("$ORIGIN example.\n" + APEX + f"d DNAME {far}\n"), "long-label.d.example/A")
    assert (reply.rcode, [one.rdtype for one in reply.answer]) == (6, [DNAME])


def test_any_and_rrsig_give_what_is_at_the_name(snapshot: Snapshot) -> None:
    assert [one.rdtype for one in answer(snapshot, "wild.example/ANY").answer] == []
    assert {one.rdtype for one in answer(snapshot, "x.wild.example/ANY").answer} == {15, 16}
    reply = answer(snapshot, "www.example/RRSIG")
    assert [len(one.rrsigs) for one in reply.answer] == [1]
    assert RRSIG not in [one.rdtype for one in reply.answer]


def test_delegations_are_the_visible_cuts_in_canonical_order(snapshot: Snapshot) -> None:
    assert [str(name) for name in snapshot.delegations("example")] == [
        "bare.example.",
        "both.example.",
        "child.example.",
    ]
    nested = Snapshot.from_text("$ORIGIN example.\n" + APEX + "child NS ns\nx.child NS ns\n")
    assert [str(name) for name in nested.delegations("example")] == ["child.example."]
    with pytest.raises(BadSnapshot, match=r"no zone file of org\."):
        snapshot.delegations("org")


def test_records_of_other_zones_are_no_part_of_the_zone() -> None:
    mixed = Snapshot.from_text("$ORIGIN example.\n" + APEX + "www.evilexample. A 192.0.2.9\nother. A 192.0.2.9\n")
    missing(mixed, "www.evilexample/A")
    missing(mixed, "other/A")


def test_bad_rdata_is_raised_by_the_lookup_that_needs_it_and_by_no_other() -> None:
    bad = Snapshot.from_text(
        "$ORIGIN example.\n" + APEX + "www A not-an-address\nsig A 192.0.2.1\nsig RRSIG NOTYPE x\nodd RRSIG\n"
    )
    assert answer(bad, "ns.example/A").rcode == 0
    assert answer(bad, "odd.example/A").rcode == 0
    for name, line in (("www", 6), ("sig", 8)):
        with pytest.raises(BadSnapshot) as caught:
            answer(bad, f"{name}.example/A")
        assert (caught.value.path, caught.value.line) == ("<text>", line)


def test_the_memory_of_parsed_sets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.sources.zone.MAX_PARSED", 2)
    small = Snapshot.from_text(
        "$ORIGIN example.\n" + APEX + "".join(f"h{number} A 192.0.2.{number}\n" for number in range(9))
    )
    for number in [*range(9), *range(9)]:
        assert shown(answer(small, f"h{number}.example/A")) == [f"h{number}.example. 192.0.2.{number}"]


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("", "no records"),
        ("; nothing", "no records"),
        ("www 60 IN A 192.0.2.1", "no origin"),
        ("www.example. 60 IN A 192.0.2.1", "no origin"),
        (("org.", "example. 60 IN SOA a. b. 1 2 3 4 5"), "was said to be org."),
        (("org.", "www.example. 60 IN A 192.0.2.1"), "no record at or below org."),
        ("a. 60 IN SOA a. b. 1 2 3 4 5\nb. 60 IN SOA a. b. 1 2 3 4 5", "second SOA, of b. after a."),
        ("a. 60 IN SOA a. b. 1 2 3 4 5\n$INCLUDE x", "include=True"),
    ],
)
def test_a_text_that_is_no_zone_is_refused(zone: str | tuple[str, str], words: str) -> None:
    with pytest.raises(BadSnapshot) as caught:
        Snapshot.from_text(zone)
    assert words in str(caught.value)
    assert caught.value.path == "<text>"


def test_the_origin_is_the_given_one_else_the_owner_of_the_soa_else_the_first_origin() -> None:
    soa = "60 IN SOA a. b. 1 2 3 4 5\n"
    for zone in (
        ("example", f"@ {soa}"),
        ("example.", f"example. {soa}"),
        f"example. {soa}",
        f"$ORIGIN example.\n@ {soa}",
        f"$ORIGIN .\nexample {soa}",
        ("example.", "www 60 IN A 192.0.2.1"),
        "$ORIGIN example.\nwww 60 IN A 192.0.2.1\n$ORIGIN www.example.\n@ 60 IN A 192.0.2.1",
        f"example. {soa}www.example. 60 IN A 192.0.2.1\nexample. {soa}",
    ):
        assert [str(name) for name in Snapshot.from_text(zone).zones] == ["example."]
    with pytest.raises(BadName):
        Snapshot.from_text(("a..b", f"@ {soa}"))


def test_a_zone_without_soa_denies_without_it() -> None:
    reply = answer(Snapshot.from_text(("example.", "www 60 IN A 192.0.2.1")), "none.example/A")
    assert (reply.rcode, reply.authority) == (3, ())


def test_one_zone_twice_and_no_zone_at_all_are_refused() -> None:
    with pytest.raises(BadSnapshot, match=r"<text 2>: a second file for example\., after <text 1>"):
        Snapshot.from_text(ZONE, ZONE)
    with pytest.raises(BadSnapshot, match="at least one"):
        Snapshot.from_files()


def test_files_may_be_packed_included_and_named_with_their_origin(tmp_path) -> None:
    packed, plain, part = tmp_path / "a.zone", tmp_path / "b.zone", tmp_path / "part"
    packed.write_bytes(gzip.compress(ZONE.encode(), mtime=0))
    plain.write_text(APEX + "$INCLUDE part\n")
    part.write_text("\nwww A 192.0.2.7\nbad A x\n")
    snapshot = Snapshot.from_files(packed, ("org", str(plain)), include=True)
    assert repr(snapshot) == "<Snapshot example., org.>"
    assert shown(answer(snapshot, "www.org/A")) == ["www.org. 192.0.2.7"]
    assert answer(snapshot, "www.org/A").origin == "snapshot b.zone"
    with pytest.raises(BadSnapshot) as caught:
        answer(snapshot, "bad.org/A")
    assert (caught.value.path, caught.value.line) == (str(part), 3)
    with pytest.raises(BadSnapshot, match="include=True"):
        Snapshot.from_files(("org", plain))
    with pytest.raises(BadSnapshot, match="cannot be read"):
        Snapshot.from_files(tmp_path / "none.zone")


def test_many_zones_are_listed_in_part() -> None:
    many = Snapshot.from_text(*(f"z{number}. 60 IN SOA a. b. 1 2 3 4 5" for number in range(7)))
    assert missing(many, "other/A").endswith("of z0., z1., z2., z3., z4. and 2 more")
