"""What operators hold of a server's identity: certificates, chains, signing requests and keys, read from a file's octets.

PEM in any order and number, DER of one of them, or PKCS#12. Of each part the whole certificate is kept as its octets and
the SubjectPublicKeyInfo as it stands in it: a TLSA record is a digest of exactly these (RFC 6698 §2.1.2).

Beside `dane.certificates`, which judges what strangers send, the one module of `dane` that imports `cryptography`.

Limits: files of 4 MiB, 200 parts: a bundle of all public roots fits. Of an encrypted key that is for RSASSA-PSS only this
cannot be seen, and the record is that of the same key for any RSA signature: give its certificate instead.
Not done: PKCS#7, Java key stores, OpenSSH keys, keys in hardware: the refusal names the command that converts.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from resolver.dane import der
from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    CertificateLike: TypeAlias = bytes | x509.Certificate

Kind: TypeAlias = Literal["certificate", "certificate request", "public key", "private key"]

MAX_OCTETS = 4 << 20  # ours: a bundle of all public roots has 0.3 MiB
MAX_PARTS = 200  # ours

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"  # RFC 7468 §2
_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})  # RFC 7468 §5, OpenSSL's
_REQUESTS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})  # RFC 7468 §7
_PARAMETERS = frozenset({"EC PARAMETERS", "DH PARAMETERS", "DSA PARAMETERS"})  # say nothing about a key
_PRIVATE_KEYS = frozenset(  # RFC 7468 §10, §11, OpenSSL's older forms, OpenSSH's
    f"{kind}PRIVATE KEY" for kind in ("", "ENCRYPTED ", "RSA ", "EC ", "DSA ", "OPENSSH ")
)
_OCTET_STRING = 0x04  # X.690 §8.7
_PSS = bytes.fromhex("06092a864886f70d01010a")  # id-RSASSA-PSS (RFC 4055 §3.1)


class Part(NamedTuple):
    """One certificate, request or key.

    Fields: what it is; the SubjectPublicKeyInfo in DER; the certificate in DER (None for anything else); where it was
    found, for messages.
    """

    kind: Kind
    spki: bytes
    certificate: bytes | None
    where: str


class NeedsPassword(BadInput):
    """A private key or a PKCS#12 file that only a password opens, or that the given one does not open."""


def read(octets: bytes, where: str = "the input", password: bytes | None = None) -> tuple[Part, ...]:
    """Every certificate, request and key in a file, in the file's order; at least one.

    Args:
        octets: PEM, DER or PKCS#12.
        where: what to call it in messages, such as the file's path.
        password: for an encrypted key or PKCS#12; not used where nothing is encrypted.

    Raises:
        NeedsPassword: it is encrypted.
        BadInput: it is empty, too large, or nothing that can be read; the message says what to do.
    """
    if not octets.strip():
        raise BadInput(
            f"{where}: it is empty; give a certificate, a certificate request or a key, in PEM, DER or PKCS#12"
        )
    if len(octets) > MAX_OCTETS:
        raise BadInput(
            f"{where}: {len(octets)} octets are more than {MAX_OCTETS}; give the server's own certificate only"
        )
    if _BEGIN in octets:
        return _pem(octets, where, password)
    return _binary(octets, where, password)


def certificate_der(certificate: object) -> bytes:
    """The octets of an `x509.Certificate`.

    Raises:
        BadInput: it is something else.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if not isinstance(certificate, x509.Certificate):
        raise BadInput(
            f"a certificate must be octets in PEM or DER, or a cryptography.x509.Certificate, "
            f"not {type(certificate).__name__}"
        )
    return certificate.public_bytes(Encoding.DER)


# --- PEM (RFC 7468) ---


def _pem(octets: bytes, where: str, password: bytes | None) -> tuple[Part, ...]:
    found: list[Part] = []
    other: list[str] = []
    blocks = _blocks(octets, where)
    for number, (label, body, block) in enumerate(blocks, 1):
        place = f"{where}, {label} {number}" if len(blocks) > 1 else where
        if label in _PARAMETERS:
            continue
        if label in _CERTIFICATES:
            found.append(_certificate(_first_element(_base64(body, place)), place))
        elif label in _REQUESTS:
            found.append(_request(_base64(body, place), place))
        elif label == "PUBLIC KEY":
            found.append(_public(_base64(body, place), place))
        elif label == "RSA PUBLIC KEY":
            found.append(_loaded_public(block, place))
        elif label in _PRIVATE_KEYS:
            found.append(_private(block, place, password, pem=True))
        else:
            other.append(label)
    if not found:
        if "PKCS7" in other or "CMS" in other:
            raise BadInput(
                f"{where}: PKCS#7 is not read; `openssl pkcs7 -print_certs -in FILE` writes its certificates"
            )
        what = ", ".join(dict.fromkeys(other)) or "only parameters"
        raise BadInput(f"{where}: no certificate, certificate request or key in it, but {what}")
    return tuple(found)


def _blocks(octets: bytes, where: str) -> list[tuple[str, bytes, bytes]]:
    """The label, the inside and the whole of each PEM block, in one pass."""
    count = octets.count(_BEGIN)
    if count > MAX_PARTS:
        raise BadInput(f"{where}: {count} PEM blocks are more than {MAX_PARTS}; give the server's own chain only")
    found: list[tuple[str, bytes, bytes]] = []
    at = octets.find(_BEGIN)
    while at >= 0:
        line = octets.find(_DASHES, at + len(_BEGIN))
        end = octets.find(_END, at)
        stop = octets.find(_DASHES, end + len(_END))
        following = octets.find(_BEGIN, at + 1)
        if min(line, end, stop) < 0 or line > end or 0 <= following < end:
            raise BadInput(
                f"{where}: a BEGIN line without its END line; the file was cut or pasted badly, fetch it again"
            )
        label = octets[at + len(_BEGIN) : line].decode("ascii", "replace")
        ended = octets[end + len(_END) : stop].decode("ascii", "replace")
        if label != ended:
            raise BadInput(f"{where}: BEGIN {label[:40]!r} ends with END {ended[:40]!r}; fetch the file again")
        found.append(
            (" ".join(label[:40].split()), octets[line + len(_DASHES) : end], octets[at : stop + len(_DASHES)] + b"\n")
        )
        at = following
    return found


def _base64(text: bytes, where: str) -> bytes:
    body = text.rpartition(b"\n\n")[2] if b":" in text else text  # headers (RFC 1421 §4.4) end with an empty line
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"{where}: the lines between BEGIN and END are no base64; fetch the file again") from None


def _first_element(octets: bytes) -> bytes:
    """The first DER element: OpenSSL's TRUSTED CERTIFICATE has its own data behind the certificate."""
    inner = der.element(octets, 0, len(octets))
    return octets if inner is None else octets[: inner[1]]


# --- DER and PKCS#12 ---


def _binary(octets: bytes, where: str, password: bytes | None) -> tuple[Part, ...]:
    outer = der.element(octets, 0, len(octets))
    if octets[0] != der.SEQUENCE or outer is None or outer[1] != len(octets):
        if outer is None or octets[0] != der.SEQUENCE:
            return _unarmoured(octets, where)
        raise BadInput(
            f"{where}: {len(octets) - outer[1]} octets behind the DER element; give one certificate or key a file"
        )
    if der.outline(octets) is not None:
        return (_certificate(octets, where),)
    if der.is_sequence_of(octets, der.CERTIFICATE_SHAPE):
        return (_request(octets, where),)
    if der.is_sequence_of(octets, der.SPKI_SHAPE):
        return (_public(octets, where),)
    if octets[outer[0]] == der.INTEGER:
        version = der.element(octets, outer[0], outer[1])
        if version is not None and octets[version[0] : version[1]] == b"\x03":  # RFC 7292 §4
            return _pkcs12(octets, where, password)
        if (
            version is not None and version[1] - version[0] > 1
        ):  # RSAPublicKey begins with its modulus (RFC 8017 §A.1.1)
            return (_loaded_public(octets, where),)
        return (_private(octets, where, password, pem=False),)
    if der.is_sequence_of(octets, (der.SEQUENCE, _OCTET_STRING)):  # RFC 5958 §3
        return (_private(octets, where, password, pem=False),)
    raise _unreadable(where)


def _unarmoured(octets: bytes, where: str) -> tuple[Part, ...]:
    """Text without BEGIN and END: say what it is, rather than that it is nothing."""
    try:
        inside = base64.b64decode(b"".join(octets.split()), validate=True)
    except (binascii.Error, ValueError):
        inside = b""
    if der.element(inside, 0, len(inside)) is not None and inside[:1] == bytes([der.SEQUENCE]):
        raise BadInput(
            f"{where}: base64 without its BEGIN and END lines; `base64 -d` makes DER of it, or add the lines"
        )
    raise _unreadable(where)


def _unreadable(where: str) -> BadInput:
    return BadInput(
        f"{where}: neither a certificate nor a certificate request nor a key, in PEM, DER or PKCS#12; "
        "`openssl x509 -in FILE` tells whether the file is what you mean"
    )


def _pkcs12(octets: bytes, where: str, password: bytes | None) -> tuple[Part, ...]:
    from cryptography.hazmat.primitives.serialization import pkcs12

    store: Any = None
    for attempt in (password,) if password is not None else (None, b""):
        try:
            store = pkcs12.load_pkcs12(octets, attempt)
            break
        except (ValueError, TypeError):
            continue
        except _odd() as refused:
            raise BadInput(f"{where}: this PKCS#12 cannot be read: {_line(refused)}") from None
    if store is None:
        raise _locked(where, "PKCS#12", password)
    certificates = [held.certificate for held in (store.cert, *store.additional_certs) if held is not None]
    found = [_certificate(certificate_der(held), f"{where}, certificate {n}") for n, held in enumerate(certificates, 1)]
    if store.key is not None:
        key = _of_key(store.key.public_key(), where, "private key")
        if key.spki not in [part.spki for part in found]:
            found.append(key)
    if not found:
        raise BadInput(f"{where}: a PKCS#12 without certificate and key")
    return tuple(found)


# --- one part ---


def _certificate(octets: bytes, where: str) -> Part:
    outline = der.outline(octets)
    if outline is None:
        raise BadInput(f"{where}: this is no certificate (RFC 5280 §4.1); fetch it again")
    return Part("certificate", outline.spki, octets, where)


def _request(octets: bytes, where: str) -> Part:
    """RFC 2986 §4: version, subject, subjectPublicKeyInfo, attributes; the key as it stands, not written anew."""
    from cryptography import x509

    request = _load(lambda: x509.load_der_x509_csr(octets), where, "certificate request")
    body: bytes = request.tbs_certrequest_bytes
    inner = der.element(body, 0, len(body))
    assert inner is not None
    at, end = inner
    spki = b""
    for _ in range(3):
        held = der.element(body, at, end)
        assert held is not None
        spki, at = body[at : held[1]], held[1]
    if not _load(lambda: request.is_signature_valid, where, "certificate request"):
        raise BadInput(f"{where}: the certificate request is not signed by its own key; make it again")
    return Part("certificate request", spki, None, where)


def _public(octets: bytes, where: str) -> Part:
    if not der.is_sequence_of(octets, der.SPKI_SHAPE):
        raise BadInput(f"{where}: this is no public key (RFC 5280 §4.1.2.7); `openssl pkey -pubin -in FILE` tells more")
    return Part("public key", octets, None, where)


def _loaded_public(octets: bytes, where: str) -> Part:
    from cryptography.hazmat.primitives import serialization

    load = serialization.load_pem_public_key if octets.startswith(_BEGIN) else serialization.load_der_public_key
    return _of_key(_load(lambda: load(octets), where, "public key"), where, "public key")


def _private(octets: bytes, where: str, password: bytes | None, *, pem: bool) -> Part:
    from cryptography.hazmat.primitives import serialization

    if octets.startswith(b"-----BEGIN OPENSSH"):
        raise BadInput(f"{where}: an OpenSSH key; `ssh-keygen -p -m PKCS8 -f FILE` converts it")
    encoded = _base64(b"".join(octets.splitlines(True)[1:-1]), where) if pem and b"ENCRYPTED" not in octets else octets
    if _PSS in encoded[:40]:  # the SubjectPublicKeyInfo says so too (RFC 4055 §1.2), and `cryptography` forgets it
        raise BadInput(f"{where}: a key for RSASSA-PSS only; give its certificate, request or public key instead")
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    try:
        try:
            key = load(octets, password)
        except TypeError:  # a password where none is needed, or none where one is
            if password is None:
                raise _locked(where, "private key", None) from None
            key = load(octets, None)
    except ValueError as refused:
        if isinstance(refused, BadInput):
            raise
        if b"ENCRYPTED" in octets[:200] or der.is_sequence_of(octets, (der.SEQUENCE, _OCTET_STRING)):
            raise _locked(where, "private key", password) from None
        raise BadInput(f"{where}: this private key cannot be read: {_line(refused)}") from None
    except _odd() as refused:
        raise BadInput(f"{where}: this private key cannot be read: {_line(refused)}") from None
    return _of_key(key.public_key(), where, "private key")


def _of_key(key: Any, where: str, kind: Kind) -> Part:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        spki: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, AttributeError) as refused:
        raise BadInput(f"{where}: this key has no SubjectPublicKeyInfo: {_line(refused)}") from None
    return Part(kind, spki, None, where)


def _load(load: Callable[[], Any], where: str, what: str) -> Any:
    try:
        return load()
    except (ValueError, TypeError) as refused:
        raise BadInput(f"{where}: this {what} cannot be read: {_line(refused)}") from None
    except _odd() as refused:
        raise BadInput(f"{where}: this {what} cannot be read: {_line(refused)}") from None


def _odd() -> tuple[type[Exception], ...]:
    """What `cryptography` raises beside ValueError and TypeError; warnings, where the caller turned them into errors."""
    from cryptography.exceptions import UnsupportedAlgorithm

    return (UnsupportedAlgorithm, OverflowError, Warning)


def _locked(where: str, what: str, password: bytes | None) -> NeedsPassword:
    if password is None:
        return NeedsPassword(f"{where}: the {what} is encrypted; --password-file FILE gives its password")
    return NeedsPassword(f"{where}: the password does not open the {what}; check the file of --password-file")


def _line(refused: BaseException) -> str:
    return (str(refused).partition("\n")[0] or type(refused).__name__)[:120]
