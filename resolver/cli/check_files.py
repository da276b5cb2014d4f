"""Certificates in files: what `--ca`, `--chain` and `--next` name. Whatever else is in a file is refused in one line."""

from __future__ import annotations

import re

from resolver.errors import BadInput

FILE_OCTETS = 16 * 1024 * 1024  # a bundle of all public authorities has 0.2 MB
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")


def certificates(path: str, option: str) -> tuple[bytes, ...]:
    """The certificates of a file in DER, in its order: PEM with any number, or one in DER.

    Raises:
        BadInput: it cannot be read, or holds no certificate.
    """
    octets = _read(path, option)
    if octets[:1] == b"\x30":
        return (_checked(octets, path, option),)
    text = octets.decode("ascii", "replace")
    kinds: list[str] = []
    found: list[bytes] = []
    for block in _BLOCK.finditer(text):
        kinds.append(block[1])
        if block[1] in _CERTIFICATES:
            found.append(_checked(_from_pem(block[0], block[1], path, option), path, option))
    if not found:
        held = f"only {', '.join(dict.fromkeys(kinds)).lower()}" if kinds else "no certificate"
        raise BadInput(f"{option} {path}: it holds {held}; give a file with a certificate in PEM or DER")
    return tuple(found)


def _read(path: str, option: str) -> bytes:
    try:
        with open(path, "rb") as file:
            octets = file.read(FILE_OCTETS + 1)
    except (OSError, ValueError) as refused:
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(
            f"{option} {path}: cannot be read ({why}); give a file with a certificate in PEM or DER"
        ) from None
    if len(octets) > FILE_OCTETS:
        raise BadInput(f"{option} {path}: larger than {FILE_OCTETS} octets; give a file with certificates only")
    return octets


def _from_pem(block: str, label: str, path: str, option: str) -> bytes:
    import binascii

    inner = block.split("-----")[2]
    try:
        der = binascii.a2b_base64("".join(inner.split()), strict_mode=True)
    except binascii.Error:
        raise BadInput(f"{option} {path}: a PEM block is no base64; copy the file again") from None
    if label == "TRUSTED CERTIFICATE":  # OpenSSL's own kind: trust settings follow the certificate
        from resolver.dane.der import element

        outer = element(der, 0, len(der))
        der = der if outer is None else der[: outer[1]]
    return der


def _checked(der: bytes, path: str, option: str) -> bytes:
    from resolver.dane.der import outline

    if outline(der) is None:
        raise BadInput(f"{option} {path}: this is no certificate; give a file with a certificate in PEM or DER")
    return der
