"""Worlds made to keep a validator busy: KeyTrap (CVE-2023-50387), NSEC3 floods (CVE-2023-50868), and others.

Each `Attack` is an honest world, what an attacker does to it, and the question that sets it off. `Octets` serves a world
as the wire would, so that no attack is larger than a message can be. `benchmarks/hostile.py` measures the time, and
`test_hostile.py` counts the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from resolver.data import wire
from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, DNSKEY, DS, NSEC3, TXT, A
from resolver.testing import World
from resolver.testing.denial import Nsec3Chain, NsecChain
from resolver.testing.forwarder import changed
from resolver.testing.keys import Key, make_key, stream
from resolver.testing.signing import Order, make_rrsig, order_for
from tests.validator.crafting import VALIDITY, ds_of, together

NORMAL = Question.of("www.example.com", "A")
APEX = Name.from_text("example.com.")
RSA_OCTETS = 20  # of a junk signature; RSA has no fixed length, so many fit into a message
DEEP = ".".join("a" * 100)


class Attack(NamedTuple):
    """One attack.

    Attributes:
        name: in a few words.
        build: the honest world, in which the normal lookup is made too.
        spoil: what the attacker does to it.
        asked: the question that sets it off.
        limits: codes of findings of which one must be there: they say that it was too much.
    """

    name: str
    build: Callable[[], World]
    spoil: Callable[[World], object]
    asked: Question = NORMAL
    limits: frozenset[str] = frozenset({"WORK_LIMIT"})


class Octets:
    """A world as a source that reads wire octets; each reply is made once, for the n-th time that it is asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[tuple[Question, bool, int], bytes | None] = {}
        self._times: dict[Question, int] = {}

    def rewind(self) -> None:
        """A new lookup begins."""
        self._times.clear()

    @property
    def questions(self) -> int:
        """How many questions were asked since the lookup began."""
        return sum(self._times.values())

    @property
    def largest(self) -> int:
        """The octets of the largest reply so far."""
        return max(len(octets or b"") for octets in self._made.values())

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        times = self._times[question] = self._times.get(question, 0) + 1
        key = (question, cd, times)
        if key not in self._made:
            reply = self._world.reply(question, cd=cd)
            self._made[key] = None if isinstance(reply, NoReply) else wire.write_message(reply)
        octets = self._made[key]
        if octets is None:
            return NoReply(question, "timeout", "silence")
        return wire.read(octets, origin="attacker", received_at=float(self._world.now), cd=cd)


# Worlds


def honest(*lines: str, **options: object) -> Callable[[], World]:
    def build() -> World:
        world = World()
        world.zone("example.com", **options).add("www A 192.0.2.1", *lines)  # type: ignore[arg-type]
        return world

    return build


def many_zones(count: int, algorithm: int | str) -> Callable[[], World]:
    """An alias chain in which every hop lies in a zone of its own, signed dearly."""

    def build() -> World:
        world = honest()()
        for number in range(count):
            target = f"w.z{number + 1}.com." if number + 1 < count else "www.example.com."
            world.zone(f"z{number}.com", algorithm=algorithm, keys="split").add(f"w CNAME {target}")
        return world

    return build


def nested(zones: int, keys: int) -> Callable[[World], None]:
    """Zones one below the other; each has so many keys of one tag, and where there are several, eight DS of it."""

    def spoil(world: World) -> None:
        name = "example.com"
        for _ in range(zones):
            parent, name = name, f"z.{name}"
            zone = world.zone(name)
            key = zone.add("@ TXT x").keys[0]
            for rdata in twins(key, keys - 1, 4):
                zone.add_rdata("@", "DNSKEY", rdata)
            for number in range(min(keys, 8) - 1):
                wrong = key.tag.to_bytes(2) + b"\x0d\x02" + stream(32, "digest", number)
                world.zone(parent).add_rdata("z", "DS", wrong)

    return spoil


def nothing(world: World) -> None:
    """The world is bad enough as it is."""


# Signatures


def junk(rrset: RRset, key: Key, count: int, octets: int = 64, signer: Name = APEX, start: int = 0) -> RRset:
    """An RRset with signatures that name a key and are not its own."""
    made = []
    for number in range(start, start + count):
        fake = key._replace(sign=lambda data, number=number: b"\1" + stream(octets - 1, "junk", number))
        order = order_for(rrset.owner, rrset.rdtype, rrset.ttl, VALIDITY, signer, key)._replace(key=fake)
        made.append((rrset.ttl, make_rrsig(order, rrset.rdata)))
    return rrset.with_rrsigs(tuple(made))


def answers(world: World, asked: Question, change: Callable[[RRset], RRset]) -> None:
    """Alter the RRset that is the answer to a question."""

    def reply(honest: Message | NoReply) -> Message:
        assert isinstance(honest, Message)
        return changed(honest, answer=tuple(change(rrset) for rrset in honest.answer))

    world.override(asked, reply)


def example(world: World) -> Key:
    return world.zone("example.com").keys[0]


def twins(like: Key, count: int, octets: int = 64) -> list[bytes]:
    """DNSKEY RDATA with a key's tag and algorithm, none of them a key (RFC 4034 appendix B)."""
    found: list[bytes] = []
    for number in range(count):
        body = like.rdata[:4] + number.to_bytes(2) + stream(octets - 4, "twin", number)
        missing = like.tag - like._replace(public=body[4:] + b"\0\0").tag
        for carry in (0, -1, 1):
            public = body[4:] + (missing + carry & 0xFFFF).to_bytes(2)
            if like._replace(public=public).tag == like.tag:
                found.append(like._replace(public=public).rdata)
                break
    return found


def colliding_answer(world: World) -> None:
    """Every key of the zone has the tag of every signature of the answer."""
    key = example(world)
    for rdata in twins(key, 60):
        world.zone("example.com").add_rdata("@", "DNSKEY", rdata)
    answers(world, NORMAL, lambda rrset: junk(rrset, key, 500))


def colliding_everything(world: World) -> None:
    """Keys, DS and the signatures of the DNSKEY RRset all have one tag, and nothing fits."""
    key, zone = example(world), world.zone("example.com")
    for rdata in twins(key, 60):
        zone.add_rdata("@", "DNSKEY", rdata)
        world.zone("com").add_rdata("example", "DS", ds_of(key._replace(public=rdata[4:])))
    zone.damage("ds-mismatch")
    answers(world, Question(APEX, DNSKEY), lambda rrset: junk(rrset, key, 400))


def tiny_keys(world: World) -> None:
    """Three thousand keys of four octets under eight DS of their tag: as many digests as keys times DS."""
    key, zone = example(world), world.zone("example.com")
    for rdata in twins(key, 3200, 4):
        zone.add_rdata("@", "DNSKEY", rdata)
    for number in range(8):
        world.zone("com").add_rdata("example", "DS", key.tag.to_bytes(2) + b"\x0d\x02" + stream(32, "digest", number))
    zone.damage("ds-mismatch")


def many_ds(world: World) -> None:
    """A thousand DS of one tag, none of which fits, and sixty keys."""
    key, zone = example(world), world.zone("example.com")
    for rdata in twins(key, 60):
        zone.add_rdata("@", "DNSKEY", rdata)
    for number in range(1000):
        digest = key.tag.to_bytes(2) + b"\x0d\x02" + stream(32, "digest", number)
        world.zone("com").add_rdata("example", "DS", digest)
    zone.damage("ds-mismatch")


def hundred_keys(world: World) -> None:
    """The zone has a hundred genuine keys, and the one that signs the answer comes late."""
    zone = world.zone("example.com")
    keys = sorted((make_key(13, 257, stream(32, "many", number)) for number in range(100)), key=lambda key: key.rdata)
    for key in keys[:99]:
        zone.add_rdata("@", "DNSKEY", key.rdata)
    late = keys[98]
    answers(
        world,
        NORMAL,
        lambda rrset: together(
            *(rrset.with_rrsigs(((rrset.ttl, make_rrsig(_order(rrset, key), rrset.rdata)),)) for key in keys[40:98]),
            rrset.with_rrsigs(((rrset.ttl, make_rrsig(_order(rrset, late), rrset.rdata)),)),
        ),
    )


def _order(rrset: RRset, key: Key) -> Order:
    return order_for(rrset.owner, rrset.rdtype, rrset.ttl, VALIDITY, APEX, key)


def thousand_signatures(world: World) -> None:
    key = example(world)
    answers(world, NORMAL, lambda rrset: junk(rrset, key, 1000, RSA_OCTETS))


def every_algorithm(world: World) -> None:
    """Signatures by every algorithm there is, each of them wrong."""
    keys = world.zone("example.com").keys
    answers(world, NORMAL, lambda rrset: together(*(junk(rrset, key, 20, _octets(key)) for key in keys)))


def _octets(key: Key) -> int:
    return {13: 64, 14: 96, 15: 64, 16: 114}.get(key.algorithm, 256)


def off_tree(world: World) -> None:
    """A thousand signatures, each by another zone, which is not above the name."""
    key = example(world)
    signers = [Name.from_text(f"z{number}.net.") for number in range(600)]
    answers(
        world,
        NORMAL,
        lambda rrset: together(*(junk(rrset, key, 1, 64, signer, start=at) for at, signer in enumerate(signers))),
    )


# RSA


def rsa_key(modulus_octets: int, exponent: bytes) -> Key:
    """A DNSKEY of algorithm 8 whose modulus nobody has factored, nor made of primes (RFC 3110 §2)."""
    modulus = bytearray(stream(modulus_octets, "modulus"))
    modulus[0] |= 0x80
    modulus[-1] |= 1
    size = bytes((len(exponent),)) if len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2)
    return Key(8, 257, 3, size + exponent + bytes(modulus), lambda data: stream(modulus_octets - 1, data))


def rsa(modulus_octets: int, exponent: bytes, count: int = 8) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        key = rsa_key(modulus_octets, exponent)
        world.zone("example.com").add_rdata("@", "DNSKEY", key.rdata)
        signature = modulus_octets - 1
        answers(world, NORMAL, lambda rrset: junk(rrset, key, min(count, 60_000 // (signature + 50)), signature))

    return spoil


# Large RRsets


def large(rdata: Iterable[bytes], rdtype: int = TXT) -> Callable[[World], None]:
    """An RRset as large as a message can hold, with wrong signatures, each of which covers all of it."""

    def spoil(world: World) -> None:
        key = example(world)
        rrset = RRset(NORMAL.name, rdtype, 300, tuple(sorted(rdata)))
        reply = junk(rrset, key, 8)
        message = changed(world.message(NORMAL), answer=(reply,))
        message.question = Question(NORMAL.name, rdtype)
        world.override(message.question, message)

    return spoil


def _text(octets: int, number: int) -> bytes:
    rest, parts = octets, b""
    while rest > 1:
        size = min(255, rest - 1)
        parts += bytes((size,)) + stream(size, "text", number, rest)
        rest -= size + 1
    return parts


# Denials


def flood(kind: type[Nsec3Chain] | type[NsecChain], count: int) -> Callable[[World], None]:
    """The denial comes with as many genuine records of the zone as a message can hold."""

    def spoil(world: World) -> None:
        def reply(honest: Message | NoReply) -> Message:
            assert isinstance(honest, Message)
            chain = world.zone("example.com").denial
            assert isinstance(chain, kind)
            others = [rrset for rrset in chain.all() if rrset not in honest.authority]
            return changed(honest, authority=(*others[:count], *honest.authority))

        world.override("nx.example.com A", reply)

    return spoil


def parameter_sets(world: World) -> None:
    """Every NSEC3 of the denial is eighty records with parameters of their own: as many hashes as sets times labels."""
    zone = world.zone("example.com")

    def reply(honest: Message | NoReply) -> Message:
        assert isinstance(honest, Message)
        authority = []
        for rrset in honest.authority:
            if rrset.rdtype == NSEC3:
                rdata = rrset.rdata[0]
                salted = [
                    rdata[:4] + b"\x08" + stream(8, "salt", number) + rdata[5 + rdata[4] :] for number in range(80)
                ]
                bare = RRset(rrset.owner, NSEC3, rrset.ttl, tuple(sorted(salted)))
                order = order_for(bare.owner, NSEC3, bare.ttl, VALIDITY, APEX, zone.keys[0])
                authority.append(bare.with_rrsigs(((bare.ttl, make_rrsig(order, bare.rdata)),)))
            else:
                authority.append(rrset)
        return changed(honest, authority=tuple(authority))

    world.override(f"{DEEP}.example.com A", reply)


# Aliases and restarts


def growing(world: World) -> None:
    """A DNAME that leads below itself: every step makes a longer name."""
    world.zone("example.com").add("d DNAME e.d")


def restarts(world: World) -> None:
    """Every hop of a chain fails, each time with other signatures, so that all is asked again and again (R97)."""
    zone = world.zone("example.com")
    seen: dict[Name, int] = {}
    for number in range(24):
        owner = zone.to_name(f"c{number}")
        zone.add(f"c{number} CNAME c{number + 1}")

        def reply(honest: Message | NoReply, owner: Name = owner) -> Message:
            assert isinstance(honest, Message)
            seen[owner] = times = seen.get(owner, 0) + 1
            alias = next(rrset for rrset in honest.answer if rrset.owner == owner)
            if times < 3:
                alias = junk(alias, zone.keys[0], 40, start=40 * times)
            return changed(honest, answer=(alias,))

        world.override(Question(owner, A), reply)


def unsigned_depths(world: World) -> None:
    """A name of a hundred labels without signature, and at each of them something that proves nothing."""
    zone = world.zone("example.com")
    zone.add(f"{DEEP} A 192.0.2.1").damage("signature-missing", f"{DEEP} A")


def failing_depths(world: World) -> None:
    """The same; DS is answered at each label by an alias of the zone, which is no cut (R9), and costs a check."""
    zone = world.zone("example.com")
    name = zone.to_name(DEEP)
    zone.add(f"{DEEP} A 192.0.2.1").damage("signature-missing", f"{DEEP} A")
    for label in name.between(APEX):
        bare = RRset(label, CNAME, 300, (NORMAL.name.wire,))
        order = order_for(label, CNAME, 300, VALIDITY, APEX, zone.keys[0])
        alias = bare.with_rrsigs(((300, make_rrsig(order, bare.rdata)),))
        world.override(
            Question(label, DS),
            lambda honest, alias=alias: changed(honest, answer=(junk(alias, zone.keys[0], 3, start=9), alias)),
        )


def swollen_depths(world: World) -> None:
    """The same; each of the replies is padded with as many records as a message can hold."""
    zone = world.zone("example.com")
    unsigned_depths(world)
    padding = RRset(zone.to_name("padding"), A, 300, tuple(number.to_bytes(4) for number in range(3900)))
    for label in zone.to_name(DEEP).between(APEX):
        for rdtype in (DS, A):
            world.override(Question(label, rdtype), lambda honest: changed(honest, additional=(padding,)))  # type: ignore[arg-type]


ALIASES = tuple(f"c{number} CNAME c{number + 1}" for number in range(23))
NAMES = tuple(f"n{number} A 192.0.2.1" for number in range(250))
SIZE_LIMITS = frozenset({"WORK_LIMIT", "RRSET_TOO_LARGE"})
TOO_LONG = frozenset({"ALIAS_LIMIT", "CNAME_LOOP"})
DENIAL_LIMITS = frozenset({"WORK_LIMIT", "NSEC3_ITERATIONS"})
NX = Question.of("nx.example.com", "A")
DEEP_NX = Question.of(f"{DEEP}.example.com", "A")
EXPONENT = 2**32 + 1  # the largest that counts
LONG_EXPONENT = b"\xc1" + stream(510, "exponent") + b"\x01"
ALGORITHMS = ("P256", "P384", "ED25519", "ED448", "RSASHA256", "RSASHA512")

ATTACKS = (
    Attack("61 keys × 500 signatures of one tag", honest(), colliding_answer),
    Attack("61 keys × 61 DS × 400 signatures of one tag", honest(), colliding_everything),
    Attack("3200 tiny keys × 8 DS of one tag", honest(), tiny_keys, limits=SIZE_LIMITS),
    Attack("61 keys × 1000 DS of one tag", honest(), many_ds, limits=SIZE_LIMITS),
    Attack(
        "40 nested zones, each 100 keys × 8 DS of one tag",
        honest(),
        nested(40, 100),
        Question.of(f"{'z.' * 40}example.com", "TXT"),
    ),
    Attack("110 nested zones", honest(), nested(110, 1), Question.of(f"{'z.' * 110}example.com", "TXT")),
    Attack("100 keys, 59 good signatures by the last ones", honest(), hundred_keys),
    Attack("1000 RSA signatures", honest(algorithm="RSASHA256"), thousand_signatures),
    Attack("20 wrong signatures by each of 6 algorithms", honest(algorithm=ALGORITHMS), every_algorithm),
    Attack("600 signatures by 600 foreign zones", honest(), off_tree, limits=frozenset({"SIGNER_OFF_TREE"})),
    Attack("RSA, modulus and exponent of 4096 bits", honest(), rsa(512, LONG_EXPONENT, 100)),
    Attack("RSA, modulus of 4096 bits, largest exponent", honest(), rsa(512, EXPONENT.to_bytes(5), 100)),
    Attack("RSA, modulus of 16384 bits", honest(), rsa(2048, b"\1\0\1", 100)),
    Attack("one TXT record of 64 kB, 8 signatures", honest(), large([_text(64_000, 0)]), Question(NORMAL.name, TXT)),
    Attack(
        "100 TXT records, 64 kB, 8 signatures",
        honest(),
        large([_text(620, number) for number in range(100)]),
        Question(NORMAL.name, TXT),
    ),
    Attack(
        "4000 A records",
        honest(),
        large([number.to_bytes(4) for number in range(4000)], A),
        limits=SIZE_LIMITS,
    ),
    Attack("24 aliases", honest(*ALIASES), nothing, Question.of("c0.example.com", "A"), TOO_LONG),
    Attack(
        "a loop of 2 aliases", honest("l CNAME m", "m CNAME l"), nothing, Question.of("l.example.com", "A"), TOO_LONG
    ),
    Attack("a DNAME below itself", honest(), growing, Question.of("x.d.example.com", "A"), TOO_LONG),
    Attack("12 aliases over 12 zones of P-384", many_zones(12, "P384"), nothing, Question.of("w.z0.com", "A")),
    Attack(
        "NSEC3, 500 iterations, 255 octets of salt",
        honest(denial="nsec3", iterations=500, salt=b"s" * 255),
        nothing,
        NX,
    ),
    Attack("NSEC3, 501 iterations", honest(denial="nsec3", iterations=501), nothing, NX, DENIAL_LIMITS),
    Attack("NSEC3, 65535 iterations", honest(denial="nsec3", iterations=65535), nothing, NX, DENIAL_LIMITS),
    Attack(
        "NSEC3, 150 iterations, 101 labels", honest(denial="nsec3", iterations=150, salt=b"s" * 8), nothing, DEEP_NX
    ),
    Attack("NSEC3, 101 labels", honest(denial="nsec3"), nothing, DEEP_NX),
    Attack("NSEC3, 80 parameter sets, 101 labels", honest(denial="nsec3"), parameter_sets, DEEP_NX),
    Attack("a flood of 250 NSEC3", honest(*NAMES, denial="nsec3"), flood(Nsec3Chain, 250), NX),
    Attack("a flood of 250 NSEC", honest(*NAMES), flood(NsecChain, 250), NX),
    Attack("24 aliases, each asked again", honest(), restarts, Question.of("c0.example.com", "A")),
    Attack("101 labels without signature", honest(), unsigned_depths, DEEP_NX),
    Attack("101 labels without signature, 64 kB each", honest(), swollen_depths, DEEP_NX),
    Attack("101 labels, each with wrong signatures", honest(), failing_depths, DEEP_NX),
)
