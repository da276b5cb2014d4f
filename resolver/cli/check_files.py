"""The files that `dane-check` reads: authorities, and the certificates, requests and keys of `--chain` and `--next`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.dane.material import Part


def parts(path: str, option: str) -> tuple[Part, ...]:
    """Everything in a file of an operator's.

    Raises:
        BadInput: it cannot be read, or holds nothing of use.
    """
    from resolver.dane.material import MAX_OCTETS, read

    return read(_read(path, option, MAX_OCTETS), f"{option} {path}")


def chain(path: str, option: str) -> tuple[bytes, ...]:
    """The certificates in a file, in DER and in its order: as a server would send them.

    Raises:
        BadInput: it cannot be read, or holds no certificate.
    """
    found = tuple(part.certificate for part in parts(path, option) if part.certificate is not None)
    if not found:
        raise BadInput(f"{option} {path}: there is no certificate in it; give what the server sends, its own one first")
    return found


def authorities(path: str) -> tuple[bytes, ...]:
    """The certification authorities in a file, in DER.

    Raises:
        BadInput: it cannot be read, or holds none.
    """
    import ssl

    octets = _read(path, "--ca", 1 << 26)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    hint = "give certificates of authorities, in PEM"
    try:
        context.load_verify_locations(cadata=octets.decode("ascii") if b"-----BEGIN" in octets else octets)
    except (ssl.SSLError, ValueError):
        raise BadInput(f"--ca {path}: it cannot be understood; {hint}") from None
    found = tuple(context.get_ca_certs(binary_form=True))
    if not found:
        raise BadInput(f"--ca {path}: there is no authority in it; {hint}")
    return found


def _read(path: str, option: str, limit: int) -> bytes:
    try:
        with open(path, "rb") as file:
            octets = file.read(limit + 1)
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(f"{option} {path}: cannot be read ({why}); check the path and its permissions") from None
    return octets
