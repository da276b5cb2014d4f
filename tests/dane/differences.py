"""One case judged by us and by OpenSSL, and why they differ where they do: docs/dane-matching.md, "Differences".

A reason is never taken from our verdict alone: what it claims is tried, by giving one of the judges what it says it
lacks, or by looking at the certificates.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from resolver.dane.der import outline
from resolver.dane.match_result import Match
from resolver.dane.matching import match
from resolver.dane.path import Path, Paths, distinct, refuses
from resolver.dane.tlsa import CERT, DANE_EE, FULL, SPKI, Tlsa
from tests.dane.oracle import Answer, Engine

AGREE = "agree"
UNEXPLAINED, DEPTH = "UNEXPLAINED", "DEPTH"


class Case(NamedTuple):
    """What a peer sent, and what is known of it."""

    kind: str
    records: tuple[Tlsa, ...]
    chain: tuple[bytes, ...]
    at: float
    names: tuple[str, ...]
    roots: tuple[bytes, ...] = ()


class Difference(NamedTuple):
    """A reason as docs/dane-matching.md names it, and the two verdicts."""

    reason: str
    ours: Match
    theirs: Answer | None


def compare(case: Case, openssl: Engine) -> Difference:
    """Both verdicts, and the reason of a difference; where both accept, the depths are compared too."""
    ours, theirs = _ours(case), _theirs(case, openssl)
    if theirs is None:  # nothing usable; or for OpenSSL no certificate, which then cannot be on a path for us either
        odd = ours.matched and (ours.record is None or ours.record.usage != DANE_EE)
        return Difference(UNEXPLAINED if odd else "octets suffice" if ours.matched else AGREE, ours, theirs)
    if ours.matched == theirs.matched:
        same = not ours.matched or ours.depth == theirs.depth
        return Difference(AGREE if same else _another_depth(case, ours, theirs, openssl), ours, theirs)
    reason = _only_we(case, ours, openssl) if ours.matched else _only_they(case, ours)
    return Difference(reason or UNEXPLAINED, ours, theirs)


def _ours(case: Case, **changed: object) -> Match:
    return match(case.records, case.chain, at=case.at, names=case.names, roots=case.roots, **changed)  # type: ignore[arg-type]


def _theirs(case: Case, openssl: Engine, *, partial_chain: bool = False) -> Answer | None:
    return openssl.judge(
        [(one.usage, one.selector, one.matching_type, one.data) for one in case.records],
        case.chain,
        at=case.at,
        names=case.names,
        roots=case.roots,
        partial_chain=partial_chain,
    )


def _only_we(case: Case, ours: Match, openssl: Engine) -> str | None:
    """Why we accept what OpenSSL refuses."""
    rooted = case._replace(roots=tuple(root for root in case.roots if _is_self_signed(root)))
    if rooted.roots != case.roots and not _ours(rooted).matched:
        return "a root need not be self-signed"
    paths = [path for path in _all_paths(case) if len(path) > (ours.depth or 0) and refuses(path, case.at) is None]
    for path in paths:  # the same evidence, without what leads OpenSSL's builder astray
        assert ours.record is not None
        held = {certificate.der for certificate in path}
        shown = case._replace(
            records=(ours.record,),
            chain=tuple(certificate.der for certificate in path),
            roots=tuple(root for root in case.roots if root in held),
        )
        for roots in (shown.roots, tuple(root for root in shown.roots if _is_self_signed(root))):
            answer = _theirs(shown._replace(roots=roots), openssl)
            if answer is not None and answer.matched:
                return "OpenSSL follows one path"
    if any(_has_two_keys_of_one_name(path) for path in paths):
        return "OpenSSL takes issuers by name"
    if any(name.endswith(".") for name in _dns_names(case.chain[0])):
        return "trailing dots"
    if any(_lies_about_issuer(below.der, above.der) for path in paths for below, above in itertools.pairwise(path)):
        return "key identifiers are hints"
    return None


def _only_they(case: Case, ours: Match) -> str | None:
    """Why we refuse what OpenSSL accepts."""
    if _ours(case, ta_expiry="ignore").matched:
        return "an anchor's own dates"
    codes = {finding.code for finding in ours.findings}
    everything = dict.fromkeys((*case.chain, *case.roots, *_whole(case)))
    for code, holds in (
        ("CERTIFICATE_UNREADABLE", _has_odd_serial),
        ("CRYPTO_POLICY", _is_weak),
        ("NO_CA", _signs_without_being_an_authority),
        ("NAME_CONSTRAINTS", _has_wildcard),
        ("PATH_LENGTH", _is_self_issued),
    ):
        if code in codes and any(map(holds, everything)):
            return code
    bare = [one.data for one in case.records if (one.selector, one.matching_type) == (SPKI, FULL)]
    kept = tuple(one for one in case.chain if (found := outline(one)) is None or found.spki not in bare)
    if kept[:1] == case.chain[:1] and kept != case.chain and _ours(case._replace(chain=kept)).matched:
        return "a bare key's certificate binds"
    if "CRYPTO_POLICY" in codes and any(_is_weak_key(load_der_public_key(key)) for key in bare):
        return "CRYPTO_POLICY"
    return None


def _whole(case: Case) -> list[bytes]:
    """Certificates that are in DNS."""
    return [one.data for one in case.records if (one.selector, one.matching_type) == (CERT, FULL)]


def _has_odd_serial(octets: bytes) -> bool:
    found = outline(octets)
    return found is not None and (not 0 < len(found.serial) <= 20 or int.from_bytes(found.serial, signed=True) <= 0)


def _is_weak(octets: bytes) -> bool:
    loaded = _loaded(octets)
    if loaded is None:
        return False
    hashed = loaded.signature_hash_algorithm
    if loaded.version is not x509.Version.v3 or hashed is None or hashed.name == "sha1":
        return True
    return _is_weak_key(loaded.public_key())


def _is_weak_key(key: object) -> bool:
    return (isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < 256
    )


def _signs_without_being_an_authority(octets: bytes) -> bool:
    loaded = _loaded(octets)
    if loaded is None:
        return False
    found = {type(extension.value): extension.value for extension in loaded.extensions}
    usage = found.get(x509.KeyUsage)
    return x509.BasicConstraints not in found and isinstance(usage, x509.KeyUsage) and usage.key_cert_sign


def _is_self_issued(octets: bytes) -> bool:
    """By name, but not by signature: what a key that replaced another one leaves behind."""
    loaded = _loaded(octets)
    return loaded is not None and loaded.subject == loaded.issuer and not _is_self_signed(octets)


def _has_wildcard(octets: bytes) -> bool:
    return any(name.startswith("*.") for name in _dns_names(octets))


def _another_depth(case: Case, ours: Match, theirs: Answer, openssl: Engine) -> str:
    return "another path to the same" if _only_we(case, ours, openssl) else DEPTH


def _all_paths(case: Case) -> Sequence[Path]:
    chain, _ = distinct(case.chain)
    extra, _ = distinct(
        [
            *_whole(case),
            *case.roots,
        ]
    )
    return list(Paths(chain[0], [*chain[1:], *extra]))


def _loaded(octets: bytes) -> x509.Certificate | None:
    if _has_odd_serial(octets):
        return None
    try:
        return x509.load_der_x509_certificate(octets)
    except ValueError:
        return None


def _is_self_signed(octets: bytes) -> bool:
    loaded = _loaded(octets)
    if loaded is None:
        return False
    try:
        loaded.verify_directly_issued_by(loaded)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _has_two_keys_of_one_name(path: Path) -> bool:
    """Whether only signatures tell issuers apart: one name, several keys, and no key identifier that says which."""
    names: dict[x509.Name, set[bytes]] = {}
    for certificate in path:
        if certificate.outline is None or _key_identifier(certificate.loaded) is not None:
            return False
        names.setdefault(certificate.loaded.subject, set()).add(certificate.outline.spki)
    return any(len(keys) > 1 for keys in names.values())


def _key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (ValueError, x509.ExtensionNotFound):
        return None


def _dns_names(octets: bytes) -> list[str]:
    loaded = _loaded(octets)
    if loaded is None:
        return []
    try:
        return loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    except (ValueError, x509.ExtensionNotFound):
        return []


def _lies_about_issuer(octets: bytes, issuer: bytes) -> bool:
    """Whether the authority key identifier differs from that of a certificate with the issuer's name."""
    below, above = _loaded(octets), _loaded(issuer)
    if below is None or above is None or below.issuer != above.subject:
        return False
    try:
        said = _key_identifier(below)
        has = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (ValueError, x509.ExtensionNotFound):
        return False
    return said is not None and said != has
