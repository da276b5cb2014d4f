"""Where our verdict differs from a third party's on purpose: case, our verdict, and why ours follows the RFCs.

R-numbers are the rules of the design's `validation.md`. A case here that passes fails the run: the list stays true.
"""

from __future__ import annotations

from typing import NamedTuple


class Divergence(NamedTuple):
    """A known difference.

    Attributes:
        verdict: ours, in one word; it is pinned.
        why: the reason.
    """

    verdict: str
    why: str


UNUSED_RECORD = (
    "R132, RFC 4035 §5.3 and §5.4: the NSEC that proves the NODATA is genuine; the badly signed SOA beside it is used "
    "for nothing but a TTL. libunbound fails a reply for any bad set in it (corpora README, caveat 8)"
)
SENTINEL = (
    "R98, RFC 8509 §1: the sentinel is a service of resolvers to their clients, by names that are not special in DNS; "
    "the answer is proven, and a library that judges evidence reports the proof"
)
NO_ANCHOR = (
    "R1, RFC 4035 §4.3 and §5: no trust anchor is configured at or above the name, which is Indeterminate "
    "(why NO_ANCHOR), not Insecure: nobody has proven an insecure delegation"
)
ITERATIONS = (
    "R54, RFC 9276 §3.2: above 500 iterations a proof is refused without computing it, instead of being called "
    "insecure: otherwise one genuine record costs 65,535 hashes, or takes security away"
)
SYNTHESIS = (
    "R64, RFC 6672 §3.1 and §5.3.1: the CNAME is not what the DNAME makes of the name, so somebody altered it; "
    "libunbound replaces it silently and goes on"
)
DOWNGRADE = (
    "R30, RFC 4509 §3: a DS RRset with a usable SHA-256 digest makes its SHA-1 digests count for nothing; the "
    "scenario switches that rule off (harden-algo-downgrade: no)"
)
MIXED = (
    "R52, RFC 5155 §8.2: NSEC3 records of different parameters do not make one proof together; no single group "
    "proves anything here, and the script has no DS answer to find an insecure cut by"
)
CLOSEST = (
    "R1 and R128, RFC 6840 appendix C.1: sub.example.com. has an anchor of its own, and what the zone above says about "
    "names at or below it does not decide; that anchor's zone shows no keys. libunbound prefers the parent's NXDOMAIN"
)
SIGNER_DRIVEN = (
    "R146 and R8, RFC 4035 §5.2: the DS of sub.a.example.com. is signed by example.com. itself, which is proven; the "
    "bad CNAME at a.example.com. in between is on no path. libunbound asks for each DS on the way down"
)
CUT_IN_MESSAGE = (
    "R116 (c) and R117, RFC 4035 §5.2 and RFC 5155 §8.9: the genuine NSEC3 of unsigned.nsec3.ingotronic.ch. has NS "
    "without DS and SOA, so that name is an unsigned delegation and everything below it is proven insecure; dnsjava "
    "judges only the NODATA for the DS, which is indeed not proven"
)
ONE_GOOD_SIGNATURE = (
    "R24, RFC 4035 §5.3.3 and RFC 6840 §5.4: one signature that verifies is enough. The case is marked optional: "
    "dnsjava refuses a set whose signatures differ in labels"
)
LAST_NSEC = (
    "R45, RFC 4034 §4.1.1: the next name of the zone's last NSEC is the apex, so it covers every later name, and the "
    "wildcard's expansion is proven. The comment in dnssec-prover's test says that it works, its assertion that it does "
    "not; libunbound fails for another reason, the DS answer of an ENT that the records lack"
)
EXPONENT = (
    "R34: an RSA exponent above 2^32+1 serves nothing but to cost time, so such a key is unusable (BIND made "
    "this zone to test a limit of that kind); a bad key never makes a zone insecure (R38), so the data are bogus"
)

_LISTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "absent",
        UNUSED_RECORD,
        (
            "deckard/val_bogus_nodata.rpl#301",
            "deckard/val_bogus_nodata.rpl#401",
            "domain/val_bogus_nodata.rpl#301",
            "domain/val_bogus_nodata.rpl#401",
        ),
    ),
    ("secure", SENTINEL, tuple(f"deckard/val_ta_sentinel.rpl#{step}" for step in (311, 321, 411, 422, 621))),
    ("absent", SENTINEL, tuple(f"unbound/root_key_sentinel.rpl#{step}" for step in (20, 23, 30, 34))),
    (
        "indeterminate",
        NO_ANCHOR,
        (
            "unbound-alg13/val_cnameinsectopos.rpl#1",
            "unbound-alg13/val_cnameinsectopos.rpl#50",
            "unbound/val_negcache_ttl_prefetch.rpl#14",
            "unbound/val_negcache_ttl_prefetch.rpl#17",
        ),
    ),
    ("bogus", ITERATIONS, ("deckard/val_iter_high.rpl#21",)),
    ("indeterminate", ITERATIONS, ("deckard/val_iter_high.rpl#31",)),  # the walk ends at a DS that has no answer
    ("bogus", SYNTHESIS, ("deckard/val_dname_bogus.rpl#221213", "deckard/val_dname_bogus.rpl#900100")),
    ("bogus", DOWNGRADE, ("dnsjava-unbound-alg13/val_ds_sha2_downgrade_override.rpl#1",)),
    ("indeterminate", MIXED, ("dnsjava-unbound-alg13/val_nx_nsec3_nsecmix.rpl#1",)),
    ("bogus", CLOSEST, ("unbound-alg13/val_anchor_nx.rpl#1",)),
    ("secure", SIGNER_DRIVEN, ("dnsjava-unbound-alg13/val_ds_cnamesubbogus.rpl#1",)),
    (
        "insecure",
        CUT_IN_MESSAGE,
        ("dnsjava/TestNSEC3NoData.testNodataNsec3_4#a.unsigned.nsec3.ingotronic.ch./DS",),
    ),
    (
        "secure",
        ONE_GOOD_SIGNATURE,
        ("dnsjava/TestWildcard.testLabelCountInSignaturesNotAllSame#b.d.nsec3.ingotronic.ch./A",),
    ),
    (
        "secure",
        LAST_NSEC,
        ("prover/prover.nsec_wildcard_z_post#z.wildcard_test.nsec_tests.dnssec_proof_tests.bitcoin.ninja./TXT",),
    ),
    (
        "bogus",
        EXPONENT,
        tuple(
            f"zone.bind9.rsabigexponent-example.db#{question}"
            for question in (
                "example./SOA",
                "example./LOC",
                "a.example./A",
                "a.example./LOC",
                "nx-a.nx-b.a.example./A",
                "ns2.example./A",
                "ns2.example./LOC",
                "nx-a.nx-b.ns2.example./A",
                "0.example./A",
                "nonexistent.example./A",
                "zzzzzzzz.example./A",
            )
        ),
    ),
)

DIVERGENCES = {case: Divergence(verdict, why) for verdict, why, cases in _LISTS for case in cases}

ALL_ALGORITHMS = (
    "RFC 6840 §5.11: any single path suffices; that all algorithms of a zone must verify is unbound's policy "
    "(corpora README, caveat 10)"
)
NO_DSA = "RFC 8624 §3.1, RFC 9904 §3.1: DSA must not be used for validation; `unsupported` never makes data secure"
NO_GOST = "RFC 9906 §2: GOST must not be used for validation any more; the vector dates from before"

# Vectors: the same, by the vector's id.
VECTOR_DIVERGENCES = {
    "unbound.test_sigs.sha1_and_256#2": Divergence("secure", ALL_ALGORITHMS),
    "unbound.test_signatures.4#2": Divergence("unsupported", NO_DSA),
    "unbound.test_signatures.5#1": Divergence("unsupported", NO_DSA),
    "unbound.test_signatures.6#2": Divergence("unsupported", NO_DSA),
    "unbound.test_signatures.7#2": Divergence("unsupported", NO_DSA),
    "unbound.test_sigs.gost#1": Divergence("unsupported", NO_GOST),
    "unbound.test_sigs.gost#3": Divergence("unsupported", NO_GOST),
}
