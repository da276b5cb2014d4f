"""NSEC and NSEC3 chains are those of the RFCs, and every denial holds before a second judge."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.data.name import Name
from resolver.testing import World
from resolver.testing.denial import hash_label, nsec3_hash, type_bitmap
from tests.testing.oracle import (
    as_rrset,
    labels_field,
    nsec3_denies_name,
    nsec_denies_name,
    records,
    types_of,
    verify_message,
)

EXAMPLE = Name.from_text("example.")


def rfc5155_world(denial: str = "nsec3") -> World:
    """The names of RFC 5155 appendix A."""
    world = World()
    world.zone("example", denial=denial, salt=bytes.fromhex("aabbccdd"), iterations=12, nameserver="ns1").add(
        "@ MX 1 xx", "a NS ns1.a", "a NS ns2.a", "ns1.a A 192.0.2.5", "ns2.a A 192.0.2.6", "ai A 192.0.2.9",
        "c NS ns1.c", "c NS ns2.c", "ns1.c A 192.0.2.7", "ns2.c A 192.0.2.8", "ns1 A 192.0.2.1", "ns2 A 192.0.2.2",
        "*.w MX 1 ai", "x.w MX 1 xx", "x.y.w MX 1 xx", "xx A 192.0.2.10",
    ).add_rdata("a", "DS", bytes.fromhex("e3bd0501") + bytes(20))  # fmt: skip
    return world


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
        ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"),
        ("w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"),
        ("*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ("x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"),
    ],
)
def test_hashes_are_those_of_rfc_5155_appendix_a(name: str, digest: str) -> None:
    assert hash_label(nsec3_hash(Name.from_text(name), bytes.fromhex("aabbccdd"), 12)).decode() == digest


def test_the_nsec3_chain_is_that_of_rfc_5155_appendix_a() -> None:
    zone = rfc5155_world("opt-out").zone("example")
    chain = {
        rrset.owner.labels[0].decode(): as_rrset(rrset.owner, 50, 0, rrset.rdata)[0] for rrset in zone.denial.all()
    }
    assert {owner: (rdata._next_text().lower(), types_of(rdata)) for owner, rdata in chain.items()} == {
        "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom": (
            "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
            {"MX", "DNSKEY", "NS", "SOA", "NSEC3PARAM", "RRSIG"},
        ),
        "2t7b4g4vsa5smi47k61mv5bv1a22bojr": ("2vptu5timamqttgl4luu9kg21e0aor3s", {"A", "RRSIG"}),
        "2vptu5timamqttgl4luu9kg21e0aor3s": ("35mthgpgcu1qg68fab165klnsnk3dpvl", {"MX", "RRSIG"}),
        "35mthgpgcu1qg68fab165klnsnk3dpvl": ("b4um86eghhds6nea196smvmlo4ors995", {"NS", "DS", "RRSIG"}),
        "b4um86eghhds6nea196smvmlo4ors995": ("gjeqe526plbf1g8mklp59enfd789njgi", {"MX", "RRSIG"}),
        "gjeqe526plbf1g8mklp59enfd789njgi": ("ji6neoaepv8b5o6k4ev33abha8ht9fgc", {"A", "RRSIG"}),
        "ji6neoaepv8b5o6k4ev33abha8ht9fgc": ("k8udemvp1j2f7eg6jebps17vp3n8i58h", set()),
        "k8udemvp1j2f7eg6jebps17vp3n8i58h": ("q04jkcevqvmu85r014c7dkba38o0ji5r", set()),
        "q04jkcevqvmu85r014c7dkba38o0ji5r": ("r53bq7cc2uvmubfu5ocmm6pers9tk9en", {"A", "RRSIG"}),
        "r53bq7cc2uvmubfu5ocmm6pers9tk9en": ("t644ebqk9bibcna874givr6joj62mlhv", {"MX", "RRSIG"}),
        "t644ebqk9bibcna874givr6joj62mlhv": ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", {"A", "RRSIG"}),
    }
    assert {rdata.flags for rdata in chain.values()} == {1}


def test_the_proofs_are_those_of_rfc_5155_appendix_b() -> None:
    world = rfc5155_world("opt-out")

    def proof(question: str) -> set[str]:
        message = world.message(question)
        return {owner.labels[0].decode()[:8] for owner, _ in records(message.authority, 50)}

    assert proof("a.c.x.w.example MX") == {"b4um86eg", "0p9mhave", "35mthgpg"}  # B.1, a name error
    assert proof("ns1.example MX") == {"2t7b4g4v"}  # B.2, no data
    assert proof("y.w.example A") == {"ji6neoae"}  # B.2.1, an empty non-terminal
    assert proof("c.example DS") == {"35mthgpg", "0p9mhave"}  # B.3, opt-out
    assert proof("a.z.w.example MX") == {"q04jkcev"}  # B.4, a wildcard answer
    assert proof("a.z.w.example AAAA") == {"k8udemvp", "q04jkcev", "r53bq7cc"}  # B.5, wildcard, no data
    assert proof("example DS") == set() or world.message("example DS").authority  # B.6 is the root's answer here


def test_an_unsigned_delegation_is_in_a_chain_without_opt_out() -> None:
    world = rfc5155_world("nsec3")
    (_, rdata), *others = records(world.message("c.example DS").authority, 50)
    assert not others
    assert types_of(rdata) == {"NS"}
    assert len(world.zone("example").denial.all()) == 12


def test_empty_non_terminals_of_opted_out_cuts_are_opted_out_too() -> None:
    world = World()
    world.zone("tld", denial="opt-out").add("a.b.c NS ns.invalid.")
    assert len(world.zone("tld").denial.all()) == 1
    message = world.message("a.b.c.tld DS")
    assert message.rcode == 0
    assert {owner.labels[0] for owner, _ in records(message.authority, 50)} == {
        hash_label(nsec3_hash(Name.from_text("tld"), b"", 0))
    }


def test_the_nsec_chain_of_rfc_4035_appendix_a() -> None:
    world = rfc5155_world("nsec")
    chain = [
        (str(rrset.owner), str(as_rrset(rrset.owner, 47, 0, rrset.rdata)[0]))
        for rrset in world.zone("example").denial.all()
    ]
    assert chain == [
        ("example.", "a.example. NS SOA MX RRSIG NSEC DNSKEY"),
        ("a.example.", "ai.example. NS DS RRSIG NSEC"),
        ("ai.example.", "c.example. A RRSIG NSEC"),
        ("c.example.", "ns1.example. NS RRSIG NSEC"),
        ("ns1.example.", "ns2.example. A RRSIG NSEC"),
        ("ns2.example.", "*.w.example. A RRSIG NSEC"),
        ("*.w.example.", "x.w.example. MX RRSIG NSEC"),
        ("x.w.example.", "x.y.w.example. MX RRSIG NSEC"),
        ("x.y.w.example.", "xx.example. MX RRSIG NSEC"),
        ("xx.example.", "example. A RRSIG NSEC"),
    ]


def test_the_proofs_are_those_of_rfc_4035_appendix_b() -> None:
    world = rfc5155_world("nsec")

    def proof(question: str) -> list[str]:
        return [str(owner) for owner, _ in records(world.message(question).authority, 47)]

    assert proof("ml.example A") == ["c.example.", "example."]  # B.2
    assert proof("ns1.example MX") == ["ns1.example."]  # B.3
    assert proof("c.example DS") == ["c.example."]  # B.5
    assert proof("a.z.w.example MX") == ["x.y.w.example."]  # B.6
    assert proof("a.z.w.example AAAA") == ["x.y.w.example.", "*.w.example."]  # B.7
    assert proof("y.w.example A") == ["x.w.example."]  # an empty non-terminal


def test_denials_live_as_long_as_the_soa_says() -> None:
    world = World()
    world.zone("example.com", ttl=120, minimum=900)
    message = world.message("nx.example.com A")
    assert {rrset.ttl for rrset in message.authority} == {120}  # RFC 9077 §3
    assert {ttl for rrset in message.authority for ttl, _ in rrset.rrsigs} == {120}


def test_compact_denial_says_nxname_with_noerror() -> None:
    world = World()
    world.zone("example.com", denial="compact").add("www A 192.0.2.1", "a.ent A 192.0.2.2", "*.w TXT hello")
    world.zone("sub.example.com", signed=False)
    for question, types in {
        "nx.example.com A": {"RRSIG", "NSEC", "NXNAME"},
        "ent.example.com A": {"RRSIG", "NSEC"},
        "www.example.com TLSA": {"A", "RRSIG", "NSEC"},
        "x.w.example.com A": {"TXT", "RRSIG", "NSEC"},
        "sub.example.com DS": {"NS", "RRSIG", "NSEC"},
    }.items():
        message = world.message(question)
        ((owner, rdata),) = records(message.authority, 47)
        assert message.rcode == 0
        assert str(owner) + " A" == question.split()[0] + ". A"
        assert rdata.next == dns.name.Name((b"\0", *owner.labels))
        assert types_of(rdata) == types
    expanded = world.message("x.w.example.com TXT")
    assert labels_field(expanded.answer[0]) == 4
    assert not expanded.authority
    assert verify_message(world, expanded) == 1


def test_a_wildcard_that_is_an_empty_non_terminal_is_no_data() -> None:
    for denial in ("nsec", "nsec3"):
        world = World()
        world.zone("example.com", denial=denial).add("a.*.w A 192.0.2.1")
        message = world.message("x.w.example.com A")
        assert (message.rcode, message.answer) == (0, ())
        assert verify_message(world, message) == len(message.authority)


def test_type_maps_span_windows() -> None:
    assert type_bitmap({1, 15, 46, 47, 1234}).hex() == "0006400100000003041b" + "00" * 26 + "20"  # RFC 4034 §4.3


label = st.sampled_from(["a", "b", "c", "*", "_x"])
owners = st.lists(st.lists(label, min_size=1, max_size=3).map(".".join), min_size=0, max_size=7, unique=True)


@settings(max_examples=120)
@given(owners=owners, asked=st.lists(label.filter(lambda each: each != "*"), min_size=1, max_size=4).map(".".join))
@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_every_nxdomain_is_proved(denial: str, owners: list[str], asked: str) -> None:
    world = World()
    world.zone("test", denial=denial).add(*(f"{owner} TXT here" for owner in owners))
    message = world.message(f"{asked}.test TXT")
    verify_message(world, message)
    zone = dns.name.from_text("test.")
    proved = nsec_denies_name(message, zone) if denial == "nsec" else nsec3_denies_name(message, zone)
    exists = any((owner + ".").endswith("." + asked + ".") or owner == asked for owner in owners)
    assert proved == (message.rcode == 3)
    assert not (exists and message.rcode == 3)
    assert bool(message.answer) == (message.rcode == 0 and not any(rrset.rdtype == 6 for rrset in message.authority))
