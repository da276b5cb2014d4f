"""IMAP, POP3 and ManageSieve up to the go-ahead for TLS (RFC 9051 §6.2.1, RFC 2595 §4, RFC 5804 §2.2), and their end."""

from __future__ import annotations

import re
from collections.abc import Generator

from resolver.probe.starttls.dialogue import Exactly, Script, Through, line, not_offered, shown, strange

_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}$")  # RFC 9051 §4.3, RFC 5804 §1.2


def imap(domain: str, client: str) -> Script:
    """IMAP."""
    del domain, client
    greeting = yield from _joined_line()
    words = greeting.upper().split()
    if words[:2] == [b"*", b"PREAUTH"]:  # RFC 9051 §11.1: STARTTLS cannot be used any more: do not go on in the clear
        raise not_offered("no STARTTLS: the server greets with PREAUTH")
    if words[:2] != [b"*", b"OK"]:  # RFC 9051 §7.1
        raise strange("this is no greeting of IMAP", greeting)
    yield b"a1 CAPABILITY\r\n"
    offered = False
    while True:
        text = yield from _joined_line()
        words = text.upper().split()
        if words[:2] == [b"*", b"CAPABILITY"]:
            offered = b"STARTTLS" in words
        elif words[:1] == [b"A1"]:
            if words[1:2] != [b"OK"]:
                raise strange("CAPABILITY was refused with", text)
            break
        elif words[:1] != [b"*"] or words[1:2] == [b"BYE"]:
            raise strange("the server does not answer CAPABILITY but says", text)
    if not offered:
        raise not_offered("the server does not offer STARTTLS")
    yield b"a2 STARTTLS\r\n"
    while True:
        text = yield from _joined_line()
        words = text.upper().split()
        if words[:2] == [b"A2", b"OK"]:
            return
        if words[:1] == [b"A2"]:
            raise not_offered(f"STARTTLS was refused with {shown(text)}")
        if words[:1] != [b"*"] or words[1:2] == [b"BYE"]:
            raise strange("the server does not answer STARTTLS but says", text)


def imap_farewell() -> Script:
    """LOGOUT; the server says BYE, and then the tag (RFC 9051 §6.1.3)."""
    yield b"a3 LOGOUT\r\n"
    while (yield from _joined_line()).upper().split()[:1] != [b"A3"]:
        pass


def pop3(domain: str, client: str) -> Script:
    """POP3."""
    del domain, client
    greeting = yield from line()
    if not _is_ok(greeting):  # RFC 1939 §3
        raise strange("this is no greeting of POP3", greeting)
    yield b"CAPA\r\n"
    text = yield from line()
    if _is_ok(text):  # RFC 2449 §5; a server without CAPA is simply asked
        offered = False
        while (text := (yield from line())) != b".":
            offered = offered or text.upper().split() == [b"STLS"]
        if not offered:
            raise not_offered("the server does not offer STLS")
    elif not text.upper().startswith(b"-ERR"):
        raise strange("the reply to CAPA is", text)
    yield b"STLS\r\n"
    text = yield from line()
    if not _is_ok(text):  # RFC 2595 §4
        if text.upper().startswith(b"-ERR"):
            raise not_offered(f"STLS was refused with {shown(text)}")
        raise strange("the reply to STLS is", text)


def pop3_farewell() -> Script:
    """QUIT and its reply (RFC 1939 §5)."""
    yield b"QUIT\r\n"
    yield from line()


def sieve(domain: str, client: str) -> Script:
    """ManageSieve."""
    del domain, client
    offered = False
    while True:  # the greeting is a list of capabilities that ends with OK (RFC 5804 §1.7)
        text = yield from _joined_line()
        word = text.upper().split(b" ", 1)[0]
        if word == b"OK":
            break
        if not word.startswith(b'"'):
            raise strange("this is no greeting of ManageSieve", text)
        offered = offered or word == b'"STARTTLS"'
    if not offered:
        raise not_offered("the server does not offer STARTTLS")
    yield b"STARTTLS\r\n"
    text = yield from _joined_line()
    word = text.upper().split(b" ", 1)[0]
    if word != b"OK":
        if word in (b"NO", b"BYE"):
            raise not_offered(f"STARTTLS was refused with {shown(text)}")
        raise strange("the reply to STARTTLS is", text)


def sieve_farewell() -> Script:
    """LOGOUT and its reply (RFC 5804 §2.3), behind the capabilities that are listed again in TLS (RFC 5804 §2.2)."""
    yield b"LOGOUT\r\n"  # without waiting for the list: older servers do not send it
    for _ in range(2):
        while (yield from _joined_line()).startswith(b'"'):
            pass


def _is_ok(text: bytes) -> bool:
    return text.upper().split(b" ", 1)[0] == b"+OK"


def _joined_line() -> Generator[Through | Exactly, bytes, bytes]:
    """Read one line, with the literals that it announces: what is in them is text, and no line of its own."""
    whole = b""
    while True:
        text = yield from line()
        whole += text
        literal = _LITERAL.search(text)
        if literal is None:
            return whole
        yield Exactly(int(literal[1]))
