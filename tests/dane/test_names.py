"""Names in certificates against reference identifiers: RFC 6125 §6.4, RFC 7672 §3.2.3; and constraints on names."""

from __future__ import annotations

import pytest
from cryptography import x509

from resolver.dane.constraints import Constraints, Named, violation
from resolver.dane.names import fit, reference_identifiers
from resolver.data.name import Name, to_name
from resolver.errors import BadInput, BadName
from tests.dane import pki
from tests.dane.pki import AT, DAY, NOW, issue, record


def fits(presented: str, wanted: str) -> bool:
    """As a dNSName; as a common name it must be the same."""
    references = reference_identifiers([wanted])
    found = fit(references, [presented], []) is not None
    assert (fit(references, [], [presented]) is not None) is found
    return found


class TestFit:
    @pytest.mark.parametrize(
        ("presented", "wanted"),
        [
            ("mx.example.com", "mx.example.com"),
            ("MX.Example.COM", "mx.example.com"),
            ("mx.example.com", "MX.EXAMPLE.COM"),
            ("mx.example.com.", "mx.example.com"),  # trailing dots are dropped before comparing
            ("mx.example.com", "mx.example.com."),
            ("*.example.com", "mx.example.com"),
            ("*.example.com", "xn--bcher-kva.example.com"),
            ("*.example.com.", "mx.example.com"),
            ("xn--bcher-kva.example", "bücher.example"),  # U-labels are converted
            ("a_b.example.com", "a_b.example.com"),
            ("localhost", "localhost"),
        ],
    )
    def test_what_fits(self, presented: str, wanted: str) -> None:
        assert fits(presented, wanted)

    @pytest.mark.parametrize(
        ("presented", "wanted"),
        [
            ("mx.example.com", "example.com"),
            ("example.com", "mx.example.com"),
            ("evilexample.com", "example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.b.example.com"),
            ("*.example.com", "evilexample.com"),
            ("*.example.com", "_x.example.com"),
            ("m*.example.com", "mx.example.com"),  # RFC 7672 §3.2.3: no partial wildcards
            ("*x.example.com", "mx.example.com"),
            ("m*x.example.com", "mx.example.com"),
            ("xn--*.example.com", "xn--bcher-kva.example.com"),
            ("mx.*.com", "mx.example.com"),
            ("*.*.com", "mx.example.com"),
            ("**.example.com", "mx.example.com"),
            ("*", "com"),
            ("*", "mx.example.com"),
            ("*.com", "example.com"),
            ("*.", "com"),
            (".example.com", "mx.example.com"),
            ("mx..example.com", "mx.example.com"),
            ("mx.example.com..", "mx.example.com"),
            ("mx.example.com\0.evil.test", "mx.example.com"),
            ("mx.example.com ", "mx.example.com"),
            (" mx.example.com", "mx.example.com"),
            ("mx\\.example.com", "mx.example.com"),
            ("\\109x.example.com", "mx.example.com"),
            ("bücher.example", "bücher.example"),  # a U-label in a certificate is no DNS name
            ("mx.example.com", "."),
            ("", "mx.example.com"),
            (".", "."),
            ("a" * 64 + ".example.com", "mx.example.com"),
            ("x" * 300, "mx.example.com"),
        ],
    )
    def test_what_does_not(self, presented: str, wanted: str) -> None:
        assert not fits(presented, wanted)

    def test_a_common_name_counts_only_without_dns_names(self) -> None:
        references = reference_identifiers(["mx.example.com"])
        assert fit(references, ["other.example"], ["mx.example.com"]) is None
        found = fit(references, [], ["Mail", "mx.example.com"])
        assert found is not None
        assert found.is_common_name
        assert fit(references, [""], ["mx.example.com"]) is None  # a DNS name that is none is one all the same

    def test_the_first_reference_that_fits_is_the_identity(self) -> None:
        references = reference_identifiers(["mx.example.com", "example.org", "example.net"])
        found = fit(references, ["example.net", "example.org"], [])
        assert found is not None
        assert (str(found.identity), found.presented) == ("example.org.", "example.org")

    def test_what_reads_as_an_address_never_fits(self) -> None:
        with pytest.raises(BadInput, match="address"):
            reference_identifiers(["192.0.2.1"])
        address = Name.from_text("192.0.2.1")  # as an MX record may say
        assert fit([address], ["192.0.2.1"], []) is None
        assert fit([address], [], ["192.0.2.1"]) is None

    def test_names_are_taken_in_any_form_and_once(self) -> None:
        assert reference_identifiers(["a.example", to_name("A.example."), "b.example"]) == (
            to_name("a.example"),
            to_name("b.example"),
        )
        with pytest.raises(BadName):
            reference_identifiers(["a..example"])


def judge(leaf: pki.Issued, anchor: pki.Issued, **changed: object) -> str:
    from resolver.dane.matching import match

    given: dict[str, object] = {"at": AT, "names": ["mx.example.com"], **changed}
    return match([record(2, 0, 1, anchor)], [leaf.der, anchor.der], **given).result  # type: ignore[arg-type]


class TestInCertificates:
    """The same, read from certificates."""

    def test_a_common_name_is_bound_by_name_constraints(self) -> None:
        for permitted, expected in (("example.com", "AUTHENTICATED"), ("example.net", "CHAIN_INVALID")):
            for expiry in ({}, {"begin": NOW - 60 * DAY, "end": NOW - 30 * DAY}):
                anchor = issue("Anchor", ca=True, permitted=[x509.DNSName(permitted)], **expiry)  # type: ignore[arg-type]
                for leaf in (
                    issue("mx.example.com", anchor),
                    issue("mx.example.com", anchor, names=[x509.RFC822Name("a@example.com")]),
                    issue("mx.example.com", anchor, dns=["mx.example.com"]),
                ):
                    assert judge(leaf, anchor, ta_expiry="ignore") == expected

    def test_names_of_other_kinds_are_bound_too(self) -> None:
        from ipaddress import ip_address, ip_network

        anchor = issue("Anchor", ca=True, permitted=[x509.IPAddress(ip_network("192.0.2.0/24"))])
        for address, expected in (("192.0.2.1", "AUTHENTICATED"), ("198.51.100.1", "CHAIN_INVALID")):
            leaf = issue("x", anchor, dns=["mx.example.com"], names=[x509.IPAddress(ip_address(address))])
            assert judge(leaf, anchor) == expected
        other = x509.DirectoryName(pki.dn("Other"))
        for subtree in (other, x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))):
            anchor = issue("Anchor", ca=True, excluded=[subtree])
            named = [x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))]
            assert judge(issue("x", anchor, dns=["mx.example.com"], names=named), anchor) == "CHAIN_INVALID"

    def test_a_common_name_that_is_no_host_name_is_not_bound(self) -> None:
        anchor = issue("Anchor", ca=True, permitted=[x509.DNSName("example.com")])
        assert judge(issue("A mail server", anchor, dns=["mx.example.com"]), anchor) == "AUTHENTICATED"

    def test_a_common_name_of_one_label_is_bound_by_name_constraints(self) -> None:
        anchor = issue("Anchor", ca=True, permitted=[x509.DNSName("example.com")])
        assert judge(issue("intranet", anchor), anchor, names=["intranet"]) == "CHAIN_INVALID"

    def test_an_address_in_a_certificate_names_nobody(self) -> None:
        from ipaddress import ip_address

        anchor = issue("Anchor", ca=True)
        leaf = issue("", anchor, names=[x509.IPAddress(ip_address("192.0.2.1"))])
        assert judge(leaf, anchor, names=[Name.from_text("192.0.2.1")]) == "NAME_MISMATCH"

    def test_a_common_name_in_any_string_type_is_read(self) -> None:
        anchor = issue("Anchor", ca=True)
        for tag, octets in (
            (0x0C, b"mx.example.com"),
            (0x13, b"mx.example.com"),
            (0x16, b"mx.example.com"),
            (0x14, b"mx.example.com"),
            (0x1E, "mx.example.com".encode("utf-16-be")),
            (0x1C, "mx.example.com".encode("utf-32-be")),
        ):
            attribute = pki.der(0x30, b"\x06\x03\x55\x04\x03", pki.der(tag, octets))
            subject = pki.der(0x30, pki.der(0x31, attribute))
            leaf = pki.rebuilt(issue("x", anchor, dns=["x"]), anchor.key, subject=subject, extensions=b"")
            assert judge(leaf, anchor) in ("AUTHENTICATED", "CHAIN_INVALID"), tag
            assert judge(leaf, anchor) == "AUTHENTICATED", tag


def violates(name: Named, permitted: list[Named] | None = None, excluded: list[Named] | None = None) -> bool:
    return violation(Constraints(tuple(permitted or ()), tuple(excluded or ())), [name], [1000]) is not None


class TestConstraints:
    """RFC 5280 §4.2.1.10."""

    @pytest.mark.parametrize(
        ("kind", "name", "subtree", "within"),
        [
            ("dns", "mx.example.com", "example.com", True),
            ("dns", "example.com", "example.com", True),
            ("dns", "evilexample.com", "example.com", False),
            ("dns", "example.com", ".example.com", True),
            ("dns", "mx.example.com", "", True),
            ("dns", "com", "example.com", False),
            ("dns", "*.example.com", "example.com", True),
            ("dns", "*.com", "example.net", False),
            ("mail", "a@example.com", "example.com", True),
            ("mail", "a@mx.example.com", "example.com", False),
            ("mail", "a@mx.example.com", ".example.com", True),
            ("mail", "a@example.com", ".example.com", False),
            ("mail", "a@example.com", "a@EXAMPLE.com", True),
            ("mail", "b@example.com", "a@example.com", False),
            ("ip", bytes((192, 0, 2, 7)), bytes((192, 0, 2, 0, 255, 255, 255, 0)), True),
            ("ip", bytes((192, 0, 3, 7)), bytes((192, 0, 2, 0, 255, 255, 255, 0)), False),
            ("ip", bytes(16), bytes((192, 0, 2, 0, 255, 255, 255, 0)), False),
        ],
    )
    def test_within_is_permitted_and_excluded_outside_neither(
        self, kind: str, name: str | bytes, subtree: str | bytes, within: bool
    ) -> None:
        one, base = Named(kind, name), Named(kind, subtree)  # type: ignore[arg-type]
        assert violates(one, permitted=[base]) is not within
        assert violates(one, excluded=[base]) is within

    @pytest.mark.parametrize(
        ("one", "base"),
        [
            (Named("dns", "a b"), Named("dns", "example.com")),
            (Named("dns", "*.com"), Named("dns", "example.com")),  # perhaps within, perhaps not
            (Named("mail", "nobody"), Named("mail", "example.com")),
            (Named("ip", bytes(4)), Named("ip", bytes(7))),
            (Named("uri", "https://a"), Named("uri", "a")),
            (Named("directory", "x"), Named("directory", "x")),
            (Named("other", "x"), Named("other", "x")),
        ],
    )
    def test_in_doubt_it_is_a_violation(self, one: Named, base: Named) -> None:
        assert violates(one, permitted=[base])
        assert violates(one, excluded=[base])

    def test_other_kinds_of_names_are_not_touched(self) -> None:
        assert not violates(Named("dns", "mx.example.com"), permitted=[Named("mail", "example.net")])

    def test_constraints_without_content_allow_nothing(self) -> None:
        assert violates(Named("dns", "mx.example.com"))

    def test_work_is_bounded(self) -> None:
        names = [Named("dns", f"h{number}.example.com") for number in range(300)]
        subtrees = tuple(Named("dns", f"d{number}.example") for number in range(300))
        found = violation(Constraints(subtrees, ()), names, [1 << 16])
        assert found is not None
        assert "comparisons" in found.why
