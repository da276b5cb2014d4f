"""Authentication chains: written from a verdict, read in every form, judged again at a time (RFC 9102; R37, R38, R140)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver import Absent, Anchors, BadInput, BadSnapshot, Bogus, Insecure, OfflineResolver, Resolver, Secure
from resolver.data.name import Name, to_name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNSKEY, NSEC, NSEC3, A
from resolver.sources import relevant
from resolver.sources.authentication_chain import MAX_OCTETS, AuthenticationChain
from resolver.sources.relevant import ENOUGH
from resolver.testing import World
from resolver.validator.outcome import Outcome
from tests.differential import worlds

RECORD = "3 1 1 " + "ab" * 32
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "dane" / "rfc"


@pytest.fixture
def world() -> World:
    world = World()
    zone = world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}", "www A 192.0.2.1")
    zone.add(f"*._tcp.any TLSA {RECORD}", "_443._tcp.alias CNAME _443._tcp.www.example.net.", "old DNAME example.net.")
    world.zone("example.net", denial="nsec3").add(f"_443._tcp.www TLSA {RECORD}")
    world.zone("open.net", signed=False)
    return world


def chain_of(world: World, name: str, rdtype: str = "TLSA") -> AuthenticationChain:
    return AuthenticationChain.of(world.offline().lookup(name, rdtype))


def judge(world: World, chain: AuthenticationChain, name: str, rdtype: str = "TLSA", at: float = 0) -> Outcome[RRset]:
    return OfflineResolver(chain, at=at or world.now, anchors=world.anchors).lookup(name, rdtype)


def octets_of(records: Iterable[tuple[Name, int, int, bytes]]) -> bytes:
    """Records as a chain has them, in this order."""
    return b"".join(
        owner.wire + rdtype.to_bytes(2) + b"\0\1" + ttl.to_bytes(4) + len(rdata).to_bytes(2) + rdata
        for owner, rdtype, ttl, rdata in records
    )


def said(outcome: Outcome[RRset]) -> tuple[Any, ...]:
    value = outcome.value if isinstance(outcome, Secure) else None
    kind = outcome.kind if isinstance(outcome, Absent) else None
    return outcome.status, value and (value.owner, value.rdata), kind, outcome.canonical, len(outcome.aliases)


NAMES = [
    "_443._tcp.www.example.com", "_25._tcp.any.example.com", "_443._tcp.alias.example.com", "_443._tcp.www.old.example.com",
    "_25._tcp.www.example.com", "_25._tcp.nowhere.example.net", "example.net", "_443._tcp.www.open.net",
]  # fmt: skip


class TestRoundTrip:
    @pytest.mark.parametrize("name", NAMES)
    def test_what_was_proven_is_proven_again(self, world: World, name: str):
        outcome = world.offline().lookup(name, "TLSA")
        octets = AuthenticationChain.of(outcome).to_bytes()
        again = judge(world, AuthenticationChain.from_bytes(octets), name)
        assert said(again) == said(outcome)
        assert AuthenticationChain.of(again).to_bytes() == octets

    def test_random_worlds(self):
        secure = 0
        for number in range(12):
            case = worlds.make(9102, number)
            for question in case.questions:
                outcome = case.world.offline().lookup(*question)
                if isinstance(outcome, Secure | Absent):
                    chain = AuthenticationChain.from_bytes(AuthenticationChain.of(outcome).to_bytes())
                    face = OfflineResolver(chain, at=case.world.now, anchors=case.world.anchors)
                    assert said(face.lookup(*question)) == said(outcome), case.describe()
                    secure += 1
        assert secure > 20

    def test_a_warm_cache_makes_the_same_octets(self, world: World):
        cold = chain_of(world, "_443._tcp.alias.example.com").to_bytes()
        with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as live:
            live.lookup("www.example.com", "A")
            for _ in range(2):
                outcome = live.lookup("_443._tcp.alias.example.com", "TLSA")
                assert AuthenticationChain.of(outcome).to_bytes() == cold

    def test_records_come_zone_by_zone_up_to_the_root(self, world: World):
        chain = chain_of(world, "_443._tcp.www.example.com")
        assert [(str(rrset.owner), rrset.rdtype) for rrset in chain.rrsets] == [
            ("_443._tcp.www.example.com.", 52),
            ("example.com.", DNSKEY),
            ("example.com.", 43),
            ("com.", DNSKEY),
            ("com.", 43),
            (".", DNSKEY),
        ]

    def test_the_ttls_are_those_that_were_signed(self, world: World):
        # A forwarder's cache has counted the TTL down.
        message = world.message("_443._tcp.www.example.com TLSA")
        aged = message.answer[0].with_ttl(7)
        world.override("_443._tcp.www.example.com TLSA", Message(message.question, answer=(aged,)))
        chain = chain_of(world, "_443._tcp.www.example.com")
        assert chain.rrsets[0].ttl == 3600

    @pytest.mark.parametrize("denial", ["nsec", "nsec3"])
    def test_more_denials_than_a_judge_looks_at(self, denial: str):
        world = World()
        zone = world.zone("example.com", denial=denial)
        zone.add(*(f"*.w{number} CNAME y.x.w{number + 1}" for number in range(12)), "*.w12 A 192.0.2.1")
        for name in ("x.w0.example.com", "y.x.w0.example.com"):  # the next closer name is not the name
            outcome = world.offline().lookup(name, "A")
            chain = AuthenticationChain.of(outcome)
            assert sum(rrset.rdtype in (47, 50) for rrset in chain.rrsets) > ENOUGH
            assert said(judge(world, chain, name, "A")) == said(outcome)
        lacking = world.offline().lookup("y.w12.w3.nowhere.example.com", "A")
        both = AuthenticationChain((*chain.rrsets, *AuthenticationChain.of(lacking).rrsets))
        assert said(judge(world, both, "y.w12.w3.nowhere.example.com", "A")) == said(lacking)

    def test_tlsa_leaves_out_what_chose_the_base_domain(self, world: World):
        world.zone("example.com").add("web CNAME www")
        outcome = world.offline().tlsa("web.example.com", 443)
        assert outcome.require().base_domain == to_name("www.example.com")
        chain = AuthenticationChain.of(outcome)
        assert {rrset.rdtype for rrset in chain.rrsets} == {52, DNSKEY, 43}
        face = OfflineResolver(chain, at=world.now, anchors=world.anchors)
        assert face.tlsa("www.example.com", 443).require() == outcome.require()
        assert face.tlsa("web.example.com", 443).status == "bogus"

    def test_tlsa_does_not_follow_the_host(self, world: World):
        """RFC 9102 §3: the base domain is the name that the server was asked for."""
        for name, status in (("www", "secure"), ("nowhere", "absent"), ("any", "secure")):
            chain = chain_of(world, f"_443._tcp.{name}.example.com")
            face = OfflineResolver(chain, at=world.now, anchors=world.anchors)
            outcome = face.tlsa(f"{name}.example.com", 443)
            assert outcome.status == status
            if isinstance(outcome, Secure):
                assert str(outcome.value.base_domain) == f"{name}.example.com."

    @pytest.mark.parametrize("iterations", [0, 60])
    def test_insecurity_by_a_wildcard_is_proven_again(self, iterations: int):
        world = World()
        options = {"denial": "nsec3", "iterations": iterations} if iterations else {"denial": "opt-out"}
        world.zone("example.com", **options).add(f"*._tcp.www TLSA {RECORD}")  # type: ignore[arg-type]
        outcome = world.offline().lookup("_443._tcp.www.example.com", "TLSA")
        assert isinstance(outcome, Insecure)
        again = judge(world, AuthenticationChain.of(outcome), "_443._tcp.www.example.com")
        assert isinstance(again, Insecure) and again.reason == outcome.reason

    def test_a_reply_holds_denials_of_zones_at_or_above_the_name_only(self, world: World):
        chains = [chain_of(world, name) for name in ("_25._tcp.nowhere.example.net", "_25._tcp.www.example.com")]
        both = AuthenticationChain(rrset for chain in chains for rrset in chain.rrsets)
        authority = both.answer(Question.of("other.example.com", "TLSA")).authority
        assert authority and {str(rrset.signatures[0].signer) for rrset in authority} == {"example.com."}

    def test_signatures_of_others_are_left_out(self, world: World):
        question = Question.of("_443._tcp.www.example.com", "TLSA")
        (genuine,) = world.message(question).answer
        foreign = world.message(Question.of("_443._tcp.www.example.net", "TLSA")).answer[0].rrsigs
        world.override(question, Message(question, answer=(genuine.with_rrsigs(genuine.rrsigs + foreign),)))
        chain = chain_of(world, str(question.name))
        assert chain.rrsets[0].rrsigs == genuine.rrsigs

    def test_what_is_not_proven_has_no_chain(self, world: World):
        world.zone("example.com").damage("signature-bad", "www A")
        with pytest.raises(BadInput, match=r"no chain: www\.example\.com\./A is bogus"):
            chain_of(world, "www.example.com", "A")


class TestReading:
    def octets(self, world: World) -> bytes:
        return chain_of(world, "_443._tcp.www.example.com").to_bytes()

    def test_every_form_of_the_extension_is_read(self, world: World):
        plain = self.octets(world)
        size = len(plain).to_bytes(2)
        forms: list[tuple[bytes, int | None]] = [(plain, None), (b"\0\0" + size + plain, 0), (size + plain, None)]
        forms += [(hours.to_bytes(2) + plain, hours) for hours in (0, 24, 48, 255, 256, 336, 511, 512, 0x0304, 0xFFFF)]
        for octets, lifetime in forms:
            chain = AuthenticationChain.from_bytes(octets)
            assert chain.lifetime == lifetime
            assert judge(world, chain, "_443._tcp.www.example.com").status == "secure"
        assert AuthenticationChain.from_bytes(forms[5][0]).to_bytes() == forms[5][0]

    def test_a_chain_that_begins_with_the_root_is_no_lifetime(self, world: World):
        chain = AuthenticationChain(tuple(reversed(chain_of(world, "_443._tcp.www.example.com").rrsets)))
        read = AuthenticationChain.from_bytes(chain.to_bytes())
        assert read.lifetime is None and read.rrsets[0].owner.is_root

    @settings(max_examples=20, deadline=None)
    @given(st.randoms(use_true_random=False), st.sampled_from(NAMES[:6]))
    def test_order_means_nothing(self, random: Random, name: str):
        world = World()
        world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}", f"*._tcp.any TLSA {RECORD}")
        world.zone("example.com").add("_443._tcp.alias CNAME _443._tcp.www.example.net.", "old DNAME example.net.")
        world.zone("example.net", denial="nsec3").add(f"_443._tcp.www TLSA {RECORD}")
        outcome = world.offline().lookup(name, "TLSA")
        records = list(AuthenticationChain.of(outcome))
        random.shuffle(records)
        octets = octets_of(records)
        assert said(judge(world, AuthenticationChain.from_bytes(octets), name)) == said(outcome)

    def test_records_without_signature_are_left_out(self, world: World):
        chain = chain_of(world, "_443._tcp.www.example.com")
        extra = RRset(to_name("www.example.com"), A, 300, (bytes(4),))
        forged = RRset(to_name("_443._tcp.www.example.com"), CNAME, 300, (b"\4evil\0",))
        octets = (
            AuthenticationChain.__iter__
        )  # what is written is every record of the RRsets, so make the octets by hand
        assert octets is not None
        added = octets_of((rrset.owner, rrset.rdtype, 300, rrset.rdata[0]) for rrset in (extra, forged))
        read = AuthenticationChain.from_bytes(added + chain.to_bytes())
        assert len(read) == len(chain)
        assert judge(world, read, "_443._tcp.www.example.com").status == "secure"

    def test_the_cname_under_a_dname_may_be_there_or_missing(self, world: World):
        name = "_443._tcp.www.old.example.com"
        chain = chain_of(world, name)
        assert not any(rrset.rdtype == CNAME for rrset in chain.rrsets)
        made = octets_of([(to_name(name), CNAME, 0, to_name("_443._tcp.www.example.net").wire)])
        for octets in (chain.to_bytes(), made + chain.to_bytes()):
            outcome = judge(world, AuthenticationChain.from_bytes(octets), name)
            assert isinstance(outcome, Secure)
            assert [(alias.kind, str(alias.target)) for alias in outcome.aliases] == [
                ("DNAME", "_443._tcp.www.example.net.")
            ]

    def test_both_nsec_records_of_a_cut_are_told_apart(self, world: World):
        # The child's denies TLSA at its apex; the parent's, of the same owner, says that it is a delegation.
        child = world.offline().lookup("example.com", "TLSA")
        parent = world.zone("com").denial.no_data(to_name("example.com"))
        assert [piece.rrset.rdtype for piece in parent] == [NSEC]
        flat = [*AuthenticationChain.of(child), *AuthenticationChain(piece.rrset for piece in parent)]
        octets = octets_of(flat)
        read = AuthenticationChain.from_bytes(octets)
        assert sum(rrset.rdtype == NSEC and rrset.owner == to_name("example.com") for rrset in read.rrsets) == 2
        assert judge(world, read, "example.com").status == "absent"

    def test_upper_case_owners_are_the_same_names(self, world: World):
        octets = self.octets(world)
        assert (
            judge(world, AuthenticationChain.from_bytes(octets.replace(b"\3www", b"\3WwW")), NAMES[0]).status
            == "secure"
        )

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda octets: b"", "no record"),
            (lambda octets: b"\0\0", "no record"),
            (lambda octets: octets + b"\0", "ends short, at octet"),
            (lambda octets: octets + octets[:-1], "runs past the end"),
            (lambda octets: octets[:-1], "runs past the end"),
            (lambda octets: octets + b"\xc0\x00" + bytes(10), "no uncompressed name"),
            (lambda octets: octets + b"\0\0\x01\0\3" + bytes(6), "class 3 instead of IN"),
            (lambda octets: octets + b"\0\0\x29\0\1" + bytes(6), "type 41"),
            (lambda octets: octets + bytes(MAX_OCTETS), "a chain has at most 65535"),
            (lambda octets: b"-----BEGIN CERTIFICATE-----\n", "no authentication chain"),
        ],
    )  # fmt: skip
    def test_anything_else_is_one_clear_refusal(self, world: World, spoil: Any, words: str):
        with pytest.raises(BadSnapshot, match=words) as refused:
            AuthenticationChain.from_bytes(spoil(self.octets(world)), path="chain.bin")
        assert str(refused.value).startswith("chain.bin: ") and "\n" not in str(refused.value)
        assert isinstance(refused.value, BadInput)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=200))
    def test_no_octets_do_more_than_that(self, octets: bytes):
        try:
            chain = AuthenticationChain.from_bytes(octets)
        except BadSnapshot:
            return
        anchors = Anchors.from_text(". DS 1 13 2 " + "00" * 32)
        assert OfflineResolver(chain, at=1_600_000_000, anchors=anchors).lookup("a.b", "TLSA").status != "secure"

    @pytest.mark.parametrize("lifetime", [-1, 65_536, True, "1"])
    def test_a_lifetime_is_so_many_hours(self, lifetime: Any):
        with pytest.raises(BadInput, match="lifetime"):
            AuthenticationChain((), lifetime=lifetime)

    def test_one_that_is_too_long_cannot_be_written(self, world: World):
        big = RRset(
            to_name("a.test"), 16, 0, tuple(bytes([number]) + bytes(999) for number in range(66)), ((0, bytes(19)),)
        )
        for rrsets in ((big,), ()):
            with pytest.raises(BadInput, match="limit is 65535"):
                AuthenticationChain(rrsets).to_bytes()

    def test_a_master_file_is_read_too(self, world: World):
        from resolver.data.presentation import record_text

        chain = chain_of(world, NAMES[0])
        text = "\n".join(record_text(owner, ttl, rdtype, rdata) for owner, rdtype, ttl, rdata in chain)
        assert AuthenticationChain.from_text(text).to_bytes() == chain.to_bytes()
        for bad, words in (("; nothing\n", "no records"), ("a. 1 IN A 999.0.2.1\n", "bad A data")):
            with pytest.raises(BadSnapshot, match=words):
                AuthenticationChain.from_text(bad, path="chain.zone")


class TestFiles:
    def test_a_chain_is_written_whole_and_read_back(self, world: World, tmp_path: Path):
        chain = AuthenticationChain.of(world.offline().lookup(NAMES[0], "TLSA"), lifetime=24)
        chain.save(tmp_path / "chain.bin")
        chain.save(tmp_path / "chain.bin")
        assert os.listdir(tmp_path) == ["chain.bin"]
        assert list(AuthenticationChain.load(tmp_path / "chain.bin")) == list(chain)
        assert AuthenticationChain.load(tmp_path / "chain.bin").lifetime == 24

    def test_what_cannot_be_read_is_refused(self, tmp_path: Path):
        with pytest.raises(BadSnapshot, match="cannot be read"):
            AuthenticationChain.load(tmp_path / "nothing")
        (tmp_path / "junk").write_bytes(b"junk")
        with pytest.raises(BadSnapshot, match="junk: no authentication chain"):
            AuthenticationChain.load(tmp_path / "junk")


class TestTime:
    def test_the_time_decides(self, world: World):
        chain = chain_of(world, NAMES[0])
        for days, code in ((0, ""), (20, ""), (22, "EXPIRATION_IN_PAST"), (-8, "INCEPTION_IN_FUTURE")):
            outcome = judge(world, chain, NAMES[0], at=world.now + days * 86400)
            assert outcome.status == ("bogus" if code else "secure")
            assert not code or (isinstance(outcome, Bogus) and outcome.finding.code == code)

    def test_ttls_do_not_count(self, world: World):
        outcome = judge(world, chain_of(world, NAMES[0]), NAMES[0], at=world.now + 10 * 86400)
        assert outcome.status == "secure"


class TestForgery:
    def test_a_chain_that_lacks_an_rrset_proves_nothing(self, world: World):
        for name in NAMES[:7]:
            chain = chain_of(world, name)
            for number in range(len(chain)):
                rest = AuthenticationChain(chain.rrsets[:number] + chain.rrsets[number + 1 :])
                outcome = judge(world, rest, name)
                assert said(outcome) == said(judge(world, chain, name)) or outcome.status in ("bogus", "indeterminate")

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(NAMES[:4]), st.integers(0, 10_000), st.integers(1, 255))
    def test_no_change_of_an_octet_makes_other_records_secure(self, name: str, place: int, change: int):
        world, octets, outcome = _made(name)
        spoilt = bytearray(octets)
        spoilt[place % len(octets)] ^= change
        try:
            chain = AuthenticationChain.from_bytes(bytes(spoilt))
        except BadSnapshot:
            return
        again = judge(world, chain, name)
        assert said(again) == said(outcome) or not isinstance(again, Secure | Absent | Insecure)


_kept: dict[str, tuple[World, bytes, Outcome[RRset]]] = {}


def _made(name: str) -> tuple[World, bytes, Outcome[RRset]]:
    if name not in _kept:
        world = World(algorithm=15)
        zone = world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}", f"*._tcp.any TLSA {RECORD}")
        zone.add("_443._tcp.alias CNAME _443._tcp.www.example.net.", "old DNAME example.net.")
        world.zone("example.net", denial="nsec3").add(f"_443._tcp.www TLSA {RECORD}")
        outcome = world.offline().lookup(name, "TLSA")
        _kept[name] = world, AuthenticationChain.of(outcome).to_bytes(), outcome
    return _kept[name]


def test_a_bag_full_of_denials_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    zone = world.zone("example.com", denial="nsec3", iterations=50)
    chain = chain_of(world, "nowhere.example.com")
    held = next(rrset for rrset in chain.rrsets if rrset.rdtype == NSEC3)
    flood = []
    for number in range(300):
        rdata = bytes((1, 0, 0, 50, 2)) + number.to_bytes(2) + held.rdata[0][5:]  # each with a salt of its own
        flood.append(RRset(to_name(f"{number:032d}.example.com"), NSEC3, 1, (rdata,), held.rrsigs))
    hashed = [0]
    honest = relevant.nsec3_hash

    def counting(name: Name, salt: bytes, iterations: int) -> bytes:
        hashed[0] += 1
        return honest(name, salt, iterations)

    monkeypatch.setattr(relevant, "nsec3_hash", counting)
    deep = ".".join(["a"] * 110) + f".{zone.name}"
    bag = AuthenticationChain((*chain.rrsets, *flood))
    bag.answer(Question.of(deep, "A"))
    assert 0 < hashed[0] <= 2 * 113
    assert judge(world, bag, deep).status == "bogus"


# The vectors of RFC 9102 appendix A.

STATUS = {"TLSA": "secure", "CNAME": "secure", "DNAME": "secure", "NSEC Wildcard": "secure", "NSEC3 Wildcard": "secure"}


def vectors() -> list[Any]:
    path = CORPUS / "rfc9102.json"
    cases = json.loads(path.read_text())["cases"] if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.skipif(not CORPUS.exists(), reason="the RFC's vectors are not here")
@pytest.mark.parametrize("case", vectors())
def test_the_rfcs_own_chains(case: dict[str, Any]) -> None:
    about = json.loads((CORPUS / "rfc9102.json").read_text())
    expected = (
        "absent" if "Denial" in case["kind"] else "insecure" if "Insecure" in case["kind"] else STATUS[case["kind"]]
    )
    name = case["qname"]
    port, host = int(name.split(".")[0][1:]), name.split(".", 2)[2]
    chains = [AuthenticationChain.from_text((CORPUS / case["zone"]).read_text())]
    chains.append(AuthenticationChain.from_bytes(chains[0].to_bytes()))
    if case["wire"]:
        chains.append(AuthenticationChain.load(CORPUS / case["wire"]))
        octets = (CORPUS / case["wire"]).read_bytes()
        chains.append(AuthenticationChain.from_bytes(octets[2:]))
        assert chains[2].lifetime == 0
    for chain in chains:
        for at, right in (("2018-11-27", False), ("2018-11-29", True), ("2020-12-01", True), ("2020-12-03", False)):
            moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
            face = OfflineResolver(chain, at=moment, anchors=Anchors.from_text(about["trust_anchor"]))
            assert (face.lookup(name, "TLSA").status == expected) == right
            assert (face.tlsa(host, port).status == expected) == right
    if case["wire"]:
        face = OfflineResolver(
            chains[2], at=moment.replace(year=2019), anchors=Anchors.from_text(about["trust_anchor"])
        )
        assert AuthenticationChain.of(face.lookup(name, "TLSA")).to_bytes() == octets[2:]  # to the very order
