"""`--overlay FILE`: a zone file judged under the parent that is there, live or in files, before it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.cli import arguments as command_line
from resolver.cli import judging
from resolver.cli.judging import Case

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.name import Name
    from resolver.data.rrset import Question
    from resolver.sources.source import Source


def run(arguments: Arguments) -> int:
    """Judge the names given, or the zone's SOA, as validators will after publishing; the exit code is that verdict's.

    Raises:
        ResolverError: a file or an address that cannot be understood.
    """
    from resolver.api import OfflineResolver
    from resolver.cli.trace import show
    from resolver.data.rrset import Question as Asked
    from resolver.data.types import SOA
    from resolver.sources.snapshot import Snapshot
    from resolver.trace.layered import Layered
    from resolver.trace.setting import Setting

    assert arguments.overlay is not None
    new = Snapshot.from_files(command_line.zone_file(arguments.overlay))
    zone = new.zones[0]
    if arguments.name is not None or arguments.input is not None:
        asked = judging.questions_of(arguments)
    else:
        asked = [[Asked(zone, SOA)]]
    flat = [question for group in asked for question in group]
    there, at = _there(arguments, zone, flat)
    setting = Setting(judging.anchors_of(arguments), judging.policy_of(arguments), at)
    source = Layered.zone(new, zone, there)

    def judged(question: Question) -> Case:
        now, later = (
            OfflineResolver(each, at=at, anchors=setting.anchors, policy=setting.policy).lookup(*question)
            for each in (there, source)
        )
        return Case(later, setting, source, before=now)

    return show(arguments, [[judged(question) for question in group] for group in asked])


def _there(arguments: Arguments, zone: Name, questions: list[Question]) -> tuple[Source, float]:
    """What is published now: the files, or what servers say about the zone's DS and the questions; and the moment."""
    from resolver.api import Resolver
    from resolver.data.types import DS
    from resolver.sources.recording import Recording

    source, at = judging.offline_source(arguments)
    if source is not None:
        return source, at
    with Resolver(judging.upstream_of(arguments), anchors=judging.anchors_of(arguments), clock=lambda: at) as asking:
        outcomes = [asking.lookup(zone, DS), *(asking.lookup(*question) for question in questions)]
    messages = [message for outcome in outcomes for message in Recording.of(outcome).messages]
    return Recording.from_messages(messages, at=at), at
