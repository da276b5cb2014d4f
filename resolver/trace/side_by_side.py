"""Several servers side by side: what each says itself (RCODE, AD, extended errors), and our verdict on what it passes on.

A server agrees if it treats the name as our verdict does: AD where it is proven, SERVFAIL where it is bogus. The odd one
out, whose data lead to another verdict than most servers' data do, is the headline.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from resolver.sources.usable import rcode_text
from resolver.trace.page import BAD, FAINT, GOOD, NO, OPEN, STRONG, UNKNOWN, UNSIGNED, YES, Chunk, Page, clean
from resolver.trace.terminal import headline_chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.data.rrset import Message, NoReply
    from resolver.trace.document import Json
    from resolver.validator.outcome import Outcome

AD = 0x0020  # RFC 4035 §3.2.3
SERVFAIL, NXDOMAIN = 2, 3  # RFC 1035 §4.1.1
_MARKS: dict[str, Chunk] = {
    "secure": (YES, GOOD),
    "absent": (YES, GOOD),
    "insecure": (UNSIGNED, OPEN),
    "bogus": (NO, BAD),
    "indeterminate": ("?", UNKNOWN),
}


class View(NamedTuple):
    """One server: its address as given, its own reply (asked without CD), and our verdict on its data (asked with CD)."""

    server: str
    own: Message | NoReply
    outcome: Outcome[object]

    @property
    def says(self) -> str:
        """Its own words: `NOERROR AD`, `SERVFAIL, EDE 7: …`, or why there was none."""
        from resolver.data.rrset import Message as Answered

        if not isinstance(self.own, Answered):
            said = dict.fromkeys(text for _, text in self.own.attempts)
            return "; ".join(said) or self.own.text
        if self.own.rcode not in (0, NXDOMAIN):
            return rcode_text(self.own)
        words = "NXDOMAIN" if self.own.rcode == NXDOMAIN else "NOERROR"
        words += " AD" if self.own.flags & AD else ""
        return words + "".join(f", EDE {code}: {text}" for code, text in self.own.ede)

    @property
    def agrees(self) -> bool | None:
        """Whether its own opinion is our verdict; None where there is nothing to compare."""
        from resolver.data.rrset import Message as Answered

        if self.outcome.status == "indeterminate":
            return None
        if not isinstance(self.own, Answered):
            return self.outcome.status == "bogus" and "SERVFAIL" in self.own.text
        failed, proven = self.own.rcode == SERVFAIL, bool(self.own.flags & AD)
        if self.outcome.status == "bogus":
            return failed
        return not failed and proven == (self.outcome.status in ("secure", "absent"))


def odd_ones(views: Sequence[View]) -> list[View]:
    """The servers whose data lead to another verdict than those of most servers; none where no verdict is most."""
    counted = Counter(view.outcome.status for view in views).most_common(2)
    if len(counted) < 2 or counted[0][1] == counted[1][1]:
        return []
    return [view for view in views if view.outcome.status != counted[0][0]]


def text(views: Sequence[View], *, color: bool, ascii_only: bool, width: int) -> str:
    """The table, after a line that says whether the servers agree, and which one does not."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    odd, statuses = odd_ones(views), {view.outcome.status for view in views}
    if odd:
        names = ", ".join(view.server for view in odd)
        page.line(
            (f"{NO} DIFFERENT", BAD), f"{names} {'gives' if len(odd) == 1 else 'give'} other data than the others:"
        )
        page.line(*headline_chunks(odd[0].outcome), indent=2)
    elif len(statuses) > 1:
        page.line((f"{NO} DIFFERENT", BAD), f"the servers' data lead to {' and '.join(sorted(statuses))}")
    else:
        page.line((f"{YES} SAME", GOOD), "through each of the servers:")
        page.line(*headline_chunks(views[0].outcome), indent=2)
    column = max(len(clean(view.server)) for view in views)
    for view in views:
        word = "no verdict" if view.outcome.status == "indeterminate" else view.outcome.status
        cause = f"({view.outcome.cause.code} at {view.outcome.cause.at})" if view.outcome.cause is not None else ""
        agreement = {True: "agrees", False: "disagrees", None: ""}[view.agrees]
        page.line(
            _MARKS[view.outcome.status],
            (word, STRONG),
            (cause, FAINT),
            "· it says itself:",
            view.says,
            (f"({agreement})" if agreement else "", GOOD if view.agrees else BAD),
            indent=2,
            lead=view.server + " ",
            lead_width=column + 1,
        )
    return page.text()


def as_json(views: Sequence[View]) -> list[Json]:
    """The member `servers`."""
    return [
        {
            "server": view.server,
            "verdict": view.outcome.status,
            "code": view.outcome.cause.code if view.outcome.cause is not None else None,
            "at": view.outcome.cause.at if view.outcome.cause is not None else None,
            "says": view.says,
            "ad": bool(getattr(view.own, "flags", 0) & AD),
            "ede": [[code, text] for code, text in getattr(view.own, "ede", ())],
            "agrees": view.agrees,
        }
        for view in views
    ]
