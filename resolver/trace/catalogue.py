"""What each finding means, in a few sentences: the source of `dnssec-trace explain CODE` and of docs/findings/.

Code, sentence, RFC, extended error and role are those of `resolver.validator.findings`; here is what a person asks next.
What is said of unbound 1.17 and BIND 9.18 was measured in a lab or read in their sources; where nothing is said, neither was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from resolver.errors import BadInput
from resolver.validator.findings import CATALOGUE, Entry

_BOTH = "unbound and BIND refuse it too: SERVFAIL"
_WORDS = "unbound and BIND refuse it too: SERVFAIL; unbound adds EDE {}, BIND 9.18 none"
_OTHER = "not measured"
_LIMIT = "unbound stops at 8 signatures an RRset (EDE 6, 'too many RRSIG validations'); BIND at 16 checks a fetch and 1 failure"
_INSECURE = "unbound and BIND call it insecure too, and answer without AD"

# code: what it means; who does what; how unbound and BIND behave
_TEXTS: dict[str, tuple[str, str, str]] = {
    "EXPIRATION_IN_PAST": ("Every usable signature over the records has ended. Most often a signer has stopped: a cron job, a full disk, a key that can no longer be read. The signature is right in all else.", "The zone's operator signs again and looks why the signer stopped. If every zone looks expired, your clock is ahead.", _WORDS.format(7)),
    "INCEPTION_IN_FUTURE": ("The signature begins later than now. Either the signer's clock is ahead, or yours is behind.", "Compare both clocks. The zone's operator signs with an inception an hour in the past, as signers usually do.", _WORDS.format(8)),
    "RRSIG_EXPIRES_BEFORE_INCEPTION": ("The signature's end lies before its beginning, so it holds at no time.", "The zone's operator mends the signer's dates and signs again.", _OTHER),
    "SIGNATURE_INVALID": ("The signature does not fit the records and the key it names: data were changed after signing, the signature is damaged, or it was made by another key with the same tag.", "The zone's operator signs again. If another server gives good records, the first one or something on the way alters them.", _WORDS.format(6)),
    "SIGNER_NOT_ZONE": ("The signature names a signer that is not the zone which holds these records.", "The zone's operator signs with the zone's own name as signer.", _BOTH),
    "SIGNER_OFF_TREE": ("The signature names a signer that is not even above the records' name.", "The zone's operator signs with the zone's own name as signer; a foreign signer may also be an attack.", _BOTH),
    "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS": ("The signature counts more labels than the name has, which no signer does.", "The zone's operator mends the signer.", _WORDS.format(6)),
    "RRSIG_LABELS_BELOW_SIGNER": ("The signature claims a wildcard above its own zone. Validators that missed this could be made to accept foreign names (CVE-2026-44690).", "The zone's operator mends the signer; if the zone never signed this, somebody attacks.", "newer releases of both refuse it"),
    "WILDCARD_EXPANSION_FORBIDDEN": ("The signature makes this record an expansion of a wildcard, which records of this type can never be.", "The zone's operator mends the signer's Labels field.", _OTHER),
    "RRSIG_MALFORMED": ("The signature record is too short or cannot be read.", "The zone's operator signs again; a broken transfer may be the reason.", _OTHER),
    "MISSING_RRSIG": ("The parent says that the zone is signed, and these records came without any signature. Either they are not signed, or something on the way strips signatures.", "Ask another server. If it is the same there, the zone's operator signs the whole zone.", "SERVFAIL; unbound 1.17 says EDE 12 and blames the denial of a DS, which is a consequence"),
    "NO_MATCHING_DNSKEY": ("The signature was made by a key that the zone does not publish, usually because a key was removed before its signatures were (or published after them).", "The zone's operator publishes the key, or signs with one that is published; a rollover waits for the TTL (RFC 7583 §3).", _BOTH),
    "DNSKEY_REVOKED_RRSIG": ("The key that made the signature carries the REVOKE flag.", "The zone's operator signs with another key.", "unbound 1.17 and BIND 9.18 accept a DS that names a revoked key; unbound's newer releases refuse such keys for data"),
    "DNSKEY_NOT_ZONE_KEY": ("The key lacks the Zone Key flag and may sign nothing in DNSSEC.", "The zone's operator publishes keys with flags 256 or 257.", _WORDS.format(10)),
    "DNSKEY_PROTOCOL": ("The key's protocol field is not 3, so it must not be used.", "The zone's operator publishes the key with protocol 3; its tag and DS change by that.", _OTHER),
    "ALGORITHM_NOT_SUPPORTED": ("The signature's algorithm is not implemented, or not used by policy. Beside a usable one it does no harm.", "Nothing, if another algorithm signs too; else the zone's operator adds one that is recommended (RFC 9904 §3.1), such as 13.", _INSECURE),
    "RDATA_MALFORMED": ("A record cannot be read as one of its type, so nothing can be proven about its set.", "The operator of the zone that publishes it replaces the record.", _OTHER),
    "SINGLETON_RRSET": ("There are several records where the standard allows one, such as two CNAME.", "The zone's operator leaves one.", _OTHER),
    "RRSET_TOO_LARGE": ("The set has more records than a resolver should be made to handle.", "The zone's operator spreads them over several names.", "BIND has the same limit (max-records-per-type 100)"),
    "DNSKEY_BAD_LENGTH": ("The public key has a length that its algorithm cannot have: it was cut, or is of another algorithm.", "The zone's operator publishes the whole key.", _OTHER),
    "RSA_EXPONENT_LARGE": ("The RSA key's exponent is above 2^32+1, which makes each check expensive.", "The zone's operator makes a new key with the exponent 65537.", "newer BIND releases refuse it too"),
    "RSA_MODULUS_RANGE": ("The RSA key is shorter or longer than its algorithm allows, or shorter than is safe.", "The zone's operator makes a new key: 2048 bits, or algorithm 13.", _OTHER),
    "DNSKEY_UNUSABLE": ("The public key cannot be loaded: its octets are no key of its algorithm.", "The zone's operator publishes the key as it was generated.", _OTHER),
    "WORK_LIMIT": ("Judging this would cost more than a lookup may: many signatures, many keys with one tag, many NSEC3 iterations. Attacks look like this (KeyTrap, CVE-2023-50387).", "The zone's operator publishes fewer keys and signatures. If they are not theirs, somebody attacks your resolver.", _LIMIT),
    "DNSKEY_MISSING": ("The parent has a DS for the zone, and the zone is not signed. Typical after a move to a provider without DNSSEC.", "The registrar removes the DS, or the zone's operator signs the zone with the keys that the DS names.", _WORDS.format(9)),
    "ANCHORED_DNSKEY_MISSING": ("A trust anchor is configured for the zone, and the zone is not signed.", "Whoever configured the anchor removes it, or the zone is signed again.", _BOTH),
    "NO_SEP": ("None of the zone's keys is one that the parent's DS names: the key was rolled and the DS was not, or the DS was typed in wrongly.", "The zone's operator has the registrar publish the DS of a key in use (the trace computes it), or publishes the old key again.", _WORDS.format(9)),
    "DIGEST_INVALID": ("A DS names a key by tag and algorithm, but its digest is that of other octets.", "The zone's operator has the registrar replace the DS by the computed one.", _WORDS.format(9) + "; beside a right SHA-1 digest unbound 1.17 accepts it, against RFC 4509 §3"),
    "DNSKEY_REVOKED_DS": ("The only key that the DS names has been revoked.", "The zone's operator has the registrar publish the DS of a key in use.", "unbound 1.17 and BIND 9.18 accept it"),
    "DS_KEY_NOT_SIGNING": ("The key that the DS names is there, and does not sign the DNSKEY set.", "The zone's operator signs the DNSKEY set with that key, or has the DS replaced.", _BOTH),
    "DS_DIGEST_ALGORITHM_IGNORED": ("The DS set has SHA-1 beside a stronger digest, and only the stronger one counts.", "The SHA-1 DS can go.", "BIND ignores it too; unbound 1.17 does not"),
    "ANCHOR_STALE": ("No trust anchor of this machine signs the zone's keys. Either the keys were rolled and the anchors here are old, or the answer is forged.", "Update the trust anchors: a new release, or --anchor FILE. If they are current, do not trust this network.", _BOTH),
    "ANCHOR_REVOKED": ("The owner has revoked the key that is the trust anchor here.", "Update the trust anchors: a new release, or --anchor FILE.", _OTHER),
    "NO_ANCHOR": ("No trust anchor stands at the name or above it, so nothing can be said.", "Give an anchor: --anchor FILE.", "both treat the name as insecure"),
    "CLOCK_SUSPECT": ("The signatures of the anchor's own zone look out of date, which hardly ever happens: the clock of this machine is the likelier fault.", "Set the clock.", "unbound only says bogus (issue 877)"),
    "MISSING_DENIAL": ("The server says that there is nothing, and sends nothing that proves it: NSEC or NSEC3 are missing or unsigned.", "The operator of the zone's servers turns DNSSEC answers on and signs the zone completely; or a forwarder strips the proof: ask another.", _BOTH),
    "SNAME_NOT_COVERED": ("None of the NSEC records spans the name: they prove that other names do not exist.", "The operator of the zone signs it anew, so that its chain of NSEC is complete.", _BOTH),
    "WILDCARD_NOT_COVERED": ("The name is proven not to exist, but a wildcard might have answered, and that is not denied.", "The operator of the zone signs it anew; a server that leaves records out of its replies is replaced.", _BOTH),
    "NO_CLOSEST_ENCLOSER": ("No usable NSEC3 matches any name above the one asked: the first of the three parts of the proof is missing (RFC 5155 §8.3).", "The operator of the zone signs it anew; a server that leaves records out is replaced.", _BOTH),
    "NEXT_CLOSEST_ENCLOSER_NOT_COVERED": ("The closest name above is proven, but no NSEC3 spans the next longer name.", "The operator of the zone signs it anew; a server that leaves records out is replaced.", _BOTH),
    "MISSING_NSEC_FOR_WILDCARD": ("The answer was made from a wildcard, and nothing proves that the name itself does not exist.", "The operator of the zone's servers has them send the NSEC or NSEC3 with a wildcard answer.", _BOTH),
    "STYPE_IN_BITMAP": ("The record that should deny the type lists it as existing.", "The operator of the zone signs it anew after each change; or a server holds half of an old zone.", _BOTH),
    "CNAME_IN_BITMAP": ("The record that should deny the type says that the name is an alias, so the alias should have been sent.", "The operator of the zone signs it anew after each change.", _BOTH),
    "ANCESTOR_DELEGATION_PROOF": ("The proof is a record of a delegation point, which speaks for the parent only, not for names below it.", "The operator of the servers has them answer from the child zone; an attacker may replay the parent's record.", _BOTH),
    "REFERRAL_WITH_SOA": ("The child's own record was used to deny its DS, which only the parent can.", "The operator of the parent's servers has them answer DS from the parent zone (RFC 4035 §3.1.4.1).", _BOTH),
    "NSEC_NEXT_OUT_OF_ZONE": ("An NSEC points at a name outside its zone, and would deny names of others (CVE-2026-13321).", "The operator of the zone mends the signer.", "newer releases refuse it"),
    "NSEC_OWNER_OUT_OF_SIGNER": ("An NSEC stands at a name outside the zone that signed it.", "The operator of the zone mends the signer; it may be an attack.", _OTHER),
    "NSEC3_OWNER_DEPTH": ("An NSEC3 stands deeper or higher than one label under its zone.", "The operator of the zone mends the signer; it may be an attack.", "newer releases refuse it"),
    "UNSUPPORTED_NSEC3_ALGORITHM": ("The NSEC3 names a hash algorithm or flags that nobody has defined, so it must be ignored and proves nothing.", "The operator of the zone uses hash algorithm 1 and flags 0 or 1.", _OTHER),
    "NSEC3_ITERATIONS": ("So many iterations are asked for that no proof is accepted.", "The operator of the zone sets 0 iterations and an empty salt (RFC 9276 §3.1).", "unbound counts above 150 as insecure; BIND above 50 (9.18: 150)"),
    "PROOF_ABOVE_SECURE_CUT": ("The records are signed by a zone above one that is itself secure, and so has the say here.", "The operator of the servers has them answer from the right zone; it may be an attack.", "newer BIND releases refuse it (issue 5967)"),
    "DNAME_TARGET_MISMATCH": ("The CNAME beside a DNAME leads elsewhere than the DNAME does, and only the DNAME is signed.", "Ask another server: this one, or something on the way, alters answers.", _OTHER),
    "DNAME_TOO_LONG": ("What the DNAME makes of this name is longer than any name may be.", "Ask for a shorter name.", _OTHER),
    "ALIAS_LIMIT": ("The aliases lead on and on, further than a resolver follows.", "The zone's operator points the first alias at the last name.", "unbound follows 11"),
    "CNAME_LOOP": ("The aliases lead back to a name that was there before.", "The zone's operator breaks the loop.", _BOTH),
    "CNAME_WITH_OTHER_DATA": ("There are other records beside a CNAME, which the standard forbids; what a resolver answers then is chance.", "The zone's operator removes one or the other.", _OTHER),
    "NO_REPLY": ("No server gave a usable reply: it refused, failed, or stayed silent.", "Ask another server; if all fail, the operator of the zone's servers looks at them.", "SERVFAIL"),
    "DEADLINE": ("The lookup took longer than it may.", "Try again, or ask a faster server.", "SERVFAIL"),
    "UPSTREAM_STRIPS_DNSSEC": ("The server answers without signatures even for zones that are certainly signed: it, or a box on the way, takes them out.", "Ask another server; turn DNSSEC pass-through on in the router or forwarder.", "behind such a forwarder both fail for every signed name"),
    "UNSIGNABLE_TYPE": ("Records of this type cannot be signed, so nothing can be proven about them.", "Ask for another type.", "BIND 9.18 answers with AD all the same"),
    "RCODE_DIFFERS": ("The server's response code says one thing and the signed proof another; the proof counts.", "The operator of the server mends it, such as one that says NXDOMAIN for an empty non-terminal.", _OTHER),
    "NO_DS": ("The parent proves that it has no DS for the zone: it is not signed, or its DS was never published.", "Nothing is broken. To secure the zone, its operator signs it and has the registrar publish the DS.", _INSECURE),
    "OPT_OUT": ("The parent's NSEC3 says that there may be unsigned delegations here, so not even the absence is proven.", "Nothing is broken; a delegation with a DS is exempt from it.", _INSECURE + "; delv says 'fully validated' all the same"),
    "UNSUPPORTED_ALGORITHM": ("Every DS names an algorithm that is not used here, so the zone counts as unsigned.", "The zone's operator adds a key of a recommended algorithm, such as 13, and its DS.", _INSECURE),
    "UNSUPPORTED_DIGEST": ("Every DS has a digest type that is not used here, so the zone counts as unsigned.", "The zone's operator has the registrar publish a DS with digest type 2 (SHA-256).", _INSECURE),
    "SHA1_POLICY": ("The zone is signed only with RSA and SHA-1, which is no longer to be trusted.", "The zone's operator rolls to algorithm 13.", "as their build and their system's policy say"),
    "ITERATIONS": ("The proof holds, but asks for more NSEC3 iterations than the policy accepts; the names count as unsigned.", "The operator of the zone sets 0 iterations and an empty salt (RFC 9276 §3.1).", "unbound counts above 150 as insecure; BIND above 50 (9.18: 150)"),
    "NEGATIVE_ANCHOR": ("This machine is configured to treat the zone as unsigned.", "Whoever configured the exception removes it once the zone is mended.", "both have such exceptions"),
    "WITHIN_CLOCK_SKEW": ("The signature's dates were missed by less than the allowed clock skew.", "Set the clock; the zone's operator signs earlier.", "unbound allows a tenth of the signature's time by default"),
    "COMPACT_NXDOMAIN": ("The server denies names one by one with records made for each question (RFC 9824).", "Nothing.", "both report it as NODATA"),
    "SHA1_DS_ONLY": ("The parent's DS have only SHA-1 digests, which are no longer recommended.", "The zone's operator has the registrar publish a DS with digest type 2 (SHA-256).", "both accept it"),
}  # fmt: skip


class Page(NamedTuple):
    """What is said of one code.

    Fields: the code; the sentence with gaps as dots; meaning; fix; how unbound and BIND behave; the catalogue's entry.
    """

    code: str
    title: str
    meaning: str
    fix: str
    peers: str
    entry: Entry


def page(code: str, others: Mapping[str, Entry] | None = None) -> Page:
    """What is said of a code, in whatever case it is given.

    Args:
        code: such as "NO_SEP", or "no-sep".
        others: the catalogues of other commands, whose codes are explained by their entry alone.

    Raises:
        BadInput: there is no such code; the message proposes what is nearest.
    """
    wanted = code.upper().replace("-", "_")
    known = {**(others or {}), **CATALOGUE}
    entry = known.get(wanted)
    if entry is None:
        import difflib

        near = difflib.get_close_matches(wanted, known, 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "dnssec-trace explain lists the codes"
        raise BadInput(f"no finding {wanted[:60]!r}: {hint}")
    title = re.sub(r"\{[^}]*\}", "…", entry.text)
    meaning, fix, peers = _TEXTS.get(wanted, ("", "", ""))
    return Page(wanted, title, meaning, fix, peers, entry)


def codes() -> tuple[str, ...]:
    """All codes, in the order of the catalogue."""
    return tuple(CATALOGUE)
