"""What if: the same evidence judged under another supposition, and the difference in words.

A supposition changes what the judge is given (anchors, policy, the moment), never a verdict. That a DS is gone is
supposed by exempting the zone (RFC 7646): from there down nothing is proven, which is what the removal leads to.

Limits: evidence that only the other way would need was not asked for; then there is no verdict, and it is said so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import Name
from resolver.data.presentation import record_text
from resolver.data.types import DS
from resolver.data.views import Dnskey
from resolver.errors import BadInput
from resolver.trace import chain as links_of
from resolver.trace import remedy
from resolver.trace.moments import relative
from resolver.trace.setting import Setting
from resolver.validator.algorithms import digest_of
from resolver.validator.anchors import Anchors
from resolver.validator.outcome import Insecure
from resolver.validator.policy import KNOWN_ALGORITHMS, Policy

if TYPE_CHECKING:
    from resolver.validator.outcome import Outcome

FAR = 4_000_000_000.0  # POSIX seconds, in 2096: the end of an exemption that only a supposition makes


def without_anchor(setting: Setting, tag: int) -> Setting:
    """Without the anchors of that key tag.

    Raises:
        BadInput: there is none, or no other is left.
    """
    rest = [anchor for anchor in setting.anchors.all if anchor.tag != tag]
    if len(rest) == len(setting.anchors.all):
        tags = ", ".join(str(anchor.tag) for anchor in setting.anchors.all)
        raise BadInput(f"there is no trust anchor {tag}; there are {tags}")
    if not rest:
        raise BadInput(f"{tag} is the only trust anchor: without it nothing can be judged")
    return setting._replace(anchors=Anchors(tuple(rest)))


def without_algorithms(setting: Setting, numbers: list[int]) -> Setting:
    """As a validator judges that does not implement these algorithms (RFC 4035 §5.2: their zones are insecure).

    Raises:
        BadInput: a number that is used in no case.
    """
    for number in numbers:
        if number not in KNOWN_ALGORITHMS:
            known = ", ".join(map(str, sorted(KNOWN_ALGORITHMS)))
            raise BadInput(f"algorithm {number} is used in no case; known are {known}")
    used = {**setting.policy.algorithms, **dict.fromkeys(numbers, False)}
    return setting._replace(policy=changed(setting.policy, algorithms=used))


def without_ds(setting: Setting, zone: Name) -> Setting:
    """As if the parent had no DS for this zone."""
    exempt = {**setting.policy.negative_anchors, str(zone): FAR}
    return setting._replace(policy=changed(setting.policy, negative_anchors=exempt))


def changed(policy: Policy, **members: object) -> Policy:
    """A policy with other members."""
    names = ("allow_rsa_sha1", "algorithms", "digests", "min_rsa_bits", "clock_skew", "negative_anchors", "limits")
    return Policy(**{**{name: getattr(policy, name) for name in names}, **members})


def difference(before: Outcome[object], after: Outcome[object], dropped: tuple[str, ...] = ()) -> str:
    """What the supposition changes, in a sentence.

    Args:
        before: the verdict without it.
        after: the verdict with it.
        dropped: the zones whose DS is supposed to be gone.
    """
    cause = after.cause
    if isinstance(after, Insecure) and str(after.cut) in dropped and before.status != "insecure":
        return f"{_word(before, after)}: from {before.status} to insecure: without a DS {after.cut} counts as unsigned"
    because = f": {cause.text}" + (f" at {cause.at}" if cause.at else "") if cause is not None else ""
    if after.status == "indeterminate" and before.status != "indeterminate":
        return f"the evidence at hand does not tell{because}; what else would be asked was not recorded"
    if before.status != after.status:
        return f"{_word(before, after)}: from {before.status} to {after.status}{because}"
    was = before.cause
    if was is not None and cause is not None and (was.code, was.at) != (cause.code, cause.at):
        return f"still {after.status}, but for another cause{because}"
    until, then = getattr(before, "valid_until", None), getattr(after, "valid_until", None)
    if until is not None and then is not None and until != then:
        return f"no change: still {after.status}, but good for {relative(then, after.judged_at).removeprefix('in ')}"
    return f"no change: still {after.status}"


def _word(before: Outcome[object], after: Outcome[object]) -> str:
    return "worse" if _BADNESS[after.status] > _BADNESS[before.status] else "better"


_BADNESS = {"secure": 0, "absent": 0, "insecure": 1, "indeterminate": 2, "bogus": 3}


class Replacement(NamedTuple):
    """What a new key set leads to: whether the parent's DS holds it, one sentence, and the DS records to publish."""

    held: bool
    says: str
    records: tuple[str, ...]


def replace_keys(outcome: Outcome[object], zone: Name, keys: list[Dnskey]) -> Replacement:
    """What validators will say once the zone's DNSKEY RRset is these keys, signed by them, and the DS stays.

    Raises:
        BadInput: the zone is not in the chain, or no key can be one of a zone.
    """
    link = next((link for link in links_of.chain(outcome) if link.zone == zone), None)
    usable = [key for key in keys if key.is_zone_key and not key.is_revoked]  # RFC 4034 §2.1.1, RFC 5011 §2.1
    if link is None or link.status == "not-a-cut":
        shown = ", ".join(str(link.zone) for link in links_of.chain(outcome) if link.status != "not-a-cut")
        raise BadInput(f"{zone} is no zone of this chain, which is {shown}")
    if not usable:
        raise BadInput(f"no key of {zone} can sign a zone: flags need the Zone Key bit, and not REVOKE")
    digests = [*link.ds_views, *(anchor.ds for anchor in link.anchors if anchor.ds is not None)]
    pinned = {anchor.dnskey for anchor in link.anchors if anchor.dnskey is not None}
    fitting = [
        key.tag
        for key in usable
        if key.rdata in pinned
        or any(
            ds.tag == key.tag
            and ds.algorithm == key.algorithm
            and digest_of(ds.digest_type, zone, key.rdata) == ds.digest
            for ds in digests
        )
    ]
    if fitting:
        tags = ", ".join(map(str, fitting))
        return Replacement(True, f"validators will accept {zone}: its DS holds key {tags}, which must sign DNSKEY", ())
    if not digests and not pinned:
        return Replacement(True, f"nothing changes for {zone}: it has no DS, so its keys prove nothing", ())
    shown = ", ".join(str(ds.tag) for ds in digests)
    ttl = link.ds.original_ttl if link.ds is not None else remedy.DS_TTL
    new = [key for key in usable if key.is_sep] or usable
    records = tuple(record_text(zone, ttl, DS, remedy.ds_rdata(zone, key)) for key in new)
    return Replacement(
        False, f"validators will say bogus (NO_SEP): no DS of {zone} ({shown}) holds a new key; publish first:", records
    )
