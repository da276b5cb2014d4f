"""Files beside the output: recordings, pictures, metrics; each is written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.cli.arguments import Arguments
    from resolver.validator.outcome import Outcome


def text(path: str, content: str) -> None:
    """Write a text file in UTF-8.

    Raises:
        BadInput: it cannot be written.
    """
    from resolver.data.files import write_octets

    try:
        write_octets(path, content.encode())
    except (OSError, ValueError) as refused:
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(f"{path}: cannot be written ({why}); choose another file") from None


def record(judged: Sequence[Outcome[object]], path: str) -> None:
    """Save the messages of all verdicts.

    Raises:
        BadInput: the file cannot be written.
    """
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


def proof(outcome: Outcome[object], path: str) -> None:
    """Save what proves a verdict. What is not proven has no proof: one line says so, and the verdict stays what it is.

    Raises:
        BadInput: the file cannot be written.
    """
    from resolver.cli import output
    from resolver.sources.authentication_chain import AuthenticationChain

    try:
        AuthenticationChain.of(outcome).save(path)
    except BadInput as refused:
        output.complain(f"{path} was not written: {refused}")
    except OSError as refused:
        raise BadInput(f"{path}: cannot be written ({refused.strerror or refused}); choose another file") from None


def pictures(outcome: Outcome[object], arguments: Arguments) -> None:
    """Write --svg and --html, and show the page where --open asks for it.

    Raises:
        BadInput: a file cannot be written.
    """
    from resolver import trace

    if arguments.svg is not None:
        text(arguments.svg, trace.svg(outcome))
    if arguments.html is not None:
        text(arguments.html, trace.html(outcome))
        if arguments.open:
            import webbrowser
            from pathlib import Path

            webbrowser.open(Path(arguments.html).resolve().as_uri())


def metrics(outcomes: Sequence[Outcome[object]], path: str) -> None:
    """Write the verdicts as metrics for Prometheus.

    Raises:
        BadInput: the file cannot be written.
    """
    from resolver.trace import reports

    text(path, reports.metrics(outcomes))
