"""Trio tests without a plugin, and without waiting: time jumps to the next thing that happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import trio
from trio.testing import MockClock

T = TypeVar("T")


def jumping(test: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run an async function on a clock that jumps whenever everybody waits."""
    return trio.run(test, *args, clock=MockClock(autojump_threshold=0))
