"""`dnssec-trace NAME [TYPE]`: look a name up, and show its verdict with the proof from the trust anchor down.

Everything that only some calls need is imported where they need it: the command starts quickly offline.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from resolver.cli import arguments as command_line
from resolver.cli import codes, output
from resolver.errors import ResolverError

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.rrset import Question, RRset
    from resolver.validator.anchors import Anchors
    from resolver.validator.outcome import Outcome


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code.

    Args:
        argv: the arguments, without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if argv is None else argv
    try:
        if given[:1] == ["audit"]:  # a domain of that name is `audit.`
            from resolver.cli import audit

            return audit.run(given[1:])
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
    judged = codes.worst_first(list(_look_up(arguments)))
    if arguments.record is not None:
        _record(judged, arguments.record)
    if arguments.json:
        output.write(output.as_json(judged, arguments))
    else:
        output.write(output.as_text(judged, arguments, output.look_of(arguments)))
    return codes.exit_code(judged[0])


def _look_up(arguments: Arguments) -> list[Outcome[RRset]]:
    """Ask all types that are meant, from the source that was chosen."""

    from resolver.data.rrset import Question as Asked

    assert arguments.name is not None
    types = (arguments.type,) if arguments.type is not None else command_line.types_for(arguments.name)
    questions = [Asked.of(arguments.name, rdtype) for rdtype in types]
    anchors = anchors_of(arguments.anchor)
    if arguments.snapshot or arguments.replay is not None:
        return _offline(arguments, questions, anchors)
    return _online(arguments, questions, anchors)


def _offline(arguments: Arguments, questions: list[Question], anchors: Anchors | None) -> list[Outcome[RRset]]:
    from resolver.api import OfflineResolver
    from resolver.sources.recording import Recording
    from resolver.sources.snapshot import Snapshot

    at = arguments.at
    source: Snapshot | Recording
    if arguments.replay is not None:
        source = Recording.load(arguments.replay)
        at = source.at if at is None else at
    else:
        source = Snapshot.from_files(*(command_line.zone_file(text) for text in arguments.snapshot))
    if at is None:
        import time

        at = time.time()
    judge = OfflineResolver(source, at=at, anchors=anchors)
    return [judge.lookup(question.name, question.rdtype) for question in questions]


def _online(arguments: Arguments, questions: list[Question], anchors: Anchors | None) -> list[Outcome[RRset]]:
    import time

    from resolver.api import Resolver

    at = arguments.at
    clock = time.time if at is None else lambda: at
    with Resolver(arguments.server or None, anchors=anchors, clock=clock) as asking:
        return [asking.lookup(question.name, question.rdtype) for question in questions]


def anchors_of(paths: list[str]) -> Anchors | None:
    """The anchors of all files together; None: the built-in ones.

    Raises:
        BadAnchor: a file that cannot be read or holds no anchor.
    """
    from resolver.validator.anchors import Anchors

    joined: Anchors | None = None
    for path in paths:
        read = Anchors.load(path)
        joined = read if joined is None else joined | read
    return joined


def _record(judged: list[Outcome[object]], path: str) -> None:
    """Save the messages of all verdicts, all or nothing.

    Raises:
        BadInput: the file cannot be written.
    """
    from resolver.errors import BadInput
    from resolver.sources.recording import Recording

    kept: dict[tuple[object, ...], object] = {}
    messages = []
    for outcome in judged:
        for message in Recording.of(outcome).messages:
            key = (message.question, message.cd, message.wire or id(message))
            if key not in kept:
                kept[key] = message
                messages.append(message)
    try:
        Recording.from_messages(messages, at=judged[0].judged_at).save(path)
    except OSError as refused:
        raise BadInput(f"{path}: cannot be written ({refused.strerror or refused}); choose another file") from None


if __name__ == "__main__":
    sys.exit(main())
