"""`--all-servers A,B,C`: the same question to several forwarders, and what each says beside our verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.cli import codes, judging, output
from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.rrset import Question
    from resolver.trace.side_by_side import View

MAX_SERVERS = 16


def run(arguments: Arguments) -> int:
    """Ask all servers at once and print the table; the exit code is that of the worst verdict.

    Raises:
        ResolverError: an address that cannot be understood, or none.
    """
    import trio

    from resolver.trace import side_by_side

    assert arguments.all_servers is not None
    servers = [word.strip() for word in arguments.all_servers.split(",") if word.strip()]
    if len(servers) < 2 or len(servers) > MAX_SERVERS:
        raise BadInput(f"--all-servers takes 2 to {MAX_SERVERS} addresses with commas, as in 9.9.9.9,1.1.1.1")
    (asked,) = judging.questions_of(arguments)
    views = trio.run(_ask_all, arguments, servers, asked[0])
    worst = max(views, key=lambda view: codes.exit_code(view.outcome))
    if arguments.json or arguments.json_lines:
        from resolver import trace

        made = trace.json(worst.outcome)
        made["servers"] = side_by_side.as_json(views)
        output.write(output.dump(made, arguments))
    else:
        look = output.look_of(arguments)
        output.write(side_by_side.text(views, color=look.color, ascii_only=look.ascii_only, width=look.width))
    if arguments.expect is not None:
        return 0 if all(view.outcome.status == arguments.expect for view in views) else codes.UNEXPECTED
    return codes.exit_code(worst.outcome)


async def _ask_all(arguments: Arguments, servers: list[str], question: Question) -> list[View]:
    import time

    import trio

    from resolver.api import AsyncResolver
    from resolver.sources.upstream import open_upstream
    from resolver.trace.side_by_side import View as Seen

    anchors, policy, at = judging.anchors_of(arguments), judging.policy_of(arguments), arguments.at
    clock = time.time if at is None else lambda: at
    # Made before anything is asked: a bad address is refused as one line, not as a group of exceptions.
    opened = [
        (AsyncResolver(server, anchors=anchors, policy=policy, clock=clock), open_upstream(server, clock=clock))
        for server in servers
    ]
    views: dict[int, View] = {}

    async def ask(number: int) -> None:
        asking, upstream = opened[number]
        try:
            own = await upstream.fetch(question, cd=False)
            outcome = await asking.lookup(question.name, question.rdtype)
        finally:
            upstream.close()
            await asking.aclose()
        views[number] = Seen(servers[number], own, outcome)

    async with trio.open_nursery() as nursery:
        for number in range(len(servers)):
            nursery.start_soon(ask, number)
    return [views[number] for number in range(len(servers))]
