"""Master files (RFC 1035 §5): a lean scanner that splits records and keeps RDATA as text until somebody asks for it.

One-line records with absolute owners, as transfers and signers write them, take a fast path; everything else is
tokenised. `presentation.rdata_from_text` reads the RDATA.

Limits: 8 nested $INCLUDEs and 100 in all, so that a file which includes itself ends; TTLs up to 2**31 - 1 seconds
(RFC 2181 §8).
Not done: $GENERATE and classes other than IN, which are refused; a quoted string over several lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from resolver.data.files import read_text
from resolver.data.name import ROOT, Name
from resolver.data.types import SOA, to_type
from resolver.errors import BadName, BadSnapshot, BadType

MAX_TTL = 2**31 - 1  # seconds; RFC 2181 §8
MAX_INCLUDE_DEPTH = 8  # ours: deeper than any honest set of files
MAX_INCLUDES = 100  # ours: in one scan; bounds the tree of a file that includes itself twice

# owner TTL IN TYPE RDATA, nothing in it that would need a tokeniser. Every repeat is followed by what it cannot match,
# or gives back one character at a time, so a hostile line costs linear time.
_PLAIN = re.compile(
    r'([^ \t"();\\$@]+\.|\.)[ \t]+([0-9]{1,9})[ \t]+IN[ \t]+([A-Z][A-Z0-9-]*)[ \t]+([^ \t"();\\][^"();\\]*)\Z'
)
_TOKEN = re.compile(r'[ \t]+|;.*|[()]|"(?:[^"\\]|\\.)*"|(?:[^ \t;()"\\]|\\.)+', re.DOTALL)
_DIGITS = re.compile(r"[0-9]+\Z")
_UNITS = re.compile(r"(?:[0-9]+[wdhms])+\Z", re.IGNORECASE)
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_CLASS_IN = frozenset({"IN", "CLASS1"})
_OTHER_CLASS = re.compile(r"(?:CH|HS|CS|CHAOS|HESIOD|CSNET|NONE|CLASS[0-9]+)\Z")
_FIRST_SOA = re.compile(r"^([^ \t\n;()\"$@]+\.|\.)[ \t]+(?:[^ \t\n]+[ \t]+){0,2}(?:SOA|soa)[ \t]", re.MULTILINE)


class Record(NamedTuple):
    """One record of a master file, its RDATA not yet read.

    Fields: the owner; the TTL in seconds; the type's number; the RDATA as one line of text without comments; the line
    where the record begins, from 1; what relative names in the RDATA are relative to; the file.
    """

    owner: Name
    ttl: int
    rdtype: int
    text: str
    line: int
    origin: Name
    path: str = ""


def scan(text: str, *, origin: Name | None = None, path: str = "<text>", include: bool = False) -> Iterator[Record]:
    """Split a master file into records, in their order.

    Args:
        text: the file's content.
        origin: what relative names are relative to before any $ORIGIN; None: the absolute owner of the first SOA.
        path: the file's name, for messages and for relative $INCLUDEs.
        include: whether $INCLUDE may open other files, relative to the file that names them.

    Raises:
        BadSnapshot: at the record that cannot be understood, with path and line; RDATA is not looked at.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if origin is None and (soa := _FIRST_SOA.search(text)):
        try:
            origin = Name.from_text(soa[1])
        except BadName:
            origin = None  # the scan meets that line, and says where it is
    return _Scanner(path, origin, include).records(text)


class _Scanner:
    """The state that one line leaves to the next (RFC 1035 §5.1, RFC 2308 §4)."""

    def __init__(self, path: str, origin: Name | None, include: bool) -> None:
        self.path = path
        self.origin = origin
        self.include = include
        self.owner: Name | None = None
        self.last_ttl: int | None = None
        self.default_ttl: int | None = None  # from $TTL
        self.minimum: int | None = None  # of the SOA, the default before RFC 2308
        self.depth = 0
        self.opened = [0]  # one count for the whole tree of files

    def records(self, text: str) -> Iterator[Record]:
        path, plain = self.path, _PLAIN.match
        types: dict[str, int] = {}
        last_text, owner = "", ROOT
        numbered = enumerate(text.split("\n"), 1)
        for number, line in numbered:
            if not line:
                continue
            found = plain(line)
            if found is None:
                yield from self._general(line, number, numbered)
                continue
            owner_text, ttl_text, type_text, rdata = found.groups()
            if owner_text != last_text:
                last_text, owner = owner_text, self._name(owner_text, number)
            rdtype = types.get(type_text)
            if rdtype is None:
                rdtype = types[type_text] = self._type(type_text, number)
            ttl = int(ttl_text)
            self.owner, self.last_ttl = owner, ttl
            if rdtype == SOA:
                self._note_minimum(rdata)
            # An absolute owner needs no origin, but its RDATA might: an owner's own zone is unknown then.
            yield Record(owner, ttl, rdtype, rdata.rstrip(" \t"), number, self._known_origin(number), path)

    def _general(self, line: str, number: int, numbered: Iterator[tuple[int, str]]) -> Iterator[Record]:
        """Whatever is not plain: blank lines, directives, and records in any notation."""
        words = self._words(line, number, numbered)
        if not words:
            return
        inherits = line[0] in " \t"  # a blank owner is the last one (RFC 1035 §5.1)
        if not inherits and words[0][0] == "$":
            yield from self._directive(words, number)
            return
        if inherits:
            if self.owner is None:
                raise self._refusal("a record without an owner, and none before it to inherit from", number)
        else:
            self.owner = self._name(words.pop(0), number)
        yield self._record(self.owner, words, number)

    def _words(self, line: str, number: int, numbered: Iterator[tuple[int, str]]) -> list[str]:
        """The words of one entry, over as many lines as parentheses make it (RFC 1035 §5.1); quotes stay."""
        words: list[str] = []
        depth, here = 0, number
        while True:
            at = 0
            while at < len(line):
                found = _TOKEN.match(line, at)
                if found is None:
                    what = "a quote without its end on the line" if line[at] == '"' else "a backslash ends the line"
                    raise self._refusal(what, here)
                token, at = found[0], found.end()
                if token[0] in " \t;":
                    continue
                if token == "(":
                    depth += 1
                elif token == ")":
                    depth -= 1
                    if depth < 0:
                        raise self._refusal("a closing parenthesis without an opening one", here)
                else:
                    words.append(token)
            if not depth:
                return words
            try:
                here, line = next(numbered)
            except StopIteration:
                raise self._refusal("an opening parenthesis that is never closed", number) from None

    def _record(self, owner: Name, words: list[str], number: int) -> Record:
        """[TTL] [class] type RDATA, or [class] [TTL] type RDATA (RFC 1035 §5.1)."""
        at = 0
        ttl = self._ttl(words, at, number)
        at += ttl is not None
        if at < len(words):
            upper = words[at].upper()
            if upper in _CLASS_IN:
                at += 1
            elif _OTHER_CLASS.match(upper):
                raise self._refusal(f"class {upper[:20]}; only class IN is read", number)
        if ttl is None:
            ttl = self._ttl(words, at, number)
            at += ttl is not None
        if at >= len(words):
            raise self._refusal("a record without a type", number)
        rdtype = self._type(words[at], number)
        text = " ".join(words[at + 1 :])
        if rdtype == SOA:
            self._note_minimum(text)
        if ttl is not None:
            self.last_ttl = ttl
        elif self.default_ttl is not None:
            ttl = self.default_ttl  # RFC 2308 §4
        elif self.last_ttl is not None:
            ttl = self.last_ttl  # RFC 1035 §5.1
        elif self.minimum is not None:
            ttl = self.minimum  # what files older than RFC 2308 mean
        else:
            raise self._refusal("no TTL, and none before it; start the file with a line such as $TTL 3600", number)
        return Record(owner, ttl, rdtype, text, number, self._known_origin(number), self.path)

    def _directive(self, words: list[str], number: int) -> Iterator[Record]:
        directive, count = words[0].upper(), len(words) - 1
        if directive == "$ORIGIN" and count == 1:
            self.origin = self._name(words[1], number)
        elif directive == "$TTL" and count == 1:
            ttl = self._ttl(words, 1, number)
            if ttl is None:
                raise self._refusal(f"bad TTL {words[1][:40]!r}; use seconds, or units as in 1h30m", number)
            self.default_ttl = ttl
        elif directive == "$INCLUDE" and count in (1, 2):
            yield from self._included(words, number)
        elif directive == "$GENERATE":
            raise self._refusal("$GENERATE is not read; write its records out (named-compilezone does)", number)
        elif directive in ("$ORIGIN", "$TTL", "$INCLUDE"):
            raise self._refusal(f"{directive} with {count} words after it", number)
        else:
            raise self._refusal(f"unknown directive {words[0][:40]}; an owner may begin with \\$", number)

    def _included(self, words: list[str], number: int) -> Iterator[Record]:
        """The records of another file; its origin, owner and TTLs end with it (RFC 1035 §5.1)."""
        if not self.include:
            raise self._refusal("$INCLUDE is not followed unless it is allowed (include=True)", number)
        self.opened[0] += 1
        if self.depth >= MAX_INCLUDE_DEPTH or self.opened[0] > MAX_INCLUDES:
            limits = f"{MAX_INCLUDE_DEPTH} deep or {MAX_INCLUDES} in all"
            raise self._refusal(f"more $INCLUDEs than {limits}; does a file include itself?", number)
        quoted = words[1][0] == '"'
        file = os.path.join(os.path.dirname(self.path), words[1][1:-1] if quoted else words[1])
        origin = self._name(words[2], number) if len(words) == 3 else self.origin
        try:
            text = read_text(file)
        except BadSnapshot as refused:
            raise self._refusal(f"$INCLUDE of {refused}", number) from None
        inner = _Scanner(file, origin, include=True)
        inner.owner, inner.depth, inner.opened = self.owner, self.depth + 1, self.opened
        inner.last_ttl, inner.default_ttl, inner.minimum = self.last_ttl, self.default_ttl, self.minimum
        yield from inner.records(text.replace("\r\n", "\n").replace("\r", "\n"))

    def _name(self, text: str, number: int) -> Name:
        if text[0] == '"':
            raise self._refusal("a quoted owner or origin; names are written without quotes", number)
        relative = text[-1] != "." or text[-2:] == "\\."
        if relative and self.origin is None:
            raise self._no_origin(number)
        try:
            return Name.from_text(text, self.origin)
        except BadName as refused:
            raise self._refusal(str(refused), number) from None

    def _known_origin(self, number: int) -> Name:
        if self.origin is None:
            raise self._no_origin(number)
        return self.origin

    def _type(self, text: str, number: int) -> int:
        try:
            return to_type(text)
        except BadType as refused:
            raise self._refusal(str(refused)[:200], number) from None

    def _ttl(self, words: list[str], at: int, number: int) -> int | None:
        """The TTL that a word is, in seconds; None where it is none, or there is no word."""
        seconds = _seconds(words[at]) if at < len(words) else None
        if seconds is not None and seconds > MAX_TTL:
            raise self._refusal(f"a TTL of {words[at][:20]}; the limit is {MAX_TTL} (RFC 2181 §8)", number)
        return seconds

    def _note_minimum(self, text: str) -> None:
        if self.minimum is None:
            self.minimum = _seconds(text.rsplit(maxsplit=1)[-1]) if text.split() else None

    def _no_origin(self, number: int) -> BadSnapshot:
        return self._refusal("no origin is known here; give one, or start the file with $ORIGIN", number)

    def _refusal(self, message: str, number: int) -> BadSnapshot:
        return BadSnapshot(message, self.path, number)


def _seconds(word: str) -> int | None:
    """A TTL in seconds or in units (1h30m, as BIND writes them); None where the word is none."""
    if _DIGITS.match(word):
        return int(word) if len(word) <= 12 else MAX_TTL + 1  # what is longer is refused anyway
    if not _UNITS.match(word):
        return None
    total = 0
    for amount, unit in re.findall(r"([0-9]+)([a-z])", word.lower()):
        total += (int(amount) if len(amount) <= 12 else MAX_TTL + 1) * _SECONDS[unit]
    return total
