"""What an audit can find beside what the judge finds: code, sentence, RFC, severity (trace.md §3, column A)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.types import type_text

if TYPE_CHECKING:
    from resolver.data.name import Name
    from resolver.validator.findings import Finding

ERROR, WARNING, NOTE = "error", "warning", "note"
RANKS = {ERROR: 0, WARNING: 1, NOTE: 2}

# code: sentence over the details, RFC, severity
CATALOGUE: dict[str, tuple[str, str, str]] = {
    "NOT_SIGNED": ("the zone has no DNSKEY: there is nothing to audit but its digest", "RFC 4035 §2.1", NOTE),
    "SIGNED_WITHOUT_KEYS": ("there are signatures, but no DNSKEY that could verify them", "RFC 4035 §2.1", ERROR),
    "NO_SOA": ("the zone has no SOA", "RFC 1035 §5.2", ERROR),
    "DNSKEY_SMALLER_THAN_REC": ("key {tag}/{algorithm} has {bits} bits; 2048 are recommended", "RFC 8624 §3.1", WARNING),
    "NO_KEY_SIGNS_DNSKEY": ("no key signs the DNSKEY RRset", "RFC 4035 §2.2", ERROR),
    "MISSING_RRSIG_FOR_ALG_DNSKEY": ("no signature with algorithm {algorithm}, of which there is a key", "RFC 4035 §2.2", ERROR),
    "ORIGINAL_TTL_EXCEEDED_RRSET": ("the TTL {ttl} is above the signed TTL {original}", "RFC 4035 §2.2", ERROR),
    "TTL_BEYOND_EXPIRATION": ("caches may keep it for {ttl} s, but the signature by {tag} ends in {left}", "RFC 4035 §5.3.3", WARNING),
    "REMAINING_SHORT": ("the signature by {tag} ends in {left}", "RFC 6781 §4.4.2", WARNING),
    "RRSIG_FOR_NOTHING": ("there is a signature over {covered}, which is not there", "RFC 4035 §2.2", WARNING),
    "SIGNED_BELOW_CUT": ("what lies at or below a zone cut is signed", "RFC 4035 §2.2", ERROR),
    "NO_DENIAL": ("the zone has neither NSEC nor NSEC3: no absence can be proven", "RFC 4035 §2.3", ERROR),
    "MIXED_NSEC_NSEC3": ("the zone has both NSEC and NSEC3", "RFC 5155 §7.1", ERROR),
    "NSEC_MISSING": ("there is no NSEC", "RFC 4035 §2.3", ERROR),
    "NSEC_WITHOUT_NAME": ("there is an NSEC at a name that has no records of the zone", "RFC 4035 §2.3", ERROR),
    "NSEC_NEXT_WRONG": ("the NSEC leads to {found}; the next name is {wanted}", "RFC 4034 §4.1.1", ERROR),
    "BITMAP_LACKS_TYPE": ("the type bitmap lacks {types}, which {verb} there, so that it could be denied", "RFC 4034 §4.1.2", ERROR),
    "BITMAP_HAS_TYPE": ("the type bitmap lists {types}, which {verb} not there", "RFC 4034 §4.1.2", ERROR),
    "NSEC3_MISSING": ("there is no NSEC3 for its hash {hash}", "RFC 5155 §7.1", ERROR),
    "NSEC3_WITHOUT_NAME": ("no name of the zone has this hash", "RFC 5155 §7.1", WARNING),
    "NSEC3_NEXT_WRONG": ("the NSEC3 leads to {found}; the next hash is {wanted}", "RFC 5155 §7.1", ERROR),
    "NSEC3_PARAMETERS_DIFFER": ("the parameters are not those of NSEC3PARAM", "RFC 5155 §4", ERROR),
    "NO_NSEC3PARAM": ("there are NSEC3, but no NSEC3PARAM", "RFC 5155 §4", ERROR),
    "NONZERO_NSEC3_ITERATION_COUNT": ("{iterations} additional NSEC3 iterations instead of 0", "RFC 9276 §3.1", WARNING),
    "NONEMPTY_NSEC3_SALT": ("an NSEC3 salt, which gains nothing", "RFC 9276 §3.1", NOTE),
    "CDS_WITHOUT_KEY": ("no key of the zone fits the {type} {tag}/{algorithm}", "RFC 7344 §4.1", ERROR),
    "CDS_MISMATCH_CDNSKEY": ("CDS and CDNSKEY ask for different keys", "RFC 7344 §4", ERROR),
    "CDS_DELETE_NOT_ALONE": ("the wish to delete the DS stands beside other {type}", "RFC 8078 §4", ERROR),
    "DS_PENDING": ("CDS asks for another DS than the parent has", "RFC 7344 §5", NOTE),
    "DS_WITHOUT_KEY": ("the parent's DS {tag}/{algorithm} fits no key of the zone", "RFC 4035 §5.2", WARNING),
    "NO_DS_AT_PARENT": ("the zone is signed, and the parent has no DS", "RFC 4035 §2.4", WARNING),
    "ZONEMD_WRONG": ("the digest is not that of the zone", "RFC 8976 §4", ERROR),
    "ZONEMD_SERIAL": ("the digest is for serial {found}, the zone has {wanted}", "RFC 8976 §4", ERROR),
    "ZONEMD_UNKNOWN": ("scheme {scheme} with hash algorithm {algorithm} cannot be checked", "RFC 8976 §4", NOTE),
    "ZONEMD_DUPLICATE": ("two digests of one scheme and hash algorithm: neither counts", "RFC 8976 §4", ERROR),
}  # fmt: skip


class Problem(NamedTuple):
    """One thing that is wrong: code, severity, RFC, where ("www.example./A"), and a sentence."""

    code: str
    severity: str
    rfc: str
    at: str
    text: str


def problem(code: str, name: Name, rdtype: int, **details: object) -> Problem:
    """A problem of the audit's own catalogue."""
    text, rfc, severity = CATALOGUE[code]
    return Problem(code, severity, rfc, f"{name}/{type_text(rdtype)}", text.format(**details))


def of_finding(finding: Finding) -> Problem:
    """What the judge found."""
    return Problem(finding.code, finding.severity, finding.rfc, finding.at, finding.text)
