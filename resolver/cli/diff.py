"""`dnssec-trace diff OLD NEW [NAME [TYPE]]`: what changed between two recordings or snapshots, and who sees bogus."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, NamedTuple

from resolver.cli import codes, output
from resolver.cli.arguments import PROGRAM, Parser, moment, types_for
from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.data.rrset import Question, RRset
    from resolver.sources.recording import Recording
    from resolver.sources.source import Source
    from resolver.trace.comparison import Change, Mixture
    from resolver.trace.document import Json
    from resolver.validator.anchors import Anchors
    from resolver.validator.outcome import Outcome

ZONE_FILE_NAMES = (".zone", ".zone.gz", ".db")


class Given(argparse.Namespace):
    """What was given."""

    old: str
    new: str
    name: str | None
    type: str | None
    at: float | None
    anchor: list[str]
    json: bool
    no_color: bool
    ascii: bool


class State(NamedTuple):
    """One side: the source, the time that it is judged at, and a question that it is about, if it says so."""

    source: Source
    at: float
    question: Question | None


def run(words: list[str]) -> int:
    """Compare and print; the exit code is that of the new verdict.

    Raises:
        BadInput: a file that cannot be read, or no name where one is needed.
    """
    from resolver.api import OfflineResolver
    from resolver.cli.judging import load_anchors
    from resolver.data.rrset import Question as Asked
    from resolver.trace import comparison

    given = _parser().parse_args(words, Given())
    anchors = load_anchors(given.anchor)
    old, new = load(given.old, given.at), load(given.new, given.at)
    if given.name is not None:
        asked = Asked.of(given.name, given.type if given.type is not None else types_for(given.name)[0])
    else:
        found = new.question or old.question
        if found is None:
            raise BadInput("zone files do not say what is asked: dnssec-trace diff OLD NEW NAME [TYPE]")
        asked = found

    def judged(source: Source, at: float, trusted: Anchors = anchors) -> Outcome[RRset]:
        return OfflineResolver(source, at=at, anchors=trusted).lookup(asked.name, asked.rdtype)

    before, after = judged(old.source, old.at), judged(new.source, new.at)
    changes = comparison.changes(before, after)
    mixtures = comparison.mixtures(old.source, new.source, before, after, lambda source: judged(source, new.at))
    if given.json:
        import json

        output.write(json.dumps(_json(before, after, changes, mixtures), indent=2).replace("\x7f", "\\u007f") + "\n")
    else:
        output.write(_text(before, after, changes, mixtures, output.look_of(given)))
    return codes.exit_code(after)


def _parser() -> Parser:
    made = Parser(
        prog=f"{PROGRAM} diff",
        description="What changed between two recordings, zone files, or folders of zone files; and what validators see "
        "that still remember a part of the old state.",
    )
    made.add_argument("old", metavar="OLD", help="a recording, a zone file, or a folder of *.zone files")
    made.add_argument("new", metavar="NEW", help="the same, as it is or will be")
    made.add_argument("name", nargs="?", metavar="NAME", help="what is asked; recordings know it themselves")
    made.add_argument("type", nargs="?", metavar="TYPE", help="as for a lookup")
    made.add_argument("--at", type=moment, metavar="TIME", help="judge both at this time")
    made.add_argument("--anchor", action="append", default=[], metavar="FILE", help="trust these anchors")
    made.add_argument("--json", action="store_true", help="one JSON object")
    made.add_argument("--no-color", action="store_true", help="no colours")
    made.add_argument("--ascii", action="store_true", help="ASCII only")
    return made


def load(path: str, at: float | None) -> State:
    """A recording, or zone files, whichever the path holds.

    Raises:
        BadSnapshot: it is neither.
    """
    import time

    from resolver.data.files import read_text
    from resolver.sources.recording import Recording
    from resolver.sources.snapshot import Snapshot

    if os.path.isdir(path):
        names = [name for name in sorted(os.listdir(path)) if name.endswith(ZONE_FILE_NAMES)]
        if not names:
            raise BadInput(f"{path}: no zone file in this folder; their names end in {', '.join(ZONE_FILE_NAMES)}")
        snapshot = Snapshot.from_files(*(os.path.join(path, name) for name in names))
        return State(snapshot, time.time() if at is None else at, None)
    text = read_text(path)
    if text.lstrip().startswith("{"):
        recording = Recording.from_text(text, path=path)
        recorded = recording.at if recording.at is not None else time.time()
        return State(recording, recorded if at is None else at, question_of(recording))
    return State(Snapshot.from_files(path), time.time() if at is None else at, None)


def question_of(recording: Recording) -> Question | None:
    """What a recording is about: the first question that is not one of the chain's own, else the last one."""
    from resolver.data.types import DNSKEY, DS

    questions = [message.question for message in recording.messages]
    own = [question for question in questions if question.rdtype not in (DNSKEY, DS)]
    found = own or questions[-1:]
    return found[0] if found else None


def _text(
    before: Outcome[object],
    after: Outcome[object],
    changes: list[Change],
    mixtures: list[Mixture],
    look: output.Look,
) -> str:
    from resolver.trace.page import BAD, FAINT, GOOD, NO, OPEN, STRONG, YES, Page
    from resolver.trace.suppositions import difference
    from resolver.trace.terminal import headline_chunks
    from resolver.validator.findings import duration

    page = Page(color=look.color, ascii_only=look.ascii_only, width=look.width)
    page.line(("change:", STRONG), difference(before, after))
    page.line(("old", FAINT), *headline_chunks(before), indent=2)
    page.line(("new", FAINT), *headline_chunks(after), indent=2)
    styles = {"+": GOOD, "-": BAD, "~": OPEN}
    for change in changes:
        page.line((change.sign, styles[change.sign]), change.what, indent=2)
    if not changes:
        page.line(("the chains hold the same records", FAINT), indent=2)
    for mixture in mixtures:
        broken = mixture.outcome.status == "bogus" and after.status != "bogus"
        cause = mixture.outcome.cause
        because = f": {cause.text} at {cause.at}" if broken and cause is not None else ""
        page.line(
            (NO, BAD) if broken else (YES, GOOD),
            f"validators that remember the old {mixture.kept} (for up to {duration(mixture.seconds)}) say "
            f"{mixture.outcome.status}{because}",
            indent=2,
        )
    return page.text()


def _json(
    before: Outcome[object], after: Outcome[object], changes: list[Change], mixtures: list[Mixture]
) -> dict[str, Json]:
    from resolver import trace
    from resolver.trace.document import cause
    from resolver.trace.suppositions import difference

    return {
        "schema": trace.SCHEMA,
        "difference": difference(before, after),
        "old": trace.json(before),
        "new": trace.json(after),
        "changes": [{"sign": change.sign, "what": change.what} for change in changes],
        "remembered": [
            {
                "part": mixture.kept,
                "seconds": mixture.seconds,
                "verdict": mixture.outcome.status,
                "cause": cause(mixture.outcome),
            }
            for mixture in mixtures
        ],
    }
