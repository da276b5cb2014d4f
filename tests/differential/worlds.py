"""Random signed worlds: the same seed and index give the same zones, damages and questions."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question
from resolver.data.types import to_type, type_text
from resolver.testing import World, Zone, ZoneOptions, damages
from resolver.testing.registry import find_damage
from resolver.testing.zone import APEX_STAGES

ALGORITHMS = (8, 13, 13, 13, 13, 15, 15, 15)
# Not 16 and 18: libunbound has no Ed448 where it is built with Nettle, as in Debian, and no ML-DSA.
RARE_ALGORITHMS = (10, 14, 5, 7, 253)
# libunbound 1.17.1 never ends a closest-encloser search in a root zone with NSEC3 whose proof lacks the match at the root:
# the root's parent is the root to it. The real root has NSEC.
ROOT_DENIALS = ("nsec", "nsec", "compact")
DENIALS = ("nsec", "nsec", "nsec3", "nsec3", "opt-out", "opt-out", "compact")
ITERATIONS = (0, 0, 0, 0, 0, 0, 0, 1, 1, 10, 10, 50, 51, 150)
# Silence costs libunbound seconds; "server-failure" stands for it.
DAMAGES = tuple(sorted(set(damages) - {"server-silent"}))
TYPES = ("A", "TXT", "TLSA", "MX", "CNAME", "DS", "AAAA")
QUESTIONS = 7  # a world


class Case(NamedTuple):
    """One world and what is asked about it.

    Attributes:
        number: its index; with the seed it makes the case again.
        world: the zones.
        questions: what is asked.
        harm: (zone, damage, target) of each damage.
    """

    number: int
    world: World
    questions: tuple[Question, ...]
    harm: tuple[tuple[Name, str, str | None], ...]

    @property
    def damages(self) -> frozenset[str]:
        """The damages by name."""
        return frozenset(name for _, name, _ in self.harm)

    def describe(self) -> str:
        """The world in a few lines."""
        lines = []
        for zone in self.world.zones:
            settings = zone.settings
            how = f"{settings.denial} {settings.algorithms} {settings.keys} iterations {settings.iterations}"
            extra = [word for word, on in (("island", settings.island), ("no-ds", not settings.ds)) if on]
            lines.append(f"  {zone.name} {how if settings.signed else 'unsigned'} {' '.join(extra)}".rstrip())
            for owner, types in sorted(zone.content.nodes.items()):
                lines.append(f"    {owner} {' '.join(type_text(rdtype) for rdtype in sorted(types))}")
        lines += [f"  damage {zone} {name} {target or ''}".rstrip() for zone, name, target in self.harm]
        return "\n".join(lines)


def make(seed: int, index: int) -> Case:
    """The case of that number."""
    random = Random(f"{seed}/{index}")
    world = World(seed=f"differential/{seed % 16}/{index % 64}")
    zones = [world.zone(".", **_options(random, is_root=True))]
    for _ in range(random.randint(1, 4)):
        above = random.choice(zones)
        # Two labels below its parent leave an empty non-terminal between (RFC 4592 §2.2.2).
        label = random.choice(("a", "b", "c", "zz", "e.f", "_tcp.m") if not above.name.is_root else ("a", "b", "zz"))
        apex = Name.from_text(label, above.name)
        if all(zone.name != apex for zone in zones):
            zones.append(world.zone(apex, **_options(random)))
    owners = [owner for zone in zones for owner in _fill(random, zone, zones)]
    questions = _questions(random, world, owners)
    harm = tuple(
        _damage(random, random.choice(zones), owners, questions) for _ in range(random.choice((0, 1, 1, 1, 2)))
    )
    return Case(index, world, questions, harm)


def _options(random: Random, *, is_root: bool = False) -> ZoneOptions:
    options: ZoneOptions = {
        "algorithm": random.choice(ALGORITHMS),
        "denial": random.choice(ROOT_DENIALS if is_root else DENIALS),
        "keys": random.choice(("csk", "csk", "split")),
        "iterations": random.choice(ITERATIONS),
        "salt": random.choice((b"", b"", b"\xab\xcd")),
    }
    lot = random.random()
    if is_root:
        return options
    if lot < 0.12:
        options["signed"] = False
    elif lot < 0.17:
        options["ds"] = False
    elif lot < 0.21:
        options["island"] = True
    elif lot < 0.26:
        options["algorithm"] = random.choice(RARE_ALGORITHMS)
    elif lot < 0.30:
        options["algorithm"] = (8, 13)
    elif lot < 0.34:
        options["digests"] = random.choice(((1,), (1, 2), (4,), (2, 4)))
    return options


def _fill(random: Random, zone: Zone, zones: list[Zone]) -> list[Name]:
    """Put records into a zone; give the names that are worth a question."""

    def elsewhere() -> str:
        target = random.choice(zones).name
        return str(Name.from_text(random.choice(("www", "mx", "nx", "w", "x.w", "ent", "d")), target))

    kinds = {
        "data": ["www A 192.0.2.1", "www A 192.0.2.2", 'www TXT "t"'],
        "tlsa": ["mx A 192.0.2.3", "_25._tcp.mx TLSA 3 1 1 " + 32 * "ab"],
        "ent": ["deep.er.ent A 192.0.2.4"],
        "wildcard": ["*.w A 192.0.2.5", '*.w TXT "w"'],
        "apex-wildcard": ["* A 192.0.2.6"],
        "wildcard-tlsa": ["_tcp.s TXT x", "*._tcp.s TLSA 3 1 1 " + 32 * "cd"],
        "wildcard-ent": ["deep.*.v A 192.0.2.7"],
        "cname": [f"alias CNAME {elsewhere()}"],
        "wildcard-cname": [f"*.wc CNAME {elsewhere()}"],
        "dname": [f"d DNAME {random.choice(zones).name}"],
        "loop": ["loop CNAME pool", "pool CNAME loop"],
        "cut": ["cut NS ns.invalid."],
        "far-cut": ["far.cuts NS ns.invalid."],
        "signed-cut": ["scut NS ns.invalid.", "scut DS 1 13 2 " + 32 * "ee"],
        "apex": ["@ MX 10 mx", "@ A 192.0.2.8"],
    }
    there = {child.name.labels[0] for child in zone.world.children_of(zone.name)}
    found = [zone.name, *(Name.from_text(label, zone.name) for label in ("nx", "nx.a", "z.nx"))]
    for kind in random.sample(sorted(kinds), random.randint(2, 7)):
        if kind == "dname" and b"d" in there:
            continue
        zone.add(*kinds[kind])
        for line in kinds[kind]:
            owner = zone.to_name(line.split()[0])
            found.append(owner)
            found.append(owner.parent() if owner != zone.name else owner)
            below = owner.parent() if owner.labels[:1] == (b"*",) else owner
            found.append(Name.from_text(random.choice(("x", "y.x", "www")), below))
    return [name for name in found if name.is_under(zone.name)]


def _questions(random: Random, world: World, owners: list[Name]) -> tuple[Question, ...]:
    found: dict[Question, None] = {}
    apexes = [zone.name for zone in world.zones if zone.name != ROOT]
    for _ in range(QUESTIONS):
        lot = random.random()
        if lot < 0.15 and apexes:
            question = Question.of(random.choice(apexes), random.choice(("DS", "DS", "DNSKEY", "SOA", "NS", "A")))
        else:
            owner = random.choice(owners)
            zone = world.zone_for(Question(owner, to_type("A")))
            present = sorted(zone.content.nodes.get(owner, ())) if zone is not None else []
            if present and lot < 0.6:
                question = Question(owner, random.choice(present))
            else:
                question = Question.of(owner, random.choice(TYPES))
        if not (question.name.is_root and question.rdtype == to_type("DS")):  # answered without asking
            found[question] = None
    return tuple(found)


def _damage(
    random: Random, zone: Zone, owners: list[Name], questions: tuple[Question, ...]
) -> tuple[Name, str, str | None]:
    name = random.choice(DAMAGES)
    stage = find_damage(name).stage
    target: str | None = None
    apart = [question for question in questions if question.name.is_under(zone.name)]
    if stage in APEX_STAGES or name == "dnskey-unsigned":
        target = None
    elif apart and random.random() < 0.6:
        question = random.choice(apart)
        target = str(question.name)
        if stage != "chain" and random.random() < 0.7:
            target = f"{question.name} {type_text(question.rdtype)}"
    zone.damage(name, target)
    return zone.name, name, target
