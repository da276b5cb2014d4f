"""LDAP up to the go-ahead for TLS: one extended request and its response (RFC 4511 §4.14); and its end."""

from __future__ import annotations

from collections.abc import Generator

from resolver.dane.reports import TLS_FAILED
from resolver.probe.starttls.dialogue import Exactly, Refused, Script, not_offered, strange

START_TLS = b"1.3.6.1.4.1.1466.20037"  # RFC 4511 §4.14.1
UNBIND = bytes.fromhex("30050201024200")  # message 2 (RFC 4511 §4.3)
MESSAGE_OCTETS = 4096  # of the response; it holds a result code and two texts
_SEQUENCE, _INTEGER, _ENUMERATED, _EXTENDED_RESPONSE = 0x30, 0x02, 0x0A, 0x78  # RFC 4511 §4.1.1, §4.12


def ldap(domain: str, client: str) -> Script:
    """LDAP."""
    del domain, client
    name = b"\x80" + bytes((len(START_TLS),)) + START_TLS
    request = b"\x77" + bytes((len(name),)) + name
    message = b"\x02\x01\x01" + request
    yield b"\x30" + bytes((len(message),)) + message
    body = yield from _message()
    number, rest = _element(body, _INTEGER)
    response, _ = _element(rest, _EXTENDED_RESPONSE)
    if number != b"\x01":  # 0 is a notice of disconnection (RFC 4511 §4.4.1)
        raise strange("the response answers another message", body)
    code, _ = _element(response, _ENUMERATED)
    if code != b"\x00":  # RFC 4511 §4.14.2
        raise not_offered(f"StartTLS was refused with result code {int.from_bytes(code)}")


def ldap_farewell() -> Script:
    """An unbind request, which has no response (RFC 4511 §4.3)."""
    yield UNBIND


def _message() -> Generator[Exactly, bytes, bytes]:
    """Read the content of one LDAPMessage (RFC 4511 §5.1: BER, lengths in the definite form)."""
    head = yield Exactly(2)
    if head[0] != _SEQUENCE:
        raise strange("this is no LDAP message", head)
    length = head[1]
    if length & 0x80:
        size = length & 0x7F
        if not 0 < size <= 4:
            raise strange("this is no LDAP message", head)
        length = int.from_bytes((yield Exactly(size)))
    if length > MESSAGE_OCTETS:
        raise Refused(TLS_FAILED, f"an LDAP message of {length} octets; the limit is {MESSAGE_OCTETS}")
    return (yield Exactly(length))


def _element(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which must have this tag, and what follows it."""
    if len(octets) >= 2 and octets[0] == tag:
        length, start = octets[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(octets[2:start])
        if start <= len(octets) and start + length <= len(octets):
            return octets[start : start + length], octets[start + length :]
    raise strange("this is no response to StartTLS", octets)
