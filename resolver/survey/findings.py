"""What an audit finds in a whole zone. The judge asks "may I use this?"; an audit asks "what will break, and for whom?".

So much here is no error of any lookup: an algorithm that did not sign everything, a TTL that differs, a stale CDS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from resolver.data.rrset import Question
from resolver.validator.findings import CATALOGUE as OF_THE_JUDGE
from resolver.validator.findings import NOTE, PARENT, WARNING, ZONE, Entry, Finding

_OWN: dict[str, Entry] = {
    # the zone as such
    "ZONE_WITHOUT_SOA": Entry("the zone has no SOA record at its apex", "RFC 1035 §5.2", None, 90),
    "ZONE_WITHOUT_NS": Entry("the zone has no NS records at its apex", "RFC 1034 §4.2.1", None, 80),
    "ZONE_UNSIGNED": Entry("the zone has no DNSKEY records: it is not signed", "RFC 4035 §2.1", None, 10, ZONE, NOTE),
    "ZONE_UNSIGNED_UNDER_DS": Entry("the parent has DS records, and the zone no DNSKEY", "RFC 4035 §2.4", 9, 95),
    "OUT_OF_ZONE": Entry(
        "{count} records lie outside the zone and were left out", "RFC 1035 §5.2", None, 5, ZONE, WARNING
    ),
    "RRSET_TTLS_DIFFER": Entry("the records of one RRset have different TTLs", "RFC 2181 §5.2", None, 8, ZONE, WARNING),
    "CNAME_WITH_OTHER_DATA": Entry("a CNAME stands beside other records", "RFC 2181 §10.1", None, 60),
    "DNAME_WITH_DATA_BELOW": Entry("there are records below a DNAME, which hides them", "RFC 6672 §2.4", None, 40),
    "DNSKEY_NOT_AT_ZONE_APEX": Entry("DNSKEY records stand below the apex", "RFC 4035 §2.1", None, 40),
    # signatures
    "MISSING_RRSIG": Entry("an RRset of the signed zone has no signature", "RFC 4035 §2.2", 10, 70),
    "RRSET_NOT_VERIFIED": Entry("none of the RRset's signatures holds", "RFC 4035 §5.3", 6, 60),
    "RRSIG_UNEXPECTED": Entry(
        "signatures cover what is not the zone's own: delegations and glue are not signed",
        "RFC 4035 §2.2",
        None,
        12,
        ZONE,
        WARNING,
    ),
    "RRSIG_WITHOUT_RRSET": Entry(
        "a signature covers {type} records, which are not there", "RFC 4035 §2.2", None, 12, ZONE, WARNING
    ),
    "MISSING_RRSIG_FOR_ALG_DNSKEY": Entry(
        "algorithm {algorithm} is in the DNSKEY RRset and did not sign", "RFC 4035 §2.2", None, 30
    ),
    "RRSET_TTL_MISMATCH": Entry(
        "the signature's TTL is not that of its RRset", "RFC 4035 §2.2", None, 6, ZONE, WARNING
    ),
    "ORIGINAL_TTL_EXCEEDED_RRSET": Entry(
        "the TTL {ttl} is above the signed one, {original}", "RFC 4035 §2.2", None, 20
    ),
    "EXPIRES_SOON": Entry("a signature ends in {age}, on {when}", "RFC 6781 §4.4.2", None, 25, ZONE, WARNING),
    "DURATION_LONG": Entry("a signature is good for more than {limit} days", "RFC 6781 §4.4.2", None, 4, ZONE, NOTE),
    "TTL_BEYOND_EXPIRATION": Entry(
        "the TTL outlives a signature that ends in {age}", "RFC 4035 §5.3.3", None, 15, ZONE, WARNING
    ),
    # keys
    "KEY_SIGNS_NOTHING": Entry("key {tag}/{algorithm} signs nothing", "RFC 6781 §4.1", None, 3, ZONE, NOTE),
    "DNSKEY_SMALLER_THAN_REC": Entry(
        "key {tag}/{algorithm} has {bits} bits; 2048 are recommended", "RFC 6781 §3.4.2", None, 10, ZONE, WARNING
    ),
    "ALGORITHM_NOT_RECOMMENDED": Entry(
        "key {tag} has algorithm {algorithm}, which must not sign zones any more",
        "RFC 9904 §3.1",
        None,
        14,
        ZONE,
        WARNING,
    ),
    "DNSKEY_UNUSABLE": Entry("key {tag}/{algorithm} cannot verify anything: {what}", "RFC 4034 §2.1", None, 40),
    "REVOKED_NOT_SIGNING": Entry(
        "key {tag} is revoked and does not sign the DNSKEY RRset", "RFC 5011 §2.1", None, 10, ZONE, WARNING
    ),
    # denial
    "NO_DENIAL": Entry("the zone is signed and has neither NSEC nor NSEC3 records", "RFC 4035 §2.3", 12, 85),
    "TWO_DENIALS": Entry("the zone has both NSEC and NSEC3 records", "RFC 5155 §10.4", None, 40, ZONE, WARNING),
    "MISSING_NSEC": Entry("the name has no NSEC record", "RFC 4035 §2.3", 12, 70),
    "MISSING_NSEC3": Entry("no NSEC3 record stands for the name, hash {hash}", "RFC 5155 §7.1", 12, 70),
    "NSEC_UNEXPECTED": Entry("an NSEC record stands where there is no name of the zone", "RFC 4035 §2.3", None, 40),
    "NSEC3_UNEXPECTED": Entry(
        "an NSEC3 record stands for no name of the zone", "RFC 5155 §7.1", None, 20, ZONE, WARNING
    ),
    "NSEC_NEXT_WRONG": Entry("the next name is {found}; it should be {wanted}", "RFC 4034 §4.1.1", 6, 68),
    "NSEC3_NEXT_WRONG": Entry("the next hash is {found}; it should be {wanted}", "RFC 5155 §3.1.7", 6, 68),
    "EXISTING_TYPE_NOT_IN_BITMAP": Entry("the type map denies {types}, which are there", "RFC 4034 §4.1.2", 6, 66),
    "TYPE_IN_BITMAP_MISSING": Entry("the type map lists {types}, which are not there", "RFC 4034 §4.1.2", 6, 50),
    "OPT_OUT_SPAN_MISSING": Entry(
        "the delegation has no NSEC3, and its span has no opt-out flag", "RFC 5155 §7.1", 12, 60
    ),
    "INVALID_NSEC3_OWNER_NAME": Entry("the owner's first label is no hash", "RFC 5155 §3", 6, 60),
    "NSEC3_PARAMETERS_DIFFER": Entry(
        "iterations, salt or hash algorithm differ from those of NSEC3PARAM", "RFC 5155 §7.1", None, 55
    ),
    "NSEC3PARAM_MISSING": Entry("the zone has NSEC3 records and no NSEC3PARAM", "RFC 5155 §7.1", None, 50),
    "NONZERO_NSEC3_ITERATION_COUNT": Entry(
        "NSEC3 with {iterations} iterations; there should be none", "RFC 9276 §3.1", 27, 15, ZONE, WARNING
    ),
    "NONEMPTY_NSEC3_SALT": Entry("NSEC3 with a salt, which serves nothing", "RFC 9276 §3.1", None, 2, ZONE, NOTE),
    "NEGATIVE_TTL": Entry(
        "the denial's TTL {ttl} is not {wanted}, the lesser of the SOA's TTL and its last field",
        "RFC 9077 §3",
        None,
        8,
        ZONE,
        WARNING,
    ),
    # the parent
    "NO_DS_FOR_SIGNED_ZONE": Entry(
        "the zone is signed, and its parent has no DS of it", "RFC 4035 §2.4", None, 20, PARENT, WARNING
    ),
    "DS_WITHOUT_KEY": Entry(
        "the DS {tag}/{algorithm} names no key of the zone", "RFC 4035 §2.4", 9, 15, PARENT, WARNING
    ),
    "NO_SEP": Entry("no key that a DS names signs the DNSKEY RRset", "RFC 4035 §5.2", 9, 96, PARENT),
    "DIGEST_ALGORITHM_NOT_RECOMMENDED": Entry(
        "a DS has digest type {digest}", "RFC 9904 §3.2", None, 9, PARENT, WARNING
    ),
    "CDS_INCONSISTENT_WITH_DS": Entry(
        "the CDS records ask for other DS records than the parent has", "RFC 7344 §3", None, 18, ZONE, NOTE
    ),
    "CDS_WITHOUT_KEY": Entry("a CDS record, {tag}/{algorithm}, fits no key of the zone", "RFC 7344 §4.1", None, 45),
    "CDNSKEY_WITHOUT_KEY": Entry(
        "a CDNSKEY record, {tag}/{algorithm}, is no key of the zone", "RFC 7344 §4.1", None, 45
    ),
    "CDNSKEY_INCONSISTENT_WITH_CDS": Entry("CDS and CDNSKEY ask for different keys", "RFC 7344 §4", None, 45),
    "CDS_INCORRECT_DELETE_VALUES": Entry(
        "a {type} record asks for deletion in the wrong form", "RFC 8078 §4", None, 40
    ),
    "CDS_DELETE_MULTIPLE_RECORDS": Entry(
        "a {type} record that asks for deletion does not stand alone", "RFC 8078 §4", None, 40
    ),
    # the whole
    "ZONEMD_MISMATCH": Entry("the zone's digest is not that of its ZONEMD record", "RFC 8976 §4", 6, 75),
    "ZONEMD_SERIAL": Entry("the ZONEMD record is of serial {found}, the SOA of {wanted}", "RFC 8976 §4", None, 40),
    "ZONEMD_UNKNOWN": Entry(
        "ZONEMD scheme {scheme} with hash {hash} is not known here", "RFC 8976 §4", None, 2, ZONE, NOTE
    ),
    "ZONEMD_DUPLICATE": Entry(
        "two ZONEMD records have one scheme and hash, so neither counts", "RFC 8976 §2", None, 30
    ),
    "ZONEMD_NOT_AT_APEX": Entry(
        "a ZONEMD record stands below the apex and is ignored", "RFC 8976 §2.1", None, 5, ZONE, NOTE
    ),
    "ZONEMD_VERIFIED": Entry("the zone's digest is that of its ZONEMD record", "RFC 8976 §4", None, 1, ZONE, NOTE),
}

CATALOGUE: dict[str, Entry] = {**OF_THE_JUDGE, **_OWN}


class Fault(Finding):
    """A finding of an audit; also those of the judge, where a signature does not hold."""

    __slots__ = ()
    __module__ = "resolver.survey"
    catalogue: ClassVar[Mapping[str, Entry]] = CATALOGUE


def fault(code: str, subject: Question, zone: object = "", **details: object) -> Fault:
    """A finding about `subject`, whose zone's operator (or its parent's) can mend it."""
    return Fault(code, str(subject), str(zone), details)


def as_fault(found: Finding) -> Fault:
    """A finding of the judge as one of an audit."""
    made = Fault(found.code, found.at, "", found.details)
    made.who = found.who
    return made
