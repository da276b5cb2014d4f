"""What the faces have in common: default settings, the types of batches, and how a batch's item becomes a lookup."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from resolver.dane.tlsa import TlsaSet
from resolver.data.name import NameLike
from resolver.data.rrset import RRset
from resolver.data.types import TypeLike
from resolver.engine import arguments
from resolver.engine.plans import at_hand, run
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy

if TYPE_CHECKING:
    from resolver.engine.batch import Call
    from resolver.engine.driver import Engine

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741 - an outcome
LookupItem = TypeVar("LookupItem", bound=tuple[NameLike, TypeLike])
TlsaItem = TypeVar("TlsaItem", bound="tuple[NameLike, int] | tuple[NameLike, int, str]")
Results: TypeAlias = AbstractContextManager[Iterator[tuple[T, O]]]
AsyncResults: TypeAlias = AbstractAsyncContextManager[AsyncIterator[tuple[T, O]]]

DEFAULT_POLICY = Policy()
TIMEOUT = 10.0  # seconds a lookup may take
CACHE_SIZE = 10_000  # outcomes
LIMIT = 100  # lookups of a batch that run at once


def lookup_call(engine: Engine, item: object) -> Call[Outcome[RRset]]:
    """The lookup that an item of `lookup_many` asks for.

    Raises:
        BadName, BadType, BadInput: it cannot be understood.
    """
    from resolver.engine.batch import Call

    question = arguments.lookup_item(item)
    return Call(partial(engine.lookup, question), engine.cached(question))


def tlsa_call(engine: Engine, item: object) -> Call[Outcome[TlsaSet]]:
    """The lookup that an item of `tlsa_many` asks for.

    Raises:
        BadName, BadInput: it cannot be understood.
    """
    from resolver.engine.batch import Call

    request = arguments.tlsa_item(item)
    return Call(partial(run_tlsa, engine, request), at_hand(engine, request.plan()))


async def run_tlsa(engine: Engine, request: arguments.TlsaRequest) -> Outcome[TlsaSet]:
    """Look the TLSA records of a service up; all of it within the engine's time-out."""
    import trio

    return await run(engine, request.plan(), deadline=trio.current_time() + engine.timeout)


def must_be_open(closed: bool) -> None:
    """Refuse a resolver that was closed.

    Raises:
        RuntimeError: it was.
    """
    if closed:
        raise RuntimeError("this resolver is closed")
