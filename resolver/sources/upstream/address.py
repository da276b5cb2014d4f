"""The words that name a server: "9.9.9.9", "127.0.0.1:5353", "[2620:fe::fe]:53", "udp://…", "tcp://…".

Not done: "tls://", "https://" and "quic://" are understood and refused; they come with a later release.
"""

from __future__ import annotations

import ipaddress
from typing import Literal, NamedTuple

from resolver.errors import BadUpstream

DNS_PORT = 53  # RFC 1035 §4.2
EXAMPLES = '"9.9.9.9", "127.0.0.1:5353", "[2620:fe::fe]:53" or "tcp://9.9.9.9"'
_LATER = {"tls": "DNS over TLS", "https": "DNS over HTTPS", "quic": "DNS over QUIC"}


class Address(NamedTuple):
    """Where a server is. `host` is an IP address as text, with its zone ("%eth0") where it has one."""

    transport: Literal["udp", "tcp"]
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {host}:{self.port}"


def parse(word: str) -> Address:
    """Read one word.

    Raises:
        BadUpstream: it names no server that can be asked.
    """
    if not isinstance(word, str):
        raise BadUpstream(f"bad upstream {word!r}: an address such as {EXAMPLES} is needed")
    scheme, separator, rest = word.partition("://")
    if not separator:
        scheme, rest = "udp", word
    scheme = scheme.lower()
    if scheme in _LATER:
        raise BadUpstream(f"bad upstream {_shown(word)}: {_LATER[scheme]} is not in this release yet; use {EXAMPLES}")
    if scheme not in ("udp", "tcp"):
        raise BadUpstream(f"bad upstream {_shown(word)}: {_shown(scheme)} is no transport; use {EXAMPLES}")
    host, port = _host_and_port(word, rest)
    return Address("tcp" if scheme == "tcp" else "udp", host, port)


def _host_and_port(word: str, rest: str) -> tuple[str, int]:
    if rest.startswith("["):
        host, bracket, after = rest[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise BadUpstream(f"bad upstream {_shown(word)}: write an IPv6 address with a port as [2620:fe::fe]:53")
        return _ip(word, host, 6), _port(word, after[1:]) if after else DNS_PORT
    if rest.count(":") == 1:  # an IPv6 address has at least two colons
        host, _, port = rest.partition(":")
        return _ip(word, host, 4), _port(word, port)
    return _ip(word, rest), DNS_PORT


def _ip(word: str, host: str, version: int | None = None) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        reason = f"{_shown(host)} is no IP address, and names are not looked up here"
        raise BadUpstream(f"bad upstream {_shown(word)}: {reason}; use {EXAMPLES}") from None
    if version is not None and address.version != version:
        raise BadUpstream(f"bad upstream {_shown(word)}: brackets are for IPv6 addresses; use {EXAMPLES}")
    return str(address)


def _port(word: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 0 < number < 65536:
        raise BadUpstream(f"bad upstream {_shown(word)}: the port must be a number from 1 to 65535, not {_shown(text)}")
    return number


def _shown(text: str) -> str:
    """A text of a caller's in one short line."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
