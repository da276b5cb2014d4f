"""One zone of a world: its records, keys, signatures and damages. Everything is signed when it is first asked for.

Limits: the records of one RRset share one TTL, the one written last (RFC 2181 §5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar, cast

from resolver.data.name import Name, NameLike
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY, DS, SOA, TypeLike, to_type
from resolver.errors import BadInput
from resolver.testing import records
from resolver.testing.assembly import assemble
from resolver.testing.content import Content, Data, Records
from resolver.testing.denial import CompactDenial, Link, NoDenial, Nsec3Chain, NsecChain
from resolver.testing.keys import REVOKE_FLAG, SEP_FLAG, ZONE_FLAG, Key, make_key, stream
from resolver.testing.registry import Target, find_damage
from resolver.testing.signing import Order, make_ds, make_rrsig, order_for

if TYPE_CHECKING:
    from typing import Self

    from resolver.testing.settings import Settings
    from resolver.testing.world import World

T = TypeVar("T")

APEX_STAGES = ("key", "keyset", "delegation")

Denial = NsecChain | Nsec3Chain | CompactDenial | NoDenial


class Zone:
    """A zone; `World.zone` makes it. Methods that change it return it, so that calls can be chained.

    Attributes:
        world: the world that it belongs to.
        name: its apex.
        settings: what was chosen for it.
    """

    def __init__(self, world: World, name: Name, settings: Settings) -> None:
        self.world = world
        self.name = name
        self.settings = settings
        self._records: Records = {}
        self._targets: list[Target] = []
        self._generation = {"ksk": 0, "zsk": 0}
        self._retired: list[Key] = []
        self._keys: list[Key] | None = None
        self._content: Content | None = None
        self._denial: Denial | None = None
        self._signed: dict[tuple[Name, int, tuple[bytes, ...]], RRset] = {}

    # What a test writes

    def add(self, *lines: str) -> Self:
        """Add records, each `owner [TTL] TYPE RDATA`: `add("www 300 A 192.0.2.1", "@ MX 10 mail")`.

        Names without a final dot are relative to the zone; `@` is its apex. A text may hold several lines.

        Raises:
            BadInput: a line that is no record, or an owner outside the zone.
        """
        for text in lines:
            for line in filter(str.strip, text.splitlines()):
                record = records.read_line(line.strip(), self.name)
                self.add_rdata(record.owner, record.rdtype, record.rdata, ttl=record.ttl)
        return self

    def add_rdata(self, owner: NameLike, rdtype: TypeLike, rdata: bytes, ttl: int | None = None) -> Self:
        """Add one record with RDATA of any octets, right or wrong; `ttl` in seconds.

        Raises:
            BadInput: an owner outside the zone, or more than 65535 octets.
        """
        name, number = self.to_name(owner), to_type(rdtype)
        if not name.is_under(self.name):
            raise BadInput(f"{name} is not in the zone {self.name}: write the owner relative to the zone")
        if len(rdata) > 65535:  # RFC 1035 §3.2.1: RDLENGTH has 16 bits
            raise BadInput(f"{len(rdata)} octets of RDATA; the limit is 65535")
        types = self._records.setdefault(name, {})
        before, members = types.get(number, (self.settings.ttl, ()))
        types[number] = (before if ttl is None else ttl, (*members, rdata))
        self.world.changed()
        return self

    def remove(self, owner: NameLike, rdtype: TypeLike | None = None) -> Self:
        """Take an RRset out again, or everything at a name."""
        name = self.to_name(owner)
        if rdtype is None:
            self._records.pop(name, None)
        elif types := self._records.get(name):
            types.pop(to_type(rdtype), None)
            if not types:
                del self._records[name]
        self.world.changed()
        return self

    def damage(self, name: str, target: str | None = None) -> Self:
        """Damage the zone in a named way (`resolver.testing.damages` lists them).

        Args:
            name: the damage.
            target: `"owner TYPE"` or `"owner"`, relative to the zone: the RRset for damages of signatures, the question
                for damages of replies; None: all that the damage can reach.

        Raises:
            BadInput: no such damage, or a target that cannot be read.
        """
        owner: Name | None = None
        rdtype: int | None = None
        if target is not None:
            words = target.split()
            if not 1 <= len(words) <= 2:
                raise BadInput(f"bad target {target!r}: write 'owner' or 'owner TYPE', for example 'www A'")
            owner = self.to_name(words[0])
            rdtype = to_type(words[1]) if len(words) == 2 else None
        found = find_damage(name)
        if found.stage in APEX_STAGES and owner not in (None, self.name):
            raise BadInput(f"{name} concerns the whole zone {self.name}: leave the target out")
        self._targets.append(Target(found, owner, rdtype))
        self.world.changed()
        return self

    def repair(self, name: str | None = None) -> Self:
        """Undo the damages of that name; None: all of them."""
        self._targets = [target for target in self._targets if name is not None and target.damage.name != name]
        self.world.changed()
        return self

    def roll(self, key: str, *, revoke: bool = False) -> Self:
        """Replace the "ksk" (or the CSK) or the "zsk" by a new one, at once and without pre-publication.

        Args:
            key: which one.
            revoke: keep the old KSK in the DNSKEY RRset, revoked and signing it (RFC 5011 §2.1).

        Raises:
            BadInput: another word than these two, or a ZSK that shall be revoked.
        """
        if key not in self._generation or (revoke and key == "zsk"):
            raise BadInput(f"bad key {key!r}: 'ksk' or 'zsk', and only a KSK is revoked")
        if revoke:
            self._retired += [old._replace(flags=old.flags | REVOKE_FLAG) for old in self.keys if old.is_sep]
        self._generation[key] += 1
        self.world.changed()
        return self

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self.world.changed()

    # What a test may look at

    def to_name(self, owner: NameLike) -> Name:
        """An owner as `add` reads it: text without a final dot is relative to the zone."""
        return owner if isinstance(owner, Name) else Name.from_text(owner, self.name)

    @property
    def parent(self) -> Zone | None:
        """The zone that delegates to this one; None for the root."""
        return self.world.parent_of(self.name)

    @property
    def keys(self) -> list[Key]:
        """The zone's keys, damages included, those that DS names first; none where it is unsigned."""
        if self._keys is None:
            self._keys = [self.damaged("key", self.name, DNSKEY, key) for key in self.undamaged_keys()]
        return self._keys

    @property
    def key_tag(self) -> int:
        """The tag of the key that DS names.

        Raises:
            BadInput: the zone is unsigned.
        """
        if not self.keys:
            raise BadInput(f"{self.name} is unsigned: it has no key")
        return self.keys[0].tag

    @property
    def ds(self) -> list[bytes]:
        """The DS RDATA of its keys, as a parent would publish them; damages of DS are not in it."""
        keys = [key for key in self.keys if key.is_sep] or self.keys[:1]
        return [make_ds(self.name, key.rdata, digest) for key in keys for digest in self.settings.digests]

    @property
    def anchor_text(self) -> str:
        """DS lines of the zone, for `Anchors.from_text`; damages are not in them."""
        lines = [
            f"{self.name} IN DS {records.rdata_text(DS, make_ds(self.name, key.rdata, digest))}"
            for key in self.undamaged_keys()
            if key.is_sep
            for digest in self.settings.digests
        ]
        return "".join(line + "\n" for line in lines)

    @property
    def content(self) -> Content:
        """The zone's names and records, without signatures and denials."""
        if self._content is None:
            self._content = Content(self.name, assemble(self, self._records))
        return self._content

    @property
    def denial(self) -> Denial:
        """How it says no."""
        if self._denial is None:
            self._denial = self._make_denial()
        return self._denial

    def undamaged_keys(self) -> list[Key]:
        """The keys as they were made."""
        settings, found = self.settings, []
        if settings.signed:
            roles = [("ksk", ZONE_FLAG | SEP_FLAG)] + [("zsk", ZONE_FLAG)] * (settings.keys == "split")
            for role, flags in roles:
                for algorithm in settings.algorithms:
                    seed = stream(32, self.world.seed, self.name.wire, role, self._generation[role])
                    found.append(make_key(algorithm, flags, seed, settings.rsa_bits))
        return found

    # What the server asks

    def rrset(self, owner: Name, rdtype: int, at: Name | None = None) -> RRset | None:
        """An RRset of the zone with its signatures; `at` is the name that a wildcard is expanded to."""
        data = self.content.nodes.get(owner, {}).get(rdtype)
        if data is None:
            return None
        if owner in self.content.cuts and rdtype != DS:
            return RRset(owner, rdtype, *data)  # a delegation is not signed (RFC 4035 §2.2)
        if at is None:
            return self.sign(owner, rdtype, data)
        if self.settings.denial == "compact":
            return self.sign(at, rdtype, data, owner)  # RFC 9824 §3.3
        signed = self.sign(owner, rdtype, data)
        return RRset(at, rdtype, signed.ttl, signed.rdata, signed.rrsigs)

    def sign_link(self, link: Link) -> RRset:
        """An NSEC or NSEC3 record, damaged and signed; its TTL is the negative one (RFC 9077 §3)."""
        link = self.damaged("chain", link.source, link.rdtype, link)
        return self.sign(link.owner, link.rdtype, (self.negative_ttl, (link.rdata,)), link.source)

    def sign(self, owner: Name, rdtype: int, data: Data, source: Name | None = None) -> RRset:
        """Sign one RRset with the keys that its type wants; `source` is the name that a damage calls it by."""
        ttl, rdata = data
        cached = self._signed.get((owner, rdtype, rdata))
        if cached is None:
            source = source or owner
            rrset = RRset(owner, rdtype, ttl, rdata)
            rrsigs = [(ttl, make_rrsig(order, rrset.rdata)) for order in self._orders(owner, rdtype, ttl, source)]
            cached = self.damaged("signed", source, rdtype, rrset.with_rrsigs(tuple(rrsigs)))
            self._signed[owner, rdtype, rdata] = cached
        return cached

    def delegation(self, child: Zone) -> list[bytes]:
        """The DS RDATA that this zone publishes for a child, damaged as the child was told to be."""
        settings = child.settings
        if not settings.signed or not settings.ds or settings.island:
            return []
        return child.damaged("delegation", child.name, DS, child.ds)

    @property
    def keyset(self) -> list[bytes]:
        """The DNSKEY RDATA as published, damages included."""
        found = [key.rdata for key in (*self.keys, *self._retired)]
        return self.damaged("keyset", self.name, DNSKEY, found)

    def targets(self, stage: str, owner: Name, rdtype: int) -> Iterator[Target]:
        """The damages of a stage that hit this owner and type."""
        for target in self._targets:
            if target.damage.stage == stage and target.hits(owner, rdtype):
                yield target

    def damaged(self, stage: str, owner: Name, rdtype: int, value: T) -> T:
        """`value` after all damages of a stage that hit this owner and type."""
        for target in self.targets(stage, owner, rdtype):
            value = cast("T", target.damage.change(self, value))
        return value

    @property
    def negative_ttl(self) -> int:
        """Seconds: the lesser of the SOA's TTL and its last field (RFC 2308 §5, RFC 9077 §3)."""
        ttl, rdata = self.content.nodes[self.name][SOA]
        return min(ttl, int.from_bytes(rdata[0][-4:], "big"))

    def forget(self) -> None:
        """Drop whatever was worked out; called after every change of the world."""
        self._keys = self._content = self._denial = None
        self._signed = {}

    def __repr__(self) -> str:
        return f"<Zone {self.name} {self.settings.denial if self.settings.signed else 'unsigned'}>"

    # How it is worked out

    def _orders(self, owner: Name, rdtype: int, ttl: int, source: Name) -> list[Order]:
        """One order for each key that signs this type: KSKs sign DNSKEY, the others the rest."""
        orders = [
            order_for(owner, rdtype, ttl, self.settings.validity, self.name, key) for key in self._signing_keys(rdtype)
        ]
        return [self.damaged("order", source, rdtype, order) for order in orders]

    def _signing_keys(self, rdtype: int) -> list[Key]:
        """A KSK and a revoked key sign DNSKEY, a ZSK the rest, a CSK everything (RFC 4035 §2.2, RFC 5011 §2.1)."""
        if self.settings.keys == "csk":
            return self.keys + (self._retired if rdtype == DNSKEY else [])
        half = len(self.settings.algorithms)
        return self.keys[:half] + self._retired if rdtype == DNSKEY else self.keys[half:]

    def _make_denial(self) -> Denial:
        if not self.settings.signed:
            return NoDenial()
        if self.settings.denial == "nsec":
            return NsecChain(self)
        return CompactDenial(self) if self.settings.denial == "compact" else Nsec3Chain(self)
