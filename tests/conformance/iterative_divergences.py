"""Where a scenario of the iterative kind ends otherwise than its authors expect, on purpose or for what the harness is.

What the judge itself sees otherwise is in `divergences`, and counts here as well.
"""

from __future__ import annotations

from tests.conformance.divergences import DIVERGENCES, NO_ANCHOR, SYNTHESIS, Divergence

CACHE = (
    "the step is answered from the original's cache (RFC 8198, or what an earlier step brought) and no scripted server "
    "knows the question; here each question is judged on the evidence for itself"
)
SILENT_TO_DS = (
    "R116: the walk to an insecure cut asks for the DS of each label, and the scripted servers are silent to questions "
    "that the original does not ask; Indeterminate never lets unproven data through"
)
ORDER = (
    "the scripted root answers one name and type only, and the judge asks for the keys of the alias's zone, which has an "
    "anchor of its own, before the alias's target; on the Internet the root answers both"
)
GLUE = (
    "the file switches `harden-glue` off: it wants addresses believed that a parent has no say in (RFC 2181 §5.4.1); "
    "two zones whose servers lie in each other cannot be reached without"
)
MINIMISED_NS = (
    "RFC 9156 §2.1 takes A for the shortened questions, and this root answers NS only; whole names it does not know"
)
NO_QUESTION = (
    "the point is a reply without a question section (RFC 5452 §9.1); the corpora's tool puts the question back in"
)
PARENT_CENTRIC = (
    "the zone's servers are those of the parent's referral; that the zone itself lists more is not looked at, so that a "
    "zone lives no longer than its parent says (ghost domains, CVE-2012-1033)"
)
TRIMMED = "unbound leaves NS records out of a reply for a client's sake; the judge needs the whole RRset to check it"
CHAIN = (
    "RFC 1034 §4.3.2 step 3a: the whole chain of aliases is in the zone whose server was asked, so it is in bailiwick; "
    "the original asks for each name again"
)
MALFORMED = "the corpora's tool does not give out this scripted reply, malformed RDATA, so nothing comes"

_GROUPS: list[tuple[str, str, tuple[str, ...]]] = [
    ("indeterminate", CACHE, (
        *(f"deckard/nsec3_aggr_cache.rpl#{step}" for step in (1010, 1020, 1022, 1024, 1031, 1033, 1035)),
        "unbound/iter_soamin.rpl#110", "unbound/iter_soamin.rpl#130", "unbound-alg13/iter_dname_ttl0.rpl#30",
        "unbound-alg13/val_dnametopos.rpl#120", "unbound/rrsig_agr_wild.rpl#80",
        *(f"unbound-alg13/val_cnameqtype.rpl#{step}" for step in (40, 60, 80, 160, 200)),
        "unbound/val_negcache_nxdomain.rpl#20", "unbound/val_negcache_ttl_prefetch.rpl#11",
        "unbound-alg13/val_referglue.rpl#5", "unbound-alg13/val_refer_unsignadd.rpl#11",
        "deckard/val_dname_bogus.rpl#221201",
    )),
    ("indeterminate", SILENT_TO_DS, (
        "dnsjava-unbound-alg13/val_nx_nsec3_collision4.rpl#1", "dnsjava-unbound-alg13/val_nx_nsec3_hashalg.rpl#1",
        "unbound-alg13/val_cnameqtype.rpl#140", "unbound-alg13/val_nsec3_cname_ds.rpl#1",
        "unbound-alg13/val_anchor_nx.rpl#1",
    )),
    ("indeterminate", ORDER, tuple(
        f"unbound-alg13/{name}.rpl#1" for name in ("val_cnamewctonodata", "val_cnamewctonx", "val_cnamewctoposwc")
    )),
    ("indeterminate", GLUE, ("deckard/iter_cycle_noh.rpl#1", "unbound/iter_cycle_noh.rpl#1")),
    ("indeterminate", MINIMISED_NS, ("deckard/iter_minim_nonempty.rpl#1", "deckard/iter_minim_ns.rpl#1")),
    ("insecure", NO_QUESTION, ("deckard/iter_req_qname.rpl#1", "unbound/iter_req_qname.rpl#1")),
    ("indeterminate", PARENT_CENTRIC, ("unbound/iter_pcnamechrec.rpl#50",)),
    ("insecure", TRIMMED, ("unbound/iter_scrub_ns_min.rpl#1",)),
    ("insecure", CHAIN, ("unbound/trust_cname_chain.rpl#1",)),
    ("indeterminate", MALFORMED, ("unbound/iter_svcb_malformed.rpl#20",)),
    ("indeterminate", NO_ANCHOR, (
        "unbound-alg13/iter_emptydp.rpl#11", "unbound-alg13/iter_emptydp_for_glue.rpl#11",
        "unbound-alg13/iter_emptydp_for_glue.rpl#14",
    )),
    ("bogus", SYNTHESIS, ("deckard/val_dname_bogus.rpl#900301",)),
]  # fmt: skip

ITERATIVE_DIVERGENCES: dict[str, Divergence] = {
    **DIVERGENCES,
    **{case: Divergence(verdict, why) for verdict, why, cases in _GROUPS for case in cases},
}
