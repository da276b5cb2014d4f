"""Lines for a terminal: styles, shapes, wrapping, and the one place where text becomes harmless."""

from __future__ import annotations

from typing import TypeAlias

GOOD, BAD, OPEN, UNKNOWN, STRONG, FAINT, PLAIN = "good", "bad", "open", "unknown", "strong", "faint", ""

_CODES = {GOOD: "32", BAD: "1;31", OPEN: "33", UNKNOWN: "35", STRONG: "1", FAINT: "2"}  # ECMA-48 §8.3.117

# Each shape means the same with and without colour.
YES, NO, UNSIGNED, NOTHING = "✔", "✖", "○", "◌"
BRANCH, DOT, ARROW, ELLIPSIS, DASH = "└─", "·", "→", "…", "–"
_ASCII = {
    YES: "+",
    NO: "x",
    UNSIGNED: "o",
    NOTHING: "?",
    "└": "`",
    "─": "-",
    DOT: "|",
    ARROW: "->",
    ELLIPSIS: "..",
    DASH: "-",
}
_ASCII["§"] = "sec. "
_TO_ASCII = str.maketrans(_ASCII)

_DOTS = (DOT, _ASCII[DOT])

Chunk: TypeAlias = str | tuple[str, str]  # text, or text and style

MIN_WIDTH = 40  # columns; a narrower terminal breaks the lines itself


def clean(text: str) -> str:
    """`text` without anything that moves a cursor, turns the direction of writing or hides: shown as escapes instead."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def to_ascii(text: str) -> str:
    """`text` in ASCII: our own shapes by their counterparts, anything else as an escape."""
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


class Page:
    """Lines of styled text, wrapped at spaces.

    Attributes:
        lines: what was written so far, ready to print.
    """

    def __init__(self, *, color: bool, ascii_only: bool, width: int) -> None:
        self._color = color
        self._ascii = ascii_only
        self._width = max(width, MIN_WIDTH) if width else 0
        self.lines: list[str] = []

    def line(self, *chunks: Chunk, indent: int = 0, hang: int = 4, lead: str = "", lead_width: int = 0) -> None:
        """Write one line of chunks, which a space separates; what does not fit goes on in the next line.

        Args:
            chunks: the text.
            indent: columns before the line; continuations have `hang` more.
            hang: see `indent`.
            lead: text before the chunks that keeps its spaces, filled up to `lead_width` columns.
            lead_width: see `lead`.
        """
        words: list[tuple[str, str]] = []
        for chunk in chunks:
            text, style = chunk if isinstance(chunk, tuple) else (chunk, PLAIN)
            words += [(word, style) for word in self._plain(text).split(" ") if word]
        line: list[tuple[str, str]] = [(" " * indent, PLAIN)]
        column, first = indent, True
        if lead:
            shown = self._plain(lead).ljust(lead_width)
            line.append((shown, STRONG))
            column, first = indent + len(shown), False
        for at, (word, style) in enumerate(words):
            gap = "" if first else " "
            wanted = len(gap) + len(word)
            if at and words[at - 1][0] in _DOTS:  # what stands between two dots stays together, if a line can hold it
                part = _part_length(words, at)
                wanted = len(gap) + part if indent + hang + part <= self._width else wanted
            fits = first or not self._width or column + wanted <= self._width
            if not fits and word not in _DOTS:  # a dot may hang over: it begins no line
                self._end(line)
                line, column, gap = [(" " * (indent + hang), PLAIN)], indent + hang, ""
            line.append((gap, style if line[-1][1] == style else PLAIN))
            line.append((word, style))
            column += len(gap) + len(word)
            first = False
        self._end(line)

    def whole(self, title: str, record: str, *, indent: int) -> None:
        """Write a title, and under it text that is to be copied: it is never wrapped and begins at the margin."""
        self.line(title, indent=indent)
        self.records((record,))

    def records(self, records: tuple[str, ...]) -> None:
        """Write text that is to be copied: it is never wrapped and begins at the margin."""
        self.lines += [self._styled(self._plain(record), STRONG) for record in records]

    def _end(self, line: list[tuple[str, str]]) -> None:
        """Write a line; what has one style is one run."""
        runs: list[tuple[str, str]] = []
        for text, style in line:
            if runs and runs[-1][1] == style:
                runs[-1] = (runs[-1][0] + text, style)
            elif text:
                runs.append((text, style))
        self.lines.append("".join(self._styled(text, style) for text, style in runs).rstrip())

    def _plain(self, text: str) -> str:
        text = clean(text)
        return to_ascii(text) if self._ascii else text

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._color and style else text

    def text(self) -> str:
        """Everything, each line with its newline."""
        return "".join(line + "\n" for line in self.lines)


def _part_length(words: list[tuple[str, str]], at: int) -> int:
    """The length of the words from `at` to the next dot, spaces included."""
    length = -1
    for word, _ in words[at:]:
        if word in _DOTS:
            break
        length += 1 + len(word)
    return length


def joined(parts: list[list[Chunk]]) -> list[Chunk]:
    """Parts of a line with a faint dot between them; empty parts are left out."""
    found: list[Chunk] = []
    for part in parts:
        if part:
            found += [(DOT, FAINT), *part] if found else part
    return found
