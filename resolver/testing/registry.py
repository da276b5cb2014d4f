"""The register of damages: each has a name, a sentence, and a function for one stage of making an answer.

Stages, in the order in which they act:

- `key`: one `Key` of the zone, everywhere: in DNSKEY, in DS, in signatures;
- `keyset`: the DNSKEY RDATA as published, `list[bytes]`;
- `delegation`: the DS RDATA that the parent publishes for the zone, `list[bytes]`;
- `chain`: one NSEC or NSEC3 record before it is signed, a `Link`;
- `order`: what a signature shall say, before it is signed, an `Order`;
- `signed`: an `RRset` with its finished signatures;
- `proof`: the records of a denial, each with its part in the proof, `list[Piece]`;
- `message`: the whole reply, a `Message`; a NoReply instead means silence.

A damage's function takes the zone and what its stage works on, and returns the same kind of thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.data.name import Name

Change = TypeVar("Change", bound=Callable[..., object])


class Damage(NamedTuple):
    """One named damage."""

    name: str
    stage: str
    text: str
    change: Callable[..., object]


class Target(NamedTuple):
    """What a damage is aimed at; None: everything."""

    damage: Damage
    owner: Name | None
    rdtype: int | None

    def hits(self, owner: Name, rdtype: int) -> bool:
        return (self.owner is None or self.owner == owner) and (self.rdtype is None or self.rdtype == rdtype)


_DAMAGES: dict[str, Damage] = {}

damages: dict[str, str] = {}
"""Every damage that `Zone.damage` knows: name -> what it does."""


def damage(name: str, stage: str) -> Callable[[Change], Change]:
    """Enter a function into the register; the first paragraph of its docstring is the damage's sentence."""

    def enter(change: Change) -> Change:
        text = " ".join((change.__doc__ or "").split())
        _DAMAGES[name] = Damage(name, stage, text, change)
        damages[name] = text
        return change

    return enter


def find_damage(name: str) -> Damage:
    """The damage of that name.

    Raises:
        BadInput: there is none; the message proposes what is nearest.
    """
    found = _DAMAGES.get(name)
    if found is None:
        import difflib

        near = difflib.get_close_matches(name, _DAMAGES, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see resolver.testing.damages"
        raise BadInput(f"no damage {name!r}: {hint}")
    return found
