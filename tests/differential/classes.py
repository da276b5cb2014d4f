"""Every kind of disagreement with libunbound that is known, and the RFC section by which our verdict is right.

A disagreement that fits none of them is unexplained, and fails. R-numbers are the rules of the design's `validation.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from resolver import Absent, Secure
from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.data.types import CNAME, DS
from resolver.testing import Zone
from tests.differential.compare import Disagreement

ITERATIONS = 50  # RFC 9276 §3.2
UNKNOWN_ALGORITHM = 253  # RFC 4034 appendix A.1.1: PRIVATEDNS


class Kind(NamedTuple):
    """One known kind of disagreement.

    Attributes:
        name: its short name, as in the counts.
        why: the RFC section and the reason.
        fits: whether a disagreement is of this kind.
    """

    name: str
    why: str
    fits: Callable[[Disagreement], bool]


def classify(found: Disagreement) -> str | None:
    """The first kind that fits; None: unexplained.

    No kind excuses a Secure or Absent that is not so in the world.
    """
    if not _is_true(found):
        return None
    return next((kind.name for kind in KINDS if kind.fits(found)), None)


def _is_true(found: Disagreement) -> bool:
    """Whether what we call Secure or Absent is what the zone holds (RFC 1034 §4.3.2, RFC 4592 §3.3)."""
    outcome = found.outcome
    if not isinstance(outcome, Secure | Absent):
        return True
    name, rdtype = outcome.canonical, found.question.rdtype
    zone = found.case.world.zone_for(Question(name, rdtype))
    if zone is None:
        return False
    content = zone.content
    node = content.nodes.get(name if name in content.exists else content.closest_encloser(name).wildcard(), {})
    if isinstance(outcome, Secure):
        return rdtype in node and set(node[rdtype][1]) == set(outcome.value.rdata)
    return rdtype not in node or _damaged(found, "denial-omits-types")  # a signed lie


def _names(found: Disagreement) -> set[Name]:
    """The names that the lookup went through."""
    outcome = found.outcome
    return {found.question.name, outcome.canonical, *(hop.target for hop in outcome.aliases)}


def _zones(found: Disagreement) -> list[Zone]:
    """The zones at or above any of them."""
    return [zone for zone in found.case.world.zones if any(name.is_under(zone.name) for name in _names(found))]


def _many_iterations(found: Disagreement) -> bool:
    """A zone on the way has NSEC3 with more than 50 iterations, or claims them."""
    return any(
        zone.settings.signed
        and zone.settings.denial in ("nsec3", "opt-out")
        and (
            zone.settings.iterations > ITERATIONS
            or (zone.settings.iterations == ITERATIONS and "denial-other-iterations" in found.case.damages)
        )
        for zone in _zones(found)
    )


def _below_dname(found: Disagreement) -> bool:
    return any(found.question.name.is_below(owner) for zone in found.case.world.zones for owner in zone.content.dnames)


def _is_insecure(found: Disagreement) -> bool:
    """By the world's own structure, no signed path leads to a name of the lookup: it lies under an insecure cut."""
    undone = {
        zone
        for zone, damage, _ in found.case.harm
        if damage in ("ds-missing", "ds-unknown-algorithm", "ds-unknown-digest")
    }
    for zone in _zones(found):
        settings = zone.settings
        no_chain = not settings.signed or not settings.ds or UNKNOWN_ALGORITHM in settings.algorithms
        if (no_chain or zone.name in undone) and not settings.island:
            return True
        if any(
            DS not in zone.content.nodes[cut] and any(name.is_under(cut) for name in _names(found))
            for cut in zone.content.cuts
        ):
            return True
    return False


def _opt_out(found: Disagreement) -> bool:
    """A zone on the way leaves unsigned delegations out of its NSEC3 chain, or says that it does."""
    return _damaged(found, "denial-opt-out-set") or any(
        zone.settings.signed and zone.settings.denial == "opt-out" for zone in _zones(found)
    )


def _in_between(found: Disagreement) -> bool:
    """libunbound failed at the DS of a name that is no zone, above one that the lookup went through."""
    asked = re.search(r"for DS (\S+) while building chain of trust", found.why)
    if asked is None:
        return False
    name = Name.from_text(asked[1])
    zones = _zones(found)
    return all(zone.name != name for zone in zones) and any(zone.name.is_below(name) for zone in zones)


def _verdicts(found: Disagreement, ours: str, theirs: str) -> bool:
    return found.ours in ours.split() and found.theirs in theirs.split()


def _damaged(found: Disagreement, *names: str) -> bool:
    return not found.case.damages.isdisjoint(names)


KINDS: tuple[Kind, ...] = (
    Kind(
        "keys-collide",
        "RFC 4035 §5.2, RFC 6840 §5.11: keys that the DS names come first (R21), so that one of thirty keys with one tag "
        "is found; libunbound gives up after four",
        lambda found: _verdicts(found, "secure absent insecure", "bogus") and _damaged(found, "keys-collide"),
    ),
    Kind(
        "revoked-key",
        "RFC 5011 §2.1: a revoked key must not serve a DS any more; libunbound 1.17 takes it",
        lambda found: found.ours == "bogus" and found.code == "DNSKEY_REVOKED_DS",
    ),
    Kind(
        "sha1-beside-sha256",
        "RFC 4509 §3: SHA-1 digests count for nothing beside a SHA-256 digest (R30); libunbound does so only with "
        "harden-algo-downgrade, which would break RFC 6840 §5.11",
        lambda found: (
            found.ours == "bogus" and found.code == "DIGEST_INVALID" and _damaged(found, "ds-sha1-good-sha256-bad")
        ),
    ),
    Kind(
        "next-outside",
        "RFC 4034 §4.1.1: an NSEC whose next name is outside its zone proves nothing (R41, CVE-2026-13321)",
        lambda found: found.ours == "bogus" and found.theirs != "bogus" and _damaged(found, "denial-next-outside"),
    ),
    Kind(
        "labels-below-signer",
        "RFC 4035 §5.3.1 with RFC 4034 §3.1.3: the signature is of a wildcard above its zone (R17, CVE-2026-44690)",
        lambda found: found.ours == "bogus" and found.theirs != "bogus" and _damaged(found, "labels-below-signer"),
    ),
    Kind(
        "wildcard-keys",
        "RFC 4035 §2.2 and §5.3.4, RFC 4592 §4: keys, SOA, NS at the apex and denials are never expanded from a wildcard "
        "(R18)",
        lambda found: found.ours == "bogus" and found.code == "WILDCARD_EXPANSION_FORBIDDEN",
    ),
    Kind(
        "iterations-proof",
        "RFC 9276 §3.2, RFC 5155 §10.3: NSEC3 above 50 iterations make a name insecure only if their proof holds (R54)",
        lambda found: _verdicts(found, "bogus", "insecure") and _many_iterations(found),
    ),
    Kind(
        "iterations-above",
        "RFC 9276 §3.2: NSEC3 above 50 iterations weaken the denials of their own zone; a DS beside them is signed, and "
        "what it delegates to stays secure (R116 f). To libunbound the DS question of an empty non-terminal in between "
        "ends the chain",
        lambda found: _verdicts(found, "secure absent", "insecure") and _many_iterations(found),
    ),
    Kind(
        "rcode",
        "RFC 6840 §4, RFC 4035 §5.4: the RCODE is not signed; what the records prove counts (R120)",
        lambda found: (
            _verdicts(found, "secure absent insecure", "bogus insecure")
            and _damaged(found, "rcode-nxdomain", "rcode-noerror", "answer-denied")
        ),
    ),
    Kind(
        "unused-soa",
        "RFC 4035 §5.4, RFC 2308 §5: the SOA beside a denial proves nothing (R132); libunbound fails a reply for any bad "
        "RRset in it",
        lambda found: (
            _verdicts(found, "absent insecure", "bogus")
            and (_damaged(found, "authority-unsigned-soa") or " SOA IN>" in found.why.split("for <")[-1])
        ),
    ),
    Kind(
        "cname-below-dname",
        "RFC 6672 §3.1 and §5.3.1: type CNAME asked below a DNAME is answered by what the DNAME leads to (R135); "
        "libunbound takes the synthesised CNAME for the answer, or asks for DS at it and meets the DNAME",
        lambda found: (
            found.question.rdtype == CNAME
            and _below_dname(found)
            and _verdicts(found, "absent insecure", "secure bogus")
        ),
    ),
    Kind(
        "insecure-cut",
        "RFC 4035 §4.3 and §5.2: the name, or what it is an alias of, lies under a proven insecure cut, so that nothing in "
        "the reply decides (R63, R117, R118); libunbound judges the records by whoever claims to have signed them",
        lambda found: _verdicts(found, "insecure", "bogus") and found.code != "OPT_OUT" and _is_insecure(found),
    ),
    Kind(
        "opt-out-cut",
        "RFC 5155 §6, §9.2 and erratum 3441: the denial is incomplete, and a genuine opt-out span covers the name, which "
        "may be an unsigned delegation (R58, R117)",
        lambda found: _verdicts(found, "insecure", "bogus") and found.code == "OPT_OUT" and _opt_out(found),
    ),
    Kind(
        "signer-not-zone",
        "RFC 4035 §5.3.1: the signer's name is the zone that contains the RRset, so the parent may not sign SOA, NS or "
        "DNSKEY at the apex (R4, R119)",
        lambda found: _verdicts(found, "bogus insecure", "secure absent insecure") and _damaged(found, "signer-parent"),
    ),
    Kind(
        "signer-driven",
        "RFC 4035 §5.2: a DS that a proven ancestor really signed needs no search for cuts in between (R8, R146). "
        "libunbound asks for each DS on the way down, also at empty non-terminals, and fails with the first damaged reply. "
        "RSA keys of the test kit are few, so that a claimed signature of the parent may be a true one",
        lambda found: (
            _verdicts(found, "secure absent insecure", "bogus")
            and (_damaged(found, "signer-parent", "signer-parent-claimed") or _in_between(found))
        ),
    ),
    Kind(
        "nxname",
        "RFC 9824 §3.1: NXNAME in the bitmap says that the name does not exist, whatever stands beside it (R50); "
        "libunbound 1.17 does not know it",
        lambda found: (
            _verdicts(found, "absent", "bogus insecure")
            and _damaged(found, "denial-claims-type", "denial-ancestor-delegation")
            and any(zone.settings.denial == "compact" for zone in _zones(found))
        ),
    ),
    Kind(
        "apex-as-cut",
        "RFC 6840 §4.1 and §4.4: a record with NS and without SOA is of the zone above a cut; at the apex of its own zone "
        "it neither denies nor proves an insecure cut (R42, R116)",
        lambda found: _verdicts(found, "bogus", "insecure absent") and _damaged(found, "denial-ancestor-delegation"),
    ),
    Kind(
        "synthesis",
        "RFC 6672 §3.1 and §5.3.1: the CNAME is not what the DNAME makes of the name, so somebody altered it (R64); "
        "libunbound puts its own in its place",
        lambda found: found.ours == "bogus" and found.theirs != "bogus" and _damaged(found, "dname-synthesis-altered"),
    ),
    Kind(
        "malformed-ds",
        "RFC 4034 §5.1, RFC 4035 §5.2: a DS that ends before its digest is unusable, and what its first octets say about "
        "algorithm and digest does not make the zone insecure (R23, R38)",
        lambda found: _verdicts(found, "bogus", "insecure") and _damaged(found, "ds-malformed"),
    ),
    Kind(
        "malformed-rrsig",
        "RFC 4035 §5.3.1 and §5.4: a malformed RRSIG is one unusable record, and here no proof needs it (R23, R132); "
        "libunbound refuses the whole message",
        lambda found: (
            _verdicts(found, "secure absent insecure", "bogus")
            and found.why == ""
            and _damaged(found, "rrsig-malformed")
        ),
    ),
    Kind(
        "mixed-parameters",
        "RFC 5155 §8.2: NSEC3 records of different parameters do not make one proof together (R52)",
        lambda found: found.ours == "bogus" and found.theirs != "bogus" and _damaged(found, "denial-other-iterations"),
    ),
    Kind(
        "iterations-hop",
        "RFC 9276 §3.2: the proof of an alias holds, but by NSEC3 above 50 iterations, so that the hop is insecure, and the "
        "first hop that is not secure decides (R54, R63); libunbound goes on and fails at the tail",
        lambda found: (
            _verdicts(found, "insecure", "bogus")
            and found.code == "ITERATIONS"
            and bool(found.outcome.aliases)
            and _many_iterations(found)
        ),
    ),
    Kind(
        "signed-lie-cut",
        "RFC 4035 §5.2: the zone itself signs that a name in between is a cut without DS. Where a DS below it is signed "
        "too, that one is the proof (R8, R146); otherwise the cut is (R116 c)",
        lambda found: (
            (_verdicts(found, "secure absent", "insecure") or _verdicts(found, "insecure", "bogus"))
            and _damaged(found, "denial-ancestor-delegation")
        ),
    ),
)
