"""The frame around a command: every mistake of the user is one line on standard error, and every ending a code."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from resolver.cli import codes, output
from resolver.errors import ResolverError

if TYPE_CHECKING:
    from collections.abc import Callable


def run(program: str, command: Callable[[list[str]], int], argv: list[str] | None) -> int:
    """Run a command; the return value is its exit code.

    Args:
        program: its name, for messages.
        command: takes the arguments, and gives the exit code.
        argv: the arguments, without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if argv is None else argv
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:  # odd certificates make libraries warn; what matters is said by the command
                warnings.simplefilter("ignore")
            return command(given)
    except ResolverError as refused:
        output.complain(str(refused), program)
        return codes.USAGE
    except KeyboardInterrupt:
        return codes.INTERRUPTED
    except SystemExit as wanted:  # argparse: --help, which has been written, perhaps into a pipe that is closed
        output.write("")
        return wanted.code if isinstance(wanted.code, int) else codes.GOOD
    except Exception as bug:  # noqa: BLE001 - the last resort: one line, not a traceback
        what = f"{type(bug).__name__}: {bug}" if str(bug) else type(bug).__name__
        output.complain(f"an error of this program, {what}; please report it with the command that you gave", program)
        return codes.INTERNAL
