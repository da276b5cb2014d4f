"""What a plan may ask. `await` means *ask*: nothing in the validator waits (architecture.md, "Plans").

A driver sends a plan's request on and hands the answer back; `run` is the whole synchronous driver.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from resolver.data.name import Name
from resolver.data.rrset import Question, Reply

if TYPE_CHECKING:
    from resolver.validator.states import ZoneState  # noqa: F401 - named in the base of Keys and Held

R = TypeVar("R")
T = TypeVar("T")


class Ask(Generic[R]):
    """What a plan may await."""

    __slots__ = ()

    def __await__(self) -> Generator[Ask[Any], R, R]:
        return (yield self)


class Fetch(Ask[tuple[Reply, ...]]):
    """Ask the source; one reply for each question, in their order.

    Attributes:
        questions: what the plan needs.
        hints: what it will probably need next; a driver may ask them too, and no verdict depends on it.
        avoid: origins whose replies to these questions failed (R97).
        cd: whether to ask with checking disabled; False only for the second try of R97.
    """

    __slots__ = ("avoid", "cd", "hints", "questions")

    def __init__(
        self,
        *questions: Question,
        hints: tuple[Question, ...] = (),
        avoid: frozenset[str] = frozenset(),
        cd: bool = True,
    ) -> None:
        self.questions = questions
        self.hints = hints
        self.avoid = avoid
        self.cd = cd

    def __repr__(self) -> str:
        return f"Fetch({', '.join(map(str, self.questions))})"


class Keys(Ask["ZoneState"]):
    """Ask for the state of a zone. A zone plan asks only for proper ancestors of its zone (R124).

    Attributes:
        zone: the name in question.
        newer_than: POSIX seconds; a state fetched at or before then does not serve (R121). None: any serves.
    """

    __slots__ = ("newer_than", "zone")

    def __init__(self, zone: Name, *, newer_than: float | None = None) -> None:
        self.zone = zone
        self.newer_than = newer_than

    def __repr__(self) -> str:
        return f"Keys({self.zone})"


class Held(Ask["tuple[ZoneState, ...]"]):
    """Ask which states of these names are at hand, from this lookup or the zone cache, without fetching any (R8)."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[Name, ...]) -> None:
        self.names = names

    def __repr__(self) -> str:
        return f"Held({', '.join(map(str, self.names))})"


Plan: TypeAlias = Coroutine[Ask[Any], Any, T]


def run(plan: Plan[T], perform: Callable[[Ask[Any]], Any]) -> T:
    """Run a plan to its end; `perform` answers each request at once."""
    reply: Any = None
    try:
        while True:
            try:
                ask = plan.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            reply = perform(ask)
    finally:
        plan.close()
