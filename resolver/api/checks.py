"""Checks of real peers as the faces offer them: arguments are read in the caller's thread, the check runs under trio."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from resolver.dane.tlsa import tlsa_name
from resolver.data.name import Name, NameLike, to_name
from resolver.errors import BadInput

if TYPE_CHECKING:
    import trio

    from resolver.dane.reports import HostReport, SmtpReport
    from resolver.engine.driver import Engine

Roots: TypeAlias = "Iterable[bytes] | None"


def https(
    engine: Engine, host: NameLike, port: int, roots: Roots, require_dane: bool
) -> Callable[[], Awaitable[HostReport]]:
    """The call behind `check_https`.

    Raises:
        BadName, BadInput: an argument cannot be understood.
    """
    name, kept = host_name(host, port), roots_given(roots)
    if not isinstance(require_dane, bool):
        raise BadInput(f"require_dane must be True or False, not {require_dane!r}")

    async def check() -> HostReport:
        from resolver.probe.web import check_https

        return await check_https(
            engine, name, port, roots=await roots_or_system(kept), require_dane=require_dane, clock=engine.clock
        )

    return check


def smtp(engine: Engine, domain: NameLike, port: int) -> Callable[[], Awaitable[SmtpReport]]:
    """The call behind `check_smtp`.

    Raises:
        BadName, BadInput: an argument cannot be understood.
    """
    name = host_name(domain, port)

    async def check() -> SmtpReport:
        from resolver.probe.smtp import check_smtp

        return await check_smtp(engine, name, port)

    return check


def connection(
    engine: Engine, host: NameLike, port: int, protocol: str, starttls: str | None, roots: Roots
) -> Callable[[], Awaitable[trio.SSLStream[trio.abc.Stream]]]:
    """The call behind `connect`.

    Raises:
        BadName, BadInput: an argument cannot be understood.
    """
    from resolver.probe.starttls import protocol_of

    name, kept = host_name(host, port), roots_given(roots)
    if protocol != "tcp":
        raise BadInput(f"protocol={protocol!r}: only connections over tcp can be made; tlsa() looks others up")
    spoken = None if starttls is None else protocol_of(starttls)

    async def connect() -> trio.SSLStream[trio.abc.Stream]:
        from resolver.probe import connecting

        return await connecting.connect(engine, name, port, protocol=spoken, roots=await roots_or_system(kept))

    return connect


def host_name(host: NameLike, port: int) -> Name:
    """The name of a service, which has to be a name (RFC 6698 §3).

    Raises:
        BadName, BadInput: it is an address, or the port is none.
    """
    text = str(host).strip().removesuffix(".").removeprefix("[").removesuffix("]")
    if _is_address(text):
        raise BadInput(f"{text} is an address, and DANE authenticates names: give the server's name")
    name = to_name(host)
    tlsa_name(name, port)
    if name.is_root:
        raise BadInput("the root is no host: give the server's name")
    return name


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False


def roots_given(roots: Roots) -> tuple[bytes, ...] | None:
    """The roots as a caller gives them.

    Raises:
        BadInput: something else than certificates in DER.
    """
    if roots is None:
        return None
    given: object = roots  # whatever the annotation says
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise BadInput(f"roots must be certificates in DER, several bytes objects, not {type(given).__name__}")
    kept = tuple(given)
    if not all(isinstance(each, bytes) and each.startswith(b"\x30") for each in kept):
        raise BadInput("roots must be certificates in DER, as ssl.PEM_cert_to_DER_cert makes them of PEM")
    return kept


async def roots_or_system(roots: tuple[bytes, ...] | None) -> tuple[bytes, ...]:
    """The roots given, else the system's, which are read in a thread of their own."""
    if roots is not None:
        return roots
    import trio

    from resolver.probe.roots import system_roots

    return await trio.to_thread.run_sync(partial(system_roots))
