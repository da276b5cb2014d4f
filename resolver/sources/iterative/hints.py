"""The root hints: where the root's servers are (RFC 9609), built in, from a file, or from a mapping.

The table is IANA's named.root of 2026; addresses of root servers change once in some years, and any one that still
answers is enough. Nothing is trusted because of it: what the servers say is judged by the trust anchors.

A port in the hints ("127.0.0.1:5353", "[::1]:5353") is for private trees, as tests and laboratories have them: referrals
carry no ports, so it is the port of every server of the tree. All addresses must then have the same one.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from resolver.data.files import PathLike, read_text
from resolver.data.name import ROOT, Name, NameLike, to_name
from resolver.data.types import AAAA, NS, A
from resolver.data.zonefile import scan
from resolver.errors import BadInput, BadSnapshot, BadUpstream

DNS_PORT = 53  # RFC 1035 §4.2
MAX_ADDRESSES = 100  # ours: the root has 26

RootHints: TypeAlias = "PathLike | Mapping[NameLike, str | Iterable[str]] | None"

# IANA, https://www.internic.net/domain/named.root
_IANA = {
    "a.root-servers.net.": ("198.41.0.4", "2001:503:ba3e::2:30"),
    "b.root-servers.net.": ("170.247.170.2", "2801:1b8:10::b"),
    "c.root-servers.net.": ("192.33.4.12", "2001:500:2::c"),
    "d.root-servers.net.": ("199.7.91.13", "2001:500:2d::d"),
    "e.root-servers.net.": ("192.203.230.10", "2001:500:a8::e"),
    "f.root-servers.net.": ("192.5.5.241", "2001:500:2f::f"),
    "g.root-servers.net.": ("192.112.36.4", "2001:500:12::d0d"),
    "h.root-servers.net.": ("198.97.190.53", "2001:500:1::53"),
    "i.root-servers.net.": ("192.36.148.17", "2001:7fe::53"),
    "j.root-servers.net.": ("192.58.128.30", "2001:503:c27::2:30"),
    "k.root-servers.net.": ("193.0.14.129", "2001:7fd::1"),
    "l.root-servers.net.": ("199.7.83.42", "2001:500:9f::42"),
    "m.root-servers.net.": ("202.12.27.33", "2001:dc3::35"),
}


class Hints(NamedTuple):
    """The root's servers: addresses by name, the port of the tree, and whether its addresses are this machine's own."""

    servers: dict[Name, tuple[str, ...]]
    port: int
    loopback: bool


def read_hints(root_hints: RootHints = None) -> Hints:
    """Read root hints.

    Args:
        root_hints: None: IANA's; a path: a master file with NS of the root and A and AAAA of its servers (RFC 9609 §3);
            a mapping: server name -> address, or several.

    Raises:
        BadUpstream: it cannot be understood, or names no address.
    """
    if root_hints is None:
        return _settled({to_name(name): addresses for name, addresses in _IANA.items()})
    if isinstance(root_hints, Mapping):
        return _settled({_name(name): _listed(name, given) for name, given in root_hints.items()})
    if isinstance(root_hints, str | os.PathLike):
        return _settled(_from_file(root_hints))
    raise BadUpstream(f"bad root hints {root_hints!r}: give a file's path, or a mapping of server names to addresses")


def _name(name: NameLike) -> Name:
    try:
        return to_name(name)
    except BadInput as refused:
        raise BadUpstream(f"bad root hints: {refused}") from None


def _listed(name: NameLike, given: str | Iterable[str]) -> tuple[str, ...]:
    addresses = (given,) if isinstance(given, str) else tuple(given)
    for address in addresses:
        if not isinstance(address, str):
            raise BadUpstream(f"bad root hints: an address of {name} is {address!r}; give it as text")
    return addresses


def _from_file(path: PathLike) -> dict[Name, tuple[str, ...]]:
    named: list[Name] = []
    addresses: dict[Name, list[str]] = {}
    try:
        for record in scan(read_text(path), origin=ROOT, path=os.fspath(path)):
            if record.rdtype == NS and record.owner.is_root:
                named.append(Name.from_text(record.text, record.origin))
            elif record.rdtype in (A, AAAA):
                addresses.setdefault(record.owner, []).append(record.text.strip())
    except (BadSnapshot, BadInput) as refused:
        raise BadUpstream(f"bad root hints: {refused}") from None
    if not named:
        raise BadUpstream(f"bad root hints: {os.fspath(path)} has no NS of the root (RFC 9609 §3)")
    return {name: tuple(addresses[name]) for name in named if name in addresses}


def _settled(given: dict[Name, tuple[str, ...]]) -> Hints:
    ports: set[int] = set()
    servers: dict[Name, tuple[str, ...]] = {}
    for name, words in given.items():
        hosts = []
        for word in words:
            host, port = _split(word)
            hosts.append(host)
            ports.add(port)
        if hosts:
            servers[name] = tuple(hosts)
    count = sum(map(len, servers.values()))
    if not count:
        raise BadUpstream("bad root hints: they name no address of a root server")
    if count > MAX_ADDRESSES:
        raise BadUpstream(f"bad root hints: {count} addresses; at most {MAX_ADDRESSES} are read")
    if len(ports) > 1:
        listed = ", ".join(str(port) for port in sorted(ports))
        raise BadUpstream(f"bad root hints: ports {listed}; a port is that of the whole tree, so there can be only one")
    loopback = any(ipaddress.ip_address(host).is_loopback for hosts in servers.values() for host in hosts)
    return Hints(servers, ports.pop(), loopback)


def _split(word: str) -> tuple[str, int]:
    """An address and its port, as an upstream's address is written."""
    from resolver.sources.upstream.address import parse

    try:
        if "://" in word:
            raise BadUpstream(f"{word!r} is no bare address")
        address = parse(word)
    except BadUpstream as refused:
        raise BadUpstream(f"bad root hints: {refused}") from None
    return address.host, address.port
