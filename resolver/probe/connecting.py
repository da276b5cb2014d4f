"""A connection that is handed out only once its peer is authenticated: by DANE, or by PKIX where DANE does not apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from resolver.dane.reports import PeerReport
from resolver.data.name import Name
from resolver.errors import NotAuthenticated
from resolver.probe.hosts import summed
from resolver.probe.peers import failed, leave, meet, report
from resolver.probe.starttls import Protocol, Refused
from resolver.probe.web import service

if TYPE_CHECKING:
    import trio

    from resolver.engine.driver import Engine


async def connect(
    engine: Engine, host: Name, port: int, *, protocol: Protocol | None, roots: Iterable[bytes] | None
) -> trio.SSLStream[trio.abc.Stream]:
    """Connect to the first address whose peer is authenticated; see `AsyncResolver.connect`.

    Raises:
        NotAuthenticated: there is none.
    """
    what = await service(engine, host, port, roots=roots, protocol=protocol)
    reports: list[PeerReport] = []
    for address in what.addresses if what.expectation.case != "d" else ():  # RFC 6698 §4.1: an error refuses
        try:
            session = await meet(address, what.way)
        except Refused as refused:
            reports.append(failed(address, refused, what.expectation))
            continue
        judged = what.expectation.judge(session.chain, engine.clock())
        if judged.accepted:
            return session.stream
        reports.append(report(address, session, judged, what.expectation))
        await leave(session)
    found = summed(what, reports)
    raise NotAuthenticated(f"{str(host).removesuffix('.')} port {port}: {found.result}: {found.reason}", found)
