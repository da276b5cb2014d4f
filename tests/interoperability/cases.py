"""What is asked of both trees, and what is true of them."""

from __future__ import annotations

from typing import NamedTuple

from tests.interoperability.zones import BIG_ANSWER


class Case(NamedTuple):
    """A question and its verdict.

    Attributes:
        kind: of an absence. code: of the one finding that decides. text: the proven records.
    """

    name: str
    type: str
    status: str
    kind: str | None = None
    code: str | None = None
    text: tuple[str, ...] | None = None

    @property
    def exit_code(self) -> int:
        """What `dnssec-trace` ends with."""
        if self.code == "EXPIRATION_IN_PAST":
            return 31
        return {"secure": 0, "absent": 0, "insecure": 10, "bogus": 30}[self.status]


def _secure(name: str, rdtype: str, *text: str) -> Case:
    return Case(name, rdtype, "secure", text=text or None)


def _absent(name: str, rdtype: str, kind: str) -> Case:
    return Case(name, rdtype, "absent", kind)


def _insecure(name: str, rdtype: str, code: str) -> Case:
    return Case(name, rdtype, "insecure", code=code)


def _bogus(name: str, rdtype: str, code: str) -> Case:
    return Case(name, rdtype, "bogus", code=code)


TLSA = _secure("_25._tcp.mx.secure.test", "TLSA", "3 1 1 " + 32 * "ab")
BIG = _secure("_443._tcp.big.secure.test", "TLSA", *BIG_ANSWER)
NOTHING = _absent("nothing.secure.test", "A", "NXDOMAIN")
UNSIGNED = _insecure("www.unsigned.test", "A", "NO_DS")
FORGED = _bogus("www.bogus.test", "A", "SIGNATURE_INVALID")
EXPIRED = _bogus("www.expired.test", "A", "EXPIRATION_IN_PAST")
ONE_OF_EACH = (TLSA, NOTHING, UNSIGNED, FORGED)

CASES = (
    *ONE_OF_EACH,
    EXPIRED,
    BIG,
    _secure("www.secure.test", "A", "192.0.2.1", "192.0.2.2"),
    _secure("x.wild.secure.test", "TXT", '"from-a-wildcard"'),
    _secure("alias.secure.test", "A", "192.0.2.3"),
    _secure("www.away.secure.test", "A", "192.0.2.3"),
    _secure("secure.test", "DS"),
    _secure("test", "DNSKEY"),
    _secure("rsa.test", "DNSKEY"),
    _secure("www.rsa.test", "A", "192.0.2.8"),
    _secure("www.ed25519.test", "A", "192.0.2.9"),
    _secure("www.nsec3.test", "A", "192.0.2.3"),
    _secure("x.wild.nsec3.test", "TXT", '"from-a-wildcard"'),
    _secure("www.optout.test", "A", "192.0.2.5"),
    _secure("mx.bogus.test", "A", "192.0.2.12"),
    _secure(".", "DNSKEY"),
    _absent("www.secure.test", "AAAA", "NODATA"),
    _absent("_tcp.mx.secure.test", "A", "NODATA"),  # an empty non-terminal
    _absent("x.wild.secure.test", "A", "NODATA"),
    _absent("a.b.nothing.secure.test", "A", "NXDOMAIN"),
    _absent("www.nsec3.test", "AAAA", "NODATA"),
    _absent("er.host.nsec3.test", "A", "NODATA"),  # an empty non-terminal
    _absent("x.wild.nsec3.test", "A", "NODATA"),
    _absent("a.b.nothing.nsec3.test", "A", "NXDOMAIN"),
    _absent("unsigned.test", "DS", "NODATA"),
    _absent("nothing.test", "A", "NXDOMAIN"),
    _absent("nothing", "A", "NXDOMAIN"),
    _insecure("unsafe.secure.test", "A", "NO_DS"),  # its alias leads out of what is signed
    _insecure("alias.unsigned.test", "A", "NO_DS"),  # its alias leads back in
    _insecure("nothing.unsigned.test", "A", "NO_DS"),
    _insecure("_25._tcp.www.unsigned.test", "TLSA", "NO_DS"),
    _insecure("www.child.optout.test", "A", "OPT_OUT"),
    _insecure("nothing.child.optout.test", "A", "OPT_OUT"),
    _insecure("child.optout.test", "DS", "OPT_OUT"),
    _insecure("nothing.optout.test", "A", "OPT_OUT"),  # RFC 5155 §9.2: an unsigned zone may hide there
    _bogus("nothing.expired.test", "A", "EXPIRATION_IN_PAST"),
    _bogus("www.mismatch.test", "A", "DIGEST_INVALID"),
)
