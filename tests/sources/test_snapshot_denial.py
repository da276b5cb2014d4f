"""Which NSEC and NSEC3 a snapshot puts into its replies (RFC 4035 §3.1.3, RFC 5155 §7.2), on hand-made chains."""

from __future__ import annotations

import base64

import dns.dnssec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.hashed import nsec3_hash
from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.data.types import NSEC, NSEC3, SOA
from resolver.errors import BadSnapshot
from resolver.sources.snapshot import Snapshot

ORIGIN = Name.from_text("example.")
BODY = """$ORIGIN example.
$TTL 60
@ SOA ns hostmaster 1 2 3 4 30
@ NS ns
ns A 192.0.2.53
a.ent TXT leaf
*.wild TXT star
signed NS ns.signed
signed DS 1 13 200 00
ns.signed A 192.0.2.1
bare NS ns.bare
x.optout NS ns.bare
"""
# The names with NSEC: no glue, no empty non-terminal (RFC 4034 §4).
OWNERS = [
    "example.",
    "bare.example.",
    "a.ent.example.",
    "ns.example.",
    "x.optout.example.",
    "signed.example.",
    "*.wild.example.",
]
NSECS = "".join(
    f"{owner} NSEC {after} A RRSIG NSEC\n" for owner, after in zip(OWNERS, [*OWNERS[1:], OWNERS[0]], strict=True)
)


def nsec3_text(names: list[str], *, salt: bytes = b"\xab\xcd", iterations: int = 1, flags: int = 1) -> str:
    hashes = sorted(dns.dnssec.nsec3_hash(name, salt, iterations, 1) for name in names)
    shown = salt.hex().upper() or "-"
    return "".join(
        f"{one} NSEC3 1 {flags} {iterations} {shown} {after} A RRSIG\n"
        for one, after in zip(hashes, [*hashes[1:], hashes[0]], strict=True)
    )


# Opted out: the unsigned delegations, and the empty non-terminal that is there only because of one.
HASHED = [
    "example.",
    "ns.example.",
    "ent.example.",
    "a.ent.example.",
    "wild.example.",
    "*.wild.example.",
    "signed.example.",
]


def answer(snapshot: Snapshot, question: str) -> Message:
    name, _, rdtype = question.partition("/")
    reply = snapshot.answer(Question.of(name, rdtype))
    assert isinstance(reply, Message), reply
    return reply


def proofs(reply: Message) -> list[str]:
    return [str(one.owner) for one in reply.authority if one.rdtype != SOA]


@pytest.mark.parametrize(
    ("question", "rcode", "owners"),
    [
        ("ns.example/MX", 0, ["ns.example."]),
        ("example/MX", 0, ["example."]),
        ("ent.example/A", 0, ["bare.example."]),  # the NSEC before an empty non-terminal
        ("bare.example/DS", 0, ["bare.example."]),
        ("none.example/A", 3, ["a.ent.example.", "example."]),
        ("zzz.example/A", 3, ["*.wild.example.", "example."]),
        ("a.none.example/A", 3, ["a.ent.example.", "example."]),
        ("b.ent.example/A", 3, ["a.ent.example.", "bare.example."]),
        ("a.example/A", 3, ["example."]),  # one NSEC covers both the name and the wildcard
        ("a.wild.example/TXT", 0, ["*.wild.example."]),
        ("a.wild.example/MX", 0, ["*.wild.example."]),
        ("wild.example/TXT", 0, ["signed.example."]),
    ],
)
def test_nsec_are_chosen_as_rfc_4035_says(question: str, rcode: int, owners: list[str]) -> None:
    reply = answer(Snapshot.from_text(BODY + NSECS), question)
    assert (reply.rcode, proofs(reply)) == (rcode, owners)
    assert {one.rdtype for one in reply.authority} <= {SOA, NSEC}


def test_nsec_is_data_that_can_be_asked_for() -> None:
    assert answer(Snapshot.from_text(BODY + NSECS), "ns.example/NSEC").answer[0].rdtype == NSEC


def matching(name: str) -> tuple[str, str]:
    return "matches", name


def covering(name: str) -> tuple[str, str]:
    return "covers", name


def roles(reply: Message, names: list[str], salt: bytes = b"\xab\xcd", iterations: int = 1) -> set[tuple[str, str]]:
    """For each name, whether an NSEC3 of the reply matches or covers it."""
    found = set()
    for one in reply.authority:
        if one.rdtype != NSEC3:
            continue
        low = base64.b32hexdecode(one.owner.labels[0].upper())
        high = base64.b32hexdecode(one.to_text()[0].split()[4].upper())
        for name in names:
            digest = base64.b32hexdecode(dns.dnssec.nsec3_hash(name, salt, iterations, 1))
            if digest == low:
                found.add(matching(name))
            elif low < digest < high or (high <= low and (digest > low or digest < high)):
                found.add(covering(name))
    return found


@pytest.mark.parametrize(
    ("question", "rcode", "wanted"),
    [
        ("ns.example/MX", 0, [matching("ns.example.")]),
        ("ent.example/A", 0, [matching("ent.example.")]),
        ("signed.example/DS", 0, []),
        ("bare.example/DS", 0, [matching("example."), covering("bare.example.")]),
        ("optout.example/A", 0, [matching("example."), covering("optout.example.")]),
        ("y.optout.example/A", 3, [matching("example."), covering("optout.example."), covering("*.example.")]),
        ("none.example/A", 3, [matching("example."), covering("none.example."), covering("*.example.")]),
        ("a.none.example/A", 3, [matching("example."), covering("none.example."), covering("*.example.")]),
        ("b.ent.example/A", 3, [matching("ent.example."), covering("b.ent.example."), covering("*.ent.example.")]),
        ("a.b.wild.example/TXT", 0, [covering("b.wild.example.")]),
        (
            "a.b.wild.example/MX",
            0,
            [matching("wild.example."), covering("b.wild.example."), matching("*.wild.example.")],
        ),
    ],
)
def test_nsec3_are_chosen_as_rfc_5155_says(question: str, rcode: int, wanted: list[tuple[str, str]]) -> None:
    reply = answer(Snapshot.from_text(BODY + "@ NSEC3PARAM 1 0 1 ABCD\n" + nsec3_text(HASHED)), question)
    assert reply.rcode == rcode
    assert set(wanted) <= roles(reply, [name for _, name in wanted])
    assert len(proofs(reply)) <= len(wanted)


def test_the_owner_of_an_nsec3_is_no_name_of_the_zone() -> None:
    zone = BODY + nsec3_text(HASHED)
    owner = dns.dnssec.nsec3_hash("ns.example.", b"\xab\xcd", 1, 1) + ".example"
    zone += f"{owner}. RRSIG NSEC3 13 2 60 20300101000000 20200101000000 1 example. AAAA\n"
    zone += f"{owner}. RRSIG TYPE50 13 2 60 20300101000000 20200101000000 2 example. AAAA\n"
    zone += f"{owner}. RRSIG \\# 26 00320d02 0000003c 70dbd880 5e0be100 0003 076578616d706c6500 00\n".replace(
        "# 26", "# 28"
    )
    snapshot = Snapshot.from_text(zone)
    assert answer(snapshot, f"{owner}/NSEC3").rcode == 3
    assert answer(snapshot, f"{owner}/A").rcode == 3
    denial = next(one for one in answer(snapshot, "ns.example/MX").authority if one.rdtype == NSEC3)
    assert len(denial.rrsigs) == 3


def test_of_several_chains_the_one_of_nsec3param_is_used_else_the_commonest() -> None:
    short = nsec3_text(["example.", "ns.example."], salt=b"", iterations=0)
    zone = BODY + nsec3_text(HASHED) + short
    assert proofs(answer(Snapshot.from_text(zone), "ns.example/MX")) == [chained("ns.example.", b"\xab\xcd", 1)]
    for line in (
        "@ NSEC3PARAM 1 0 0 -\n",
        "@ NSEC3PARAM 1 0 9 FF\n@ NSEC3PARAM \\# 5 01 00 0000 00\n@ NSEC3PARAM 1 0 1 ABCD\n",
    ):
        reply = answer(Snapshot.from_text(zone + line), "ns.example/MX")
        assert proofs(reply) == [chained("ns.example.", b"", 0)]


def chained(name: str, salt: bytes, iterations: int) -> str:
    return dns.dnssec.nsec3_hash(name, salt, iterations, 1).lower() + ".example."


def test_a_zone_with_both_uses_nsec3_only_once_it_is_announced() -> None:
    zone = BODY + NSECS + nsec3_text(HASHED)
    assert proofs(answer(Snapshot.from_text(zone), "ns.example/MX")) == ["ns.example."]
    reply = answer(Snapshot.from_text(zone + "@ NSEC3PARAM 1 0 1 ABCD\n"), "ns.example/MX")
    assert proofs(reply) == [chained("ns.example.", b"\xab\xcd", 1)]


def test_what_is_no_chain_proves_nothing() -> None:
    for odd in (
        "abc NSEC3 2 0 1 - 00 A\n",
        "abc NSEC3 \\# 28 02 00 0001 00 14 0000000000000000000000000000000000000000 0001 40\n".replace("28", "29"),
        "not-base32 NSEC3 1 0 1 - 00 A\n",
        "a.b NSEC3 1 0 1 - 00 A\n",
        "@ NSEC3 1 0 1 - 00 A\n",
    ):
        assert proofs(answer(Snapshot.from_text(BODY + odd), "none.example/A")) == []


@pytest.mark.parametrize(
    "rdata", ["1 0 x - 00", "1 0", "1 0 99999 - 00", "1 0 1 xyz 00", "\\# 2 01 00", "x", "\\# 3 0102"]
)
def test_hash_parameters_that_cannot_be_read_are_refused_with_their_line(rdata: str) -> None:
    owner = dns.dnssec.nsec3_hash("ns.example.", b"", 0, 1)
    snapshot = Snapshot.from_text(BODY + f"{owner} NSEC3 {rdata}\n")
    with pytest.raises(BadSnapshot) as caught:
        answer(snapshot, "none.example/A")
    assert caught.value.line == 13


def test_a_generic_nsec3_is_understood() -> None:
    text = nsec3_text(["example."], salt=b"", iterations=0)
    owner = text.split()[0]
    octets = b"\x01\x00\x00\x00\x00\x14" + base64.b32hexdecode(owner) + b"\x00\x01\x40"
    snapshot = Snapshot.from_text(BODY + f"{owner} TYPE50 \\# {len(octets)} {octets.hex()}\n")
    assert proofs(answer(snapshot, "example/MX")) == [f"{owner.lower()}.example."]


def test_a_chain_without_the_apex_ends_its_search_there() -> None:
    snapshot = Snapshot.from_text(BODY + nsec3_text(["ns.example."]))
    assert len(proofs(answer(snapshot, "none.example/A"))) == 1
    assert proofs(answer(snapshot, "example/MX")) == []


@given(
    st.binary(max_size=20),
    st.integers(0, 5),
    st.lists(st.sampled_from([b"a", b"Zz", b"\x00", b"x.y", b"*"]), max_size=4),
)
def test_the_hash_is_that_of_rfc_5155(salt: bytes, iterations: int, labels: list[bytes]) -> None:
    name = Name.from_labels(tuple(labels))
    expected = dns.dnssec.nsec3_hash(str(name), salt, iterations, 1)
    assert base64.b32hexencode(nsec3_hash(name, salt, iterations)).decode() == expected
