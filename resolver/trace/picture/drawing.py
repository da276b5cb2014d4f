"""Where everything of a scene stands, and the SVG that it makes.

Columns stand beside each other, the lanes across all of them, so that two pictures of one zone line up. Each box has a
bar of the life of its signature; all bars have the same scale, and a cursor at the moment of judgement.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.moment import time_text
from resolver.trace.moments import until
from resolver.trace.picture.denial import draw_denial
from resolver.trace.picture.marks import STYLE, fitted, folded, label, line, number, rect, shown, text
from resolver.trace.picture.scene import LANES, Box, Edge, Lane, Scene, build
from resolver.trace.terminal import headline
from resolver.validator.outcome import Outcome

LEFT = 58  # px: the names of the lanes
TOP, BARE = 100, 28  # px above the columns, with the headline and without it
WIDTH, GAP = 192, 42  # px: a column, and between two
BOX, SPACE = 46, 8  # px: the height of a box, and between two in one lane
NARROWEST, LEGIBLE = 640, 900  # px: of any picture, and below which a page does not shrink one
HEADLINE = 0.7  # of the width that the smaller letters of the boxes would need
HEAD = 78  # px: a column's name, status and trouble
PADDING = 14  # px between lanes
LANE_NAMES: dict[Lane, str] = {"ds": "DS", "ksk": "KSK", "zsk": "ZSK", "data": "data"}
MARKS = {"good": "✔", "bad": "✖", "open": "○", "faint": "◌"}


class Scale(NamedTuple):
    """The times that the bars span, POSIX seconds."""

    since: float
    until: float

    def at(self, moment: float, width: float) -> float:
        """Where a moment stands on a bar of that width; clamped to it."""
        share = (moment - self.since) / (self.until - self.since)
        return width * min(1.0, max(0.0, share))


def scale_of(scene: Scene, now: float) -> Scale:
    """From the first inception to the last expiration, and a little around."""
    since = min([now, *(window.since for window in scene.windows)])
    end = max([now, *(window.until for window in scene.windows)])
    slack = max(3600.0, (end - since) * 0.04)
    return Scale(since - slack, end + slack)


def svg(outcome: Outcome[object], *, embedded: bool = False) -> str:
    """The picture as one SVG document; `embedded` leaves out what a page around it gives."""
    scene = build(outcome)
    scale = scale_of(scene, outcome.judged_at)
    head = BARE if embedded else TOP
    tops, bottom = _lane_tops(scene, head + HEAD)
    places = _places(scene, tops)
    width = max(LEFT + len(scene.columns) * (WIDTH + GAP), NARROWEST)
    parts: list[str] = []
    said = headline(outcome, color=False, ascii_only=False)
    if not embedded:
        rows = enumerate(folded(said, (width - 40) * HEADLINE, 3))
        parts += [text(12, 24 + at * 19, row, f"head {_state_of(outcome)}") for at, row in rows]
    for lane, top in tops.items():
        parts.append(text(12, top + 16, LANE_NAMES[lane], "faint"))
        parts.append(line(12, top - PADDING / 2, width - 12, top - PADDING / 2, "rule"))
    for at, column in enumerate(scene.columns):
        x = LEFT + at * (WIDTH + GAP)
        parts.append(text(x, head, fitted(str(column.zone), WIDTH * 0.84), "zone"))
        parts.append(text(x, head + 16, f"{MARKS[column.state]} {column.status}", column.state))
        trouble = enumerate(folded(column.trouble, WIDTH + GAP - 12, 3))
        parts += [text(x, head + 31 + row * 13, words, column.state) for row, words in trouble]
    parts += [_edge(edge, places) for edge in scene.edges if edge.start in places and edge.end in places]
    for column in scene.columns:
        for lane in LANES:
            for box in column.lanes[lane]:
                parts.append(_box(box, places[box.key], scale, outcome.judged_at))
    parts.append(_axis(scene, scale, outcome.judged_at, width, bottom))
    bottom += 58
    drawn, height = draw_denial(outcome, width, bottom)
    parts.append(drawn)
    bottom += height
    title = shown(said)
    least = f' style="min-width:{min(int(width), LEGIBLE)}px"' if embedded else ""
    prolog = "" if embedded else '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (
        f'{prolog}<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="group" aria-label="{title}"'
        f' viewBox="0 0 {number(width)} {number(bottom)}" width="{number(width)}" height="{number(bottom)}"{least}>'
        f"<title>{title}</title><style>{STYLE}</style>{rect(0, 0, width, bottom, 'paper')}\n"
        + "\n".join(part for part in parts if part)
        + "\n</svg>\n"
    )


def _state_of(outcome: Outcome[object]) -> str:
    return {"secure": "good", "absent": "good", "insecure": "open"}.get(outcome.status, "bad")


def _lane_tops(scene: Scene, top: float) -> tuple[dict[Lane, float], float]:
    """Where each lane begins, and where the last one ends."""
    tops: dict[Lane, float] = {}
    y = top
    for lane in LANES:
        tops[lane] = y
        most = max((len(column.lanes[lane]) for column in scene.columns), default=0)
        y += max(1, most) * (BOX + SPACE) - SPACE + PADDING * 2
    return tops, y - PADDING


def _places(scene: Scene, tops: dict[Lane, float]) -> dict[str, tuple[float, float]]:
    places: dict[str, tuple[float, float]] = {}
    for at, column in enumerate(scene.columns):
        x = LEFT + at * (WIDTH + GAP)
        for lane in LANES:
            for row, box in enumerate(column.lanes[lane]):
                places[box.key] = (x, tops[lane] + row * (BOX + SPACE))
    return places


def _box(box: Box, place: tuple[float, float], scale: Scale, now: float) -> str:
    x, y = place
    title = box.title
    if box.dates is not None:
        title += f"\nsigned from {time_text(box.dates[0])} to {until(box.dates[1], now, full=True)}"
    parts = [
        f'<g class="box {box.state}" tabindex="0" role="img" aria-label="{label(title)}"><title>{shown(title)}</title>',
        rect(x, y, WIDTH, BOX, "body", 4),
        text(x + 8, y + 15, fitted(box.lines[0], WIDTH - 14)),
        text(x + 8, y + 29, fitted(box.lines[1], WIDTH - 14), "faint") if box.lines[1] else "",
    ]
    if box.dates is not None:
        room = WIDTH - 16
        start, stop = scale.at(box.dates[0], room), scale.at(box.dates[1], room)
        kind = "life" if box.dates[0] <= now <= box.dates[1] else "life over"
        parts.append(rect(x + 8, y + BOX - 7, room, 3, "track"))
        parts.append(rect(x + 8 + start, y + BOX - 7, max(1.0, stop - start), 3, kind))
        parts.append(_cursor(x + 8, y + BOX - 10, y + BOX - 1, room, scale, now))
    return "".join(parts) + "</g>"


def _cursor(x: float, top: float, bottom: float, room: float, scale: Scale, now: float) -> str:
    """The mark of now on a bar; a page moves it along, so it says where its bar begins and how long that is."""
    at = x + scale.at(now, room)
    return (
        f'<line x1="{number(at)}" y1="{number(top)}" x2="{number(at)}" y2="{number(bottom)}" class="now"'
        f' data-x="{number(x)}" data-w="{number(room)}"/>'
    )


def _edge(edge: Edge, places: dict[str, tuple[float, float]]) -> str:
    """A curve from one box to another: down along the left side in one column, and across to the right in the next."""
    (x1, y1), (x2, y2) = places[edge.start], places[edge.end]
    middle = BOX / 2
    if x1 == x2:
        start, end, bend = (x1, y1 + middle), (x2, y2 + middle), x1 - 20
        path = f"M{number(start[0])} {number(start[1])} C{number(bend)} {number(start[1])} {number(bend)} {number(end[1])} {number(end[0])} {number(end[1])}"
    else:
        forward = x2 > x1
        start = (x1 + WIDTH if forward else x1, y1 + middle)
        end = (x2 if forward else x2 + WIDTH, y2 + middle)
        pull = (GAP if forward else -GAP) * 0.8
        path = (
            f"M{number(start[0])} {number(start[1])} C{number(start[0] + pull)} {number(start[1])}"
            f" {number(end[0] - pull)} {number(end[1])} {number(end[0])} {number(end[1])}"
        )
    back = 6 if x1 == x2 or x2 > x1 else -6
    tip = f"{number(end[0])},{number(end[1])} {number(end[0] - back)},{number(end[1] - 3.5)} {number(end[0] - back)},{number(end[1] + 3.5)}"
    return (
        f'<g><title>{shown(edge.title)}</title><path d="{path}" class="edge {edge.state}"/>'
        f'<polygon points="{tip}" class="tip {edge.state}"/></g>'
    )


def _axis(scene: Scene, scale: Scale, now: float, width: float, top: float) -> str:
    """The common scale of the bars, and which signature ends first."""
    x, room = float(LEFT), width - LEFT - 24
    y = top + 16
    parts = [text(12, y + 4, "time", "faint"), rect(x, y, room, 4, "track")]
    if scene.windows:
        since = max(window.since for window in scene.windows)
        first = scene.windows[0]
        if since <= first.until:
            start, stop = scale.at(since, room), scale.at(first.until, room)
            parts.append(rect(x + start, y, max(1.0, stop - start), 4, "life"))
        words = (
            f"{time_text(scale.since)[:10]} … {time_text(scale.until)[:10]}, all hold until {until(first.until, now)}"
        )
        parts.append(text(x, y + 22, fitted(f"{words}: {first.what}", room), "faint"))
    parts.append(_cursor(x, y - 5, y + 9, room, scale, now))
    return "".join(parts)
