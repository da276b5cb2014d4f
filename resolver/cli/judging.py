"""From options to verdicts: the source, the anchors, the policy and the moment; and the same evidence judged again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from resolver.cli import arguments as command_line
from resolver.errors import BadInput, BadName, BadType
from resolver.trace.setting import Setting

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.rrset import Question, RRset
    from resolver.probe.authorities import Authorities
    from resolver.sources.iterative import Iterative
    from resolver.sources.source import Source
    from resolver.validator.anchors import Anchors
    from resolver.validator.outcome import Outcome
    from resolver.validator.policy import Policy

MAX_LINE = 2000  # characters of a line of --input; a name has at most 1004 in presentation format


class Case(NamedTuple):
    """One verdict with what it was judged from.

    Fields: the verdict; anchors, policy and moment; the source, or None where servers were asked; with --overlay the
    verdict on what is published now; with --iterate the authoritative servers on the way.
    """

    outcome: Outcome[RRset]
    setting: Setting
    source: Source | None
    before: Outcome[RRset] | None = None
    authorities: tuple[Authorities, ...] = ()

    def again(self, setting: Setting) -> Outcome[RRset]:
        """The same question and evidence, judged otherwise; of servers, the messages that the verdict rests on."""
        from resolver.api import OfflineResolver
        from resolver.sources.recording import Recording

        source = self.source if self.source is not None else Recording.of(self.outcome)
        judge = OfflineResolver(source, at=setting.at, anchors=setting.anchors, policy=setting.policy)
        return judge.lookup(self.outcome.question.name, self.outcome.question.rdtype)

    def later(self, at: float) -> Outcome[RRset]:
        """The same at another moment, POSIX seconds."""
        return self.again(self.setting._replace(at=at))


def questions_of(arguments: Arguments) -> list[list[Question]]:
    """What is asked: for each name, the types that are meant.

    Raises:
        BadName, BadType: they cannot be understood.
        BadInput: the file of names cannot be read.
    """
    if arguments.input is not None:
        return [_asked_in(arguments.input, number, words) for number, words in _lines(arguments.input)]
    assert arguments.name is not None
    return [_asked(arguments.name, arguments.type)]


def _asked(name: str, rdtype: str | None) -> list[Question]:
    from resolver.data.rrset import Question as Asked

    types = (rdtype,) if rdtype is not None else command_line.types_for(name)
    return [Asked.of(name, each) for each in types]


def _asked_in(path: str, number: int, words: list[str]) -> list[Question]:
    try:
        return _asked(words[0], words[1] if len(words) > 1 else None)
    except (BadName, BadType) as refused:
        raise BadInput(f"{path}:{number}: {refused}") from None


def _lines(path: str) -> list[tuple[int, list[str]]]:
    """Number and words of each line that is neither empty nor a comment."""
    from resolver.data.files import read_text

    try:
        text = sys.stdin.read() if path == "-" else read_text(path)
    except UnicodeDecodeError as refused:
        raise BadInput(f"{path}: not text ({refused.reason})") from None
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split("#")[0].split()
        if len(words) > 2 or len(line) > MAX_LINE:
            raise BadInput(f"{path}:{number}: a line is NAME, or NAME and TYPE")
        if words:
            found.append((number, words))
    if not found:
        raise BadInput(f"{path}: no name in it; write one a line, as NAME or NAME TYPE")
    return found


def judge(arguments: Arguments, questions: list[Question]) -> list[Case]:
    """Ask and judge, from the source that was chosen.

    Raises:
        ResolverError: a file or an address that cannot be understood.
    """
    anchors, policy = anchors_of(arguments), policy_of(arguments)
    source, at = offline_source(arguments)
    if source is None and arguments.iterate:
        from resolver.cli import iterating

        if iterating.wanted(arguments):
            return iterating.judge(arguments, questions, anchors, policy)
    if source is None:
        return _online(arguments, questions, anchors, policy)
    from resolver.api import OfflineResolver

    setting = Setting(anchors, policy, at)
    judging = OfflineResolver(source, at=at, anchors=anchors, policy=policy)
    return [Case(judging.lookup(asked.name, asked.rdtype), setting, source) for asked in questions]


def offline_source(arguments: Arguments) -> tuple[Source | None, float]:
    """The files to judge from, or None, and the moment, POSIX seconds.

    Raises:
        BadSnapshot: a file cannot be understood.
    """
    import time

    at = arguments.at
    if arguments.replay is not None:
        from resolver.sources.recording import Recording

        recording = Recording.load(arguments.replay)
        at = recording.at if at is None else at
        return recording, time.time() if at is None else at
    at = time.time() if at is None else at
    if arguments.from_proof is not None:
        from resolver.sources.authentication_chain import AuthenticationChain

        return AuthenticationChain.load(arguments.from_proof), at
    if arguments.snapshot:
        from resolver.sources.snapshot import Snapshot

        return Snapshot.from_files(*(command_line.zone_file(text) for text in arguments.snapshot)), at
    return None, at


def _online(arguments: Arguments, questions: list[Question], anchors: Anchors, policy: Policy) -> list[Case]:
    import time

    from resolver.api import Resolver

    at = arguments.at
    clock = time.time if at is None else lambda: at
    with Resolver(upstream_of(arguments), anchors=anchors, policy=policy, clock=clock) as asking:
        if len(questions) == 1:
            outcomes = [asking.lookup(*questions[0])]
        else:  # all at once
            with asking.lookup_many([(asked.name, asked.rdtype) for asked in questions]) as results:
                found = dict(results)
            outcomes = [found[asked.name, asked.rdtype] for asked in questions]
    return [Case(outcome, Setting(anchors, policy, outcome.judged_at), None) for outcome in outcomes]


def upstream_of(arguments: Arguments) -> list[str] | Iterative | None:
    """Whom to ask: the servers given, the authoritative ones, or the system's.

    Raises:
        BadUpstream: the root hints cannot be understood.
    """
    if arguments.iterate:
        from resolver.sources.iterative import Iterative as FromTheRoot

        return FromTheRoot(root_hints=arguments.root_hints)
    return arguments.server or None


def anchors_of(arguments: Arguments) -> Anchors:
    """The anchors of all files together, or the built-in ones.

    Raises:
        BadAnchor: a file that cannot be read or holds no anchor.
    """
    return load_anchors(arguments.anchor)


def load_anchors(paths: list[str]) -> Anchors:
    """The same of paths.

    Raises:
        BadAnchor: a file that cannot be read or holds no anchor.
    """
    from resolver.validator.anchors import Anchors

    joined: Anchors | None = None
    for path in paths:
        read = Anchors.load(path)
        joined = read if joined is None else joined | read
    return joined if joined is not None else Anchors.iana()


def policy_of(arguments: Arguments) -> Policy:
    """The policy that was chosen.

    Raises:
        BadInput: no such policy, or a file that is none.
    """
    from resolver.validator.policy import Policy

    if arguments.policy is None:
        return Policy()
    if arguments.policy == "permissive":
        return Policy.permissive()
    if arguments.policy == "strict":
        return Policy.strict()
    from resolver.cli import policy_file

    return policy_file.load(arguments.policy)


def supposed(arguments: Arguments, case: Case) -> tuple[list[str], Setting] | None:
    """The suppositions in words and what the judge is given under them; None where nothing is supposed.

    Raises:
        BadInput: a supposition that cannot be made.
    """
    given = arguments.without_anchor or arguments.without_algorithm or arguments.drop_ds
    if not given and arguments.clock is None:
        return None
    from resolver.data.name import to_name
    from resolver.trace import suppositions

    setting, words = case.setting, []
    for tag in arguments.without_anchor:
        setting = suppositions.without_anchor(setting, tag)
        words.append(f"without the trust anchor {tag}")
    if arguments.without_algorithm:
        setting = suppositions.without_algorithms(setting, arguments.without_algorithm)
        words.append(f"without algorithm {', '.join(map(str, arguments.without_algorithm))}")
    for text in arguments.drop_ds:
        zone = to_name(text)
        setting = suppositions.without_ds(setting, zone)
        words.append(f"without a DS for {zone}")
    if arguments.clock is not None:
        from resolver.data.moment import time_text, to_seconds

        try:
            setting = setting._replace(at=to_seconds(setting.at + arguments.clock, "the moment that --clock makes"))
        except ValueError as refused:
            raise BadInput(f"--clock: {refused}") from None
        words.append(f"at {time_text(setting.at)}")
    return words, setting
