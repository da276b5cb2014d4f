"""`dnssec-trace NAME [TYPE]`: look a name up, and show its verdict with the proof from the trust anchor down.

Everything that only some calls need is imported where they need it: the command starts quickly offline.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from resolver.cli import arguments as command_line
from resolver.cli import codes, output
from resolver.errors import BadInput, ResolverError

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.cli.judging import Case
    from resolver.data.rrset import Question
    from resolver.validator.outcome import Outcome

BATCH = 256  # names; more than are asked at once (resolver.api, LIMIT)
# A first word that is one of these is a command; the domain of that name is written with a final dot.
COMMANDS = ("explain", "diff", "audit", "verify")


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code.

    Args:
        argv: the arguments, without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if argv is None else argv
    try:
        if given and given[0] in COMMANDS:
            return _command(given[0], given[1:])
        return _run(command_line.parse(given))
    except ResolverError as refused:
        output.complain(str(refused))
        return codes.USAGE
    except KeyboardInterrupt:
        return codes.INTERRUPTED
    except SystemExit as wanted:  # argparse: --help, which has been written, perhaps into a pipe that is closed
        output.write("")
        return wanted.code if isinstance(wanted.code, int) else codes.GOOD
    except Exception as bug:  # noqa: BLE001 - the last resort: one line, not a traceback
        return _report(bug, given)


def _command(name: str, words: list[str]) -> int:
    if name == "explain":
        from resolver.cli import explain

        return explain.run(words)
    if name == "diff":
        from resolver.cli import diff

        return diff.run(words)
    if name == "verify":
        return _verify(words)
    from resolver.cli import audit

    return audit.run(words)


def _verify(words: list[str]) -> int:
    """`verify PROOF NAME [TYPE]`: a lookup whose source is the proof."""
    if not words or words[0].startswith("-"):
        if words[:1] in (["-h"], ["--help"]):
            return _run(command_line.parse(words))
        raise BadInput(f"no file; {command_line.PROGRAM} verify PROOF NAME [TYPE], as --proof wrote it")
    return _run(command_line.parse([*words[1:], "--from-proof", words[0]]))


def _report(bug: Exception, given: list[str]) -> int:
    if (
        any(word.startswith("-v") and set(word[1:]) == {"v"} and len(word) > 2 for word in given)
        or given.count("-v") > 1
    ):
        import traceback

        traceback.print_exception(bug)
    what = f"{type(bug).__name__}: {bug}" if str(bug) else type(bug).__name__
    output.complain(f"an error of this program, {what}; please report it, with what -vv shows")
    return codes.INTERNAL


def _run(arguments: Arguments) -> int:
    if arguments.version:
        from resolver.cli.version import version_text

        output.write(version_text())
        return codes.GOOD
    if arguments.demo:
        from resolver.cli import demo

        return demo.run(arguments)
    if arguments.all_servers is not None:
        from resolver.cli import servers

        return servers.run(arguments)
    if arguments.overlay is not None:
        from resolver.cli import overlay

        return overlay.run(arguments)
    if arguments.watch:
        from resolver.cli import watch

        return watch.run(arguments)
    from resolver.cli import judging

    asked = judging.questions_of(arguments)
    if not arguments.json_lines or arguments.record is not None or arguments.prometheus is not None:
        return show(arguments, look_up(arguments, asked))
    # Of many names each batch is printed as soon as it is judged, and then forgotten.
    return max(show(arguments, look_up(arguments, asked[at : at + BATCH])) for at in range(0, len(asked), BATCH))


def look_up(arguments: Arguments, asked: list[list[Question]]) -> list[list[Case]]:
    """The verdicts on each name, the worse ones first, and the names in the order in which they were given."""
    from resolver.cli import judging

    cases = iter(judging.judge(arguments, [question for group in asked for question in group]))
    return [_worst_first([next(cases) for _ in group]) for group in asked]


def _worst_first(cases: list[Case]) -> list[Case]:
    order = codes.worst_first([case.outcome for case in cases])
    return sorted(cases, key=lambda case: order.index(case.outcome))


def show(arguments: Arguments, names: list[list[Case]]) -> int:
    """Print and write what was asked for; give the exit code."""
    cases = [case for group in names for case in group]
    outcomes: list[Outcome[object]] = [case.outcome for case in cases]
    if arguments.record is not None:
        from resolver.cli import writing

        writing.record(outcomes, arguments.record)
    if arguments.svg is not None or arguments.html is not None:
        from resolver.cli import writing

        writing.pictures(outcomes[0], arguments)
    if arguments.prometheus is not None:
        from resolver.cli import writing

        writing.metrics(outcomes, arguments.prometheus)
    if arguments.nagios:
        from resolver.trace import reports

        line, code = reports.nagios(codes.worst_first(outcomes), arguments.expect, arguments.warn)
        output.write(line)
        return code
    from resolver.cli import printing

    decisive = printing.write(arguments, names)
    if arguments.proof is not None:
        from resolver.cli import writing

        writing.proof(outcomes[0], arguments.proof)
    return _exit_code(arguments, decisive)


def _exit_code(arguments: Arguments, decisive: list[tuple[Outcome[object], int]]) -> int:
    """The code of the worst verdict that counts; with suppositions those that would be."""
    if arguments.expect is not None:
        if any(outcome.status != arguments.expect for outcome, _ in decisive):
            return codes.UNEXPECTED
        worst = codes.GOOD
    else:
        worst = max(code for _, code in decisive)
    if worst == codes.GOOD and any(_ends_soon(arguments, outcome) for outcome, _ in decisive):
        return codes.ENDS_SOON
    return worst


def _ends_soon(arguments: Arguments, outcome: Outcome[object]) -> bool:
    until = getattr(outcome, "valid_until", None)
    return until is not None and arguments.warn is not None and until - outcome.judged_at < arguments.warn


if __name__ == "__main__":
    sys.exit(main())
