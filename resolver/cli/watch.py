"""`--watch`: look again when something ends or may have changed, and print only what changed.

It waits until the evidence breaks or the answer's TTL has passed, whichever is sooner, within `SHORTEST` and `LONGEST`.
Limits: it remembers nothing beyond its own run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.cli import codes, output

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.cli.arguments import Arguments
    from resolver.cli.judging import Case

SHORTEST, LONGEST = 30.0, 3600.0  # seconds between two looks: spare the servers, miss nothing for longer than an hour


def run(arguments: Arguments) -> int:
    """Look until it is interrupted.

    Raises:
        ResolverError: what cannot be understood.
    """
    import time

    return looks(arguments, time.sleep)


def looks(arguments: Arguments, sleep: Callable[[float], object], count: int | None = None) -> int:
    """Look, print, wait, and so on; `count` looks, or for ever.

    Args:
        arguments: the options.
        sleep: waits that many seconds.
        count: how often to look; None: until interrupted.
    """
    from resolver.cli.judging import questions_of
    from resolver.cli.trace import look_up

    asked = questions_of(arguments)
    before: dict[object, str] = {}
    code = codes.GOOD
    number = 0
    while count is None or number < count:
        cases = [case for group in look_up(arguments, asked) for case in group]
        changed = [case for case in cases if before.get(case.outcome.question) != _state(case)]
        before = {case.outcome.question: _state(case) for case in cases}
        if changed:
            output.write("".join(_line(case, arguments) for case in changed))
        if arguments.prometheus is not None:
            from resolver.cli import writing

            writing.metrics([case.outcome for case in cases], arguments.prometheus)
        code = max(codes.exit_code(case.outcome) for case in cases)
        number += 1
        if count is None or number < count:
            sleep(pause(cases))
    return code


def _state(case: Case) -> str:
    """What counts as a change: the verdict, its cause, the records; not how long they still hold."""
    cause = case.outcome.cause
    value = getattr(case.outcome, "value", None)
    records = sorted(getattr(value, "rdata", ()))
    return f"{case.outcome.status} {cause.code if cause else ''} {cause.at if cause else ''} {records}"


def _line(case: Case, arguments: Arguments) -> str:
    from resolver.data.moment import time_text
    from resolver.trace import terminal

    if arguments.json or arguments.json_lines:
        import json

        from resolver import trace

        return json.dumps(trace.json(case.outcome)).replace("\x7f", "\\u007f") + "\n"
    look = output.look_of(arguments)
    headline = terminal.headline(case.outcome, color=look.color, ascii_only=look.ascii_only)
    return f"{time_text(case.outcome.judged_at)} {headline}\n"


def pause(cases: list[Case]) -> float:
    """Seconds until the next look."""
    waits = [LONGEST]
    for case in cases:
        now = case.outcome.judged_at
        for name in ("fresh_until", "valid_until", "retry_at"):
            until = getattr(case.outcome, name, None)
            if until is not None and until > now:
                waits.append(until - now + 1)
    return max(SHORTEST, min(waits))
