"""RDATA and records as text, both ways (RFC 1035 §5.1, RFC 3597 §5). dnspython does the types; it is loaded only here.

TLSA and SMIMEA are read and written here: dnspython refuses data whose length does not suit the matching type, but
such a record exists, can be signed, and must be shown; what it is worth is decided elsewhere (R23).

Limits: RDATA that its type cannot have is shown in the generic form `\\# 3 0102ff` (RFC 3597 §5), never refused.
Not done: comments and continuation lines in RDATA; `zonefile` takes them away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.canonical import canonical_rdata, well_formed
from resolver.data.name import Name
from resolver.data.types import SMIMEA, TLSA, type_text
from resolver.errors import BadInput

if TYPE_CHECKING:
    import dns.name
    import dns.rdata
    import dns.rrset

    from resolver.data.rrset import RRset

_CERTIFICATE_TYPES = (TLSA, SMIMEA)  # one format (RFC 6698 §2.1, RFC 8162 §2)

# The words of RFC 7218 §2, one table a field.
_WORDS = (
    ("usage", {"pkix-ta": 0, "pkix-ee": 1, "dane-ta": 2, "dane-ee": 3, "privcert": 255}),
    ("selector", {"cert": 0, "spki": 1, "privsel": 255}),
    ("matching type", {"full": 0, "sha2-256": 1, "sha2-512": 2, "privmatch": 255}),
)


def rdata_text(rdtype: int, rdata: bytes) -> str:
    """Canonical RDATA in presentation format. Never raises, and `rdata_from_text` reads the same octets back.

    The generic form serves where the type's own format cannot say it: malformed or odd RDATA, unknown types.
    """
    if rdtype in _CERTIFICATE_TYPES and len(rdata) > 3:
        return f"{rdata[0]} {rdata[1]} {rdata[2]} {rdata[3:].hex()}"
    text = _rdata(rdtype, rdata).to_text(chunksize=0).rstrip()
    try:
        if not text.startswith("\\#") and rdata_from_text(rdtype, text) == rdata:
            return text
    except BadInput:
        pass  # such as an RRSIG with an empty signature, where dnspython writes nothing at all
    return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def record_text(owner: Name, ttl: int, rdtype: int, rdata: bytes) -> str:
    """One record as a line of a zone file, without the newline; `ttl` in seconds."""
    return f"{owner} {ttl} IN {type_text(rdtype)} {rdata_text(rdtype, rdata)}"


def rdata_from_text(rdtype: int, text: str, origin: Name | None = None) -> bytes:
    """RDATA in presentation format as canonical octets (RFC 4034 §6.2).

    Any type may come in the generic form (RFC 3597 §5), and is then taken as it is, even if malformed; TLSA and
    SMIMEA also in words, as in "DANE-EE SPKI SHA2-256 0d07..." (RFC 7218 §2).

    Args:
        rdtype: the type's number.
        text: one record's RDATA.
        origin: what a name without a final dot is relative to; None: the root.

    Raises:
        BadInput: the text is no RDATA of this type.
    """
    words = text.split(None, 2)
    if words[:1] == ["\\#"]:
        return canonical_rdata(rdtype, _generic(rdtype, text, words))
    if rdtype in _CERTIFICATE_TYPES:
        return _certificate(rdtype, text)
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdatatype

    above = dns.name.root if origin is None else dns.name.from_wire(origin.wire, 0)[0]
    try:
        rdata = dns.rdata.from_text("IN", dns.rdatatype.RdataType.make(rdtype), text, above, relativize=False)
        return canonical_rdata(rdtype, rdata.to_wire(origin=above) or b"")
    except (dns.exception.DNSException, ValueError, OverflowError) as refused:
        raise _bad(rdtype, text, str(refused) or type(refused).__name__) from None


def dnspython_rrset(rrset: RRset) -> dns.rrset.RRset:
    """The RRset for dnspython, without signatures; RDATA that dnspython refuses is in it as generic RDATA."""
    import dns.name
    import dns.rrset

    owner = dns.name.from_wire(rrset.owner.wire, 0)[0]
    return dns.rrset.from_rdata_list(owner, rrset.ttl, [_rdata(rrset.rdtype, rdata) for rdata in rrset.rdata])


def _rdata(rdtype: int, rdata: bytes) -> dns.rdata.Rdata:
    """The RDATA for dnspython: as the type's own class where that writes the same octets back, else as generic RDATA."""
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    number = dns.rdatatype.RdataType.make(rdtype)
    if well_formed(rdtype, rdata):
        try:
            parsed = dns.rdata.from_wire(dns.rdataclass.IN, number, rdata, 0, len(rdata))
            if parsed.to_wire() == rdata:  # not so for APL in dnspython before it refused zeros at the end
                return parsed
        except (dns.exception.DNSException, ValueError, OverflowError):
            pass
    return dns.rdata.GenericRdata(dns.rdataclass.IN, number, rdata)


def _generic(rdtype: int, text: str, words: list[str]) -> bytes:
    """The octets of `\\# LENGTH HEX...` (RFC 3597 §5)."""
    try:
        size = int(words[1])
        rdata = _hexadecimal(words[2] if len(words) > 2 else "")
    except (IndexError, ValueError):
        raise _bad(rdtype, text, "after \\# a length and hexadecimal digits are needed (RFC 3597 §5)") from None
    if len(rdata) != size or size > 65535:
        raise _bad(rdtype, text, f"{len(rdata)} octets where {size} are announced (RFC 3597 §5)")
    return rdata


def _certificate(rdtype: int, text: str) -> bytes:
    """The octets of `3 1 1 HEX...`, numbers or the words of RFC 7218."""
    words = text.split(None, 3)
    if len(words) < 4:
        raise _bad(rdtype, text, "usage, selector, matching type and data are needed (RFC 6698 §2.2)")
    numbers = []
    for word, (field, table) in zip(words, _WORDS, strict=False):
        number = table.get(word.lower())
        if number is None:
            number = int(word) if word.isascii() and word.isdigit() and len(word) <= 3 else 256
        if number > 255:
            raise _bad(rdtype, text, f"{field} {word!r} is neither a number up to 255 nor a word of RFC 7218 §2")
        numbers.append(number)
    try:
        return bytes(numbers) + _hexadecimal(words[3])
    except ValueError:
        raise _bad(rdtype, text, "the data are no hexadecimal octets (RFC 6698 §2.2)") from None


def _hexadecimal(text: str) -> bytes:
    """White space may stand anywhere between the digits, also within an octet (RFC 6698 §2.2, RFC 3597 §5)."""
    return bytes.fromhex("".join(text.split()))


def _bad(rdtype: int, text: str, why: str) -> BadInput:
    shown = text if len(text) <= 80 else text[:77] + "..."
    return BadInput(f"bad {type_text(rdtype)} data {shown!r}: {why}")
