"""Forecasts: the next certificate, request or key against published records, and the end of a verdict that holds now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolver import Anchors, Name, OfflineResolver, Secure
from resolver.dane import forecast, match, material, verify
from resolver.dane.forecast import horizon, will_match
from resolver.dane.tlsa import Tlsa, tlsa_outcome
from resolver.errors import BadInput
from resolver.testing import World
from tests.dane.pki import AT, Issued, issue, record, usual
from tests.dane.test_making import pem, request

LEAF, MIDDLE, ROOT = usual()
NEXT = issue("next", MIDDLE, dns=["mx.example.com"])
NAMES = ["mx.example.com"]


def expect(records: list[Tlsa], octets: bytes, **options: Any) -> forecast.Forecast:
    return will_match(records, material.read(octets), at=AT, names=NAMES, **options)


class TestCertificate:
    """A certificate that is there is judged as the matcher judges."""

    @pytest.mark.parametrize(
        "records",
        [
            [record(3, 1, 1, LEAF)],
            [record(3, 1, 1, NEXT)],
            [record(3, 1, 1, LEAF), record(2, 0, 1, MIDDLE)],
            [record(3, 1, 2, LEAF), record(3, 1, 1, NEXT)],
            [Tlsa(3, 1, 1, b"short"), record(2, 1, 1, ROOT), record(1, 1, 1, NEXT)],
        ],
    )
    def test_the_answer_is_the_matchers(self, records: list[Tlsa]) -> None:
        found = match(records, [NEXT.der, MIDDLE.der], at=AT, names=NAMES)
        answer = expect(records, pem(NEXT, MIDDLE))
        assert answer.answer == ("YES" if found.matched else "NO")
        assert answer.match is not None
        assert (answer.match.matched, answer.match.reason) == (found.matched, found.reason)
        for row in answer.records:
            alone = match([row.record], [NEXT.der, MIDDLE.der], at=AT, names=NAMES)
            assert row.answer == "YES" or not alone.matched or "set aside" in row.why

    def test_a_stronger_digest_of_the_old_key_spoils_the_new_one(self) -> None:
        """RFC 7671 §9: the client uses SHA2-512 only."""
        answer = expect([record(3, 1, 2, LEAF), record(3, 1, 1, NEXT)], pem(NEXT, MIDDLE))
        assert (answer.answer, [row.answer for row in answer.records]) == ("NO", ["NO", "NO"])
        assert (expect([record(3, 1, 2, LEAF), record(3, 1, 1, NEXT)], request(NEXT.key))).answer == "NO"


class TestKeyWithoutCertificate:
    """A request or a key: what it can tell, and what it cannot."""

    @pytest.mark.parametrize(
        ("one", "answer", "why"),
        [
            (record(3, 1, 1, NEXT), "YES", "it stands for the key of this certificate request, whoever certifies it"),
            (record(3, 1, 0, NEXT), "YES", "whoever certifies it"),
            (record(3, 1, 2, LEAF), "NO", "the key of this certificate request is another one"),
            (record(3, 0, 1, NEXT), "UNKNOWN", "is about the certificate"),
            (record(3, 0, 0, NEXT), "UNKNOWN", "is about the certificate"),
            (record(3, 0, 0, LEAF), "NO", "a certificate of another key"),
            (record(1, 1, 1, NEXT), "UNKNOWN", "PKIX-EE also needs a path"),
            (record(1, 1, 1, LEAF), "NO", "another one"),
            (record(2, 0, 1, ROOT), "UNKNOWN", "DANE-TA is about who issues the certificate"),
            (record(0, 1, 1, ROOT), "UNKNOWN", "PKIX-TA is about who issues the certificate"),
            (Tlsa(3, 1, 1, b"short"), "NO", "unusable"),
        ],
    )
    def test_one_record(self, one: Tlsa, answer: str, why: str) -> None:
        found = expect([one], request(NEXT.key))
        assert (found.answer, found.records[0].answer, found.match) == (answer, answer, None)
        assert why in found.records[0].why

    def test_any_record_suffices(self) -> None:
        records = [record(3, 1, 1, LEAF), record(2, 0, 1, MIDDLE), record(3, 1, 1, NEXT)]
        assert expect(records, NEXT.spki).answer == "YES"
        assert expect(records[:2], NEXT.spki).answer == "UNKNOWN"
        assert expect(records[:1], NEXT.spki).answer == "NO"

    def test_todays_issuer_makes_it_likely_but_not_sure(self) -> None:
        issuers = material.read(pem(MIDDLE))
        for selector in (0, 1):
            found = expect([record(2, selector, 1, MIDDLE)], NEXT.spki, issuers=issuers)
            assert (found.answer, found.records[0].why) == (
                "UNKNOWN",
                "DANE-TA holds if the issuer stays the same, and signs for this name",
            )
        found = expect([record(2, 0, 1, ROOT)], NEXT.spki, issuers=issuers)
        assert found.records[0].why.endswith("it is none of today's issuers")

    def test_for_mail_pkix_usages_are_no_hope(self) -> None:
        assert expect([record(1, 1, 1, NEXT)], NEXT.spki, usages={2, 3}).answer == "NO"


def test_without_records_there_is_nothing_to_forecast() -> None:
    with pytest.raises(BadInput, match="no TLSA record"):
        expect([], NEXT.spki)


# --- the horizon ---

BEGIN = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def world_with(*records: Tlsa, **options: Any) -> World:
    world = World()
    zone = world.zone("example.com", **options)
    zone.add("mx A 192.0.2.1", *(f"_25._tcp.mx 300 TLSA {one}" for one in records))
    return world


def secure(world: World, at: float) -> Any:
    return OfflineResolver(world.source(), at=at, anchors=world.anchors).tlsa("mx.example.com", 25)


@pytest.mark.parametrize("days", [3, 400])
def test_the_first_change_is_the_first_second_at_which_the_judge_says_no(days: int) -> None:
    validity = (int(BEGIN.timestamp()) - 86400, int(BEGIN.timestamp()) + days * 86400)
    world = world_with(record(3, 1, 1, LEAF), validity=validity)
    outcome = secure(world, world.now)
    assert isinstance(outcome, Secure)
    first = horizon(outcome).first
    assert first is not None
    assert first.cause == "signature"
    assert first.at == outcome.valid_until + 1
    assert isinstance(secure(world, first.at - 1), Secure)
    assert secure(world, first.at).status == "bogus"
    if days == 3:
        assert first.what.startswith("the signature of example.com. over ")
    assert f"until {datetime.fromtimestamp(first.at - 1, UTC):%Y-%m-%dT%H:%M:%SZ}" in forecast.sentence(first)


def chain(end: datetime) -> tuple[Issued, Issued]:
    middle = issue("Authority", ca=True, begin=BEGIN - DAY, end=BEGIN + 900 * DAY)
    return issue("mx", middle, dns=["mx.example.com"], begin=BEGIN - DAY, end=end), middle


def test_a_certificate_that_ends_first_is_named() -> None:
    leaf, middle = chain(BEGIN + 2 * DAY)
    world = world_with(record(2, 0, 1, middle))
    outcome = secure(world, world.now)
    octets = [leaf.der, middle.der]
    found = verify(outcome, octets, at=world.now)
    ahead = horizon(outcome, found, octets)
    assert ahead.first is not None
    assert (ahead.first.cause, ahead.first.what) == ("certificate", "the server's certificate")
    assert verify(outcome, octets, at=ahead.first.at - 1).matched
    assert not verify(outcome, octets, at=ahead.first.at).matched
    assert ahead.fresh_until == outcome.fresh_until


def test_a_certificate_does_not_count_where_dane_ee_authenticates() -> None:
    leaf, middle = chain(BEGIN + 2 * DAY)
    world = world_with(record(3, 1, 1, leaf))
    outcome = secure(world, world.now)
    octets = [leaf.der, middle.der]
    causes = {change.cause for change in horizon(outcome, verify(outcome, octets, at=world.now), octets).changes}
    assert causes == {"signature"}  # RFC 7671 §5.1


def test_aliases_of_the_name_have_their_say() -> None:
    world = World()
    soon = (int(BEGIN.timestamp()) - 86400, int(BEGIN.timestamp()) + 86400)
    world.zone("example.com", validity=soon).add("mx A 192.0.2.1", "_25._tcp.mx CNAME tlsa.example.net.")
    world.zone("example.net").add(f"tlsa TLSA {record(3, 1, 1, LEAF)}")
    outcome = secure(world, world.now)
    assert isinstance(outcome, Secure)
    first = horizon(outcome).first
    assert first is not None
    assert first.at == outcome.valid_until + 1 == soon[1] + 1


def test_what_is_not_proven_has_no_horizon() -> None:
    with pytest.raises(BadInput, match="a Secure outcome is needed, not Absent"):
        horizon(secure(world_with(), BEGIN.timestamp()))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", ["plain", "wildcard", "cname", "dname"])
@pytest.mark.parametrize("first", [".", "com.", "net.", "example.com.", "example.net."])
def test_whichever_zone_ends_first_is_found(shape: str, first: str) -> None:
    world = World()
    begin = int(BEGIN.timestamp())
    for apex, days in ((".", 40), ("com.", 30), ("net.", 31), ("example.com.", 20), ("example.net.", 21)):
        end = begin + (5 if apex == first else days) * 86400
        world.zone(apex, validity=(begin - 86400, end))
    here, there = world.zone("example.com."), world.zone("example.net.")
    text = f"TLSA {record(3, 1, 1, LEAF)}"
    name = "_25._tcp.mx"
    if shape == "plain":
        here.add(f"{name} {text}")
    elif shape == "wildcard":
        here.add(f"*.mx {text}")
    elif shape == "cname":
        here.add(f"{name} CNAME tlsa.example.net.")
        there.add(f"tlsa {text}")
    else:
        here.add("mx DNAME mx.example.net.")
        there.add(f"{name} {text}")

    def ask(at: float) -> Any:
        outcome = OfflineResolver(world.source(), at=at, anchors=world.anchors).lookup(f"{name}.example.com", "TLSA")
        return tlsa_outcome(outcome, Name.from_text("mx.example.com."))

    found = horizon(ask(world.now)).first
    assert found is not None
    concerned = first not in ("net.", "example.net.") or shape in ("cname", "dname")
    assert (found.at == begin + 5 * 86400 + 1) is concerned
    if concerned:
        assert found.what.startswith(f"the signature of {first} over ")
    assert isinstance(ask(found.at - 1), Secure)
    assert not isinstance(ask(found.at), Secure)


def test_an_anchor_with_an_end_is_part_of_the_horizon() -> None:
    world = world_with(record(3, 1, 1, LEAF))
    end = world.now + 86400
    anchors = Anchors(anchor._replace(valid_until=end) for anchor in world.anchors)
    outcome = OfflineResolver(world.source(), at=world.now, anchors=anchors).tlsa("mx.example.com", 25)
    found = horizon(outcome).first  # type: ignore[arg-type]
    assert found is not None
    assert (found.at, found.cause, found.what) == (end + 1, "anchor", "the trust anchor of .")
    later = OfflineResolver(world.source(), at=found.at, anchors=anchors).tlsa("mx.example.com", 25)
    assert not isinstance(later, Secure)
