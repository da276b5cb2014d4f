"""Records as a test writes them: `www 300 A 192.0.2.1`, relative to the zone.

dnspython reads the RDATA; octets that it refuses go in through `Zone.add_rdata`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.types import to_type
from resolver.errors import BadInput, BadType


class Line(NamedTuple):
    """One record that was read; `ttl` is None where the text has none."""

    owner: Name
    ttl: int | None
    rdtype: int
    rdata: bytes


def read_line(text: str, origin: Name) -> Line:
    """Read `owner [TTL] [IN] TYPE RDATA`; names without a final dot are relative to `origin`.

    Raises:
        BadInput: the text is no such record.
    """
    words = text.split(None, 1)
    owner, rest = words[0], words[1] if len(words) > 1 else ""
    ttl: int | None = None
    while True:
        words = rest.split(None, 1)
        if not words:
            raise BadInput(f"no record: {text!r}; write 'owner [TTL] TYPE RDATA', for example 'www 300 A 192.0.2.1'")
        word, rest = words[0], words[1] if len(words) > 1 else ""
        if word.isdigit():
            ttl = int(word)
        elif word.upper() != "IN":
            break
    try:
        rdtype = to_type(word)
    except BadType as refused:
        raise BadInput(f"no record: {text!r}: {refused}") from None
    return Line(Name.from_text(owner, origin), ttl, rdtype, rdata_octets(rdtype, rest, origin))


@lru_cache(maxsize=4096)
def rdata_octets(rdtype: int, text: str, origin: Name) -> bytes:
    """Canonical RDATA (RFC 4034 §6.2, RFC 6840 §5.1) of a text.

    Raises:
        BadInput: it is no RDATA of that type.
    """
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    kind = dns.rdatatype.RdataType.make(rdtype)
    try:
        rdata = dns.rdata.from_text(
            dns.rdataclass.IN, kind, text, origin=dns.name.from_wire(origin.wire, 0)[0], relativize=False
        )
        return bytes(rdata.to_digestable())
    except (dns.exception.DNSException, ValueError, IndexError) as refused:
        raise BadInput(f"bad RDATA {text!r} for type {rdtype}: {refused}; add_rdata() takes any octets") from None


def rdata_text(rdtype: int, rdata: bytes) -> str:
    """RDATA as a zone file holds it; what dnspython cannot give back octet by octet is written as RFC 3597 §5."""
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    kind = dns.rdatatype.RdataType.make(rdtype)
    try:
        text = dns.rdata.from_wire(dns.rdataclass.IN, kind, rdata, 0, len(rdata)).to_text()
        if bytes(dns.rdata.from_text(dns.rdataclass.IN, kind, text).to_digestable()) == rdata:
            return text
    except (dns.exception.DNSException, ValueError, IndexError):
        pass
    return " ".join(("\\#", str(len(rdata)), *(rdata[at : at + 32].hex() for at in range(0, len(rdata), 32))))
