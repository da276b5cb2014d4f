"""SMTP, submission and LMTP up to the go-ahead for TLS (RFC 3207, RFC 6409, RFC 2033), and their end."""

from __future__ import annotations

from collections.abc import Generator

from resolver.probe.starttls.dialogue import Refused, Script, Through, line, not_offered, shown, strange

SERVICE_READY, COMPLETED = b"220", b"250"  # RFC 5321 §4.2.3


def smtp(domain: str, client: str) -> Script:
    """SMTP and submission.

    Args:
        domain: not used by this protocol.
        client: how the client calls itself: a name, or an address literal (RFC 5321 §4.1.4).
    """
    del domain
    return _mail(b"EHLO", client)


def lmtp(domain: str, client: str) -> Script:
    """LMTP, which says LHLO (RFC 2033 §4.1)."""
    del domain
    return _mail(b"LHLO", client)


def mail_farewell() -> Script:
    """QUIT, which may be said at any time, and its reply, which is waited for (RFC 5321 §4.1.1.10)."""
    yield b"QUIT\r\n"
    yield from _reply()


def _mail(hello: bytes, client: str) -> Script:
    code, lines = yield from _reply()
    if code != SERVICE_READY:  # RFC 5321 §3.1
        raise _refusal("the greeting is", code, lines)
    yield hello + b" " + client.encode("ascii", "replace") + b"\r\n"
    code, lines = yield from _reply()
    if code != COMPLETED:
        # RFC 5321 §3.2: such a server knows no extensions. 4yz is a matter of the moment.
        if code.startswith(b"5"):
            raise not_offered(f"no STARTTLS: {hello.decode()} was refused with {shown(lines[-1])}")
        raise _refusal(f"the reply to {hello.decode()} is", code, lines)
    keywords = {words[0].upper() for text in lines[1:] if (words := text[4:].split())}  # RFC 5321 §4.1.1.1
    if b"STARTTLS" not in keywords:  # RFC 3207 §2
        raise not_offered("the server does not offer STARTTLS")
    yield b"STARTTLS\r\n"
    code, lines = yield from _reply()
    if code != SERVICE_READY:  # RFC 3207 §4
        raise not_offered(f"STARTTLS was refused with {shown(lines[-1])}")


def _reply() -> Generator[Through, bytes, tuple[bytes, list[bytes]]]:
    """Read one reply of any number of lines (RFC 5321 §4.2.1)."""
    lines: list[bytes] = []
    while True:
        text = yield from line()
        lines.append(text)
        if (
            not text[:3].isdigit()
            or len(text[:3]) != 3
            or text[3:4] not in (b"", b" ", b"-")
            or text[:3] != lines[0][:3]
        ):
            raise strange("this is no SMTP reply", text)
        if text[3:4] != b"-":
            return text[:3], lines


def _refusal(what: str, code: bytes, lines: list[bytes]) -> Refused:
    hint = " (try again later)" if code.startswith(b"4") else ""
    return strange(f"{what} a refusal{hint}", lines[-1])
