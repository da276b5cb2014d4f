"""`Resolver`, the face of synchronous programs, and the one-shots."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Self

from resolver.api import checks
from resolver.api.settings import (
    CACHE_SIZE,
    DEFAULT_POLICY,
    LIMIT,
    TIMEOUT,
    LookupItem,
    Results,
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
    from resolver.dane.reports import HostReport, SmtpReport
    from resolver.engine.batch import Call
    from resolver.sources.upstream import UpstreamLike


class Resolver:
    """A validating resolver for synchronous programs. Thread-safe.

    Lookups run in one hidden thread for the whole process; an outcome that is finished and still fresh is returned
    without leaving the caller's.
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
        """Prepare; nothing is asked yet.

        Args:
            upstream: whom to ask. None: the system's servers, as /etc/resolv.conf names them now. An address in words:
                "9.9.9.9", "127.0.0.1:5353", "[2620:fe::fe]:53" (UDP, and TCP where a reply is too long) or
                "tcp://9.9.9.9". A function f(query: bytes) -> bytes: it runs in a worker thread, one call at a time;
                OSError means that no reply came, any other exception reaches the caller unchanged. An object with a
                trio coroutine exchange(query). A list of these: tried in its order, the next where one fails.
            anchors: what is trusted; None: the root's keys as IANA publishes them, which are built in.
            policy: what is accepted.
            timeout: seconds a lookup may take; then it ends in Indeterminate.
            cache_size: how many outcomes are remembered; 0: none.
            clock: POSIX seconds.

        Raises:
            BadUpstream: the upstream cannot be understood, or the system names no server.
            BadInput: another argument cannot be.
        """
        self._engine = arguments.make_engine(upstream, anchors, policy, timeout, cache_size, clock)
        self._closed = False

    def lookup(self, name: NameLike, rdtype: TypeLike) -> Outcome[RRset]:
        """Look one RRset up and judge it. Aliases are followed.

        Args:
            name: the name; a text is taken as absolute.
            rdtype: a mnemonic such as "TLSA", "TYPE52", or a number.

        Raises:
            BadName, BadType: they cannot be understood.
        """
        return self._ask(Question.of(name, rdtype))

    def tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> Outcome[TlsaSet]:
        """Look the TLSA records of a service up and judge them.

        Asked are the host's A records and `_port._protocol.host` at once, and only where the host is an alias (or its A
        records cannot be found out) its AAAA records and the records at the name that it leads to. Where every hop is
        secure, the records there count first, then the host's own (RFC 7671 §7); `TlsaSet.base_domain` says which.
        The verdict rests on the address lookups too: where both are bogus or fail, so does this one.

        Args:
            host: the server's name.
            port: 1 to 65535.
            protocol: "tcp", "udp" or "sctp".

        Raises:
            BadName, BadInput: they cannot be understood.
        """
        from resolver.engine.host import call_sync

        must_be_open(self._closed)
        request = arguments.tlsa_request(host, port, protocol)
        known = at_hand(self._engine, request.plan())
        return known if known is not None else call_sync(partial(run_tlsa, self._engine, request))

    def trusted_tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> TlsaSet | None:
        """The proven TLSA records of a service, or None where DANE does not apply to it.

        None: proven that there are none (Absent), or that the name is not signed (Insecure), or no trust anchor
        covers it (Indeterminate, NO_ANCHOR).

        Raises:
            NotTrusted: it is bogus or could not be found out; do not connect as if there were no records.
            BadName, BadInput: an argument cannot be understood.
        """
        return arguments.trusted(self.tlsa(host, port, protocol=protocol))

    def lookup_many(self, items: Iterable[LookupItem], *, limit: int = LIMIT) -> Results[LookupItem, Outcome[RRset]]:
        """Look many RRsets up: `with r.lookup_many(items) as results: for item, outcome in results: …`.

        Args:
            items: (name, type) each; taken one by one, as there is room.
            limit: how many lookups run at once.

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        from resolver.engine.batch import SyncBatch

        return SyncBatch(items, partial(self._lookup_call, arguments.positive(limit)), limit)

    def tlsa_many(self, items: Iterable[TlsaItem], *, limit: int = LIMIT) -> Results[TlsaItem, Outcome[TlsaSet]]:
        """The same for TLSA records; items are (host, port) or (host, port, protocol).

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        from resolver.engine.batch import SyncBatch

        return SyncBatch(items, self._tlsa_call, arguments.positive(limit))

    def check_https(
        self, host: NameLike, port: int = 443, *, roots: Iterable[bytes] | None = None, require_dane: bool = False
    ) -> HostReport:
        """Connect to every address of a service with TLS, and judge what its peers present by its TLSA records.

        Nothing but the handshake is sent. Of a service with usable records both kinds of key, RSA and ECDSA, are
        looked at where the server has them. Where DANE does not apply, the report says so and whether PKIX would do.

        Args:
            host: the server's name.
            port: 1 to 65535.
            roots: certification authorities, certificates in DER, for usages 0 and 1; None: the system's.
            require_dane: refuse what DANE does not authenticate, even if PKIX does (RFC 7671 §10.3).

        Raises:
            BadName, BadInput: an argument cannot be understood. What peers do never raises.
        """
        return self._check(checks.https(self._engine, host, port, roots, require_dane))

    def check_smtp(self, domain: NameLike, port: int = 25) -> SmtpReport:
        """Check what mail to a domain can count on: every MX host, every address, both kinds of key (RFC 7672).

        Args:
            domain: the recipients' domain.
            port: where its hosts listen.

        Raises:
            BadName, BadInput: an argument cannot be understood. What peers do never raises.
        """
        return self._check(checks.smtp(self._engine, domain, port))

    def close(self) -> None:
        """End the use of this resolver and its connections; closing twice does no harm."""
        from resolver.engine import host

        self._closed = True
        if host.runs_elsewhere():  # it may be reading from the connections, even with no lookup under way
            host.call_sync(self._closing)
        else:
            self._engine.close()

    async def _closing(self) -> None:
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self, run: Callable[[], Awaitable[T]]) -> T:
        from resolver.engine.host import call_sync

        must_be_open(self._closed)
        return call_sync(run)

    def _lookup_call(self, limit: int, item: object) -> Call[Outcome[RRset]]:
        must_be_open(self._closed)
        return lookup_call(self._engine, item, limit)

    def _tlsa_call(self, item: object) -> Call[Outcome[TlsaSet]]:
        must_be_open(self._closed)
        return tlsa_call(self._engine, item)

    def _ask(self, question: Question) -> Outcome[RRset]:
        from resolver.engine.host import call_sync

        must_be_open(self._closed)
        known = self._engine.cached(question)
        return known if known is not None else call_sync(partial(self._engine.lookup, question))


def lookup(name: NameLike, rdtype: TypeLike) -> Outcome[RRset]:
    """Look one RRset up with the process's default resolver; see `Resolver.lookup`.

    Raises:
        BadName, BadType, BadUpstream: an argument, or the system's configuration, cannot be understood.
    """
    return _default_resolver().lookup(name, rdtype)


def tlsa(host: NameLike, port: int, *, protocol: str = "tcp") -> Outcome[TlsaSet]:
    """Look the TLSA records of a service up with the process's default resolver; see `Resolver.tlsa`.

    Raises:
        BadName, BadInput, BadUpstream: an argument, or the system's configuration, cannot be understood.
    """
    return _default_resolver().tlsa(host, port, protocol=protocol)


def trusted_tlsa(host: NameLike, port: int, *, protocol: str = "tcp") -> TlsaSet | None:
    """The proven TLSA records, or None where DANE does not apply; see `Resolver.trusted_tlsa`.

    Raises:
        NotTrusted: it is bogus or could not be found out; do not connect as if there were no records.
        BadName, BadInput, BadUpstream: an argument, or the system's configuration, cannot be understood.
    """
    return _default_resolver().trusted_tlsa(host, port, protocol=protocol)


_default: Resolver | None = None


def _default_resolver() -> Resolver:
    """One for the process. Two threads may both make it at first, which does no harm."""
    global _default
    if _default is None:
        _default = Resolver()
    return _default
