"""The catalogue of lint: what can be wrong or unwise about published TLSA records, each with a stable code.

Numbers in it that no RFC gives are in `dane.linting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from resolver.validator.findings import ERROR, NOTE, SERVER, WARNING, ZONE, Entry, Finding

__all__ = ["ERROR", "LINT_CATALOGUE", "NOTE", "WARNING", "LintFinding"]

LINT_CATALOGUE: dict[str, Entry] = {
    # what the chain decides
    "NO_RECORD_MATCHES": Entry("no usable record matches what {server} presents", "RFC 6698 §2.1", None, 100),
    "NO_USABLE_RECORD": Entry(
        "no record can be used: mail is encrypted but not authenticated, others may refuse", "RFC 7672 §2.2", None, 95
    ),
    "COMBINATION_DIFFERS": Entry(
        "no record of {combination} matches what {server} presents: clients that use only these fail",
        "RFC 7671 §8.4",
        None,
        80,
        ZONE,
        WARNING,
    ),
    "ANCHOR_NOT_SENT": Entry(
        "the server does not send {anchor}, of which this is a digest: clients cannot find it, even if it is a root",
        "RFC 7671 §5.2.2",
        None,
        90,
        SERVER,
    ),
    "ANCHOR_IS_LEAF": Entry(
        "this is the server's own certificate, and {usage} means one that issued it", "RFC 7671 §5.2", None, 90
    ),
    "ANCHOR_IS_NO_CA": Entry(
        "the certificate that this stands for is no certification authority: {why}", "RFC 7671 §5.2", None, 90
    ),
    "DIGESTS_DIFFER": Entry(
        "{stronger} stands for other keys or certificates than {weaker} of {kind}: what clients use depends on them",
        "RFC 7671 §9",
        None,
        85,
    ),
    "MATCHES_NOTHING": Entry(
        "this matches nothing that was given: for a later key, or left over", "RFC 7671 §8.1", None, 20, ZONE, NOTE
    ),
    # what the records alone decide
    "UNUSABLE_RECORD": Entry("the record is unusable: {why}", "RFC 6698 §4.1", None, 75, ZONE, WARNING),
    "USAGE_NOT_FOR_MAIL": Entry(
        "senders of mail treat {usage} as unusable; use DANE-EE or DANE-TA", "RFC 7672 §3.1.3", None, 70, ZONE, WARNING
    ),
    "PKIX_BESIDE_DANE": Entry(
        "{pkix} gives no protection beside {dane}: any record suffices", "RFC 7671 §4", None, 40, ZONE, WARNING
    ),
    "WHOLE_CERTIFICATE": Entry(
        "a whole certificate in DNS ({octets} octets) makes replies large; use a digest", "RFC 7671 §10.1", None, 50,
        ZONE, WARNING,
    ),
    "WHOLE_KEY": Entry(
        "a whole key in DNS ({octets} octets) is not recommended; use a digest", "RFC 7671 §10.1", None, 30, ZONE, NOTE
    ),
    "CERTIFICATE_OF_SERVER": Entry(
        "this changes with every renewal, even if the key stays; selector 1 outlives it", "RFC 7671 §5.1", None, 45, ZONE,
        WARNING,
    ),
    "KEY_OF_ANCHOR": Entry(
        "the key alone leaves out what the anchor's certificate forbids; 2 0 1 is recommended", "RFC 7671 §5.2.1", None,
        25, ZONE, NOTE,
    ),
    "DIGEST_NOT_FOR_ALL": Entry(
        "SHA2-512 without SHA2-256 of {kind}: clients need not know it", "RFC 6698 §6", None, 60, ZONE, WARNING
    ),
    "SEND_THE_ANCHOR": Entry(
        "the server has to send this certificate in its chain, even if it is a root", "RFC 7671 §5.2.2", None, 35,
        SERVER, NOTE,
    ),
    # how they are published
    "LONG_TTL": Entry("a TTL of {ttl} s: a mistake stays in caches that long", "RFC 7671 §13", None, 30, ZONE, WARNING),
    "LONG_SIGNATURE": Entry(
        "signed for {age}: what was removed can be replayed that long", "RFC 7671 §13", None, 30, ZONE, NOTE
    ),
    "SIGNATURE_ENDS_SOON": Entry(
        "the last signature ends in {age}, on {when}", "RFC 4035 §5.3.1", None, 65, ZONE, WARNING
    ),
    "SIGNATURE_ENDED": Entry("the last signature ended {age} ago, on {when}", "RFC 4035 §5.3.1", None, 98),
}  # fmt: skip


class LintFinding(Finding):
    """One fact about published records; `at` is the record or the set that it is about."""

    __slots__ = ()
    __module__ = "resolver.dane"
    catalogue: ClassVar[Mapping[str, Entry]] = LINT_CATALOGUE
