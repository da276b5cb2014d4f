"""A connection that is handed out only once its peer is authenticated: by DANE, or by PKIX where DANE does not apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import trio

from resolver.dane.reports import PeerReport
from resolver.data.name import Name
from resolver.errors import NotAuthenticated
from resolver.probe.hosts import CHECK_SECONDS, not_met, summed
from resolver.probe.peers import failed, leave, meet, report
from resolver.probe.starttls import Protocol, Refused
from resolver.probe.tls import Session
from resolver.probe.web import service

if TYPE_CHECKING:
    from resolver.engine.driver import Engine

# For all addresses of a host together, from when the DNS has answered. It is the time of a whole check: four peers that
# keep silent for PEER_SECONDS each, or twelve that do not answer at all for CONNECT_SECONDS.
CONNECTING_SECONDS = CHECK_SECONDS


async def connect(
    engine: Engine, host: Name, port: int, *, protocol: Protocol | None, roots: Iterable[bytes] | None
) -> trio.SSLStream[trio.abc.Stream]:
    """Connect to the first address whose peer is authenticated; see `AsyncResolver.connect`.

    Raises:
        NotAuthenticated: there is none.
    """
    what = await service(engine, host, port, roots=roots, protocol=protocol)
    reports: list[PeerReport] = []
    deadline = trio.current_time() + CONNECTING_SECONDS
    for address in what.addresses if what.expectation.case != "d" else ():  # RFC 6698 §4.1: an error refuses
        session: Session | None = None
        try:
            with trio.CancelScope(deadline=deadline):
                session = await meet(address, what.way)
        except Refused as refused:
            reports.append(failed(address, refused, what.expectation))
            continue
        if session is None:  # and the addresses that are left find no time either
            reports.append(not_met(address, f"not done when connecting ended after {CONNECTING_SECONDS:g} s"))
            continue
        judged = what.expectation.judge(session.chain, engine.clock())
        if judged.accepted:
            return session.stream
        reports.append(report(address, session, judged, what.expectation))
        await leave(session)
    found = summed(what, reports)
    raise NotAuthenticated(f"{str(host).removesuffix('.')} port {port}: {found.result}: {found.reason}", found)
