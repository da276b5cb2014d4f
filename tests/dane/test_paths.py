"""Which paths are tried, and the two judges of a path: our rules, and the verifier of `cryptography`."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from cryptography import x509

from resolver.dane import path
from resolver.dane.certificates import Certificate, verifier_refuses
from resolver.dane.matching import match
from resolver.dane.path import Paths, refuses
from tests.dane import pki
from tests.dane.pki import AT, DAY, NOW, Issued, issue, record
from tests.dane.test_hostile_peers import cross_signed

HOST = "mx.example.com"


def subjects(leaf: Issued, *pool: Issued) -> list[str]:
    """The paths, each as the common names from the bottom up."""
    found = Paths(Certificate(leaf.der), [Certificate(one.der) for one in pool])
    return [" ".join(certificate.common_names[0] for certificate in one) for one in found]


def codes(leaf: Issued, *pool: Issued, entry: object, roots: Sequence[Issued] = ()) -> set[str]:
    chain = [leaf.der, *(one.der for one in pool)]
    found = match([entry], chain, at=AT, names=[HOST], roots=[one.der for one in roots])  # type: ignore[list-item]
    return {"AUTHENTICATED"} if found.matched else {one.code for one in found.findings}


class TestSearch:
    def test_every_path_is_found_and_the_shortest_come_first(self) -> None:
        old, new = issue("Old", ca=True), issue("New", ca=True)
        cross = issue("New", old, ca=True)
        leaf = issue(HOST, new, dns=[HOST])
        assert subjects(leaf, old, new, cross) == [HOST, f"{HOST} New", f"{HOST} New", f"{HOST} New Old"]

    def test_nothing_is_put_above_a_self_signed_certificate(self) -> None:
        """RFC 7671 §5.4: the search ends at a self-issued one; who certified a root crosswise is not above it."""
        root, other = issue("Root", ca=True), issue("Other", ca=True)
        cross = issue("Root", other, ca=True)
        leaf = issue(HOST, root, dns=[HOST])
        assert f"{HOST} Root Root Other" not in subjects(leaf, root, cross, other)
        wanted = record(0, 0, 1, other)
        assert codes(leaf, cross, other, entry=wanted, roots=[root]) == {"NOT_ON_PATH"}
        assert codes(leaf, cross, other, entry=wanted, roots=[root, other]) == {"AUTHENTICATED"}

    def test_the_servers_certificate_is_never_its_own_issuer(self) -> None:
        leaf = issue(HOST, dns=[HOST], ca=True)
        assert subjects(leaf, leaf) == [HOST]
        for selector in (0, 1):
            assert codes(leaf, entry=record(0, selector, 1, leaf), roots=[leaf]) == {"LEAF_IS_NO_ISSUER"}
        assert codes(leaf, entry=record(1, 0, 1, leaf), roots=[leaf]) == {"AUTHENTICATED"}

    def test_paths_are_counted(self) -> None:
        made, leaf = cross_signed(5)
        found = Paths(Certificate(leaf.der), [Certificate(one.der) for one in made])
        assert len(list(found)) == path.MAX_PATHS
        assert found.limit == f"more than {path.MAX_PATHS} paths"

    def test_the_anchor_that_lasts_longest_is_the_end(self) -> None:
        short = issue("Anchor", ca=True, end=NOW + DAY)
        long = issue("Anchor", ca=True, end=NOW + 9 * DAY)
        leaf = issue(HOST, long, dns=[HOST])
        for chain in ((leaf, short, long), (leaf, long, short)):
            found = match([record(2, 1, 1, long)], [one.der for one in chain], at=AT, names=[HOST])
            assert found.valid_until == (NOW + 9 * DAY).timestamp()


class TestTwoJudges:
    """Neither admits what the other refuses."""

    def test_the_verifier_is_asked_about_the_whole_path_and_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        leaf, middle, root = (Certificate(one.der) for one in pki.usual())
        asked = []

        def refuse(judged: Sequence[Certificate], at: float) -> str:
            asked.append((tuple(judged), at))
            return "no"

        monkeypatch.setattr(path, "verifier_refuses", refuse)
        chain = (leaf, middle, root)
        refusal = refuses(chain, AT)
        assert refusal is not None
        assert (refusal.code, refusal.details) == ("PATH_REFUSED", {"depth": 2, "why": "no"})
        assert asked == [(chain, AT)]

    def test_without_the_anchors_dates_it_is_asked_about_a_time_within_all_dates(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []
        monkeypatch.setattr(path, "verifier_refuses", lambda judged, at: asked.append((len(judged), at)))
        for end, expected in ((NOW - DAY, (3, (NOW - 30 * DAY).timestamp())), (NOW - 40 * DAY, (2, AT))):
            anchor = issue("Anchor", ca=True, begin=NOW - 50 * DAY, end=end)
            middle = issue("Middle", anchor, ca=True)
            leaf = issue(HOST, middle, dns=[HOST])
            chain = [Certificate(one.der) for one in (leaf, middle, anchor)]
            assert refuses(chain, AT, date_anchor=False) is None
            assert asked.pop() == expected
            refusal = refuses(chain, AT)
            assert refusal is not None
            assert refusal.code == "CERTIFICATE_EXPIRED"

    @pytest.mark.parametrize(
        ("where", "odd"),
        [
            ("leaf", {"uses": ["key_cert_sign"]}),
            ("leaf", {"purposes": [pki.CLIENT]}),
            ("leaf", {"end": NOW - DAY}),
            ("root", {"uses": ["digital_signature"]}),
            ("root", {"purposes": [pki.CLIENT]}),
            ("root", {"ca": False}),
            ("root", {"end": NOW - DAY}),
            ("root", {"permitted": [x509.DNSName("example.net")]}),
            ("leaf", {"signer": pki.key("stranger")}),
        ],
    )
    def test_the_verifier_refuses_by_itself(self, where: str, odd: dict[str, object]) -> None:
        root = issue("Root", **({"ca": True} | (odd if where == "root" else {})))  # type: ignore[arg-type]
        leaf = issue(HOST, root, **({"dns": [HOST]} | (odd if where == "leaf" else {})))  # type: ignore[arg-type]
        good = issue("Root", ca=True)
        assert verifier_refuses([Certificate(leaf.der), Certificate(root.der)], AT) is not None
        assert verifier_refuses([Certificate(issue(HOST, good, dns=[HOST]).der), Certificate(good.der)], AT) is None

    def test_our_rules_bind_a_self_issued_servers_certificate(self) -> None:
        """RFC 5280 §6.1.3: self-issued certificates are exempt from constraints, but not the last one."""
        root = issue("Same", ca=True, permitted=[x509.DNSName("example.net")])
        leaf = issue("Same", root, private=pki.key("other"), dns=[HOST])
        refusal = refuses([Certificate(leaf.der), Certificate(root.der)], AT)
        assert refusal is not None
        assert refusal.code == "NAME_CONSTRAINTS"

    def test_a_self_issued_intermediate_is_a_certificate_like_others(self) -> None:
        """The verifier counts it against a path length, which is stricter than RFC 5280 §6.1.4 l."""
        for length, expected in ((None, None), (1, None), (0, "PATH_LENGTH")):
            root = issue("Root", ca=True, path_length=length)
            rolled = issue("Root", root, private=pki.key("rolled"), ca=True)
            leaf = issue(HOST, rolled, dns=[HOST])
            refusal = refuses([Certificate(one.der) for one in (leaf, rolled, root)], AT)
            assert (refusal and refusal.code) == expected


def test_a_serial_number_that_is_not_positive_is_not_given_to_the_library() -> None:
    """It warns of them today and announces to refuse them."""
    anchor = issue("Anchor", ca=True)
    for serial in (b"\x85", b"\0", b""):
        odd = Certificate(pki.rebuilt(issue(HOST, anchor), anchor.key, serial=serial).der)
        assert odd.refusal == "the serial number is not positive"
