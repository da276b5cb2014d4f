"""Record types: the numbers that the code names, and mnemonics both ways (RFC 3597 §5).

The small table serves what a lookup usually asks; dnspython knows the rest and is imported only then.
"""

from __future__ import annotations

from typing import TypeAlias

from resolver.errors import BadType

TypeLike: TypeAlias = str | int

A, NS, MD, MF, CNAME, SOA, MB, MG, MR = range(1, 10)
PTR, MINFO, MX, TXT, RP, AFSDB, RT, SIG, PX, AAAA = 12, 14, 15, 16, 17, 18, 21, 24, 26, 28
NXT, SRV, NAPTR, KX, CERT, A6, DNAME, OPT, DS, SSHFP = 30, 33, 35, 36, 37, 38, 39, 41, 43, 44
RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, TLSA, SMIMEA = 46, 47, 48, 50, 51, 52, 53
CDS, CDNSKEY, OPENPGPKEY, CSYNC, ZONEMD, SVCB, HTTPS = 59, 60, 61, 62, 63, 64, 65
NXNAME = 128  # RFC 9824 §3.5
TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY, URI, CAA, DLV = 249, 250, 251, 252, 253, 254, 255, 256, 257, 32769

_MNEMONICS = {
    "A": A, "NS": NS, "CNAME": CNAME, "SOA": SOA, "PTR": PTR, "MX": MX, "TXT": TXT, "AAAA": AAAA, "SRV": SRV,
    "NAPTR": NAPTR, "CERT": CERT, "DNAME": DNAME, "OPT": OPT, "DS": DS, "SSHFP": SSHFP, "RRSIG": RRSIG, "NSEC": NSEC,
    "DNSKEY": DNSKEY, "NSEC3": NSEC3, "NSEC3PARAM": NSEC3PARAM, "TLSA": TLSA, "SMIMEA": SMIMEA, "CDS": CDS,
    "CDNSKEY": CDNSKEY, "OPENPGPKEY": OPENPGPKEY, "CSYNC": CSYNC, "ZONEMD": ZONEMD, "SVCB": SVCB, "HTTPS": HTTPS,
    "NXNAME": NXNAME, "AXFR": AXFR, "IXFR": IXFR, "ANY": ANY, "URI": URI, "CAA": CAA, "DLV": DLV, "SIG": SIG,
    "MAILA": MAILA, "MAILB": MAILB, "TSIG": TSIG, "TKEY": TKEY,
}  # fmt: skip
_TEXTS = {number: mnemonic for mnemonic, number in _MNEMONICS.items()}

# Types that ask for something other than an RRset (RFC 6895 §3.1: QTYPEs and meta-types, 128 to 255, and OPT).
META_TYPES = frozenset({OPT, *range(128, 256)})
# What no signature can cover, so that no verdict is possible (RFC 4035 §2.2; RFC 9824 §3.5 for NXNAME).
UNSIGNABLE_TYPES = META_TYPES | {SIG, RRSIG}


def to_type(rdtype: TypeLike) -> int:
    """The number of a type given as mnemonic ("TLSA"), as "TYPE52" or as number.

    Raises:
        BadType: an unknown mnemonic, or a number outside 1 to 65535.
    """
    if isinstance(rdtype, str):
        number = _MNEMONICS.get(rdtype.upper())
        if number is None:
            number = _unusual(rdtype)
    else:
        number = rdtype
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 65536:
        raise BadType(f"bad type {rdtype!r}: a number from 1 to 65535 or a mnemonic such as TLSA or TYPE52 is needed")
    return number


def type_text(rdtype: int) -> str:
    """The mnemonic of a type, or "TYPE65280" where there is none (RFC 3597 §5)."""
    text = _TEXTS.get(rdtype)
    if text is None:
        import dns.rdatatype

        text = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
    return text


def _unusual(mnemonic: str) -> int:
    import dns.exception
    import dns.rdatatype

    try:
        return int(dns.rdatatype.from_text(mnemonic))
    except (dns.exception.DNSException, ValueError):
        raise BadType(f"unknown type {mnemonic!r}: use a mnemonic such as TLSA, or TYPE52 for type 52") from None
