"""The words that name a server.

    9.9.9.9, 127.0.0.1:5353, [2620:fe::fe]:53, udp://…    UDP, and TCP where a reply is too long
    tcp://9.9.9.9                                         one pipelined TCP connection
    tls://9.9.9.9#dns.quad9.net                           DNS over TLS, strict: the certificate must be valid for the name
    tls://192.0.2.1#sha256=q1bF…                          pinned: the server must have that public key (more pins, or a
                                                          name as well, after commas)
    tls://192.0.2.1                                       opportunistic: any certificate serves
    https://9.9.9.9/dns-query#dns.quad9.net               DNS over HTTPS; strict, without a name for the address itself
    https://dns.quad9.net/dns-query                       the same; the system looks the name's address up
    quic://94.140.14.14#dns.adguard-dns.com               DNS over QUIC, as `tls`

A name in place of an address is taken only where TLS proves it: whoever lies about its address then gains nothing.
"""

from __future__ import annotations

import ipaddress
from typing import Literal, NamedTuple

from resolver.data.name import Name
from resolver.errors import BadName, BadUpstream
from resolver.sources.upstream.pins import is_pin, read_pin

Transport = Literal["udp", "tcp", "tls", "https", "quic"]
DNS_PORT = 53  # RFC 1035 §4.2
PORTS: dict[str, int] = {"udp": DNS_PORT, "tcp": DNS_PORT, "tls": 853, "https": 443, "quic": 853}
# RFC 7858 §3.1, RFC 8484 §5 (that of HTTPS), RFC 9250 §4.1.1
EXAMPLES = '"9.9.9.9", "127.0.0.1:5353", "[2620:fe::fe]:53", "tcp://9.9.9.9" or "tls://9.9.9.9#dns.quad9.net"'
MAX_PATH_OCTETS = 1024  # ours


class Address(NamedTuple):
    """Where a server is, and how it shows that it is the one.

    Fields: the transport; `host`, an IP address as text, with its zone ("%eth0") where it has one, or a name that the
    system looks up; the port; `name`, which its certificate must be valid for; `pins`, SHA-256 digests of public keys,
    one of which it must have; the `path` of an https address.
    """

    transport: Transport
    host: str
    port: int
    name: str | None = None
    pins: tuple[bytes, ...] = ()
    path: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        name = f"#{self.name}" if self.name not in (None, self.host) else ""
        return f"{self.transport} {host}:{self.port}{self.path}{name}"


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
    if scheme in ("udp", "tcp"):
        host, port = _host_and_port(word, rest, DNS_PORT, names=False)
        return Address("tcp" if scheme == "tcp" else "udp", host, port)
    if scheme not in PORTS:
        raise BadUpstream(f"bad upstream {_shown(word)}: {_shown(scheme)} is no transport; use {EXAMPLES}")
    rest, hash_sign, fragment = rest.partition("#")
    if hash_sign and not fragment:
        raise BadUpstream(f"bad upstream {_shown(word)}: after # a name or a pin is missing")
    name, pins = _identity(word, fragment)
    path = ""
    if scheme == "https":
        rest, slash, path = rest.partition("/")
        path = _path(word, slash + path)
    host, port = _host_and_port(word, rest, PORTS[scheme], names=True)
    if name is None and (not _is_ip(host) or (scheme == "https" and not pins)):
        name = host  # HTTPS is never opportunistic (RFC 8484 §5: the rules of HTTPS)
    return Address(scheme, host, port, name, pins, path)  # type: ignore[arg-type]


def _identity(word: str, fragment: str) -> tuple[str | None, tuple[bytes, ...]]:
    """The name and the pins after the #."""
    names: list[str] = []
    pins: list[bytes] = []
    for part in fragment.split(",") if fragment else ():
        if is_pin(part):
            pins.append(read_pin(part))
        else:
            names.append(_ip(word, part) if _is_ip(part) else _host_name(word, part))
    if len(names) > 1:
        raise BadUpstream(f"bad upstream {_shown(word)}: one name, not {len(names)}, may follow the #")
    return (names[0] if names else None), tuple(pins)


def _path(word: str, path: str) -> str:
    if path in ("", "/"):
        raise BadUpstream(f"bad upstream {_shown(word)}: the path is missing; most servers have /dns-query (RFC 8484)")
    if len(path) > MAX_PATH_OCTETS or not path.isascii() or not path.isprintable() or set(path) & set(' {}"<>\\^`|'):
        raise BadUpstream(f"bad upstream {_shown(word)}: the path is no path of a URL")
    return path


def _host_and_port(word: str, rest: str, default: int, *, names: bool) -> tuple[str, int]:
    if rest.startswith("["):
        host, bracket, after = rest[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise BadUpstream(f"bad upstream {_shown(word)}: write an IPv6 address with a port as [2620:fe::fe]:53")
        return _ip(word, host, 6), _port(word, after[1:]) if after else default
    if rest.count(":") == 1:  # an IPv6 address has at least two colons
        host, _, port = rest.partition(":")
        found = _host_name(word, host) if names and not _is_ip(host) else _ip(word, host, 4)
        return found, _port(word, port)
    return _host_name(word, rest) if names and rest and not _is_ip(rest) else _ip(word, rest), default


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ip(word: str, host: str, version: int | None = None) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        reason = f"{_shown(host)} is no IP address, and names are not looked up here"
        raise BadUpstream(f"bad upstream {_shown(word)}: {reason}; use {EXAMPLES}") from None
    if version is not None and address.version != version:
        raise BadUpstream(f"bad upstream {_shown(word)}: brackets are for IPv6 addresses; use {EXAMPLES}")
    return str(address)


def _host_name(word: str, text: str) -> str:
    """A name as certificates have it: A-labels, no dot at the end."""
    try:
        shown = str(Name.from_text(text)).rstrip(".")
    except BadName as refused:
        raise BadUpstream(f"bad upstream {_shown(word)}: {refused}") from None
    labels = shown.split(".")
    if not shown or shown != shown.strip() or any(set(label) - _HOST_LETTERS or label[0] == "-" for label in labels):
        raise BadUpstream(f"bad upstream {_shown(word)}: {_shown(text)} is neither an IP address nor a host's name")
    if labels[-1].isdigit():  # "9.9.9": a mistyped address
        raise BadUpstream(f"bad upstream {_shown(word)}: {_shown(text)} is no IP address; use {EXAMPLES}")
    return shown


_HOST_LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def _port(word: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 0 < number < 65536:
        raise BadUpstream(f"bad upstream {_shown(word)}: the port must be a number from 1 to 65535, not {_shown(text)}")
    return number


def _shown(text: str) -> str:
    """A text of a caller's in one short line."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
