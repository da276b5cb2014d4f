"""Certificates as DANE meets them, and the judge of a path; the one module of `dane` that imports `cryptography`.

A certificate is read in two depths. Its outline (`dane.der`) is enough to compare it with a record. Only where it stands
on a path is it loaded, and whatever is wrong with it then is a `Refusal`, a value: odd certificates are hostile input.

A path is judged twice. First here, rule by rule, so that a refusal says what is wrong and at which depth; then by
`cryptography`'s verifier, which decides. Neither can admit what the other refuses.

Limits: certificates of 100 KiB (what OpenSSL accepts as a whole chain by default); RSA keys of 2048 to 8192 bits and
P-256, P-384, P-521 as keys of issuers; SHA-2 signatures with these. What lies outside is "rejected by crypto policy".
Not done: revocation, certificate policies, Certificate Transparency (RFC 7671 §4.2 leaves it out for DANE-EE anyway).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from resolver.dane import der
from resolver.dane.constraints import Constraints, Kind, Named

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, Policy

T = TypeVar("T")

MAX_CERTIFICATE_OCTETS = 100 * 1024  # SSL_MAX_CERT_LIST_DEFAULT of OpenSSL
MAX_SERIAL_OCTETS = 20  # RFC 5280 §4.1.2.2
MAX_DEPTH = 8  # issuers above the server's certificate; the default of cryptography's verifier
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192  # CA/Browser Forum Baseline Requirements §6.1.5; above it costs time only
MAX_RSA_EXPONENT = 2**32 + 1  # as for DNSKEY records: larger ones only cost time
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"  # RFC 5280 §4.2.1.12
# Signature algorithms that the verifier of `cryptography` accepts: SHA-2 with RSA (RFC 4055 §5, §3.1) or ECDSA (RFC 5758 §3.2).
_SIGNATURES = frozenset(
    {
        *(f"1.2.840.113549.1.1.{last}" for last in (10, 11, 12, 13)),
        *(f"1.2.840.10045.4.3.{last}" for last in (2, 3, 4)),
    }
)
_EMPTY_NAME = b"\x30\x00"
_WEAK_SIGNATURES = {
    "1.2.840.113549.1.1.4": "MD5 and RSA",
    "1.2.840.113549.1.1.5": "SHA-1 and RSA",
    "1.2.840.10045.4.1": "SHA-1 and ECDSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}


class Refusal(NamedTuple):
    """Why a path does not do: a code of `dane.findings`, and what belongs in its sentence."""

    code: str
    details: Mapping[str, object]


class Unreadable(Exception):
    """A certificate that cannot be loaded, or a part of it that cannot be read."""


class Facts(NamedTuple):
    """What a path needs to know of one certificate."""

    not_before: float
    not_after: float
    is_ca: bool
    path_length: int | None
    key_usage: frozenset[str] | None  # None: not restricted
    purposes: frozenset[str] | None  # None: not restricted
    constraints: Constraints | None
    dns_names: tuple[str, ...]
    names: tuple[Named, ...]  # all that constraints can be about
    unknown: tuple[str, ...]  # critical extensions that nobody here processes


class Certificate:
    """One certificate, believed in nothing but its outer shape.

    Attributes:
        der: the octets, as sent.
        outline: what can be compared; None where the octets are no certificate.
    """

    def __init__(self, octets: bytes) -> None:
        self.der = octets
        self.outline = der.outline(octets)

    @property
    def self_issued(self) -> bool:
        return self.outline is not None and self.outline.issuer == self.outline.subject

    @cached_property
    def common_names(self) -> tuple[str, ...]:
        return () if self.outline is None else der.common_names(self.outline.subject)

    @cached_property
    def refusal(self) -> str | None:
        """Why it cannot stand on any path; None where it can."""
        if self.outline is None:
            return "the octets are no certificate"
        if len(self.der) > MAX_CERTIFICATE_OCTETS:
            return f"{len(self.der)} octets are more than {MAX_CERTIFICATE_OCTETS}"
        serial = self.outline.serial
        if not serial or serial[0] & 0x80 or not any(serial):  # RFC 5280 §4.1.2.2
            return "the serial number is not positive"
        if len(serial) > MAX_SERIAL_OCTETS:
            return f"a serial number of {len(serial)} octets; {MAX_SERIAL_OCTETS} is the limit"
        try:
            _ = self.loaded, self.facts, self.signature_policy
        except Unreadable as refused:
            return str(refused)
        return None

    @cached_property
    def loaded(self) -> x509.Certificate:
        from cryptography import x509

        return _read(lambda: x509.load_der_x509_certificate(self.der))

    @cached_property
    def facts(self) -> Facts:
        # Whether there is a subject is asked of the octets: `cryptography` warns about what it reads in one.
        has_subject = self.outline is not None and self.outline.subject != _EMPTY_NAME
        return _read(lambda: _facts(self.loaded, has_subject))

    @cached_property
    def key_policy(self) -> str | None:
        """Why its key may not sign certificates; None where it may."""
        return _key_policy(self.loaded.public_key)

    @cached_property
    def signature_policy(self) -> str | None:
        """Why its signature is not looked at; None where it is."""
        oid = _read(lambda: self.loaded.signature_algorithm_oid)
        if oid.dotted_string in _SIGNATURES:
            return None
        return f"it is signed with {_WEAK_SIGNATURES.get(oid.dotted_string, oid.dotted_string)}"


def _read(read: Callable[[], T]) -> T:
    """What `read` gives, or Unreadable: many parts of a certificate are parsed only when they are asked for."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return read()
    except (
        ValueError,
        TypeError,
        OverflowError,
        Warning,  # where the user turned warnings into errors
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as refused:
        text = str(refused).partition("\n")[0][:120]
        raise Unreadable(text or type(refused).__name__) from None


def _facts(certificate: x509.Certificate, has_subject: bool) -> Facts:
    from cryptography import x509

    extensions = {type(extension.value): extension.value for extension in certificate.extensions}
    basic: Any = extensions.get(x509.BasicConstraints)
    usage: Any = extensions.get(x509.KeyUsage)
    purposes: Any = extensions.get(x509.ExtendedKeyUsage)
    alternative: Any = extensions.get(x509.SubjectAlternativeName)
    constraints: Any = extensions.get(x509.NameConstraints)
    names = [_named(name) for name in alternative or ()]
    if has_subject:
        names.append(Named("directory", "the subject"))
    return Facts(
        certificate.not_valid_before_utc.timestamp(),
        certificate.not_valid_after_utc.timestamp(),
        basic is not None and basic.ca,
        None if basic is None else basic.path_length,
        None if usage is None else frozenset(bit for bit in _USES if getattr(usage, bit)),
        None if purposes is None else frozenset(purpose.dotted_string for purpose in purposes),
        constraints
        and Constraints(
            tuple(_named(name) for name in constraints.permitted_subtrees or ()),
            tuple(_named(name) for name in constraints.excluded_subtrees or ()),
        ),
        tuple(name.value for name in alternative or () if isinstance(name, x509.DNSName)),
        tuple(names),
        tuple(
            extension.oid.dotted_string
            for extension in certificate.extensions
            if extension.critical and type(extension.value) not in _processed()
        ),
    )


@cache
def _processed() -> frozenset[type]:
    """Extensions that are judged here or by the verifier (RFC 5280 §4.2)."""
    from cryptography import x509

    return frozenset(
        {
            x509.BasicConstraints,
            x509.KeyUsage,
            x509.ExtendedKeyUsage,
            x509.SubjectAlternativeName,
            x509.NameConstraints,
            x509.AuthorityKeyIdentifier,  # these two are hints, and change nothing
            x509.SubjectKeyIdentifier,
        }
    )


_KINDS: dict[str, Kind] = {
    "DNSName": "dns",
    "RFC822Name": "mail",
    "IPAddress": "ip",
    "DirectoryName": "directory",
    "UniformResourceIdentifier": "uri",
}
_SHOWN = {"directory": "a distinguished name", "other": "a name of another kind"}
_USES = ("digital_signature", "key_encipherment", "key_agreement", "key_cert_sign")
TLS_USES = frozenset(_USES[:3])  # RFC 5246 §7.4.2, RFC 8446 §4.4.2.2: what a TLS server does with its key


def _named(name: x509.GeneralName) -> Named:
    kind = _KINDS.get(type(name).__name__, "other")
    value: Any = name.value
    if kind == "ip":
        if hasattr(value, "netmask"):  # in a constraint
            return Named("ip", value.network_address.packed + value.netmask.packed)
        return Named("ip", value.packed)
    if kind in ("directory", "other"):
        return Named(kind, _SHOWN[kind])
    return Named(kind, value)


def _key_policy(read: Callable[[], object]) -> str | None:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key = _read(read)
    except Unreadable as refused:
        return f"its key cannot be read: {refused}"
    if isinstance(key, RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return f"an RSA key of {key.key_size} bits signs"
        if key.public_numbers().e > MAX_RSA_EXPONENT:
            return "an RSA key with an exponent above 2^32+1 signs"
        return None
    if isinstance(key, EllipticCurvePublicKey):
        return None if key.curve.name in _CURVES else f"a key on the curve {key.curve.name} signs"
    return f"a key of type {type(key).__name__.removeprefix('_').replace('PublicKey', '')} signs"


def signed_by(certificate: Certificate, issuer: Certificate) -> bool | None:
    """Whether the issuer's key made the signature; None where the algorithms are not looked at."""
    if certificate.signature_policy or issuer.key_policy:
        return None
    from cryptography.exceptions import InvalidSignature

    try:
        _read(lambda: certificate.loaded.verify_directly_issued_by(issuer.loaded))
    except (InvalidSignature, Unreadable):
        return False
    return True


def signed_by_key(certificate: Certificate, spki: bytes) -> bool | Refusal:
    """Whether a bare key made the signature (RFC 7671 §5.2.3); a refusal where the algorithms are not looked at."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = certificate.loaded
    refused = certificate.signature_policy
    if refused is None and (weak := _key_policy(lambda: load_der_public_key(spki))):
        refused = f"the bare key above it: {weak}"
    if refused is not None:
        return Refusal("CRYPTO_POLICY", {"why": refused})
    key: Any = load_der_public_key(spki)
    is_ecdsa = loaded.signature_algorithm_oid.dotted_string.startswith("1.2.840.10045.")
    if is_ecdsa is not isinstance(key, EllipticCurvePublicKey):
        return False
    parameters: Any
    try:
        parameters = _read(lambda: loaded.signature_algorithm_parameters)
        if is_ecdsa:
            key.verify(loaded.signature, loaded.tbs_certificate_bytes, parameters)
        else:
            key.verify(
                loaded.signature,
                loaded.tbs_certificate_bytes,
                parameters,
                _read(lambda: loaded.signature_hash_algorithm),
            )
    except (InvalidSignature, Unreadable, ValueError, TypeError):
        return False
    return True


def verifier_refuses(path: Sequence[Certificate], at: float) -> str | None:
    """What the verifier of `cryptography` says against a path to its last certificate; None where it accepts.

    Its policies are relaxed where DANE differs from the Web PKI (RFC 7671 §5.2: the anchor need not be self-signed, a
    leaf needs no extension at all), and ask again for what relaxing drops: key usage and purposes. A path of one is a
    certificate that is an anchor itself: its dates and extensions are judged, its signature is not.
    """
    from datetime import UTC, datetime

    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    authorities, servers = _policies()
    try:
        when = datetime.fromtimestamp(int(at), UTC).replace(tzinfo=None)
        verifier = (
            PolicyBuilder()
            .store(Store([path[-1].loaded]))
            .time(when)
            .max_chain_depth(MAX_DEPTH)
            .extension_policies(ca_policy=authorities, ee_policy=servers)
            .build_client_verifier()
        )
        _read(lambda: verifier.verify(path[0].loaded, [certificate.loaded for certificate in path[1:-1]]))
    except (VerificationError, Unreadable) as refused:
        return str(refused).partition("\n")[0][:160]
    return None


@cache
def _policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    def authority_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
        if usage is not None and not usage.key_cert_sign:  # RFC 5280 §4.2.1.3
            raise ValueError("the key usage does not allow signing certificates")

    def server_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
        if usage is not None and not any(getattr(usage, bit) for bit in TLS_USES):
            raise ValueError("the key usage does not allow TLS")

    def purposes(_policy: Policy, _certificate: x509.Certificate, found: x509.ExtendedKeyUsage | None) -> None:
        if found is not None and SERVER_AUTH not in {purpose.dotted_string for purpose in found}:
            raise ValueError("the extended key usage does not allow TLS servers")  # RFC 5280 §4.2.1.12

    agnostic = Criticality.AGNOSTIC
    common = ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, agnostic, purposes)
    return (
        common.require_present(x509.BasicConstraints, agnostic, None).may_be_present(
            x509.KeyUsage, agnostic, authority_usage
        ),
        common.may_be_present(x509.KeyUsage, agnostic, server_usage),
    )
