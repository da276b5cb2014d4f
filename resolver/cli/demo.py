"""`--demo`: three names of a signed world that is built in, judged at its own time and without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.cli import codes, output

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.rrset import RRset
    from resolver.validator.outcome import Outcome

# What is asked, and what it must come to.
LOOKUPS = (
    ("_443._tcp.www.proven.test.", "secure"),
    ("_443._tcp.www.expired.test.", "bogus"),
    ("_443._tcp.www.unsigned.test.", "insecure"),
)


def judged() -> list[Outcome[RRset]]:
    """The verdicts, in the order of `LOOKUPS`."""
    from resolver.api import OfflineResolver
    from resolver.cli import demo_world
    from resolver.sources.snapshot import Snapshot
    from resolver.validator.anchors import Anchors

    judge = OfflineResolver(
        Snapshot.from_text(*demo_world.ZONES), at=demo_world.AT, anchors=Anchors.from_text(demo_world.ANCHORS)
    )
    return [judge.lookup(name, "TLSA") for name, _ in LOOKUPS]


def run(arguments: Arguments) -> int:
    """Print the traces; exit code 0 iff the verdicts are as built."""
    outcomes = judged()
    if arguments.json:
        from resolver import trace

        found = {"schema": trace.SCHEMA, "demo": [trace.json(outcome) for outcome in outcomes]}
        output.write(output.dump(found, arguments))
    else:
        output.write(_text(outcomes, arguments))
    wrong = [
        f"{name} is {outcome.status}, not {wanted}"
        for (name, wanted), outcome in zip(LOOKUPS, outcomes, strict=True)
        if outcome.status != wanted
    ]
    if wrong:
        output.complain(f"the demo did not come out as built: {'; '.join(wrong)}; please report it")
        return codes.INTERNAL
    return codes.GOOD


def _text(outcomes: list[Outcome[RRset]], arguments: Arguments) -> str:
    look = output.look_of(arguments)
    if arguments.quiet:
        return "".join(output.as_text([outcome], arguments, look) for outcome in outcomes)
    parts = ["A signed world that is built in: a root, test., and three zones. Its own time, no network.\n"]
    for (name, _), outcome in zip(LOOKUPS, outcomes, strict=True):
        parts.append(f"$ dnssec-trace {name} TLSA\n{output.as_text([outcome], arguments, look)}")
    return "\n".join(parts)
