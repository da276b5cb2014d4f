"""Worlds are the same each time, sign rightly, and answer each kind of question."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import dns.message
import dns.name
import dns.rcode
import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.errors import BadInput
from resolver.testing import World, Zone
from tests.testing.oracle import labels_field, verify, verify_message

QUESTIONS = (
    "www.example.com A", "www.example.com AAAA", "ent.example.com A", "nx.example.com A", "x.w.example.com TXT",
    "x.w.example.com A", "alias.example.com A", "a.d.example.com A", "example.com DS", "example.com DNSKEY",
    "example.com SOA", "sub.example.com DS", ". DNSKEY", ". NS", "nx. A", "com DS", "_25._tcp.www.example.com TLSA",
    "h.sub.example.com A", "deep.nx.example.com MX", "example.com NS",
)  # fmt: skip


def example(seed: int = 0, *, algorithm: int | str | tuple[int | str, ...] = 13, **options: object) -> World:
    world = World(seed, algorithm=algorithm)
    world.zone("example.com", **options).add(  # type: ignore[arg-type]
        "@ MX 10 www", "www 300 A 192.0.2.1", "www A 192.0.2.2", "a.ent A 192.0.2.3", "*.w 60 TXT hello",
        "alias CNAME www", "d DNAME example.com.", "a A 192.0.2.9", "_25._tcp.www TLSA 3 1 1 " + "ab" * 32,
    )  # fmt: skip
    world.zone("sub.example.com", signed=False).add("h A 192.0.2.4")
    return world


def octets(world: World) -> list[bytes]:
    from resolver.data.wire import write_message

    return [write_message(world.message(question)) for question in QUESTIONS]


@pytest.mark.parametrize("algorithm", [8, 13, 14, 15, 16, 200])
def test_the_same_seed_makes_the_same_octets(algorithm: int) -> None:
    assert octets(example(7, algorithm=algorithm)) == octets(example(7, algorithm=algorithm))


def test_another_seed_makes_other_keys() -> None:
    assert example(1).zone("example.com").keyset != example(2).zone("example.com").keyset


def test_keys_do_not_depend_on_the_order_of_building() -> None:
    one, other = World(3), World(3)
    one.zone("a.com"), one.zone("b.com")
    other.zone("b.com"), other.zone("a.com")
    assert one.zone("a.com").keyset == other.zone("a.com").keyset
    assert one.anchor_text == other.anchor_text


@pytest.mark.parametrize("algorithm", [5, 7, 8, 10, 13, 14, 15, 16, "P256", (8, 13)])
@pytest.mark.parametrize("keys", ["csk", "split"])
def test_dnspython_verifies_every_signature(algorithm: int | str | tuple[int, ...], keys: str) -> None:
    world = example(algorithm=algorithm, keys=keys)
    counts = [verify_message(world, world.message(question)) for question in QUESTIONS]
    assert sum(map(bool, counts)) >= len(QUESTIONS) - 1  # only the unsigned child answers without signatures


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out", "compact"])
def test_every_kind_of_denial_is_signed_rightly(denial: str) -> None:
    world = example(denial=denial, salt=b"\xaa\xbb" if denial == "nsec3" else b"", iterations=3)
    for question in QUESTIONS:
        verify_message(world, world.message(question))


def test_ml_dsa_signs_where_cryptography_has_it() -> None:
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
    from resolver.testing.signing import order_for, signed_data

    try:
        zone = World(algorithm=18).zone("example.com").add("www 300 A 192.0.2.1")
        key = zone.keys[0]
    except BadInput as refused:
        pytest.skip(str(refused))
    rrset = zone.rrset(Name.from_text("www.example.com"), 1)
    assert rrset is not None
    order = order_for(rrset.owner, 1, 300, zone.settings.validity, zone.name, key)
    mldsa.MLDSA44PublicKey.from_public_bytes(key.public).verify(
        rrset.rrsigs[0][1][-2420:], signed_data(order, rrset.rdata)
    )
    assert len(key.public) == 1312


def test_small_rsa_keys_exist_for_those_who_must_refuse_them() -> None:
    zone = World(algorithm=8).zone("example.com", rsa_bits=512)
    assert len(zone.keys[0].public) == 4 + 64
    with pytest.raises(BadInput, match="choose one of 512, 1024, 2048"):
        _ = World(algorithm=8).zone("example.com", rsa_bits=4096).keys


def test_an_algorithm_that_does_not_exist_still_looks_signed() -> None:
    world = World()
    world.zone("example.com", algorithm=253).add("www A 192.0.2.1")
    assert world.message("www.example.com A").answer[0].rrsigs[0][1][2] == 253
    assert world.message("example.com DS").answer[0].rdata[0][2] == 253


def test_answers_of_each_kind() -> None:
    world = example()
    assert [(rrset.owner, len(rrset.rdata)) for rrset in world.message("www.example.com A").answer] == [
        (Name.from_text("www.example.com"), 2)
    ]
    expanded = world.message("x.w.example.com TXT")
    assert expanded.answer[0].owner == Name.from_text("x.w.example.com")
    assert labels_field(expanded.answer[0]) == 3
    assert [rrset.rdtype for rrset in expanded.authority] == [47]
    assert [rrset.rdtype for rrset in world.message("alias.example.com A").answer] == [5, 1]
    assert [rrset.rdtype for rrset in world.message("a.d.example.com A").answer] == [39, 5, 1]
    assert world.message("ent.example.com A").rcode == 0
    assert world.message("nx.example.com A").rcode == 3
    assert {rrset.rdtype for rrset in world.message("nx.example.com A").authority} == {6, 47}


def test_ds_comes_from_the_parent() -> None:
    world = example()
    found = world.message("example.com DS").answer[0]
    assert found.rdata == tuple(world.zone("example.com").ds)
    assert verify(world.zone("com"), found) == 1
    denied = world.message("sub.example.com DS")
    assert not denied.answer
    assert {rrset.owner for rrset in denied.authority} == {
        Name.from_text("example.com"),
        Name.from_text("sub.example.com"),
    }


def test_the_deepest_zone_above_delegates() -> None:
    world = World()
    world.zone("a.b.example.com")
    assert world.zone("a.b.example.com").parent is world.zone("com")
    world.zone("example.com")
    assert world.zone("a.b.example.com").parent is world.zone("example.com")
    assert world.message("a.b.example.com DS").answer


def test_an_automatic_zone_takes_options_once() -> None:
    world = World()
    world.zone("example.com")
    assert world.zone("com", denial="opt-out").settings.denial == "opt-out"
    for name in ("com", "example.com"):
        with pytest.raises(BadInput, match="there already"):
            world.zone(name, denial="nsec3")


def test_a_zone_without_delegation_is_denied_by_its_parent() -> None:
    world = World()
    world.zone("corp", delegate=False, island=True).add("www A 192.0.2.1")
    assert world.message("corp DS").rcode == 3
    assert world.message("www.corp A").rcode == 0
    assert [line.split()[0] for line in world.anchor_text.splitlines()] == [".", "corp."]


def test_an_island_has_an_anchor_and_no_ds() -> None:
    world = World()
    world.zone("island.com", island=True)
    assert not world.message("island.com DS").answer
    assert world.anchors.closest(Name.from_text("www.island.com")) == Name.from_text("island.com")


def test_names_with_underscores_are_delegated_too() -> None:
    world = World()
    world.zone("example.com")
    world.zone("_tcp.example.com", signed=False).add("_25 TLSA 3 1 1 " + "ab" * 32)
    assert not world.message("_25._tcp.example.com TLSA").answer[0].rrsigs
    assert not world.message("_tcp.example.com DS").answer


def test_a_cut_without_its_zone_is_lame() -> None:
    world = World()
    world.zone("example.com").add("lame NS ns.elsewhere.invalid.", "ns.lame A 192.0.2.1")
    assert world.message("www.lame.example.com A").rcode == 2
    assert world.message("lame.example.com DS").rcode == 0


def test_aliases_are_followed_from_zone_to_zone_and_loops_end() -> None:
    world = World()
    world.zone("one.com", denial="nsec3").add("a CNAME b.two.org.", "loop CNAME loop.two.org.")
    world.zone("two.org").add("b CNAME c.one.com.", "loop CNAME loop.one.com.")
    message = world.message("a.one.com A")
    assert (message.rcode, len(message.answer)) == (3, 2)
    assert verify_message(world, message) == 2 + len(message.authority)
    assert len(world.message("loop.one.com A").answer) == 2


def test_a_dname_target_that_is_too_long_is_yxdomain() -> None:
    world = World()
    world.zone("example.com").add(f"d DNAME {'a' * 63}.{'b' * 63}.{'c' * 63}.example.com.")
    message = world.message(f"{'x' * 60}.d.example.com A")
    assert (message.rcode, [rrset.rdtype for rrset in message.answer]) == (6, [39])


@pytest.mark.parametrize("size", [1, 2, 31, 60_000])
def test_rdata_of_any_octets_is_held_and_signed(size: int) -> None:
    world = World()
    rdata = bytes(number % 251 for number in range(size))
    zone = world.zone("example.com").add_rdata("_25._tcp", "TLSA", rdata, ttl=0)
    message = world.message("_25._tcp.example.com TLSA")
    assert message.answer[0].rdata == (rdata,)
    assert message.answer[0].ttl == 0
    query = dns.message.make_query("_25._tcp.example.com", "TLSA", want_dnssec=True)
    assert rdata in world.answer(query.to_wire())
    assert verify(zone, message.answer[0]) == 1


def test_cname_beside_other_data_is_held() -> None:
    world = World()
    world.zone("example.com").add("both CNAME www", "both TXT here", "www A 192.0.2.1")
    assert [rrset.rdtype for rrset in world.message("both.example.com TXT").answer] == [16]
    assert [rrset.rdtype for rrset in world.message("both.example.com A").answer] == [5, 1]


def test_records_can_be_removed() -> None:
    zone = World().zone("example.com").add("www A 192.0.2.1", "www TXT here", "mail A 192.0.2.2")
    zone.remove("www", "TXT").remove("mail")
    assert set(zone.content.nodes) == {zone.name, Name.from_text("www.example.com")}


@pytest.mark.parametrize("text", ["www", "www A", "www 300 NOTATYPE x", "www.other.org. A 192.0.2.1", "www A 1.2.3"])
def test_a_line_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        World().zone("example.com").add(text)


def test_wrong_options_are_refused() -> None:
    for options in ({"denial": "nsec4"}, {"keys": "three"}, {"algorithm": "ROT13"}, {"iterations": -1}, {"colour": 1}):
        with pytest.raises(BadInput):
            World().zone("example.com", **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time zone"):
        World(now=datetime(2026, 6, 1))  # noqa: DTZ001


def test_the_clock_is_the_worlds_own() -> None:
    world = World(now=datetime(2020, 1, 1, tzinfo=UTC))
    assert world.now == world.clock() == 1577836800
    inception, expiration = world.zone("example.com").settings.validity
    assert (inception, expiration) == (world.now - 7 * 86400, world.now + 21 * 86400)
    assert World().now == 1780315200


def test_octets_in_octets_out() -> None:
    world = example()
    query = dns.message.make_query("wWw.ExAmple.com", "A", want_dnssec=True)
    reply = dns.message.from_wire(world.answer(query.to_wire()))
    assert query.is_response(reply)
    assert reply.question[0].name.labels[0] == b"wWw"
    assert [rrset.rdtype for rrset in reply.answer] == [1, 46]
    assert reply.edns == 0


def test_without_do_there_is_no_dnssec_in_the_reply() -> None:
    world = example()
    for name in ("www.example.com", "nx.example.com"):
        reply = dns.message.from_wire(world.answer(dns.message.make_query(name, "A").to_wire()))
        assert {rrset.rdtype for rrset in (*reply.answer, *reply.authority)} <= {1, 6}
        assert reply.edns == -1


@pytest.mark.parametrize(
    ("octets", "rcode"),
    [
        (b"", "FORMERR"),
        (b"\0\1\0\0\0\0\0\0\0\0\0\0", "FORMERR"),
        (b"\0\1\x28\0\0\1\0\0\0\0\0\0\0\0\1\0\1", "NOTIMP"),
        (b"\0\1\0\0\0\1\0\0\0\0\0\0\0\0\1\0\3", "REFUSED"),
        (b"\0\1\0\0\0\1\0\0\0\0\0\0\x05ab", "FORMERR"),
        (b"\0\1\0\0\0\1\0\0\0\0\0\1\0\0\1\0\1\x05", "FORMERR"),
    ],
)
def test_what_is_no_query_is_refused(octets: bytes, rcode: str) -> None:
    assert World().answer(octets)[3] & 15 == dns.rcode.from_text(rcode)


def test_single_answers_can_be_scripted() -> None:
    world = example()
    honest = world.message("www.example.com A")
    other = world.message("example.com MX")
    world.override("www.example.com A", other)
    assert world.message("www.example.com A") is other
    seen: list[Message | NoReply] = []

    def scripted(reply: Message | NoReply) -> NoReply:
        seen.append(reply)
        return NoReply(Question.of("www.example.com", "A"), "timeout", "gone")

    world.override(Question.of("www.example.com", "A"), scripted)
    assert isinstance(world.source().answer(Question.of("www.example.com", "A")), NoReply)
    assert isinstance(seen[0], Message) and seen[0].answer == honest.answer
    with pytest.raises(TimeoutError):
        world.answer(dns.message.make_query("www.example.com", "A").to_wire())
    with pytest.raises(BadInput, match="silent"):
        world.message("www.example.com A")
    with pytest.raises(BadInput, match="name TYPE"):
        world.override("www.example.com", other)


def test_keys_can_be_rolled_and_revoked() -> None:
    world = World()
    before = world.anchor_text
    root = world.zone(".")
    old = root.keys[0]
    root.roll("ksk", revoke=True)
    assert world.anchor_text != before
    assert [int.from_bytes(rdata[:2], "big") for rdata in root.keyset] == [257, 385]
    assert root.keyset[1][4:] == old.public
    dnskey = world.message(". DNSKEY").answer[0]
    assert verify(root, dnskey) == 2  # the revoked key signs its own revocation (RFC 5011 §2.1)
    split = world.zone("example.com", keys="split")
    ksk, zsk = split.keys
    split.roll("zsk")
    assert split.keys[0].public == ksk.public
    assert split.keys[1].public != zsk.public
    with pytest.raises(BadInput):
        split.roll("zsk", revoke=True)


def test_a_change_after_an_answer_shows_in_the_next() -> None:
    world = World()
    zone: Zone = world.zone("example.com")
    assert world.message("www.example.com A").rcode == 3
    zone.add("www A 192.0.2.1")
    assert world.message("www.example.com A").rcode == 0
    world.zone("www.example.com", signed=False)
    assert not world.message("www.example.com A").answer


def test_a_three_zone_world_costs_less_than_ten_milliseconds() -> None:
    example().message("www.example.com A")  # imports
    costs = []
    for seed in range(100, 105):
        start = time.process_time()
        world = World(seed)
        world.zone("example.com").add("www 300 A 192.0.2.1")
        world.message("www.example.com A")
        costs.append(time.process_time() - start)
    assert min(costs) < 0.010
