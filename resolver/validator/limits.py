"""How much work one lookup may cause. Every number has its source; none is ever reset (R90).

The limits answer KeyTrap (CVE-2023-50387) and the NSEC3 floods (CVE-2023-50868): a validator that tries everything
that a hostile zone offers can be kept busy for hours by one packet.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from resolver.errors import BadInput


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """The work limits of one lookup. All of them together decide a verdict, so they belong to a resolver object.

    Attributes:
        verifications: units of signature checks a lookup; P-256, RSA, Ed25519 and ML-DSA cost 1, Ed448 2, P-384 4.
        failed_verifications: signature checks that may fail, a lookup.
        nsec3_hashes: NSEC3 hashes of at most 51 SHA-1 blocks, a lookup; dearer ones count pro rata.
        nsec3_iterations: above this a proof that holds makes its names insecure (RFC 9276 §3.2).
        nsec3_iterations_bogus: above this a proof is refused (RFC 9276 §3.2).
        aliases: CNAME and DNAME hops, a lookup.
        queries: questions to the source, a lookup.
        octets: octets of replies (`Message.size`), a lookup.
        attempts: how often one question may be asked in a lookup (R97).
        rrset_verifications: signature checks on one RRset.
        rrset_failures: signature checks on one RRset that may fail.
        keys_per_tag: keys of one algorithm and tag that are tried (R21).
        nsec_records, nsec3_records: NSEC and NSEC3 RRsets that are considered, a message.
        ds_records: DS records that are tried, a set.
        dnskey_records: keys of usable algorithms that are tried, a set.
        rrset_records: records in one RRset (R91).
    """

    __module__ = "resolver"

    verifications: int = 96  # six alias hops over six NSEC3 zones cost 39; unbound 16 × 8, Knot Resolver 32
    failed_verifications: int = 8  # systemd-resolved 5 an RRset, BIND 1 a fetch
    nsec3_hashes: int = 64  # honest worst case 4 a denial; PowerDNS 600
    nsec3_iterations: int = 50  # RFC 9276 §3.2; BIND 9.20 and PowerDNS 50
    nsec3_iterations_bogus: int = 500  # RFC 9276 §3.2; hickory and domain 500
    aliases: int = 12  # unbound 11, Knot Resolver 13
    queries: int = 64  # PowerDNS 50; honest worst case 15
    octets: int = 262_144  # one reply of 65,535 octets asked for three times; an honest ML-DSA-44 chain takes 75,000
    attempts: int = 3  # R97
    rrset_verifications: int = 8  # unbound MAX_VALIDATE_RRSIGS
    rrset_failures: int = 2
    keys_per_tag: int = 2  # PowerDNS and hickory 2
    nsec_records: int = 8
    nsec3_records: int = 8  # Knot Resolver 8
    ds_records: int = 8  # PowerDNS max_ds_per_zone
    dnskey_records: int = 16
    rrset_records: int = 100  # BIND max-records-per-type

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise BadInput(f"Limits({field.name}=…) must be a whole number, not {value!r}")

    def times(self, factor: int) -> Limits:
        """Limits on the work of a lookup multiplied: what the trace uses, to show what was wrong all the same."""
        raised = {
            name: getattr(self, name) * factor for name in ("verifications", "failed_verifications", "nsec3_hashes")
        }
        return Limits(**{**{field.name: getattr(self, field.name) for field in fields(self)}, **raised})


NSEC3_BLOCKS = (
    51  # SHA-1 blocks that one NSEC3 hash of the budget pays for: 50 iterations and the first (RFC 9276 §3.2)
)
REFUSED_KEPT = 8  # refused attempts that a proof keeps readable (R142)
