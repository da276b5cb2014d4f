"""Counts the conformance run and prints the honest share at its end."""

from __future__ import annotations

import pytest

from tests.conformance.divergences import DIVERGENCES

_COUNT = pytest.StashKey[dict[str, bool]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COUNT] = {}


@pytest.fixture(scope="session")
def conformance(pytestconfig: pytest.Config) -> dict[str, bool]:
    """Case -> whether the verdict was the expected one; for the summary."""
    return pytestconfig.stash[_COUNT]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = config.stash.get(_COUNT, {})
    if count:
        known = sum(case in DIVERGENCES for case in count)
        terminalreporter.write_line(
            f"conformance: {sum(count.values())} of {len(count)} in-scope queries right, {known} known divergences"
        )
