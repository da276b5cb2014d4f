"""`World`: signed zones made up for a test, damaged in named ways, and answered from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Unpack

from resolver.data.moment import Moment, to_seconds
from resolver.data.name import ROOT, Name, NameLike, to_name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DS
from resolver.errors import BadInput
from resolver.testing import files, forwarder
from resolver.testing.settings import ZoneOptions, settle
from resolver.testing.zone import Zone

if TYPE_CHECKING:
    from resolver.api import OfflineResolver
    from resolver.sources.snapshot import Snapshot
    from resolver.validator.anchors import Anchors
    from resolver.validator.policy import Policy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

Override: TypeAlias = "Message | NoReply | Callable[[Message | NoReply], Message | NoReply]"
QuestionLike: TypeAlias = "Question | str"


class World:
    """Signed zones from the root down, made up for a test.

    The same seed gives the same keys, signatures and octets (except ML-DSA-44, whose signatures differ each time).
    Nothing is signed before it is asked for. A world is not thread-safe while it is being built.

    Attributes:
        seed: what the keys are derived from.
        now: the world's time, POSIX seconds; signatures are valid around it.
    """

    def __init__(
        self, seed: int | str = 0, *, now: Moment = NOW, algorithm: int | str | tuple[int | str, ...] = 13
    ) -> None:
        """An empty world, which is a signed root zone.

        Args:
            seed: the same seed makes the same world.
            now: its time.
            algorithm: what zones are signed with unless they choose: a number, a mnemonic, or several in a tuple.
        """
        self.seed = seed
        self.now = int(to_seconds(now, "now"))
        self._algorithm = algorithm
        self._zones: dict[Name, Zone] = {}
        self._automatic: set[Name] = set()
        self._overrides: dict[Question, Override] = {}
        self._make(ROOT, {}, automatic=True)

    # Building

    def zone(self, name: NameLike, **options: Unpack[ZoneOptions]) -> Zone:
        """The zone of that name: the one that is there, or a new one with these options (see `ZoneOptions`).

        The root and the top-level domain above a new zone are made too, unless they are there; the deepest zone above
        a zone delegates to it. Such an automatic zone may still be given options, once.

        Raises:
            BadInput: options for a zone that has been made already, or bad ones.
        """
        apex = to_name(name)
        there = self._zones.get(apex)
        if there is not None:
            if options:
                if apex not in self._automatic:
                    raise BadInput(f"the zone {apex} is there already: give its options where it is made")
                self._automatic.discard(apex)
                there.configure(settle(options, now=self.now, algorithm=self._algorithm))
            return there
        if len(apex.labels) > 1 and apex.rightmost(1) not in self._zones:
            self._make(apex.rightmost(1), {}, automatic=True)
        return self._make(apex, options, automatic=False)

    def _make(self, apex: Name, options: ZoneOptions, *, automatic: bool) -> Zone:
        zone = Zone(self, apex, settle(options, now=self.now, algorithm=self._algorithm))
        self._zones[apex] = zone
        if automatic:
            self._automatic.add(apex)
        self.changed()
        return zone

    def override(self, question: QuestionLike, answer: Override) -> World:
        """Script the reply to one question: `world.override("www.example.com A", …)`.

        Args:
            question: the question, as a Question or as `"name TYPE"`.
            answer: a Message, a NoReply (silence), or a function that is given the honest reply and returns another.
        """
        self._overrides[to_question(question)] = answer
        return self

    @property
    def damages(self) -> dict[str, str]:
        """Every damage that `Zone.damage` knows: name -> what it does."""
        from resolver.testing.registry import damages

        return dict(damages)

    # Looking

    @property
    def zones(self) -> list[Zone]:
        """All zones in canonical order, the root first."""
        return [self._zones[name] for name in sorted(self._zones)]

    @property
    def anchor_text(self) -> str:
        """DS lines for the root, if it is signed, and for every island."""
        return "".join(
            zone.anchor_text
            for zone in self.zones
            if zone.settings.signed and (zone.name.is_root or zone.settings.island)
        )

    @property
    def anchors(self) -> Anchors:
        """The same as `resolver.Anchors`.

        Raises:
            BadAnchor: the world has neither a signed root nor an island.
        """
        from resolver.validator.anchors import Anchors

        return Anchors.from_text(self.anchor_text)

    def clock(self) -> float:
        """The world's time, for `Resolver(world.answer, clock=world.clock)`."""
        return float(self.now)

    def parent_of(self, apex: Name) -> Zone | None:
        """The deepest zone strictly above `apex`; None for the root."""
        while not apex.is_root:
            apex = apex.parent()
            if zone := self._zones.get(apex):
                return zone
        return None

    def children_of(self, apex: Name) -> Iterator[Zone]:
        """The zones that the zone at `apex` delegates to."""
        for name, zone in self._zones.items():
            if zone.settings.delegate and name.is_below(apex):
                above = self.parent_of(name)
                if above is not None and above.name == apex:
                    yield zone

    def zone_for(self, question: Question) -> Zone | None:
        """The zone that answers a question: the deepest at or above the name, for DS above it (RFC 4035 §3.1.4.1)."""
        name, rdtype = question
        if rdtype == DS and not name.is_root:
            return self.parent_of(name)
        return self._zones.get(name) or self.parent_of(name)

    # Serving

    def message(self, question: QuestionLike, *, cd: bool = True) -> Message:
        """The reply to a question, as a value that a test may alter; overrides and damages are in it.

        Raises:
            BadInput: the world stays silent on this question.
        """
        found = self.reply(to_question(question), cd=cd)
        if isinstance(found, NoReply):
            raise BadInput(f"no message: the world is silent on {found.question}")
        return found

    def reply(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply to a question, or the lack of one."""
        override = self._overrides.get(question)
        if override is None:
            return forwarder.reply(self, question, cd=cd)
        return override(forwarder.reply(self, question, cd=cd)) if callable(override) else override

    def answer(self, query: bytes) -> bytes:
        """The reply to a query, octets to octets: an upstream for `Resolver(world.answer)`.

        Raises:
            TimeoutError: the world was told to stay silent on this question.
        """
        return forwarder.answer_octets(self, query)

    def source(self) -> WorldSource:
        """The world as a Source of messages for `OfflineResolver`."""
        return WorldSource(self)

    def offline(
        self, *, policy: Policy | None = None, anchors: Anchors | None = None, at: Moment | None = None
    ) -> OfflineResolver:
        """A resolver that judges this world's replies.

        Args:
            policy: None: the default policy.
            anchors: None: the world's own.
            at: the time to judge at; None: the world's own.
        """
        from resolver.api import OfflineResolver

        judged_at = self.now if at is None else at
        trusted = self.anchors if anchors is None else anchors
        if policy is None:
            return OfflineResolver(self.source(), at=judged_at, anchors=trusted)
        return OfflineResolver(self.source(), at=judged_at, anchors=trusted, policy=policy)

    def snapshot(self) -> Snapshot:
        """The world's zone files as a Snapshot.

        Raises:
            BadInput: a zone with compact denial, which has no complete file.
        """
        from resolver.sources.snapshot import Snapshot

        return Snapshot.from_text(*(files.zone_text(zone) for zone in self.zones))

    def write(self, folder: str | Path) -> list[tuple[str, Path]]:
        """Write every zone, signed, and the anchors (`anchors.ds`) into a folder; return (origin, path) of each zone.

        Raises:
            BadInput: a zone with compact denial, which has no complete file.
        """
        return files.write(self, Path(folder))

    def nsd_conf(self, folder: str | Path, *, port: int = 5300, address: str = "127.0.0.1") -> str:
        """The configuration with which NSD serves what `write` wrote into that folder."""
        return files.nsd_conf(self, Path(folder), port, address)

    def changed(self) -> None:
        """Forget what was worked out; zones call it when they change."""
        for zone in self._zones.values():
            zone.forget()

    def __repr__(self) -> str:
        return f"<World seed {self.seed!r}, {len(self._zones)} zones>"


class WorldSource:
    """A world as a Source: it answers as a forwarder that validates nothing."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply to a question, or a NoReply where the world stays silent."""
        return self.world.reply(question, cd=cd)


def to_question(question: QuestionLike) -> Question:
    """A Question, or `"name TYPE"` as one.

    Raises:
        BadInput: a text that is not a name and a type.
    """
    if isinstance(question, Question):
        return question
    words = question.split()
    if len(words) != 2:
        raise BadInput(f"bad question {question!r}: write 'name TYPE', for example 'www.example.com A'")
    return Question.of(words[0], words[1])
