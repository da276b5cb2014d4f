"""A network in memory: authoritative servers at addresses, each with zones of a world, and what each does wrong.

It answers as RFC 1034 §4.3.2 says: from the deepest zone that the server has, with referrals at cuts, the DS or its
denial beside them (RFC 4035 §3.1.4), and glue from the parent's own zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import trio

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Edns, Message, Question, RRset
from resolver.data.types import AAAA, DS, NS, A
from resolver.data.views import read_target
from resolver.sources.authority import Missing, respond
from resolver.sources.denial import Denial, denial_of
from resolver.sources.iterative.asks import Heard, Send, Unheard
from resolver.sources.iterative.hints import Hints
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.sources.zone import Zone
from resolver.testing import World
from resolver.testing.files import zone_text

AA, QR = 0x0400, 0x8000
RTT = 0.1  # seconds, of every server that is not told otherwise
ROOT_SERVER = "192.0.2.1"

Twist = Callable[[Send, "Message | None"], "Message | None"]


def zones_of(world: World) -> dict[Name, Zone]:
    """The signed zones as files, read again."""
    return {zone.name: Zone(zone_text(zone), origin=zone.name) for zone in world.zones}


class Network:
    """Servers by address.

    Attributes:
        sent: every query, in order: (address, question).
        rtt: seconds by address.
    """

    def __init__(self) -> None:
        self._served: dict[str, dict[Name, Zone]] = {}
        self._twists: dict[str, Twist] = {}
        self._denials: dict[int, Denial] = {}
        self.sent: list[tuple[str, Question]] = []
        self.rtt: dict[str, float] = {}
        self.running = 0
        self.most = 0

    def serve(self, address: str, zones: dict[Name, Zone], *names: str) -> Network:
        """Let a server have zones; all of them where none is named."""
        wanted = {Name.from_text(name) for name in names} or set(zones)
        self._served.setdefault(address, {}).update({name: zones[name] for name in wanted})
        return self

    def twist(self, address: str, twist: Twist | None) -> Network:
        """Let a server do something else with a query than it should; None: be silent."""
        self._twists[address] = twist if twist is not None else lambda send, honest: None
        return self

    def upstream(self, *, minimise: bool = False, clock: Callable[[], float] = lambda: 1000.0) -> IterativeUpstream:
        """A resolver's upstream that starts at `ROOT_SERVER`."""
        hints = Hints({Name.from_text("ns.root."): (ROOT_SERVER,)}, 53, False)
        self.clock = clock
        return IterativeUpstream(hints, clock=clock, minimise=minimise, exchange=self.exchange)

    def count(self, address: str | None = None) -> int:
        """How many queries were sent, to one address or in all."""
        return sum(1 for to, _ in self.sent if address in (None, to))

    def asked(self) -> Counter[str]:
        """The questions and how often each was sent."""
        return Counter(str(question) for _, question in self.sent)

    async def exchange(self, send: Send) -> Heard | Unheard:
        """Send one query and wait for what comes."""
        self.sent.append((send.host, send.question))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            reply = self.reply(send)
            delay = self.rtt.get(send.host, RTT) * (2 if send.tcp else 1)
            if reply is None or delay > send.seconds:
                await trio.sleep(send.seconds)
                return Unheard("timeout", f"no reply within {send.seconds:g} s", self.clock())
            await trio.sleep(delay)
            reply.received_at = self.clock()
            return Heard(reply, delay, self.clock())
        finally:
            self.running -= 1

    def reply(self, send: Send) -> Message | None:
        """What comes back, with what the server does wrong; nothing from where there is no server."""
        honest = self.honest(send) if send.host in self._served else None
        twist = self._twists.get(send.host)
        return twist(send, honest) if twist is not None else honest

    def honest(self, send: Send) -> Message:
        """What the server should say."""
        name, rdtype = send.question
        zones = self._served[send.host]
        above = [origin for origin in zones if name.is_under(origin)]
        if rdtype == DS and any(origin != name for origin in above):
            above = [origin for origin in above if origin != name]  # RFC 4035 §3.1.4.1
        if not above:
            return made(send, rcode=5, flags=0)
        zone = zones[max(above, key=lambda origin: len(origin.labels))]
        response = respond(zone, lambda: self._denial(zone), name, rdtype, lambda target: target.is_under(zone.origin))
        if not isinstance(response, Missing):
            answer, authority = tuple(response.answer.values()), tuple(response.authority.values())
            return made(send, rcode=response.rcode, answer=answer, authority=authority)
        return self._referral(send, zone, response.cut)

    def _referral(self, send: Send, zone: Zone, cut: Name) -> Message:
        ns = zone.rrset(cut, NS)
        assert ns is not None
        ds = zone.rrset(cut, DS)
        proof = [ds] if ds is not None else self._denial(zone).no_data(cut)
        glue = []
        for rdata in ns.rdata:
            target = read_target(rdata)
            assert target is not None
            for rdtype in (A, AAAA):
                address = zone.rrset(target, rdtype) if target.is_under(zone.origin) else None
                if address is not None:
                    glue.append(address.with_rrsigs(()))
        return made(send, flags=0, authority=(ns.with_rrsigs(()), *proof), additional=tuple(glue))

    def _denial(self, zone: Zone) -> Denial:
        found = self._denials.get(id(zone))
        if found is None:
            found = self._denials[id(zone)] = denial_of(zone)
        return found


def made(
    send: Send,
    *,
    rcode: int = 0,
    flags: int = AA,
    answer: tuple[RRset, ...] = (),
    authority: tuple[RRset, ...] = (),
    additional: tuple[RRset, ...] = (),
) -> Message:
    """A reply to a query, from the server that it was sent to."""
    return Message(
        send.question,
        rcode=rcode,
        flags=QR | flags | rcode,
        answer=answer,
        authority=authority,
        additional=additional,
        edns=Edns(1232, 0, 0x8000, ()) if send.edns else None,
        origin=f"{'tcp' if send.tcp else 'udp'} {send.host}:53",
        cd=send.cd,
    )


__all__ = ["ROOT", "ROOT_SERVER", "RTT", "Network", "made", "zones_of"]
