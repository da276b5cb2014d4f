"""Exit codes: one number for a verdict (docs/trace.md). Of several verdicts the worst decides, which is the highest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.validator.outcome import Outcome

GOOD, USAGE, INTERNAL, INTERRUPTED = 0, 2, 70, 130
INSECURE, INSECURE_BY_POLICY = 10, 11
INDETERMINATE, UPSTREAM_UNFIT = 20, 21
BAD_ANCHOR, BOGUS, BAD_DATES, WORK_LIMIT = 22, 30, 31, 32
UNEXPECTED, ENDS_SOON = 1, 40  # of --expect and --warn

_BOGUS = {
    "ANCHOR_STALE": BAD_ANCHOR,
    "ANCHOR_REVOKED": BAD_ANCHOR,
    "EXPIRATION_IN_PAST": BAD_DATES,
    "INCEPTION_IN_FUTURE": BAD_DATES,
    "WORK_LIMIT": WORK_LIMIT,
}


def exit_code(outcome: Outcome[object]) -> int:
    """The exit code of one verdict."""
    if outcome.status == "secure" or outcome.status == "absent":
        return GOOD
    if outcome.status == "insecure":
        return INSECURE_BY_POLICY if outcome.policy else INSECURE
    if outcome.status == "indeterminate":
        return UPSTREAM_UNFIT if outcome.why == "UPSTREAM_UNFIT" else INDETERMINATE
    return _BOGUS.get(outcome.finding.code, BOGUS)


def worst_first(outcomes: list[Outcome[object]]) -> list[Outcome[object]]:
    """The verdicts, the worse ones first; an absent one comes behind a secure one, equals stay in their order."""
    return sorted(outcomes, key=lambda outcome: (-exit_code(outcome), outcome.status == "absent"))
