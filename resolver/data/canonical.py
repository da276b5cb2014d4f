"""Where RDATA has names in it, and how such RDATA is made canonical (RFC 4034 §6.2, RFC 6840 §5.1).

One table says it for the wire reader, the zone reader and the judge; a type that is not in it is opaque (RFC 3597 §7).

Limits: at most 127 compression pointers a name.
Not done: A6 (historic, RFC 6563), whose octets stay as they are.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data import views
from resolver.data.name import MAX_LABEL_OCTETS, MAX_NAME_OCTETS
from resolver.data.types import (
    AFSDB,
    CNAME,
    DNAME,
    DNSKEY,
    DS,
    KX,
    MB,
    MD,
    MF,
    MG,
    MINFO,
    MR,
    MX,
    NAPTR,
    NS,
    NSEC,
    NSEC3,
    NXT,
    PTR,
    PX,
    RP,
    RRSIG,
    RT,
    SIG,
    SOA,
    SRV,
)

# A name has at most 127 labels besides the root's (RFC 1035 §2.3.4), so nobody needs more; without a bound, a chain
# of 8,000 pointers to pointers, walked once a record, would keep a reader busy for seconds.
MAX_POINTERS = 127

_POINTER = 0xC0  # the two high bits of a compression pointer (RFC 1035 §4.1.4)
_STRINGS = -1  # a prefix of NAPTR's kind: two numbers and three character-strings (RFC 3403 §4.1)


class Layout(NamedTuple):
    """Where the names are in the RDATA of one type.

    Fields: octets before the first name, the number of names, octets after them (None: any number), whether the
    names may come compressed, and whether they are lower-cased.
    """

    prefix: int
    names: int
    suffix: int | None = 0
    pointers: bool = True
    lower: bool = True


# RFC 4034 §6.2 lists the types whose names are lower-cased; RFC 6840 §5.1 takes the next name of NSEC out of it.
# RFC 3597 §4 says whose names may come compressed: the types of RFC 1035, and on receipt RP, AFSDB, RT, SIG, PX, NXT,
# NAPTR and SRV. For RRSIG and NSEC pointers are forbidden to senders (RFC 4034 §3.1.7, §4.1.1), but are understood.
LAYOUTS: dict[int, Layout] = {
    **dict.fromkeys((NS, MD, MF, CNAME, MB, MG, MR, PTR), Layout(0, 1)),
    SOA: Layout(0, 2, 20),
    MINFO: Layout(0, 2),
    RP: Layout(0, 2),
    **dict.fromkeys((MX, AFSDB, RT), Layout(2, 1)),
    PX: Layout(2, 2),
    SRV: Layout(6, 1),
    NAPTR: Layout(_STRINGS, 1),
    NXT: Layout(0, 1, None),
    **dict.fromkeys((SIG, RRSIG), Layout(18, 1, None)),
    NSEC: Layout(0, 1, None, lower=False),
    KX: Layout(2, 1, pointers=False),
    DNAME: Layout(0, 1, pointers=False),
}


def well_formed(rdtype: int, rdata: bytes) -> bool:
    """Whether canonical RDATA parses exactly, for the types that can be malformed (R23); others always do.

    That are the types with embedded names, and DNSKEY, DS, NSEC and NSEC3. The RDATA of TLSA, for example, is never
    malformed: what it means is decided elsewhere.
    """
    if rdtype == DNSKEY:
        return views.read_dnskey(rdata) is not None
    if rdtype == DS:
        return views.read_ds(rdata) is not None
    if rdtype == NSEC:
        return views.read_nsec(rdata) is not None
    if rdtype == NSEC3:
        return views.read_nsec3(rdata) is not None
    layout = LAYOUTS.get(rdtype)
    return layout is None or expand_rdata(rdata, 0, len(rdata), layout, False) is not None


def canonical_rdata(rdtype: int, rdata: bytes) -> bytes:
    """Uncompressed RDATA in canonical form (RFC 4034 §6.2); malformed RDATA stays as it is."""
    layout = LAYOUTS.get(rdtype)
    if layout is None:
        return rdata
    canonical = expand_rdata(rdata, 0, len(rdata), layout, False)
    return rdata if canonical is None else canonical


def expand_rdata(octets: bytes, at: int, stop: int, layout: Layout, pointers: bool = True) -> bytes | None:
    """Canonical RDATA with its names written out, from `octets[at:stop]`; None where it is malformed.

    Args:
        octets: the message, for pointers lead anywhere before.
        at: where the RDATA begins.
        stop: where it ends.
        layout: the type's entry in `LAYOUTS`.
        pointers: False: a compressed name is malformed in any type.
    """
    prefix, names, suffix, compressible, lower = layout
    follow = pointers and compressible
    here = at + prefix if prefix >= 0 else _after_strings(octets, at + 4, stop)
    canonical = octets[at:here]
    for _ in range(names):
        wire, here = expand_name(octets, here, stop, follow)
        if here < 0:
            return None
        canonical += wire.lower() if lower else wire
    if suffix is not None and here + suffix != stop:
        return None
    return canonical + octets[here:stop]


def expand_name(octets: bytes, at: int, stop: int, pointers: bool = True) -> tuple[bytes, int]:
    """The name at `at` written out, its case kept, and where what follows it begins; (b"", -1) if there is no such name.

    A pointer must lead to before the labels that it ends, and the labels there must end before these begin: "a prior
    occurrence of the same name" (RFC 1035 §4.1.4). So no name can run in circles.

    Args:
        octets: the message.
        at: where the name begins.
        stop: where the name, as far as it is written there, must have ended.
        pointers: whether compression is understood.
    """
    here = at
    while here < stop and 0 < (length := octets[here]) <= MAX_LABEL_OCTETS:
        here += 1 + length
    if here < stop and not octets[here] and here - at < MAX_NAME_OCTETS:  # RFC 1035 §2.3.4
        return octets[at : here + 1], here + 1
    return _follow(octets, at, here, stop) if pointers else (b"", -1)


def _follow(octets: bytes, at: int, here: int, stop: int) -> tuple[bytes, int]:
    """`expand_name` for a name whose first labels run from `at` to `here`, where a pointer should be."""
    after = here + 2
    wire = octets[at:here]
    for _ in range(MAX_POINTERS):
        if here + 1 >= stop or octets[here] < _POINTER:
            break
        target = (octets[here] & 0x3F) << 8 | octets[here + 1]
        if target >= at:
            break
        # No farther than a name can reach: else 4,000 pointers to one long run of labels would be read to its end each.
        here, at, stop = target, target, min(at, target + MAX_NAME_OCTETS)
        while here < stop and 0 < (length := octets[here]) <= MAX_LABEL_OCTETS:
            here += 1 + length
        wire += octets[at:here]
        if here >= stop or len(wire) >= MAX_NAME_OCTETS:  # RFC 1035 §2.3.4; the root's octet is still to come
            break
        if not octets[here]:
            return wire + b"\0", after
    return b"", -1


def _after_strings(octets: bytes, at: int, stop: int) -> int:
    """Where the three character-strings at `at` end (RFC 1035 §3.3); `stop` or more if they do not fit."""
    for _ in range(3):
        if at >= stop:
            return stop
        at += 1 + octets[at]
    return at
