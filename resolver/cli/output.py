"""Writing: what a terminal can show, and output that somebody closed early."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.validator.outcome import Outcome

_SHAPES = "✔✖○◌└─·→…–§"


class Look(NamedTuple):
    """How text is to look on standard output; `width` 0 means lines are never wrapped."""

    color: bool
    ascii_only: bool
    width: int


class Wanted(Protocol):
    """The options that decide how output looks."""

    no_color: bool
    ascii: bool


def look_of(arguments: Wanted) -> Look:
    """What standard output can show: colours and wrapping only on a terminal, our shapes only where it can encode them."""
    stream = sys.stdout
    terminal = stream is not None and stream.isatty()
    color = terminal and not arguments.no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    try:
        _SHAPES.encode(getattr(stream, "encoding", None) or "utf-8")
        ascii_only = arguments.ascii
    except (UnicodeEncodeError, LookupError):
        ascii_only = True
    width = 0
    if terminal:
        import shutil

        width = shutil.get_terminal_size().columns
    return Look(color, ascii_only, width)


class Detail(Protocol):
    """The options that decide how much is said."""

    verbose: int
    quiet: bool


def as_text(outcomes: Sequence[Outcome[object]], arguments: Detail, look: Look) -> str:
    """The traces, with an empty line between two; with -q the first line of the first, which is the worst."""
    if arguments.quiet:
        from resolver.trace import terminal

        return terminal.headline(outcomes[0], color=look.color, ascii_only=look.ascii_only) + "\n"
    from resolver import trace

    return "\n".join(
        trace.text(outcome, color=look.color, ascii=look.ascii_only, width=look.width, verbose=arguments.verbose)
        for outcome in outcomes
    )


class MayBeQuiet(Protocol):
    """The option that puts JSON into one line."""

    quiet: bool


def dump(value: object, arguments: MayBeQuiet) -> str:
    """JSON for standard output; with -q in one line."""
    import json

    text = json.dumps(value, indent=None if arguments.quiet else 2)
    return text.replace("\x7f", "\\u007f") + "\n"


def write(text: str) -> None:
    """Write to standard output. Who closes it early has seen enough, and that is no error.

    Raises:
        BadInput: it cannot be written to, as on a full disk.
    """
    stream = sys.stdout
    if stream is None:
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:  # a locale that has no UTF-8
            from resolver.trace.page import to_ascii

            stream.write(to_ascii(text))
        stream.flush()
    except BrokenPipeError:
        _silence()
    except (OSError, ValueError) as refused:  # ValueError: it was closed
        _silence()
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(f"standard output cannot be written ({why}); send it elsewhere") from None


def complain(message: str, program: str = "dnssec-trace") -> None:
    """One line on standard error, in whatever it can encode and without control characters."""
    from resolver.trace.page import clean

    line = f"{program}: {clean(' '.join(message.split()))}\n"
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(line)
        stream.flush()
    except (OSError, ValueError):
        pass  # nobody listens; the exit code tells


def _silence() -> None:
    """Point standard output nowhere, so that Python does not complain when it flushes at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        pass
