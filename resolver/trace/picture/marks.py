"""The pieces of an SVG as text: escaped, rounded and in a fixed order, so that the same picture has the same octets."""

from __future__ import annotations

from html import escape

TEXT = 11  # px of the letters in boxes
ADVANCE = 6.7  # px a letter of a monospaced face of that size takes, a little too much rather than too little


def shown(text: str) -> str:
    """Text as it may stand in XML: control characters and those that turn text around are written out, and all is escaped.

    What servers say is in it, so it must neither break the document nor lead a reader astray.
    """
    safe = "".join(char if _is_plain(char) else f"\\u{{{ord(char):x}}}" for char in text)
    return escape(safe, quote=True)


def label(text: str) -> str:
    """The same for an attribute, in which a bare line end would become a space."""
    return shown(text).replace("\n", "&#10;")


def _is_plain(char: str) -> bool:
    number = ord(char)
    if number < 0x20:
        return char == "\n"
    if 0x7F <= number < 0xA0 or 0xD800 <= number <= 0xDFFF or number in (0xFEFF, 0xFFFE, 0xFFFF):
        return False
    return not (0x200B <= number <= 0x200F or 0x2028 <= number <= 0x202E or 0x2066 <= number <= 0x2069)


def fitted(text: str, pixels: float) -> str:
    """Text shortened in its middle to what fits; both ends of a name tell more than its middle."""
    room = max(3, int(pixels / ADVANCE))
    if len(text) <= room:
        return text
    head = (room - 1) // 2
    return f"{text[:head]}…{text[len(text) - (room - 1 - head) :]}"


def folded(text: str, pixels: float, lines: int) -> list[str]:
    """Text broken at spaces into at most so many lines; the last one is shortened."""
    room = max(8, int(pixels / ADVANCE))
    found: list[str] = []
    for word in text.split():
        if found and len(found[-1]) + 1 + len(word) <= room:
            found[-1] += " " + word
        else:
            found.append(word)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    return [line if len(line) <= room else line[: room - 1] + "…" for line in found]


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "") -> str:
    """A line of text with its baseline at `y`."""
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{number(x)}" y="{number(y)}"{more}>{shown(said)}</text>'


def rect(x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> str:
    """A rectangle."""
    round_ = f' rx="{number(radius)}"' if radius else ""
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"{round_} class="{kind}"/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" class="{kind}"/>'


STYLE = """
.picture{--ink:#1b1f24;--faint:#5b6570;--paper:#ffffff;--box:#f4f6f8;--good:#116329;--bad:#b3261e;--open:#7a4b00;--rule:#d5dae0;font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--paper)}
@media (prefers-color-scheme:dark){.picture{--ink:#e6e9ed;--faint:#9aa5b1;--paper:#14181d;--box:#1f262e;--good:#6fdd8b;--bad:#ff8a80;--open:#f3b95f;--rule:#36404b}}
.picture text{fill:var(--ink);font-size:11px}
.picture .zone{font-size:13px;font-weight:700}
.picture .head{font-size:15px;font-weight:700}
.picture .faint{fill:var(--faint)}
.picture text.good{fill:var(--good)}.picture text.bad{fill:var(--bad)}.picture text.open{fill:var(--open)}
.picture .paper{fill:var(--paper)}
.picture .rule{stroke:var(--rule);stroke-width:1}
.picture .box rect.body{fill:var(--box);stroke:var(--faint);stroke-width:1}
.picture .box.good rect.body{stroke:var(--good)}
.picture .box.bad rect.body{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 3}
.picture .box.open rect.body{stroke:var(--open);stroke-dasharray:2 2}
.picture .box:focus{outline:none}.picture .box:focus rect.body{stroke-width:3}
.picture .edge{fill:none;stroke:var(--faint);stroke-width:1.2}
.picture .edge.good{stroke:var(--good)}
.picture .edge.bad{stroke:var(--bad);stroke-width:3.5;stroke-dasharray:7 4}
.picture .edge.faint{stroke-dasharray:2 3}
.picture .tip.good{fill:var(--good)}.picture .tip.bad{fill:var(--bad)}.picture .tip.faint{fill:var(--faint)}
.picture .track{fill:var(--rule)}.picture .life{fill:var(--good)}.picture .life.over{fill:var(--bad)}
.picture .now{stroke:var(--ink);stroke-width:1.5}
.picture .span{stroke:var(--good);stroke-width:5;fill:none}
.picture .asked{stroke:var(--bad);stroke-width:2}
""".strip().replace("\n", "")
