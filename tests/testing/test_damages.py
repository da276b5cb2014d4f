"""Each damage does what its name says, and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import dns.dnssec
import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, RRset
from resolver.errors import BadInput
from resolver.testing import World, Zone, damages
from tests.testing.oracle import verify

HOST, QUESTION = "www A", "www.example.com A"
# Where a damage shows; every other one shows in a battery of ordinary questions.
BATTERY = (
    QUESTION, "nx.example.com A", "www.example.com TXT", "x.w.example.com TXT", "x.w.example.com A", "a.d.example.com A",
    "example.com DNSKEY", "example.com DS", "example.com SOA", "sub.example.com DS",
)  # fmt: skip


def world_with(name: str | None = None, target: str | None = None, denial: str = "nsec3") -> World:
    world = World()
    zone = world.zone("example.com", denial=denial)
    zone.add("www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "mail 300 A 192.0.2.3", "*.w 60 TXT hello", "d DNAME w")
    world.zone("sub.example.com", signed=False)
    if name is not None:
        zone.damage(name, target)
    return world


def look(message: Message | NoReply) -> object:
    if isinstance(message, NoReply):
        return message.why
    sections = [
        [(rrset.owner, rrset.rdtype, rrset.ttl, rrset.rdata, rrset.rrsigs) for rrset in section]
        for section in (message.answer, message.authority)
    ]
    return message.rcode, message.edns, sections


def replies(world: World) -> list[object]:
    from resolver.testing.world import to_question

    return [look(world.reply(to_question(question))) for question in BATTERY]


@pytest.mark.parametrize("name", sorted(damages))
def test_every_damage_shows_and_can_be_repaired(name: str) -> None:
    honest = {denial: replies(world_with(denial=denial)) for denial in ("nsec", "nsec3", "opt-out")}
    damaged = {denial: world_with(name, denial=denial) for denial in honest}
    assert any(replies(world) != honest[denial] for denial, world in damaged.items())
    for denial, world in damaged.items():
        world.zone("example.com").repair(name)
        assert replies(world) == honest[denial]


@pytest.mark.parametrize("name", sorted(damages))
def test_every_damage_has_a_sentence(name: str) -> None:
    assert damages[name].endswith((".", ")")) and len(damages[name]) > 20
    assert World().damages[name] == damages[name]


def test_what_is_not_aimed_at_stays_whole() -> None:
    honest, damaged = world_with(), world_with("signature-missing", HOST)
    for question in ("mail.example.com A", "example.com SOA", "nx.example.com A", "www.example.com TXT"):
        assert look(damaged.message(question)) == look(honest.message(question))
    assert not damaged.message(QUESTION).answer[0].rrsigs


def test_damages_of_one_zone_add_up() -> None:
    zone = world_with().zone("example.com").damage("signature-expired", HOST).damage("ttl-zero", HOST)
    rrset = zone.world.message(QUESTION).answer[0]
    assert rrset.ttl == 0 and fields(rrset).expiration < zone.world.now


def test_a_damage_that_does_not_exist_gets_a_hint() -> None:
    with pytest.raises(BadInput, match="did you mean signature-expired"):
        world_with("signature-expird")
    with pytest.raises(BadInput, match=r"see resolver\.testing\.damages"):
        world_with("zzz")
    with pytest.raises(BadInput, match="bad target"):
        world_with("signature-bad", "www A extra")
    with pytest.raises(BadInput, match="whole zone"):
        world_with("ds-mismatch", "www")


class Fields:
    def __init__(self, rrsig: bytes) -> None:
        (self.covered, self.algorithm, self.labels, self.original_ttl, self.expiration, self.inception, self.tag) = (
            struct.unpack_from("!HBBIIIH", rrsig)
        )
        end = rrsig.index(b"\0", 18) + 1
        self.signer, self.signature = Name(rrsig[18:end]), rrsig[end:]


def fields(rrset: RRset) -> Fields:
    return Fields(rrset.rrsigs[0][1])


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("signature-expired", lambda zone, sig: sig.expiration == zone.world.now - 86400 > sig.inception),
        ("signature-not-yet-valid", lambda zone, sig: sig.inception == zone.world.now + 86400 < sig.expiration),
        ("signature-dates-reversed", lambda zone, sig: sig.expiration < sig.inception),
        ("wrong-signer", lambda zone, sig: sig.signer == Name.from_text("wrong-signer.com")),
        ("signer-parent", lambda zone, sig: sig.signer == Name.from_text("com") and sig.tag == zone.parent.key_tag),
        ("signer-parent-claimed", lambda zone, sig: sig.signer == Name.from_text("com") and sig.tag == zone.key_tag),
        ("labels-too-high", lambda zone, sig: sig.labels == 4),
        ("labels-too-low", lambda zone, sig: sig.labels == 2),
        ("labels-below-signer", lambda zone, sig: sig.labels == 1),
        ("signature-wrong-tag", lambda zone, sig: sig.tag == zone.key_tag + 1 & 0xFFFF),
        ("signature-other-algorithm", lambda zone, sig: sig.algorithm == 8),
        ("original-ttl-low", lambda zone, sig: sig.original_ttl == 150),
        ("original-ttl-high", lambda zone, sig: sig.original_ttl == 600),
        ("signature-empty", lambda zone, sig: sig.signature == b""),
        ("signature-truncated", lambda zone, sig: len(sig.signature) == 63),
        ("signature-by-impostor", lambda zone, sig: sig.tag == zone.key_tag),
        ("signature-by-unknown-key", lambda zone, sig: sig.tag != zone.key_tag),
    ],
)
def test_damaged_fields_of_a_signature(name: str, check: Callable[[Zone, Fields], bool]) -> None:
    world = world_with(name, HOST)
    assert check(world.zone("example.com"), fields(world.message(QUESTION).answer[0]))


@pytest.mark.parametrize(
    "name",
    ["signature-bad", "data-altered", "data-added", "data-removed", "signature-by-impostor", "signatures-many",
     "signature-truncated", "labels-too-high"],
)  # fmt: skip
def test_these_signatures_do_not_verify(name: str) -> None:
    world = world_with(name, HOST)
    with pytest.raises((dns.dnssec.ValidationFailure, ValueError)):
        verify(world.zone("example.com"), world.message(QUESTION).answer[0])


@pytest.mark.parametrize("name", ["signature-expired", "signature-not-yet-valid", "original-ttl-low", "labels-too-low"])
def test_only_the_named_field_of_these_is_wrong(name: str) -> None:
    """The signature itself is good: at another time, or as a wildcard's."""
    world = world_with(name, HOST)
    rrset = world.message(QUESTION).answer[0]
    world.now = fields(rrset).inception + 1
    assert verify(world.zone("example.com"), rrset) == 1


def test_a_signature_of_the_parent_verifies_with_the_parents_key() -> None:
    world = world_with("signer-parent", HOST)
    assert verify(world.zone("com"), world.message(QUESTION).answer[0]) == 1


def test_ttl_damages() -> None:
    for name, ttl, rrsig_ttl in [("ttl-raised", 604800, 300), ("ttl-zero", 0, 300), ("rrsig-ttl-low", 300, 1)]:
        rrset = world_with(name, HOST).message(QUESTION).answer[0]
        assert (rrset.ttl, rrset.rrsigs[0][0]) == (ttl, rrsig_ttl)


def test_wildcards_and_denials_are_aimed_at_by_their_own_names() -> None:
    world = world_with("signature-missing", "*.w TXT")
    assert not world.message("x.w.example.com TXT").answer[0].rrsigs
    for denial, rdtype in (("nsec", "NSEC"), ("nsec3", "NSEC3")):
        world = world_with("signature-missing", f"www {rdtype}", denial=denial)
        unsigned = [rrset for rrset in world.message("www.example.com TXT").authority if not rrset.rrsigs]
        assert len(unsigned) == 1  # an NSEC3 is named by the name that it speaks about


def ds(world: World) -> list[tuple[int, int, int, bytes]]:
    return [
        (*struct.unpack_from("!HBB", rdata), rdata[4:]) for rdata in world.message("example.com DS").answer[0].rdata
    ]


def test_ds_damages() -> None:
    zone = world_with().zone("example.com")
    tag, digest = zone.key_tag, zone.ds[0][4:]
    assert ds(world_with()) == [(tag, 13, 2, digest)]
    assert ds(world_with("ds-mismatch")) == [(tag, 13, 2, digest[:-1] + bytes((digest[-1] ^ 1,)))]
    assert ds(world_with("ds-wrong-tag")) == [(tag + 1, 13, 2, digest)]
    assert ds(world_with("ds-wrong-algorithm")) == [(tag, 8, 2, digest)]
    assert ds(world_with("ds-unknown-algorithm")) == [(tag, 200, 2, digest)]
    assert ds(world_with("ds-unknown-digest")) == [(tag, 13, 200, digest)]
    assert ds(world_with("ds-truncated")) == [(tag, 13, 2, digest[:16])]
    assert [row[2] for row in ds(world_with("ds-sha1-good-sha256-bad"))] == [1, 2]
    assert len(ds(world_with("ds-unusable-beside-good"))) == 3
    missing = world_with("ds-missing").message("example.com DS")
    assert not missing.answer and missing.rcode == 0
    for name in damages:
        if name.startswith("ds-") and name not in ("ds-missing", "ds-malformed"):
            assert verify(world_with(name).zone("com"), world_with(name).message("example.com DS").answer[0]) == 1


def test_key_damages_fit_their_ds() -> None:
    for name, flags, protocol in [("key-revoked", 0x0181, 3), ("key-not-zone", 1, 3), ("key-wrong-protocol", 257, 2)]:
        world = world_with(name)
        (rdata,) = world.message("example.com DNSKEY").answer[0].rdata
        assert struct.unpack_from("!HB", rdata) == (flags, protocol)
        assert world.message("example.com DS").answer[0].rdata == tuple(world.zone("example.com").ds)
        assert ds(world)[0][0] == fields(world.message(QUESTION).answer[0]).tag == world.zone("example.com").key_tag


def test_dnskey_damages() -> None:
    assert not world_with("dnskey-missing").message("example.com DNSKEY").answer
    world = world_with("dnskey-unsigned")
    assert not world.message("example.com DNSKEY").answer[0].rrsigs
    assert world.message(QUESTION).answer[0].rrsigs
    world = world_with("keys-collide")
    keyset = world.message("example.com DNSKEY").answer[0]
    assert len(keyset.rdata) == 31
    from dns.dnssec import key_id

    from tests.testing.oracle import as_rrset

    assert {key_id(key) for key in as_rrset(keyset.owner, 48, 0, keyset.rdata)} == {world.zone("example.com").key_tag}
    assert verify(world.zone("example.com"), keyset) == 1


def proof(world: World, question: str) -> int:
    return sum(rrset.rdtype in (47, 50) for rrset in world.message(question).authority)


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_a_stripped_denial_keeps_only_the_soa(denial: str) -> None:
    world = world_with("denial-stripped", denial=denial)
    for question in ("nx.example.com A", "www.example.com TXT", "x.w.example.com A"):
        assert [rrset.rdtype for rrset in world.message(question).authority] == [6]
    assert not world.message("x.w.example.com TXT").authority


@pytest.mark.parametrize(
    ("name", "denial", "question"),
    [
        ("denial-missing-closest-encloser", "nsec3", "a.b.example.com A"),
        ("denial-missing-next-closer", "nsec3", "a.b.example.com A"),
        ("denial-missing-wildcard", "nsec3", "a.b.example.com A"),
        ("denial-missing-next-closer", "nsec3", "x.w.example.com TXT"),
        ("denial-missing-match", "nsec3", "www.example.com TXT"),
        ("denial-missing-match", "nsec", "www.example.com TXT"),
        ("denial-missing-cover", "nsec", "nx.example.com A"),
        ("denial-missing-wildcard", "nsec", "nx.example.com A"),
        ("denial-missing-cover", "nsec", "x.w.example.com TXT"),
    ],
)
def test_a_missing_piece_is_one_record(name: str, denial: str, question: str) -> None:
    assert proof(world_with(name, denial=denial), question) == proof(world_with(denial=denial), question) - 1
    relative = question.replace(".example.com", "")
    assert proof(world_with(name, relative, denial), question) == proof(world_with(denial=denial), question) - 1


def test_the_parents_record_in_place_of_the_zones_own() -> None:
    for denial, rdtype in (("nsec", 47), ("nsec3", 50)):
        world = World()
        world.zone("com", denial=denial)
        world.zone("example.com", denial=denial).damage("denial-from-parent", "@ MX")
        found = [rrset for rrset in world.message("example.com MX").authority if rrset.rdtype == rdtype]
        assert len(found) == 1 and verify(world.zone("com"), found[0]) == 1


def test_reply_damages() -> None:
    assert world_with("rcode-nxdomain", HOST).message(QUESTION).rcode == 3
    assert world_with("rcode-noerror").message("nx.example.com A").rcode == 0
    assert world_with("server-failure", HOST).message(QUESTION).rcode == 2
    assert world_with("server-not-implemented", HOST).message(QUESTION).rcode == 4
    assert world_with("server-refused", HOST).message(QUESTION).rcode == 5
    denied = world_with("answer-denied", HOST).message(QUESTION)
    assert (denied.rcode, denied.answer) == (3, ()) and denied.authority
    stripped = world_with("dnssec-stripped").message("nx.example.com A")
    assert [rrset.rdtype for rrset in stripped.authority] == [6] and stripped.edns is None
    with pytest.raises(BadInput, match="silent"):
        world_with("server-silent", HOST).message(QUESTION)


def test_dname_damages() -> None:
    question = "x.d.example.com TXT"
    assert [rrset.rdtype for rrset in world_with().message(question).answer] == [39, 5, 16]
    assert [rrset.rdtype for rrset in world_with("dname-synthesis-missing").message(question).answer] == [39, 16]
    altered = world_with("dname-synthesis-altered").message(question).answer[1]
    assert altered.rdata[0] == Name.from_text("elsewhere.invalid").wire


def test_the_documentation_lists_every_damage_in_its_own_words(project: Path) -> None:
    text = (project / "docs" / "testing.md").read_text(encoding="utf-8")
    missing = [name for name, sentence in damages.items() if f"| `{name}` | {sentence} |" not in text]
    assert not missing
