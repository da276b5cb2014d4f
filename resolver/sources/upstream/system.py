"""The system's servers, from /etc/resolv.conf (resolv.conf(5)).

Of `options` these count: `timeout`, `attempts`, `rotate`, and `use-vc`, which asks for TCP. Others are passed over:
`edns0` is always on; `trust-ad` would have us believe a server, which is what this project is not for; `ndots`,
`single-request` and the like are for host names, as `search` is.

Limits: the first three servers, as the C library does. The file is read once, when a resolver is made.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from resolver.errors import BadUpstream
from resolver.sources.upstream.address import Address, parse

RESOLV_CONF = "/etc/resolv.conf"
MAX_SERVERS = 3  # MAXNS of resolv.conf(5)
MAX_TIMEOUT = 30  # seconds, resolv.conf(5): larger values are reduced to it
MAX_ATTEMPTS = 5  # resolv.conf(5)
MAX_OCTETS = 65536  # ours: no honest file comes near

ADVICE = 'name a server yourself: Resolver("9.9.9.9"), or --server 9.9.9.9'


class System(NamedTuple):
    """What the system says: its servers, seconds a try and tries a server, where it says so, and whether in turns."""

    servers: tuple[Address, ...]
    timeout: float | None
    attempts: int | None
    rotate: bool = False


def system_servers(path: str = RESOLV_CONF) -> System:
    """Read the system's configuration.

    Raises:
        BadUpstream: there is no such file, it names no server, or a server's address is none.
    """
    try:
        with open(path, "rb") as file:
            octets = file.read(MAX_OCTETS)
    except OSError as refused:
        raise BadUpstream(f"{path}: {refused.strerror or refused}; {ADVICE}") from None
    servers: list[Address] = []
    options: dict[str, int] = {}
    flags: set[str] = set()
    # Comments may be in any encoding; what is read here is ASCII.
    for number, line in enumerate(octets.decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        if words[0] == "nameserver":
            servers.append(_server(words[1:], path, number))
        elif words[0] == "options":
            for word in words[1:]:
                name, _, value = word.partition(":")
                flags.add(word)
                if value.isascii() and value.isdigit():
                    options[name] = int(value[:9])
    if not servers:
        raise BadUpstream(f"{path}: it names no server; {ADVICE}")
    timeout, attempts = options.get("timeout"), options.get("attempts")
    transport: Literal["tcp", "udp"] = "tcp" if "use-vc" in flags else "udp"
    return System(
        tuple([server._replace(transport=transport) for server in servers[:MAX_SERVERS]]),
        None if timeout is None else float(min(max(timeout, 1), MAX_TIMEOUT)),
        None if attempts is None else min(max(attempts, 1), MAX_ATTEMPTS),
        "rotate" in flags,
    )


def _server(words: list[str], path: str, number: int) -> Address:
    """The address of a `nameserver` line: bare, on port 53."""
    text = words[0] if words else ""
    try:
        if "://" in text or "[" in text or text.count(":") == 1:
            raise BadUpstream("not a bare address")
        return parse(text)
    except BadUpstream:
        raise BadUpstream(f"{path}:{number}: {text[:80]!r} is no address of a server; mend it, or {ADVICE}") from None
