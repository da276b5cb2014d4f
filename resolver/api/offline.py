"""`OfflineResolver`: verdicts about a snapshot or a recording, as of one moment; no network, no thread, no trio."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resolver.api.settings import DEFAULT_POLICY, LIMIT, LookupItem, O, Results, T, TlsaItem
from resolver.dane.tlsa import TlsaSet
from resolver.data.moment import Moment, to_seconds
from resolver.data.name import Name, NameLike
from resolver.data.rrset import Question, RRset
from resolver.data.types import AAAA, A, TypeLike
from resolver.engine import arguments
from resolver.engine.plans import run_offline
from resolver.errors import BadInput
from resolver.validator.anchors import Anchors
from resolver.validator.ask import Plan
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy

if TYPE_CHECKING:
    from resolver.sources.source import Source


class OfflineResolver:
    """Judges what a snapshot of zones, a recording or another `Source` says, as of one moment.

    No network, no thread, no trio. Not thread-safe.
    """

    __module__ = "resolver"

    def __init__(
        self, source: Source, *, at: Moment, anchors: Anchors | None = None, policy: Policy = DEFAULT_POLICY
    ) -> None:
        """Prepare.

        Args:
            source: a `Snapshot`, a `Recording`, or anything with their `answer`.
            at: the moment to judge at: an aware datetime or POSIX seconds.
            anchors: what is trusted; None: the root's keys as IANA publishes them.
            policy: what is accepted.

        Raises:
            ValueError: a naive datetime, or a moment before 1970 or after 2106-02-07.
            BadInput: another argument cannot be understood.
        """
        from resolver.engine.loop import Loop

        trusted = arguments.check(anchors, policy)
        if not callable(getattr(source, "answer", None)):
            raise BadInput(f"a Snapshot, a Recording or an object with answer(question) is needed, not {source!r}")
        self._source = source
        self._loop = Loop(
            source,
            anchors=trusted,
            policy=policy,
            now=to_seconds(at, "at"),
        )

    def lookup(self, name: NameLike, rdtype: TypeLike) -> Outcome[RRset]:
        """Look one RRset up and judge it; see `Resolver.lookup`.

        Raises:
            BadName, BadType: they cannot be understood.
            BadSnapshot: the source's own data cannot be.
        """
        return self._ask(Question.of(name, rdtype))

    def tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> Outcome[TlsaSet]:
        """Look the TLSA records of a service up and judge them; see `Resolver.tlsa`.

        Raises:
            BadName, BadInput: an argument cannot be understood.
            BadSnapshot: the source's own data cannot be.
        """
        return self._tlsa(arguments.tlsa_request(host, port, protocol))

    def trusted_tlsa(self, host: NameLike, port: int, *, protocol: str = "tcp") -> TlsaSet | None:
        """The proven TLSA records, or None where DANE does not apply; see `Resolver.trusted_tlsa`.

        Raises:
            NotTrusted: it is bogus or could not be found out.
            BadName, BadInput: an argument cannot be understood.
            BadSnapshot: the source's own data cannot be.
        """
        return arguments.trusted(self.tlsa(host, port, protocol=protocol))

    def lookup_many(self, items: Iterable[LookupItem], *, limit: int = LIMIT) -> Results[LookupItem, Outcome[RRset]]:
        """Look many RRsets up, one after the other; `limit` is for the likeness with `Resolver`.

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        arguments.positive(limit)
        return _one_by_one((item, self._ask(arguments.lookup_item(item))) for item in items)

    def tlsa_many(self, items: Iterable[TlsaItem], *, limit: int = LIMIT) -> Results[TlsaItem, Outcome[TlsaSet]]:
        """The same for TLSA records; items are (host, port) or (host, port, protocol).

        Raises:
            BadInput: the limit is no positive number. Bad items raise from the iteration.
        """
        arguments.positive(limit)
        return _one_by_one((item, self._tlsa(arguments.tlsa_item(item))) for item in items)

    def _tlsa(self, request: arguments.TlsaRequest) -> Outcome[TlsaSet]:
        return self._run(request.plan() if self._knows_addresses(request.host) else request.plan_at_host())

    def _knows_addresses(self, host: Name) -> bool:
        """Whether the source is one that may know if the host is an alias.

        A recording or a chain may be about the TLSA records alone. Then it was made without following the host, and
        is judged so (RFC 9102 §3).
        """
        holds = getattr(self._source, "holds", None)
        return not callable(holds) or any(holds(Question(host, rdtype)) for rdtype in (A, AAAA))

    def _run(self, plan: Plan[T]) -> T:
        """Run a DANE plan."""
        return run_offline(self._ask, plan)

    def _ask(self, question: Question) -> Outcome[RRset]:
        rewind = getattr(self._source, "rewind", None)
        if callable(rewind):  # each lookup meets a recording from its beginning, whatever was looked up before
            rewind()
        return self._loop.lookup(question)


@contextmanager
def _one_by_one(results: Generator[tuple[T, O], None, None]) -> Iterator[Iterator[tuple[T, O]]]:
    try:
        yield results
    finally:
        results.close()
