"""Domain names as canonical wire bytes: lower case, uncompressed, label-aware.

A name is never compared or cut as text: `evilexample.com.` ends with `example.com.` only there.

Limits: 255 octets a name, 63 octets a label (RFC 1035 §2.3.4).
Not done: the case of a name as it was received; a query writer that wants 0x20 makes its own.
"""

from __future__ import annotations

from typing import TypeAlias

from resolver.errors import BadName

MAX_NAME_OCTETS = 255  # RFC 1035 §2.3.4
MAX_LABEL_OCTETS = 63  # RFC 1035 §2.3.4

_ESCAPED = b'".;\\()@$'  # RFC 4343 §2.1 and RFC 1035 §5.1: what a master file would misread


class Name:
    """A domain name in canonical form (RFC 4034 §6.2): lower case and uncompressed.

    Attributes:
        wire: the octets, ending with the root's zero octet.
    """

    __slots__ = ("_labels", "wire")
    __module__ = "resolver"

    wire: bytes
    _labels: tuple[bytes, ...] | None

    def __init__(self, wire: bytes) -> None:
        """Wrap octets that are known to be one well-formed, lower-case name; `from_wire` checks."""
        self.wire = wire
        self._labels = None

    @classmethod
    def from_wire(cls, wire: bytes) -> Name:
        """The name in `wire`, which must hold one uncompressed name and nothing else.

        Raises:
            BadName: the octets are no such name (RFC 1035 §3.1).
        """
        if wire_length(wire, 0) != len(wire):
            raise BadName(f"not one uncompressed wire name: {wire[:32].hex()}")
        return cls(wire.lower())

    @classmethod
    def from_labels(cls, labels: tuple[bytes, ...]) -> Name:
        """The name with these labels, leftmost first, the root not among them.

        Raises:
            BadName: a label is empty or longer than 63 octets, or the name is longer than 255.
        """
        for label in labels:
            if not 0 < len(label) <= MAX_LABEL_OCTETS:
                raise BadName(f"a label of {len(label)} octets; it must have 1 to 63 (RFC 1035 §2.3.4)")
        wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
        if len(wire) > MAX_NAME_OCTETS:
            raise BadName(f"a name of {len(wire)} octets; the limit is 255 (RFC 1035 §2.3.4)")
        return cls(wire.lower())

    @classmethod
    def from_text(cls, text: str, origin: Name | None = None) -> Name:
        """Read presentation format: escapes as in RFC 1035 §5.1, U-labels by IDNA 2008 (RFC 5891).

        Args:
            text: the name; a final dot is optional unless `origin` is given.
            origin: what a text without a final dot is relative to; None: the root.

        Raises:
            BadName: empty or overlong labels, a bad escape, or a label that IDNA 2008 refuses.
        """
        if text == "@" and origin is not None:
            return origin
        if text == ".":
            return ROOT
        labels, absolute = _split(text)
        if not absolute and origin is not None:
            labels = labels + origin.labels
        try:
            return cls.from_labels(labels)
        except BadName as refused:
            raise BadName(f"bad name {_shown(text)}: {refused}") from None

    @property
    def labels(self) -> tuple[bytes, ...]:
        """The labels, leftmost first, without the root's empty one."""
        labels = self._labels
        if labels is None:
            found = []
            wire, at = self.wire, 0
            while length := wire[at]:
                found.append(wire[at + 1 : at + 1 + length])
                at += 1 + length
            labels = self._labels = tuple(found)
        return labels

    @property
    def is_root(self) -> bool:
        return len(self.wire) == 1

    @property
    def is_wildcard(self) -> bool:
        """Whether the leftmost label is the asterisk label (RFC 4592 §2.1.1)."""
        return self.wire[:2] == b"\x01*"

    def parent(self) -> Name:
        """The name without its leftmost label; of the root, a ValueError."""
        if len(self.wire) == 1:
            raise ValueError("the root has no parent")
        return Name(self.wire[1 + self.wire[0] :])

    def rightmost(self, count: int) -> Name:
        """The ancestor-or-self made of the last `count` labels."""
        wire, at = self.wire, 0
        for label in self.labels[: len(self.labels) - count]:
            at += 1 + len(label)
        return Name(wire[at:])

    def is_under(self, other: Name) -> bool:
        """Whether this name is `other` or below it, by whole labels."""
        mine, its = self.wire, other.wire
        at = len(mine) - len(its)
        if at < 0 or mine[at:] != its:
            return False
        here = 0
        while here < at:
            here += 1 + mine[here]
        return here == at

    def is_below(self, other: Name) -> bool:
        """Whether this name is below `other`, and not `other` itself."""
        return len(self.wire) > len(other.wire) and self.is_under(other)

    def between(self, above: Name) -> list[Name]:
        """The names strictly below `above` down to this one, the highest first (empty if not below)."""
        if not self.is_below(above):
            return []
        found: list[Name] = []
        wire, stop = self.wire, len(above.wire)
        while len(wire) > stop:
            found.append(Name(wire))
            wire = wire[1 + wire[0] :]
        found.reverse()
        return found

    def common(self, other: Name) -> Name:
        """The deepest name that both are at or below."""
        shared = 0
        for mine, its in zip(reversed(self.labels), reversed(other.labels), strict=False):
            if mine != its:
                break
            shared += 1
        return self.rightmost(shared)

    def child(self, label: bytes) -> Name:
        """The name with one more label on the left.

        Raises:
            BadName: the result is longer than 255 octets.
        """
        return Name.from_labels((label, *self.labels))

    def wildcard(self) -> Name:
        """`*.` and this name (RFC 4592 §2.1.1). An overlong one cannot exist, and matches nothing."""
        return Name(b"\x01*" + self.wire)

    @property
    def order(self) -> tuple[bytes, ...]:
        """A sort key for the canonical order of names (RFC 4034 §6.1)."""
        return self.labels[::-1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and self.wire == other.wire

    def __hash__(self) -> int:
        return hash(self.wire)

    def __lt__(self, other: Name) -> bool:
        """The canonical order of names (RFC 4034 §6.1)."""
        return self.order < other.order

    def __le__(self, other: Name) -> bool:
        return self.order <= other.order

    def __str__(self) -> str:
        return "".join(label_text(label) + "." for label in self.labels) or "."

    def __repr__(self) -> str:
        return f"Name({str(self)!r})"


NameLike: TypeAlias = str | Name

ROOT = Name(b"\0")


def to_name(name: NameLike) -> Name:
    """`name` as a Name; text is read as absolute.

    Raises:
        BadName: the text is no domain name.
    """
    return name if isinstance(name, Name) else Name.from_text(name)


def wire_length(octets: bytes, at: int) -> int:
    """How many octets the uncompressed name at `at` takes; -1 if there is no such name (RFC 1035 §3.1)."""
    start, end = at, len(octets)
    while at < end:
        length = octets[at]
        if not length:
            size = at + 1 - start
            return size if size <= MAX_NAME_OCTETS else -1
        if length > MAX_LABEL_OCTETS:
            return -1
        at += 1 + length
    return -1


def label_text(label: bytes) -> str:
    """One label in presentation format, with escapes (RFC 1035 §5.1)."""
    shown = []
    for octet in label:
        if octet in _ESCAPED:
            shown.append("\\" + chr(octet))
        elif 0x21 <= octet <= 0x7E:
            shown.append(chr(octet))
        else:
            shown.append(f"\\{octet:03d}")
    return "".join(shown)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _split(text: str) -> tuple[tuple[bytes, ...], bool]:
    """The labels of a text, and whether it ended with a dot."""
    if not text:
        raise BadName("an empty name; write '.' for the root")
    if text.isascii() and "\\" not in text:
        absolute = text.endswith(".")
        return tuple(part.encode() for part in (text[:-1] if absolute else text).split(".")), absolute
    labels: list[bytes] = []
    label: list[str | int] = []  # a character as typed, or an octet that was escaped
    at, absolute = 0, False
    while at < len(text):
        char = text[at]
        at += 1
        absolute = False
        if char == "\\":
            digits = text[at : at + 3]
            if digits[:1].isdigit():
                if len(digits) != 3 or not (digits.isascii() and digits.isdigit()) or int(digits) > 255:
                    raise BadName(f"bad name {_shown(text)}: an escape needs three digits up to 255 (RFC 1035 §5.1)")
                label.append(int(digits))
                at += 3
            elif not digits:
                raise BadName(f"bad name {_shown(text)}: it ends in an escape")
            else:
                label.append(ord(digits[0]) if ord(digits[0]) < 256 else digits[0])
                at += 1
        elif char in ".\u3002\uff0e\uff61":  # the full stops of RFC 3490 §3.1
            labels.append(_octets(label, text))
            label = []
            absolute = True
        else:
            label.append(char)
    if not absolute:
        labels.append(_octets(label, text))
    return tuple(labels), absolute


def _octets(label: list[str | int], text: str) -> bytes:
    if all(isinstance(part, int) or part.isascii() for part in label):
        return bytes(part if isinstance(part, int) else ord(part) for part in label)
    if any(isinstance(part, int) for part in label):
        raise BadName(f"bad name {_shown(text)}: an escape and a non-ASCII letter in one label")
    import idna  # only a name with U-labels pays for the tables

    try:
        return idna.encode("".join(str(part) for part in label), uts46=True)
    except idna.IDNAError as refused:
        raise BadName(f"bad name {_shown(text)}: {refused} (IDNA 2008)") from None
