"""What a finding asks of people: who must do what. One sentence for each cause; the role decides where none is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.moment import time_text
from resolver.trace.chain import signing_zones

if TYPE_CHECKING:
    from resolver.validator.outcome import Outcome

# {who} is "the operator of expired.test."; {at} the name and type of the finding, {zone} the zone's name.
_FIXES = {
    "EXPIRATION_IN_PAST": "{who} must sign it again",
    "INCEPTION_IN_FUTURE": "{who} signed with a date that has not come yet: check the signer's clock, and yours",
    "RRSIG_EXPIRES_BEFORE_INCEPTION": "{who} must sign it again, with an end after the beginning",
    "SIGNATURE_INVALID": "{who} must sign it again; or somebody altered it on the way: ask another server",
    "MISSING_RRSIG": "{who} must sign it; or a server on the way strips signatures: ask another one",
    "NO_MATCHING_DNSKEY": "{who} must publish the key that signs, or sign with a key that is published",
    "DNSKEY_REVOKED_RRSIG": "{who} must sign with a key that is not revoked",
    "DNSKEY_MISSING": "{who} must publish the keys that the DS names, or the parent must remove the DS",
    "ANCHORED_DNSKEY_MISSING": "{who} must publish the keys that the trust anchor names, or the anchor must be removed",
    "NO_SEP": "{who} must have the parent publish a DS of a key that is in use, or publish the key that the DS names",
    "DIGEST_INVALID": "{who} must have the parent replace the DS by one computed from the key that is in use",
    "DNSKEY_REVOKED_DS": "{who} must have the parent replace the DS: its key is revoked",
    "DS_KEY_NOT_SIGNING": "{who} must sign the DNSKEY RRset with the key that the DS names, or have the DS replaced",
    "ANCHOR_STALE": "get current trust anchors (a new release, or --anchor FILE); if they are current, somebody forges keys",
    "ANCHOR_REVOKED": "replace the trust anchor, which its owner revoked: a new release, or --anchor FILE",
    "NO_ANCHOR": "give a trust anchor at or above the name: --anchor FILE",
    "WORK_LIMIT": "{who} must publish fewer keys and signatures; or somebody attacks this resolver",
    "UPSTREAM_STRIPS_DNSSEC": "use another server (--server), one that passes DNSSEC records on",
    "NO_REPLY": "ask servers that can be reached and answer (--server), or give what is missing (--snapshot, --replay)",
    "DEADLINE": "try again, or ask a faster server (--server)",
    "UNSIGNABLE_TYPE": "ask for a type that can be signed",
    "ALIAS_LIMIT": "{who} must shorten the chain of aliases",
    "CNAME_LOOP": "{who} must break the loop of aliases",
    "DNAME_TOO_LONG": "ask for a shorter name: no such name can exist",
    "NSEC3_ITERATIONS": "{who} must use 0 NSEC3 iterations (RFC 9276 §3.1)",
}

_BY_ROLE = {
    "zone-operator": "{who} must repair the zone",
    "parent-operator": "{who} must repair the delegation",
    "server-operator": "the operator of the server must repair it; ask another one (--server)",
    "local-clock": "set this machine's clock",
    "local-anchors": "check the trust anchors of this machine",
    "upstream": "use another server (--server)",
    "caller": "change the question",
    "nobody": "nobody can mend it",
}


def fix(outcome: Outcome[object]) -> str | None:
    """Who must do what about a verdict; None where there is nothing to mend."""
    cause = outcome.cause
    if cause is None or outcome.status == "insecure":
        return None
    role, _, zone = cause.who.partition(":")
    who = f"the operator of {zone}" if zone else "the operator of the zone"
    sentence = (_FIXES.get(cause.code) or _BY_ROLE.get(role, _BY_ROLE["zone-operator"])).format(who=who)
    if cause.code in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE"):
        return _beside_the_clock(outcome, sentence)
    return sentence


def _beside_the_clock(outcome: Outcome[object], sentence: str) -> str:
    """For dates: whether other signatures, verified at the same time, clear the clock of suspicion (R102)."""
    fresh = [str(zone) for zone in signing_zones(outcome)]
    if fresh:
        return f"{sentence}; it is not your clock: the signatures of {' and '.join(fresh[:2])} fit it"
    when = time_text(outcome.judged_at)
    return f"check your clock: this was judged at {when}, and no signature fits that; if it is right, {sentence}"
