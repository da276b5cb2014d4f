"""The catalogue of findings: what can be wrong with a lookup, each with a stable code.

A finding names one fact: code, sentence, RFC section, extended error (RFC 8914), severity, and who can mend it. Where
several attempts failed, the finding with the highest rank is the cause: the most specific one wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from resolver.data.rrset import Question

ERROR, WARNING, NOTE = "error", "warning", "note"

# Who can mend it: the role, completed with a zone's name where that is known.
ZONE, PARENT, SERVER, CLOCK, ANCHORS, UPSTREAM, CALLER, NOBODY = (
    "zone-operator",
    "parent-operator",
    "server-operator",
    "local-clock",
    "local-anchors",
    "upstream",
    "caller",
    "nobody",
)


class Entry(NamedTuple):
    """One line of the catalogue: `text` is a template over the details."""

    text: str
    rfc: str
    ede: int | None
    rank: int
    who: str = ZONE
    severity: str = ERROR


CATALOGUE: dict[str, Entry] = {
    # signatures (RFC 4035 §5.3.1)
    "EXPIRATION_IN_PAST": Entry("the signature expired {age} ago, on {when}", "RFC 4035 §5.3.1", 7, 90),
    "INCEPTION_IN_FUTURE": Entry("the signature is not valid before {when}, in {age}", "RFC 4035 §5.3.1", 8, 90),
    "RRSIG_EXPIRES_BEFORE_INCEPTION": Entry("the signature ends before it begins", "RFC 4034 §3.1.5", 25, 60),
    "SIGNATURE_INVALID": Entry("no signature by key {tag}/{algorithm} verifies", "RFC 4035 §5.3.3", 6, 80),
    "SIGNER_NOT_ZONE": Entry("the signer {signer} is not the zone that holds these records", "RFC 4035 §5.3.1", 6, 50),
    "SIGNER_OFF_TREE": Entry("the signer {signer} is no ancestor of the owner", "RFC 4035 §5.3.1", 6, 50),
    "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS": Entry(
        "the labels field {labels} exceeds the owner's {owner_labels} labels", "RFC 4035 §5.3.1", 6, 70
    ),
    "RRSIG_LABELS_BELOW_SIGNER": Entry(
        "the labels field {labels} is below the signer's {signer_labels} labels: an attack or a broken signer",
        "RFC 4035 §5.3.1",
        6,
        72,
    ),
    "WILDCARD_EXPANSION_FORBIDDEN": Entry("a {type} RRset cannot come from a wildcard", "RFC 4592 §4", 6, 70),
    "RRSIG_MALFORMED": Entry("a signature record is malformed", "RFC 4034 §3.1", 6, 40),
    "MISSING_RRSIG": Entry("there is no signature, in a zone that is signed", "RFC 4035 §3.1.1", 10, 30),
    "NO_MATCHING_DNSKEY": Entry("no key {tag}/{algorithm} in the DNSKEY RRset of {signer}", "RFC 4035 §5.3.1", 9, 65),
    "DNSKEY_REVOKED_RRSIG": Entry("the signature was made by key {tag}, which is revoked", "RFC 5011 §2.1", 6, 75),
    "DNSKEY_NOT_ZONE_KEY": Entry("key {tag} is no zone key: flags {flags}", "RFC 4034 §2.1.1", 11, 75),
    "DNSKEY_PROTOCOL": Entry("key {tag} has protocol {protocol} instead of 3", "RFC 4034 §2.1.2", 11, 75),
    "ALGORITHM_NOT_SUPPORTED": Entry("algorithm {algorithm} is not used here", "RFC 4035 §5.2", 1, 35),
    "RDATA_MALFORMED": Entry("a record of type {type} is malformed", "RFC 1035 §3.3", 6, 85),
    "SINGLETON_RRSET": Entry("{count} records where a {type} RRset has exactly one", "RFC 2181 §10.1", 6, 85),
    "RRSET_TOO_LARGE": Entry("an RRset of {count} records; the limit is {limit}", "RFC 8767 §5", 6, 95),
    "DNSKEY_BAD_LENGTH": Entry("key {tag}/{algorithm} has an impossible length", "RFC 6605 §4", 6, 82),
    "RSA_EXPONENT_LARGE": Entry(
        "key {tag}/{algorithm} has an exponent above 2^32+1", "RFC 3110 §2", 1, 82, ZONE, WARNING
    ),
    "RSA_MODULUS_RANGE": Entry(
        "weak or oversized key: {tag}/{algorithm} has {bits} bits", "RFC 5702 §2", 1, 82, ZONE, WARNING
    ),
    "DNSKEY_UNUSABLE": Entry("key {tag}/{algorithm} cannot be loaded", "RFC 4034 §2.1.4", 6, 82),
    "WORK_LIMIT": Entry("the work limit was reached: {what}", "RFC 4035 §5", 6, 100),
    # DS and DNSKEY (RFC 4035 §5.2)
    "DNSKEY_MISSING": Entry("the parent publishes a DS, the zone has no DNSKEY", "RFC 4035 §5.2", 9, 78),
    "ANCHORED_DNSKEY_MISSING": Entry("there is a trust anchor, the zone has no DNSKEY", "RFC 4035 §5", 9, 78),
    "NO_SEP": Entry("no key of the DNSKEY RRset matches a DS (tags in DS: {ds_tags})", "RFC 4035 §5.2", 9, 76),
    "DIGEST_INVALID": Entry("the DS for key {tag}/{algorithm} has another digest", "RFC 4035 §5.2", 9, 77),
    "DNSKEY_REVOKED_DS": Entry("the DS points to key {tag}, which is revoked", "RFC 5011 §2.1", 9, 79),
    "DS_KEY_NOT_SIGNING": Entry(
        "key {tag}, which the DS matches, does not sign the DNSKEY RRset", "RFC 4035 §5.2", 9, 77
    ),
    "DS_DIGEST_ALGORITHM_IGNORED": Entry(
        "the SHA-1 DS is ignored beside a stronger one", "RFC 4509 §3", None, 5, PARENT, NOTE
    ),
    # anchors
    "ANCHOR_STALE": Entry(
        "no trust anchor signs the DNSKEY RRset: the anchors are stale, or the keys are forged",
        "RFC 4035 §5",
        9,
        98,
        ANCHORS,
    ),
    "ANCHOR_REVOKED": Entry("the trust anchor {tag} is revoked", "RFC 5011 §2.1", 9, 99, ANCHORS),
    "NO_ANCHOR": Entry("no trust anchor is configured at or above the name", "RFC 4035 §4.3", None, 20, ANCHORS),
    "CLOCK_SUSPECT": Entry("your clock seems to be off by {age}", "RFC 4035 §5.3.1", None, 1, CLOCK, WARNING),
    # denial (RFC 4035 §5.4, RFC 5155 §8)
    "MISSING_DENIAL": Entry("nothing proves that the records do not exist", "RFC 4035 §5.4", 12, 42),
    "SNAME_NOT_COVERED": Entry("no NSEC covers the name", "RFC 4035 §3.1.3.2", 12, 44),
    "WILDCARD_NOT_COVERED": Entry("nothing proves that no wildcard matches", "RFC 4035 §3.1.3.2", 12, 46),
    "NO_CLOSEST_ENCLOSER": Entry("no NSEC3 matches a closest encloser", "RFC 5155 §8.3", 12, 44),
    "NEXT_CLOSEST_ENCLOSER_NOT_COVERED": Entry("no NSEC3 covers the next closer name", "RFC 5155 §8.3", 12, 45),
    "MISSING_NSEC_FOR_WILDCARD": Entry(
        "nothing proves that no closer name matches than the wildcard", "RFC 4035 §5.3.4", 12, 68
    ),
    "STYPE_IN_BITMAP": Entry("the type bitmap says that the type exists", "RFC 4035 §5.4", 6, 47),
    "CNAME_IN_BITMAP": Entry("the type bitmap says that the name is an alias", "RFC 6840 §4.3", 6, 47),
    "ANCESTOR_DELEGATION_PROOF": Entry("a record of a zone cut is used below it", "RFC 6840 §4.1", 6, 48),
    "REFERRAL_WITH_SOA": Entry("the child's record is used to deny the DS", "RFC 6840 §4.4", 6, 48),
    "NSEC_NEXT_OUT_OF_ZONE": Entry("the next name of an NSEC is outside its zone", "RFC 4034 §4.1.1", 6, 49),
    "NSEC_OWNER_OUT_OF_SIGNER": Entry("the owner of an NSEC is outside its signer", "RFC 4035 §5.3.1", 6, 49),
    "NSEC3_OWNER_DEPTH": Entry("an NSEC3 owner is not one hash label under its zone", "RFC 5155 §3", 6, 49),
    "UNSUPPORTED_NSEC3_ALGORITHM": Entry("NSEC3 hash algorithm or flags are unknown", "RFC 5155 §8.1", 12, 48),
    "NSEC3_ITERATIONS": Entry("NSEC3 with {iterations} iterations", "RFC 9276 §3.2", 27, 88),
    "PROOF_ABOVE_SECURE_CUT": Entry("the records are signed above a secure cut", "RFC 6840 §4.1", 6, 52),
    # aliases
    "DNAME_TARGET_MISMATCH": Entry("the CNAME differs from what the DNAME makes", "RFC 6672 §2.2", 6, 84, SERVER),
    "DNAME_TOO_LONG": Entry("the DNAME makes a name of more than 255 octets", "RFC 6672 §2.2", None, 60),
    "ALIAS_LIMIT": Entry("the chain of aliases is longer than {limit}", "RFC 1034 §3.6.2", None, 60),
    "CNAME_LOOP": Entry("the aliases form a loop", "RFC 1034 §3.6.2", None, 61),
    "CNAME_WITH_OTHER_DATA": Entry("there is a CNAME beside other records", "RFC 2181 §10.1", None, 1, ZONE, WARNING),
    # replies
    "NO_REPLY": Entry("no usable reply: {text}", "RFC 4035 §4.3", 22, 55, SERVER),
    "DEADLINE": Entry("{text}", "RFC 4035 §4.3", 22, 56, CALLER),
    "UPSTREAM_STRIPS_DNSSEC": Entry("this upstream is not DNSSEC-aware: {text}", "RFC 8027 §3.2", 10, 87, UPSTREAM),
    "UNSIGNABLE_TYPE": Entry("no signature can cover type {type}", "RFC 4035 §2.2", 30, 20, CALLER),
    "RCODE_DIFFERS": Entry("the server said {rcode}, the proof says {kind}", "RFC 6840 §4", None, 1, SERVER, NOTE),
    # insecurity: proven, so these are causes, not faults
    "NO_DS": Entry("the parent proves that there is no DS for {cut}", "RFC 4035 §5.2", None, 10, ZONE, NOTE),
    "OPT_OUT": Entry("an opt-out span covers {cut}", "RFC 5155 §6", None, 10, PARENT, NOTE),
    "UNSUPPORTED_ALGORITHM": Entry(
        "every DS of {cut} names an algorithm not used here", "RFC 4035 §5.2", 1, 10, ZONE, NOTE
    ),
    "UNSUPPORTED_DIGEST": Entry("every DS of {cut} has a digest not used here", "RFC 4035 §5.2", 2, 10, PARENT, NOTE),
    "SHA1_POLICY": Entry("{cut} is signed only with RSA and SHA-1", "RFC 9905 §2", 1, 10, ZONE, WARNING),
    "ITERATIONS": Entry("NSEC3 with more iterations than the policy accepts", "RFC 9276 §3.2", 27, 10, ZONE, WARNING),
    "NEGATIVE_ANCHOR": Entry("a negative trust anchor exempts {cut}", "RFC 7646 §2", 33, 10, ANCHORS, WARNING),
    # notes on what was accepted
    "WITHIN_CLOCK_SKEW": Entry(
        "accepted only by the allowed clock skew of {skew} s", "RFC 4035 §5.3.1", None, 2, CLOCK, WARNING
    ),
    "COMPACT_NXDOMAIN": Entry("denied compactly, by NXNAME", "RFC 9824 §3", None, 1, ZONE, NOTE),
    "SHA1_DS_ONLY": Entry("the DS has only SHA-1 digests", "RFC 9904 §3.2", None, 1, PARENT, WARNING),
}


class Finding:
    """One fact about a lookup.

    Attributes:
        code: stable, upper case.
        at: what it is about, such as "expired.test./DNSKEY".
        who: who can mend it, such as "zone-operator:expired.test.".
        details: the facts in the sentence: tags, algorithms, times in POSIX seconds.
    """

    __slots__ = ("at", "code", "details", "who")
    __module__ = "resolver"
    catalogue: ClassVar[Mapping[str, Entry]] = CATALOGUE  # a layer above has another one for facts of its own

    def __init__(self, code: str, at: str, who: str = "", details: Mapping[str, object] | None = None) -> None:
        self.code = code
        self.at = at
        self.details: Mapping[str, object] = details or {}
        entry = self.catalogue[code]
        self.who = f"{entry.who}:{who}" if who else entry.who

    @property
    def text(self) -> str:
        """The sentence."""
        shown = {key: _shown(key, value) for key, value in self.details.items()}
        return self.catalogue[self.code].text.format_map(_Gaps(shown))

    @property
    def rfc(self) -> str:
        """The RFC section that the fact offends, as `RFC 4035 §5.3.1`."""
        return self.catalogue[self.code].rfc

    @property
    def ede(self) -> int | None:
        """The extended DNS error (RFC 8914), where one fits."""
        return self.catalogue[self.code].ede

    @property
    def severity(self) -> str:
        """ "error", "warning" or "note"."""
        return self.catalogue[self.code].severity

    @property
    def rank(self) -> int:
        """How specific it is: of several findings the highest is the cause."""
        return self.catalogue[self.code].rank

    def __repr__(self) -> str:
        return f"<Finding {self.code} at {self.at}>"


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _shown(key: str, value: object) -> str:
    if key == "age" and isinstance(value, int | float):
        return duration(value)
    if key == "when" and isinstance(value, int | float):
        from resolver.data.moment import time_text

        return time_text(value)
    return str(value)


def duration(seconds: float) -> str:
    """A length of time in its two largest units, such as "5d 0h"."""
    rest = int(abs(seconds))
    if rest < 60:
        return f"{rest}s"
    minutes, rest = divmod(rest, 60)
    if minutes < 60:
        return f"{minutes}m {rest}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours}h"


def finding(code: str, subject: Question, who: object = "", **details: object) -> Finding:
    """A finding about `subject`; `who` is the zone whose operator can mend it, if one can."""
    return Finding(code, str(subject), str(who), details)


def worst(findings: list[Finding]) -> list[Finding]:
    """The findings, the most telling first; equals stay in their order."""
    return sorted(findings, key=lambda found: -found.rank)
