"""`AsyncResolver`, the face of trio and asyncio programs.

Limits: as for `Resolver`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from resolver.api import checks
from resolver.api.settings import (
    CACHE_SIZE,
    DEFAULT_POLICY,
    LIMIT,
    TIMEOUT,
    AsyncResults,
    LookupItem,
    T,
    TlsaItem,
    lookup_call,
    must_be_open,
    run_tlsa,
    tlsa_call,
)
from resolver.dane.tlsa import TlsaSet
from resolver.data.name import NameLike
from resolver.data.rrset import Question, RRset
from resolver.data.types import TypeLike
from resolver.engine import arguments
from resolver.engine.plans import at_hand
from resolver.validator.anchors import Anchors
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy

if TYPE_CHECKING:
    import trio

    from resolver.dane.reports import HostReport, SmtpReport
    from resolver.engine.batch import Call, Crew
    from resolver.sources.upstream import UpstreamLike


class AsyncResolver:
    """A validating resolver for trio and asyncio: the verbs of `Resolver`, awaited.

    Under trio it works in the caller's own loop, under asyncio in one hidden thread for the whole process. It serves
    one kind of loop, and of trio loops one, at a time.
    """

    __module__ = "resolver"

    def __init__(
        self,
        upstream: UpstreamLike = None,
        *,
        anchors: Anchors | None = None,
        policy: Policy = DEFAULT_POLICY,
        timeout: float = TIMEOUT,
        cache_size: int = CACHE_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; the arguments are those of `Resolver`.

        Raises:
            BadUpstream: the upstream cannot be understood, or the system names no server.
            BadInput: another argument cannot be.
        """
        self._engine = arguments.make_engine(upstream, anchors, policy, timeout, cache_size, clock)
        self._closed = False
        self._lock = threading.Lock()
        self._users = 0
        self._loop: object = None

    async def lookup(self, name: NameLike, rdtype: TypeLike) -> Outcome[RRset]:
        """Look one RRset up and judge it; see `Resolver.lookup`.

        Raises:
            BadName, BadType: they cannot be understood.
        """
        return await self._ask(Question.of(name, rdtype))

    async def tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> Outcome[TlsaSet]:
        """Look the TLSA records of a service up and judge them; see `Resolver.tlsa`.

        Raises:
            BadName, BadInput: an argument cannot be understood.
        """
        request = arguments.tlsa_request(host, port, protocol)
        return await self._serve(
            lambda: at_hand(self._engine, request.plan()), partial(run_tlsa, self._engine, request)
        )

    async def trusted_tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> TlsaSet | None:
        """The proven TLSA records, or None where DANE does not apply; see `Resolver.trusted_tlsa`.

        Raises:
            NotTrusted: it is bogus or could not be found out.
            BadName, BadInput: an argument cannot be understood.
        """
        return arguments.trusted(await self.tlsa(host, port, protocol=protocol))

    def lookup_many(
        self, items: Iterable[LookupItem], *, limit: int = LIMIT
    ) -> AsyncResults[LookupItem, Outcome[RRset]]:
        """Look many RRsets up: `async with r.lookup_many(items) as results: async for item, outcome in results: …`.

        Args:
            items: (name, type) each; taken one by one, as there is room.
            limit: how many lookups run at once.

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        from resolver.engine.batch import AsyncBatch

        return AsyncBatch(items, partial(self._lookup_call, arguments.positive(limit)), limit, self._crew)

    def tlsa_many(self, items: Iterable[TlsaItem], *, limit: int = LIMIT) -> AsyncResults[TlsaItem, Outcome[TlsaSet]]:
        """The same for TLSA records; items are (host, port) or (host, port, protocol).

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        from resolver.engine.batch import AsyncBatch

        return AsyncBatch(items, self._tlsa_call, arguments.positive(limit), self._crew)

    async def check_https(
        self, host: NameLike, port: int = 443, *, roots: Iterable[bytes] | None = None, require_dane: bool = False
    ) -> HostReport:
        """Judge what the peers of a service with TLS present; see `Resolver.check_https`.

        Raises:
            BadName, BadInput: an argument cannot be understood.
        """
        run = checks.https(self._engine, host, port, roots, require_dane)
        return await self._serve(_nothing, run)

    async def check_smtp(self, domain: NameLike, port: int = 25) -> SmtpReport:
        """Check what mail to a domain can count on; see `Resolver.check_smtp`.

        Raises:
            BadName, BadInput: an argument cannot be understood.
        """
        return await self._serve(_nothing, checks.smtp(self._engine, domain, port))

    async def connect(
        self,
        host: NameLike,
        port: int,
        *,
        protocol: str = "tcp",
        starttls: str | None = None,
        roots: Iterable[bytes] | None = None,
    ) -> trio.SSLStream[trio.abc.Stream]:
        """Connect to a TLS server; the stream is returned only once its peer is authenticated. For trio only.

        With usable TLSA records the peer must match one; with an error in the DNS there is no connection; where DANE
        does not apply, or no record is usable, the peer must pass PKIX, whatever the protocol. Addresses are tried one
        after the other, for 120 s altogether; `trio.fail_after` around the call sets a narrower limit. Nothing but the
        handshake, and what leads to it, is sent before.

        Args:
            host: the server's name.
            port: 1 to 65535.
            protocol: "tcp".
            starttls: the protocol that leads to TLS: "smtp", "submission", "lmtp", "imap", "pop3", "sieve",
                "xmpp-client", "xmpp-server", "ldap" or "postgresql"; None: TLS begins at once.
            roots: as for `Resolver.check_https`.

        Returns:
            The stream. On port 443 without STARTTLS it ends as HTTPS servers end it (`https_compatible` of trio).

        Raises:
            NotAuthenticated: no peer is; its `report` says why.
            BadName, BadInput: an argument cannot be understood.
            RuntimeError: it is called under asyncio, which has no use for a trio stream; docs/dane.md shows what to do.
        """
        from trio.lowlevel import in_trio_task

        run = checks.connection(self._engine, host, port, protocol, starttls, roots)
        if not in_trio_task():
            raise RuntimeError(
                "connect() returns a trio stream and needs trio; under asyncio ask tlsa() and judge the chain with "
                "resolver.dane.verify, as docs/dane.md shows"
            )
        return await self._serve(_nothing, run)

    async def aclose(self) -> None:
        """End the use of this resolver and its connections; closing twice does no harm."""
        import trio

        from resolver.engine import host

        self._closed = True
        if not trio.lowlevel.in_trio_task() and host.runs_elsewhere():  # it may be reading from the connections
            import asyncio

            await asyncio.shield(host.call_asyncio(self._closing))  # once begun it is done, whoever is cancelled
        else:
            self._engine.close()

    async def _closing(self) -> None:
        self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def _lookup_call(self, limit: int, item: object) -> Call[Outcome[RRset]]:
        return lookup_call(self._engine, item, limit)

    def _tlsa_call(self, item: object) -> Call[Outcome[TlsaSet]]:
        return tlsa_call(self._engine, item)

    async def _ask(self, question: Question) -> Outcome[RRset]:
        return await self._serve(partial(self._engine.cached, question), partial(self._engine.lookup, question))

    async def _serve(self, at_once: Callable[[], T | None], run: Callable[[], Awaitable[T]]) -> T:
        """What is known at once; else what `run` finds out, in the loop that may run the engine."""
        import trio

        in_trio = trio.lowlevel.in_trio_task()
        self._join(trio.lowlevel.current_trio_token() if in_trio else "asyncio")
        try:
            known = at_once()
            if in_trio:
                if known is None:
                    return await run()
                await trio.lowlevel.checkpoint()
                return known
            from resolver.engine.host import call_asyncio

            return known if known is not None else await call_asyncio(run)
        finally:
            self._leave()

    def _crew(self) -> tuple[Crew[Any, Any], Callable[[], None]]:
        """What runs a batch in the loop that runs now, and what to call at its end."""
        import trio

        from resolver.engine.batch import AsyncioCrew, TrioCrew

        in_trio = trio.lowlevel.in_trio_task()
        self._join(trio.lowlevel.current_trio_token() if in_trio else "asyncio")
        if not in_trio:
            return AsyncioCrew[Any, Any](), self._leave
        return TrioCrew[Any, Any](self._engine.timeout, self._engine.settled), self._leave

    def _join(self, loop: object) -> None:
        """Count a user in; flights of one loop cannot be driven from another."""
        must_be_open(self._closed)
        with self._lock:
            if self._users and self._loop != loop:
                raise RuntimeError("this AsyncResolver is in use by another event loop; make one for each")
            self._loop = loop
            self._users += 1

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1


def _nothing() -> None:
    """A check is made anew each time."""
