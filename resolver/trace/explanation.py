"""What a finding asks of people: who must do what. One sentence for each cause; the role decides where none is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.moment import time_text
from resolver.data.types import DS, NSEC, NSEC3, type_text
from resolver.trace import remedy
from resolver.trace.chain import all_steps, refused, signatures, signing_zones
from resolver.trace.moments import near, span
from resolver.validator.findings import duration
from resolver.validator.outcome import Insecure

if TYPE_CHECKING:
    from resolver.validator.findings import Finding
    from resolver.validator.outcome import Outcome

NSEC_MISSING = 12  # RFC 8914 §4.13
OTHER_SERVER = "--server 9.9.9.9"  # an example that validates and passes signatures on

# {who} is "the operator of expired.test."; {at} the name and type of the finding, {zone} the zone's name.
_FIXES = {
    "EXPIRATION_IN_PAST": "{who} must sign it again",
    "INCEPTION_IN_FUTURE": "{who} signed with a date that has not come yet: set the signer's clock and sign it again",
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
    "UPSTREAM_STRIPS_DNSSEC": "this server or forwarder strips signatures: use one that passes them on, such as "
    f"{OTHER_SERVER}; a router that forwards can often be told to (DNSSEC pass-through)",
    "NO_REPLY": "ask servers that can be reached and answer (--server), or give what is missing (--snapshot, --replay)",
    "DEADLINE": "try again, or ask a faster server (--server)",
    "UNSIGNABLE_TYPE": "ask for a type that can be signed",
    "ALIAS_LIMIT": "{who} must shorten the chain of aliases",
    "CNAME_LOOP": "{who} must break the loop of aliases",
    "DNAME_TOO_LONG": "ask for a shorter name: no such name can exist",
    "NSEC3_ITERATIONS": "{who} must use 0 NSEC3 iterations (RFC 9276 §3.1)",
}

_SIGN_ANEW = "{who} must sign it anew; if its files are right, its servers leave records out: replace them"
_FIXES |= {
    "MISSING_DENIAL": "{who} must have its servers send signed NSEC or NSEC3 with this answer; or something on the way "
    f"strips them: ask another server, such as {OTHER_SERVER}",
    "SNAME_NOT_COVERED": _SIGN_ANEW,
    "WILDCARD_NOT_COVERED": _SIGN_ANEW,
    "NO_CLOSEST_ENCLOSER": _SIGN_ANEW,
    "NEXT_CLOSEST_ENCLOSER_NOT_COVERED": _SIGN_ANEW,
    "MISSING_NSEC_FOR_WILDCARD": "{who} must have its servers send NSEC or NSEC3 beside wildcard answers (RFC 4035 §3.1.3.3)",
    "STYPE_IN_BITMAP": "{who} must sign it anew: its denial says that the type is there, its servers do not have it",
    "CNAME_IN_BITMAP": "{who} must sign it anew: its denial says that there is a CNAME, its servers do not have it",
    "ANCESTOR_DELEGATION_PROOF": "{who} must have its servers answer from the child zone; or somebody replays old records",
    "NSEC_NEXT_OUT_OF_ZONE": "{who} must replace its signer, whose NSEC leads out of the zone, and sign anew",
    "UNSUPPORTED_NSEC3_ALGORITHM": "{who} must use NSEC3 hash algorithm 1 and flags 0 or 1, and sign anew",
    "DNSKEY_NOT_ZONE_KEY": "{who} must publish keys with flags 256 or 257, and have the parent publish their DS",
    "DNSKEY_PROTOCOL": "{who} must publish the key with protocol 3, and have the parent publish its DS",
    "DNSKEY_BAD_LENGTH": "{who} must publish the whole key; its DS then fits no more: have the parent replace it",
    "DNSKEY_UNUSABLE": "{who} must publish the key as it was generated, and its DS at the parent",
    "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS": "{who} must replace its signer, which counts labels wrongly, and sign anew",
    "RRSIG_LABELS_BELOW_SIGNER": "{who} must sign anew with another signer; if it never made this signature, it is an attack",
    "RRSIG_MALFORMED": "{who} must sign it again: the signature was damaged",
    "SIGNER_NOT_ZONE": "{who} must sign with its own name as signer",
    "SIGNER_OFF_TREE": "{who} must sign with its own name as signer",
    "DNAME_TARGET_MISMATCH": f"this server, or something on the way, alters answers: ask another, such as {OTHER_SERVER}",
    "WILDCARD_EXPANSION_FORBIDDEN": "{who} must sign it again: the Labels field makes it the signature of a wildcard",
    "SINGLETON_RRSET": "{who} must leave one record",
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
    if cause is None:
        return None
    if isinstance(outcome, Insecure):
        return _to_become_secure(outcome)
    role, zone = cause.who.partition(":")[0], remedy.operator_zone(outcome, cause)
    who = f"the operator of {zone}" if zone else "the operator of the zone"
    sentence = (_FIXES.get(cause.code) or _BY_ROLE.get(role, _BY_ROLE["zone-operator"])).format(who=who)
    if cause.code in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE"):
        return _beside_the_clock(outcome, sentence) + _dates(outcome)
    if cause.ede == NSEC_MISSING and (why := _void_record(outcome)) is not None:
        return _FIXES.get(why.code, _BY_ROLE["zone-operator"]).format(who=who)
    if cause.code == "RDATA_MALFORMED" and remedy.place(cause)[1] == DS:
        return f"the parent must publish a well-formed DS for {remedy.place(cause)[0]}"
    if cause.code == "MISSING_RRSIG":
        return _missing_signature(outcome, who)
    if cause.code == "DS_KEY_NOT_SIGNING":
        sentence += _signed_by(outcome)
    if cause.code in remedy.NEW_DS and (keys := _tags(outcome)):
        return f"{sentence}; DS of the {'key' if ' ' not in keys else 'keys'} now in use ({keys}), as served: compare first"
    if cause.code in remedy.NEW_DS and not remedy.has_usable_key(outcome):
        return f"{sentence}; no key of the zone can take its place, so make one first"
    return sentence


def because(outcome: Outcome[object]) -> str | None:
    """The fact behind the cause, where the judge names what follows from it: the first line tells both."""
    cause = outcome.cause
    if cause is None or outcome.status != "bogus":
        return None
    if cause.code == "MISSING_RRSIG" and remedy.is_signature_malformed(outcome):
        return "the signature record that is there is malformed"
    why = _void_record(outcome) if cause.ede == NSEC_MISSING else None
    return f"{why.text}, at {why.at}" if why is not None else None


def _void_record(outcome: Outcome[object]) -> Finding | None:
    """What is wrong with a denial record of the reply, for which a part of the proof is missing."""
    return next((found for found in refused(outcome)[0] if remedy.place(found)[1] in (NSEC, NSEC3)), None)


def _tags(outcome: Outcome[object]) -> str:
    """The tags in the DS records that are to be published."""
    return " ".join(step.record.split()[4] for step in remedy.remedies(outcome) if step.action == "publish")


def _signed_by(outcome: Outcome[object]) -> str:
    """Which keys the served signatures over the DNSKEY RRset name, and in whose name they were made."""
    made = [
        f"{rrsig.tag}/{rrsig.algorithm} in the name of {rrsig.signer}" for rrsig in remedy.served_signatures(outcome)
    ]
    return f" (its signatures are by {', '.join(made[:4])})" if made else " (it has no signature that can be read)"


def _dates(outcome: Outcome[object]) -> str:
    """How long the refused signatures ran, and what new ones need."""
    now = outcome.judged_at
    for rrsig in remedy.served_signatures(outcome):
        begin, end = near(rrsig.inception, now), near(rrsig.expiration, now)
        if end > begin:
            return f"; the refused signature runs {duration(end - begin)}: {span(begin, end, now)}"
    return ""


def _missing_signature(outcome: Outcome[object], who: str) -> str:
    """A signature that is not there was never made, or was taken away: what else the reply lacks tells which."""
    message = remedy.message_of(outcome)
    origin = message.origin if message is not None and message.origin else "the server"
    if not remedy.has_edns(outcome):
        return (
            f"{origin} answers without EDNS and so without signatures: a forwarder or a firewall strips them; "
            f"ask another server, such as {OTHER_SERVER}; if that is the same, {who} must repair the zone's servers"
        )
    if remedy.is_signature_malformed(outcome):
        return f"{who} must sign it again"
    if remedy.is_served_signed(outcome):
        return f"{who} must sign these records: others in the same reply are signed"
    return f"{who} must sign these records; or {origin} strips signatures: ask another one, such as {OTHER_SERVER}"


def _to_become_secure(outcome: Insecure) -> str | None:
    """Nothing is wrong with an unsigned zone; but one that is signed and has no DS lacks one step."""
    if outcome.reason not in ("NO_DS", "OPT_OUT"):
        return None
    rdtype = outcome.question.rdtype
    for step in all_steps(outcome):
        served = step.message.find(outcome.canonical, rdtype) if step.message is not None else None
        signers = {rrsig.signer for rrsig in signatures(served)} if served is not None else set()
        if any(signer.is_under(outcome.cut) for signer in signers):
            return (
                f"nothing is wrong; but the {type_text(rdtype)} records are signed by {min(signers)}: to make them secure, "
                "its operator must have the parent publish a DS"
            )
    return None


def _beside_the_clock(outcome: Outcome[object], sentence: str) -> str:
    """For dates: whether other signatures, verified at the same time, clear the clock of suspicion (R102)."""
    fresh = [str(zone) for zone in signing_zones(outcome)]
    if fresh:
        return f"{sentence}; it is not your clock: the signatures of {' and '.join(fresh[:2])} fit it"
    when = time_text(outcome.judged_at)
    ages = [note.details.get("age") for note in outcome.notes if note.code == "CLOCK_SUSPECT"]
    age = next((age for age in ages if isinstance(age, int | float)), None)
    off = f"your clock is off by at least {duration(age)}" if age is not None else "check your clock"
    return f"{off}: this was judged at {when}, and no signature fits that; if your clock is right, {sentence}"
