"""Counts the conformance run and prints the honest share at its end."""

from __future__ import annotations

import pytest

from tests.conformance.divergences import DIVERGENCES
from tests.conformance.iterative_divergences import ITERATIVE_DIVERGENCES

_COUNT = pytest.StashKey[dict[str, bool]]()
_ITERATIVE = pytest.StashKey[dict[str, bool]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COUNT] = {}
    config.stash[_ITERATIVE] = {}


@pytest.fixture(scope="session")
def conformance(pytestconfig: pytest.Config) -> dict[str, bool]:
    """Case -> whether the verdict was the expected one; for the summary."""
    return pytestconfig.stash[_COUNT]


@pytest.fixture(scope="session")
def iterative_conformance(pytestconfig: pytest.Config) -> dict[str, bool]:
    """The same for the scenarios of the iterative kind."""
    return pytestconfig.stash[_ITERATIVE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = config.stash.get(_COUNT, {})
    if count:
        known = sum(case in DIVERGENCES for case in count)
        terminalreporter.write_line(
            f"conformance: {sum(count.values())} of {len(count)} in-scope queries right, {known} known divergences"
        )
    walked = config.stash.get(_ITERATIVE, {})
    if walked:
        known = sum(case in ITERATIVE_DIVERGENCES for case in walked)
        terminalreporter.write_line(
            f"iterative conformance: {sum(walked.values())} of {len(walked)} in-scope queries right, "
            f"{known} known divergences"
        )
