"""What a peer presented against records: RFC 6698 §2.1, RFC 7671 §4, §5, §9."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from resolver.dane.match_result import Match
from resolver.dane.matching import match
from resolver.dane.tlsa import Tlsa
from resolver.errors import BadInput
from tests.dane import pki
from tests.dane.pki import AT, DAY, NOW, Issued, issue, record

HOST = "mx.example.com"
OLD = {"begin": NOW - 60 * DAY, "end": NOW - 30 * DAY}
FUTURE = {"begin": NOW + DAY, "end": NOW + 30 * DAY}
KINDS = [(selector, matching_type) for selector in (0, 1) for matching_type in (0, 1, 2)]


def judge(records: Tlsa | list[Tlsa], *chain: Issued, **changed: Any) -> Match:
    given: dict[str, Any] = {"at": AT, "names": [HOST], **changed}
    listed = [records] if isinstance(records, Tlsa) else records
    return match(listed, [certificate.der for certificate in chain], **given)


def wrong(fits: Tlsa) -> Tlsa:
    """The same kind of record with other data, of the right form."""
    if fits.matching_type == 0:
        return record(fits.usage, fits.selector, 0, issue("another"))
    return Tlsa(fits.usage, fits.selector, fits.matching_type, bytes(len(fits.data)))


def code(found: Match) -> str:
    assert not found.matched
    return found.findings[0].code


@pytest.fixture(scope="module")
def trio() -> tuple[Issued, Issued, Issued]:
    return pki.usual()


class TestCombinations:
    """All 24 of usage, selector and matching type."""

    @pytest.mark.parametrize(("selector", "matching_type"), KINDS)
    @pytest.mark.parametrize("usage", range(4))
    def test_the_right_data_match_and_other_data_do_not(self, usage: int, selector: int, matching_type: int) -> None:
        leaf, middle, root = pki.usual()
        wanted, depth = (leaf, 0) if usage in (1, 3) else (middle, 1)
        fits = record(usage, selector, matching_type, wanted)
        found = judge(fits, leaf, middle, root, roots=[root.der])
        assert (found.matched, found.record, found.depth, found.result) == (True, fits, depth, "AUTHENTICATED")
        assert found.findings == ()
        assert found.rows[0].state == "CURRENT"
        assert str(found.identity) == ("None" if usage == 3 else "mx.example.com.")
        assert found.valid_until == (None if usage == 3 else (NOW + 60 * DAY).timestamp())

        differs = judge(wrong(fits), leaf, middle, root, roots=[root.der])
        assert (differs.matched, differs.record, differs.depth, differs.result) == (False, None, None, "MISMATCH")
        assert (differs.valid_until, differs.rows[0].state) == (None, "NEXT?")

    @pytest.mark.parametrize("usage", [0, 1])
    def test_pkix_without_roots_never_authenticates(self, usage: int, trio: tuple[Issued, ...]) -> None:
        wanted = trio[usage == 0]
        found = judge(record(usage, 1, 1, wanted), *trio)
        assert (code(found), found.result) == ("NO_ROOTS", "CHAIN_INVALID")
        assert code(judge(record(usage, 1, 1, wanted), *trio, roots=[])) == "NO_PKIX_PATH"


class TestDaneEe:
    """RFC 7671 §5.1: the server's certificate, and nothing about it."""

    @pytest.mark.parametrize(
        "odd",
        [
            OLD,
            FUTURE,
            {"purposes": [pki.CLIENT]},
            {"uses": ["key_cert_sign"]},
            {"dns": ["another.example"]},
            {"subject": "", "dns": None},
            {"issuer_name": pki.dn("Nobody"), "signer": pki.key("stranger")},
        ],
    )
    def test_dates_names_purposes_and_issuers_are_not_looked_at(self, odd: dict[str, Any]) -> None:
        leaf = issue(**({"subject": HOST, "dns": [HOST]} | odd))
        assert judge(record(3, 1, 1, leaf), leaf).matched
        assert judge(record(3, 0, 2, leaf), leaf).matched

    def test_only_the_first_certificate_counts(self, trio: tuple[Issued, ...]) -> None:
        found = judge(record(3, 1, 1, trio[1]), *trio)
        assert (code(found), found.depth) == ("LEAF_DIFFERS", None)

    def test_names_are_asked_for_on_demand(self, trio: tuple[Issued, ...]) -> None:
        leaf = trio[0]
        found = judge(record(3, 1, 1, leaf), leaf, check_ee_names=True)
        assert (found.matched, str(found.identity)) == (True, "mx.example.com.")
        other = judge(record(3, 1, 1, leaf), leaf, check_ee_names=True, names=["www.example.com"])
        assert (code(other), other.result, other.depth) == ("NAMES_DIFFER", "NAME_MISMATCH", 0)


class TestDaneTa:
    """RFC 7671 §5.2."""

    def test_the_anchor_may_be_any_issuer_on_the_path(self, trio: tuple[Issued, ...]) -> None:
        for depth in (1, 2):
            assert judge(record(2, 0, 1, trio[depth]), *trio).depth == depth

    def test_what_is_above_the_anchor_does_not_matter(self) -> None:
        leaf, middle, _ = pki.usual()
        expired = issue("Root", ca=True, **OLD)
        for chain in ((leaf, middle), (leaf, middle, expired), (leaf, expired, middle)):
            found = judge(record(2, 1, 1, middle), *chain)
            assert (found.matched, found.depth) == (True, 1)

    def test_order_duplicates_and_strangers_do_not_matter(self, trio: tuple[Issued, ...]) -> None:
        leaf, middle, root = trio
        stray = issue("Stray", ca=True)
        found = judge(record(2, 0, 1, root), leaf, stray, root, leaf, root, middle)
        assert (found.matched, found.depth) == (True, 2)

    @pytest.mark.parametrize(("selector", "matching_type"), KINDS)
    def test_an_anchor_only_in_dns_must_be_there_as_a_whole(self, selector: int, matching_type: int) -> None:
        leaf, middle, root = pki.usual()
        found = judge(record(2, selector, matching_type, root), leaf, middle, roots=[root.der])
        if matching_type == 0:  # RFC 7671 §5.2.2, §5.2.3; a bare key is above the topmost certificate that was sent
            assert (found.matched, found.depth) == (True, 2 if selector == 0 else 1)
        else:  # and never from the caller's roots
            assert code(found) == "NOTHING_MATCHES"

    @pytest.mark.parametrize(("selector", "matching_type"), KINDS)
    def test_the_servers_own_certificate_is_no_issuer(self, selector: int, matching_type: int) -> None:
        root = issue("Root", ca=True)
        leaf = issue(HOST, root, dns=[HOST])
        for chain in ((leaf, root), (leaf, leaf), (leaf,)):
            found = judge(record(2, selector, matching_type, leaf), *chain)
            assert (code(found), found.result) == ("LEAF_IS_NO_ISSUER", "MISMATCH")

    @pytest.mark.parametrize(("selector", "matching_type"), KINDS)
    def test_a_self_signed_certificate_needs_its_bare_key(self, selector: int, matching_type: int) -> None:
        leaf = issue(HOST, dns=[HOST])
        found = judge(record(2, selector, matching_type, leaf), leaf)
        if (selector, matching_type) == (1, 0):
            assert (found.matched, found.depth) == (True, 0)
        else:
            assert code(found) == "LEAF_IS_NO_ISSUER"
        late = issue(HOST, dns=[HOST], **OLD)
        assert judge(record(2, 1, 0, late), late).result == "EXPIRED"
        assert judge(record(2, 1, 0, leaf), leaf, names=["other.example"]).result == "NAME_MISMATCH"

    def test_a_bare_key_that_signed_nothing_does_not_match(self, trio: tuple[Issued, ...]) -> None:
        for private in (pki.key("Stray"), pki.rsa_key(2048)):
            assert code(judge(record(2, 1, 0, issue("Stray", private=private)), *trio)) == "NOTHING_MATCHES"

    def test_a_certificate_that_matches_must_have_issued_the_servers(self, trio: tuple[Issued, ...]) -> None:
        stray = issue("Stray", ca=True)
        found = judge(record(2, 0, 1, stray), *trio, stray)
        assert (code(found), found.result) == ("NOT_ON_PATH", "CHAIN_INVALID")

    def test_a_forged_certificate_beside_the_real_issuer_is_refused(self) -> None:
        """The issuer's name is not its signature (dane.md 1.3)."""
        _, middle, root = pki.usual()
        forged = issue(HOST, middle, dns=[HOST], signer=pki.key("attacker"))
        assert code(judge(record(2, 0, 1, middle), forged, middle, root)) == "NOT_ON_PATH"
        evil = issue("Intermediate", ca=True, private=pki.key("attacker"))
        assert code(judge(record(2, 0, 1, middle), forged, evil, middle, root)) == "NOT_ON_PATH"

    @pytest.mark.parametrize(
        ("where", "odd", "expected", "result"),
        [
            ("leaf", OLD, "CERTIFICATE_EXPIRED", "EXPIRED"),
            ("leaf", FUTURE, "CERTIFICATE_NOT_YET_VALID", "EXPIRED"),
            ("middle", OLD, "CERTIFICATE_EXPIRED", "EXPIRED"),
            ("leaf", {"dns": ["other.example"]}, "NAMES_DIFFER", "NAME_MISMATCH"),
            ("leaf", {"purposes": [pki.CLIENT]}, "EXTENDED_KEY_USAGE", "CHAIN_INVALID"),
            ("leaf", {"purposes": [pki.ANY]}, "EXTENDED_KEY_USAGE", "CHAIN_INVALID"),
            ("middle", {"purposes": [pki.CLIENT]}, "EXTENDED_KEY_USAGE", "CHAIN_INVALID"),
            ("root", {"purposes": [pki.CLIENT]}, "EXTENDED_KEY_USAGE", "CHAIN_INVALID"),
            ("leaf", {"uses": ["key_cert_sign"]}, "KEY_USAGE", "CHAIN_INVALID"),
            ("middle", {"ca": False}, "NO_CA", "CHAIN_INVALID"),
            ("middle", {"ca": False, "basic": True}, "NO_CA", "CHAIN_INVALID"),
            ("root", {"ca": False}, "NO_CA", "CHAIN_INVALID"),
            ("root", {"uses": ["digital_signature"]}, "KEY_USAGE", "CHAIN_INVALID"),
            ("root", {"path_length": 0}, "PATH_LENGTH", "CHAIN_INVALID"),
            ("root", {"permitted": [x509.DNSName("example.net")]}, "NAME_CONSTRAINTS", "CHAIN_INVALID"),
            ("middle", {"excluded": [x509.DNSName("example.com")]}, "NAME_CONSTRAINTS", "CHAIN_INVALID"),
            (
                "middle",
                {"extensions": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.1"), b""), True)]},
                "CRITICAL_EXTENSION",
                "CHAIN_INVALID",
            ),
        ],
    )
    def test_the_path_to_the_anchor_must_hold(
        self, where: str, odd: dict[str, Any], expected: str, result: str
    ) -> None:
        made: dict[str, Issued] = {}
        above: Issued | None = None
        for name in ("root", "middle", "leaf"):
            usual: dict[str, Any] = {"subject": name, "ca": True, "issuer": above}
            if name == "leaf":
                usual |= {"subject": HOST, "dns": [HOST], "ca": False}
            above = made[name] = issue(**(usual | (odd if name == where else {})))
        chain = made["leaf"], made["middle"], made["root"]
        for entry in (record(2, 0, 1, made["root"]), record(2, 1, 0, made["root"]), record(0, 1, 1, made["root"])):
            found = judge(entry, *chain, roots=[made["root"].der])
            assert (code(found), found.result, found.depth) == (expected, result, 2)
            assert found.record == entry
            assert judge(entry, *chain, roots=[made["root"].der], ta_expiry="ignore").matched is False

    @pytest.mark.parametrize("entry", [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)])
    @pytest.mark.parametrize("dates", [OLD, FUTURE])
    @pytest.mark.parametrize("self_signed", [True, False])
    def test_an_anchors_own_dates_count_unless_told_otherwise(
        self, entry: tuple[int, int], dates: dict[str, Any], self_signed: bool
    ) -> None:
        """R12: the RFCs do not say."""
        root = issue("Root", ca=True)
        anchor = issue("Anchor", None if self_signed else root, ca=True, **dates)
        leaf = issue(HOST, anchor, dns=[HOST])
        found = judge(record(2, *entry, anchor), leaf, anchor)
        assert (found.result, found.depth) == ("EXPIRED", 1)
        lenient = judge(record(2, *entry, anchor), leaf, anchor, ta_expiry="ignore")
        assert (lenient.matched, lenient.depth) == (True, 1)
        assert lenient.valid_until == (NOW + 60 * DAY).timestamp()  # that of the server's certificate

    def test_ignoring_dates_ignores_nothing_else(self) -> None:
        for odd in (
            {"ca": False},
            {"uses": ["digital_signature"]},
            {"permitted": [x509.DNSName("example.net")]},
            {"purposes": [pki.CLIENT]},
            {"extensions": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.1"), b""), True)]},
        ):
            anchor = issue("Anchor", **({"ca": True} | OLD | odd))  # type: ignore[arg-type]
            leaf = issue(HOST, anchor, dns=[HOST])
            for entry in (record(2, 0, 1, anchor), record(2, 1, 0, anchor)):
                assert judge(entry, leaf, anchor, ta_expiry="ignore").result == "CHAIN_INVALID"

    def test_the_last_second_is_within_the_dates(self, trio: tuple[Issued, ...]) -> None:
        end = (NOW + 60 * DAY).timestamp()
        entry = record(2, 0, 1, trio[1])
        assert judge(entry, *trio, at=end).matched
        assert judge(entry, *trio, at=end + 0.5).matched
        assert judge(entry, *trio, at=end + 1).result == "EXPIRED"
        begin = (NOW - 30 * DAY).timestamp()
        assert judge(entry, *trio, at=begin).matched
        assert judge(entry, *trio, at=begin - 1).result == "EXPIRED"

    def test_a_bare_key_does_not_excuse_the_certificate_that_was_sent(self) -> None:
        """R10: what an anchor's certificate says binds, where the certificate is on the wire."""
        anchor = issue("Anchor", ca=True, permitted=[x509.DNSName("example.net")])
        leaf = issue(HOST, anchor, dns=[HOST])
        assert judge(record(2, 1, 0, anchor), leaf).matched
        assert code(judge(record(2, 1, 0, anchor), leaf, anchor)) == "NAME_CONSTRAINTS"
        assert judge([record(2, 1, 0, anchor), record(2, 0, 0, anchor)], leaf).matched  # only in DNS, it binds nobody


class TestPkix:
    """RFC 7671 §5.3, §5.4."""

    def test_the_root_may_come_from_the_caller_only(self, trio: tuple[Issued, ...]) -> None:
        leaf, middle, root = trio
        assert judge(record(0, 0, 1, root), leaf, middle, roots=[root.der]).depth == 2
        assert judge(record(1, 0, 1, leaf), leaf, middle, roots=[root.der]).depth == 0

    def test_an_untrusted_root_is_refused(self, trio: tuple[Issued, ...]) -> None:
        stray = issue("Stray", ca=True)
        for entry in (record(1, 1, 1, trio[0]), record(0, 1, 1, trio[2])):
            assert code(judge(entry, *trio, roots=[stray.der])) == "NO_PKIX_PATH"

    def test_the_search_goes_on_above_a_trusted_intermediate(self, trio: tuple[Issued, ...]) -> None:
        """R13: a client that trusts an intermediate still finds the root that the record names."""
        leaf, middle, root = trio
        found = judge(record(0, 0, 1, root), leaf, middle, root, roots=[middle.der])
        assert (found.matched, found.depth) == (True, 2)

    def test_the_search_does_not_stop_at_the_first_root(self) -> None:
        old, new = issue("Old root", ca=True), issue("New root", ca=True)
        cross = issue("New root", old, ca=True)
        leaf = issue(HOST, new, dns=[HOST])
        for entry, depth in ((record(0, 0, 1, new), 1), (record(0, 0, 1, cross), 1), (record(0, 0, 1, old), 2)):
            found = judge(entry, leaf, cross, roots=[new.der, old.der])
            assert (found.matched, found.depth) == (True, depth)

    def test_a_bad_path_does_not_spoil_a_good_one(self) -> None:
        old, new = issue("Old root", ca=True), issue("New root", ca=True)
        stale = issue("Intermediate", old, ca=True, **OLD)
        fresh = issue("Intermediate", new, ca=True)
        leaf = issue(HOST, fresh, dns=[HOST])
        for chain in ((leaf, stale, fresh), (leaf, fresh, stale)):
            assert judge(record(1, 1, 1, leaf), *chain, roots=[old.der, new.der]).matched
            assert judge(record(2, 1, 1, fresh), *chain).matched

    def test_a_whole_certificate_in_dns_helps_to_build_the_path(self, trio: tuple[Issued, ...]) -> None:
        leaf, middle, root = trio
        entries = [record(1, 1, 1, leaf), record(0, 0, 0, middle)]
        assert judge(entries, leaf, roots=[root.der]).record == entries[0]
        assert not judge(entries[:1], leaf, roots=[root.der]).matched

    def test_the_last_to_expire_of_several_paths_is_the_end(self) -> None:
        old, new = issue("Old root", ca=True, end=NOW + DAY), issue("New root", ca=True)
        leaf = issue(HOST, new, dns=[HOST], end=NOW + 40 * DAY)
        cross = issue("New root", old, ca=True)
        found = judge(record(1, 1, 1, leaf), leaf, cross, roots=[old.der, new.der])
        assert found.valid_until == (NOW + 40 * DAY).timestamp()
        assert judge(record(1, 1, 1, leaf), leaf, cross, roots=[old.der]).valid_until == (NOW + DAY).timestamp()


class TestSeveralRecords:
    """Any record suffices (RFC 6698 §2.1); digests by agility (RFC 7671 §9)."""

    def test_the_verdict_does_not_depend_on_the_order(self, trio: tuple[Issued, ...]) -> None:
        entries = [wrong(record(3, 1, 1, trio[0])), record(3, 1, 1, trio[0]), wrong(record(2, 0, 1, trio[1]))]
        for listed in (entries, entries[::-1]):
            found = judge(listed, *trio)
            assert (found.matched, found.record) == (True, entries[1])
            assert {one.code for one in found.findings} == {"LEAF_DIFFERS", "NOTHING_MATCHES"}
            assert [row.record for row in found.rows] == listed

    def test_each_record_that_did_not_match_says_why(self, trio: tuple[Issued, ...]) -> None:
        entries = [
            wrong(record(3, 1, 1, trio[0])),
            Tlsa(3, 1, 1, bytes(31)),
            record(0, 1, 1, trio[1]),
            record(2, 0, 1, trio[0]),
        ]
        found = judge(entries, *trio)
        assert {one.at: one.code for one in found.findings} == {
            str(entries[0]): "LEAF_DIFFERS",
            str(entries[1]): "UNUSABLE",
            str(entries[2]): "NO_ROOTS",
            str(entries[3]): "LEAF_IS_NO_ISSUER",
        }
        assert [row.state for row in found.rows] == ["NEXT?", "UNUSABLE", "CURRENT", "CURRENT"]
        assert all(one.text and one.rfc.startswith("RFC ") and "?" not in one.text for one in found.findings)

    @pytest.mark.parametrize(
        ("good", "bad", "matched"),
        [
            ((3, 1, 1), (3, 1, 2), False),  # the stronger digest decides
            ((3, 1, 2), (3, 1, 1), True),
            ((3, 1, 0), (3, 1, 2), True),  # Full(0) always counts
            ((3, 0, 1), (3, 1, 2), True),  # another selector
            ((2, 1, 1), (3, 1, 2), True),  # another usage
            ((2, 1, 1), (2, 1, 2), False),
            ((0, 1, 1), (0, 1, 2), False),
            ((0, 1, 1), (1, 1, 2), True),
        ],
    )
    def test_of_digests_only_the_strongest_counts(
        self, good: tuple[int, int, int], bad: tuple[int, int, int], matched: bool, trio: tuple[Issued, ...]
    ) -> None:
        wanted = trio[0 if good[0] == 3 else 1]
        entries = [record(*good, wanted), wrong(record(*bad, wanted))]
        for listed in (entries, entries[::-1]):
            found = judge(listed, *trio, roots=[trio[2].der])
            assert found.matched is matched
            weaker = good[:2] == bad[:2] and {good[2], bad[2]} == {1, 2}
            assert ("WEAKER_DIGEST" in {one.code for one in found.findings}) is weaker

    def test_a_malformed_stronger_digest_does_not_push_out_a_weaker_one(self, trio: tuple[Issued, ...]) -> None:
        """RFC 7671 §9: unusable records are discarded first."""
        assert judge([record(3, 1, 1, trio[0]), Tlsa(3, 1, 2, bytes(63))], *trio).matched

    def test_only_unusable_records_leave_tls_only(self, trio: tuple[Issued, ...]) -> None:
        found = judge([Tlsa(3, 1, 1, bytes(31)), Tlsa(4, 1, 1, bytes(32))], *trio)
        assert (found.matched, found.result) == (False, "UNUSABLE_TLS_ONLY")

    def test_a_usage_that_is_not_accepted_is_unusable(self, trio: tuple[Issued, ...]) -> None:
        """RFC 7672 §3.1.3 for SMTP; and it does not take part in agility."""
        found = judge(record(1, 1, 1, trio[0]), *trio, usages={2, 3}, roots=[trio[2].der])
        assert (found.result, code(found)) == ("UNUSABLE_TLS_ONLY", "USAGE_NOT_ACCEPTED")
        mixed = judge([record(1, 1, 1, trio[0]), record(3, 1, 1, trio[0])], *trio, usages={2, 3})
        assert (mixed.matched, mixed.rows[0].state) == (True, "UNUSABLE")

    def test_an_end_entity_record_does_not_hide_an_anchor(self, trio: tuple[Issued, ...]) -> None:
        found = judge([wrong(record(3, 1, 1, trio[0])), record(2, 0, 1, trio[1])], *trio)
        assert (found.matched, found.depth) == (True, 1)

    def test_the_simplest_match_is_the_one_that_is_named(self, trio: tuple[Issued, ...]) -> None:
        entries = [record(2, 0, 1, trio[2]), record(2, 0, 1, trio[1]), record(3, 1, 1, trio[0])]
        assert judge(entries, *trio).record == entries[2]
        assert judge(entries[:2], *trio).record == entries[1]


class TestMistakes:
    """Of other programs (docs/dane-matching.md has the list)."""

    def test_the_callers_roots_play_no_part_in_dane_ta(self, trio: tuple[Issued, ...]) -> None:
        stray = issue("Stray", ca=True)
        for roots in (None, [], [stray.der], [trio[2].der]):
            assert judge(record(2, 0, 1, trio[1]), trio[0], trio[1], roots=roots).matched
            assert not judge(record(2, 0, 1, trio[2]), trio[0], trio[1], roots=roots).matched

    @pytest.mark.parametrize("fields", [(3, 2, 1), (3, 1, 3), (4, 1, 1), (3, 255, 0), (255, 255, 255)])
    def test_parameters_out_of_range_never_match(self, fields: tuple[int, int, int], trio: tuple[Issued, ...]) -> None:
        for data in (trio[0].der, trio[0].spki, record(3, 1, 1, trio[0]).data, record(3, 1, 2, trio[0]).data):
            assert judge(Tlsa(*fields, data), *trio).result == "UNUSABLE_TLS_ONLY"


class TestCryptoPolicy:
    """Refused by algorithm is not a mismatch; DANE-EE never gets there."""

    @pytest.mark.parametrize(
        ("odd", "words"),
        [
            ({"private": pki.rsa_key(1024)}, "an RSA key of 1024 bits"),
            ({"private": pki.key("p224", pki.ec.SECP224R1)}, "the curve secp224r1"),
            ({"private": pki.ed25519_key()}, "Ed25519"),
        ],
    )
    def test_a_weak_key_of_an_issuer(self, odd: dict[str, Any], words: str) -> None:
        middle = issue("Intermediate", issue("Root", ca=True), ca=True, **odd)
        digest = None if words == "Ed25519" else pki.SHA256
        leaf = issue(HOST, middle, dns=[HOST], digest=digest)
        for entry in (record(2, 1, 1, middle), record(2, 1, 0, middle)):
            for chain in ((leaf, middle), (leaf,)):
                found = judge(entry, *chain)
                if entry.matching_type == 0 or len(chain) == 2:
                    assert (code(found), found.result) == ("CRYPTO_POLICY", "CHAIN_INVALID")
                    assert words in found.findings[0].text
                    assert found.findings[0].text.startswith("rejected by crypto policy: ")
        assert judge(record(3, 1, 1, leaf), leaf).matched

    def test_a_huge_exponent_is_not_tried(self) -> None:
        """It verifies a hundred times more slowly, and that is all it is good for."""
        numbers = pki.rsa_key(2048).public_key().public_numbers()
        public = pki.rsa.RSAPublicNumbers(2**1000 + 1, numbers.n).public_key()

        class Private:
            def public_key(self) -> object:
                return public

        middle = issue("Intermediate", issue("Root", ca=True), ca=True, private=Private())
        leaf = issue(HOST, middle, dns=[HOST], signer=pki.rsa_key(2048))
        for entry in (record(2, 1, 1, middle), record(2, 1, 0, middle)):
            found = judge(entry, leaf, middle)
            assert (code(found), "exponent" in found.findings[0].text) == ("CRYPTO_POLICY", True)

    @pytest.mark.parametrize("odd", [{"sha1": True}, {"version": 1}])
    def test_sha_1_and_version_1(self, odd: dict[str, Any]) -> None:
        middle = issue("Intermediate", ca=True)
        leaf = pki.rebuilt(issue(HOST, middle, dns=[HOST]), middle.key, **odd)
        assert code(judge(record(2, 1, 1, middle), leaf, middle)) == "CRYPTO_POLICY"
        assert judge(record(3, 0, 1, leaf), leaf, middle).matched

    def test_the_keys_own_signature_of_an_anchor_is_not_looked_at(self) -> None:
        root = pki.rebuilt(issue("Root", ca=True), pki.key("<Name(CN=Root)>"), sha1=True)
        leaf = issue(HOST, Issued(root.der, pki.key("Root"), pki.dn("Root")), dns=[HOST])
        assert judge(record(2, 0, 1, root), leaf, root).matched

    @pytest.mark.parametrize("private", [pki.rsa_key(1024), pki.ed25519_key(), pki.key("p224", pki.ec.SECP224R1)])
    def test_the_servers_own_key_is_the_business_of_tls(self, private: Any) -> None:
        middle = issue("Intermediate", ca=True)
        leaf = issue(HOST, middle, dns=[HOST], private=private)
        assert judge(record(2, 1, 1, middle), leaf, middle).matched

    def test_rsa_of_2048_bits_and_pss_do(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import padding

        middle = issue("Intermediate", ca=True, private=pki.rsa_key(2048))
        pss = padding.PSS(mgf=padding.MGF1(pki.SHA256), salt_length=padding.PSS.DIGEST_LENGTH)
        for form in (None, pss):
            leaf = issue(HOST, middle, dns=[HOST], padding=form)
            assert judge(record(2, 1, 1, middle), leaf, middle).matched
            assert judge(record(2, 1, 0, middle), leaf).matched


class TestArguments:
    """The caller's mistakes, in one line; a Match is no truth value."""

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"records": []}, "at least one"),
            ({"records": ["3 1 1 00"]}, "Tlsa"),
            ({"chain": []}, "no certificate"),
            ({"chain": b"0"}, "sequence"),
            ({"chain": ["text"]}, "bytes"),
            ({"names": []}, "empty"),
            ({"names": "mx.example.com"}, "collection"),
            ({"names": ["192.0.2.1"]}, "address"),
            ({"names": ["2001:db8::1"]}, "address"),
            ({"names": ["a..b"]}, "bad name"),
            ({"names": [7]}, "int"),
            ({"at": NOW.replace(tzinfo=None)}, "time zone"),
            ({"at": "now"}, "at=…"),
            ({"roots": [b"-----BEGIN CERTIFICATE-----"]}, "DER"),
            ({"roots": ["x"]}, "bytes"),
            ({"usages": {2, 7}}, "0, 1, 2 and 3"),
            ({"ta_expiry": "maybe"}, "'reject' or 'ignore'"),
        ],
    )
    def test_a_mistake_is_one_clear_error(self, changed: dict[str, Any], words: str) -> None:
        leaf = pki.usual()[0]
        given: dict[str, Any] = {"records": [record(3, 1, 1, leaf)], "chain": [leaf.der], "at": AT, "names": [HOST]}
        given |= changed
        with pytest.raises(BadInput, match=words) as refused:
            match(given.pop("records"), given.pop("chain"), **given)
        assert "\n" not in str(refused.value)

    def test_a_match_has_no_truth_value(self, trio: tuple[Issued, ...]) -> None:
        with pytest.raises(TypeError, match="matched"):
            bool(judge(record(3, 1, 1, trio[0]), *trio))

    def test_it_prints_in_one_line(self, trio: tuple[Issued, ...]) -> None:
        found = judge(record(2, 1, 1, trio[1]), *trio)
        assert repr(found) == (
            f"<Match AUTHENTICATED: {record(2, 1, 1, trio[1])} fits certificate 1 above the certificate for "
            "mx.example.com., until 2027-01-23T12:00:00Z>"
        )
