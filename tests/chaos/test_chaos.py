"""A small sample of the chaos; the long run is `python -m tests.chaos`."""

from __future__ import annotations

import pytest
import trio

from tests.chaos.run import chaos


@pytest.mark.parametrize("transport", ["udp", "tcp", "both"])
def test_no_verdict_is_wrong_and_nothing_is_left(transport: str) -> None:
    report = trio.run(chaos, 150, 7, transport)
    assert report.good, report.text()
    # Who asks first is up to the machine, and so is whom the server's faults hit: only that there was enough of both.
    assert report.verdicts["secure", "secure"] > 5, report.text()
    assert report.seen.total() - report.seen["honest"] > 20, report.text()
