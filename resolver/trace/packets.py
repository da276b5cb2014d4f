"""The replies that a verdict was judged from, as `-vv` shows them: what was tried before, header, EDNS, every record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.moment import time_text
from resolver.data.presentation import rdata_text
from resolver.data.types import RRSIG, type_text
from resolver.sources.recording import Recording
from resolver.sources.usable import RCODES
from resolver.trace.page import FAINT, STRONG, Page

if TYPE_CHECKING:
    from resolver.data.rrset import Message, RRset
    from resolver.validator.outcome import Outcome

_FLAGS = ((0x0400, "AA"), (0x0200, "TC"), (0x0100, "RD"), (0x0080, "RA"), (0x0020, "AD"), (0x0010, "CD"))
DO = 0x8000  # RFC 3225 §3
_RECORDS_SHOWN = 200  # of one message; a reply of 64 kB can hold thousands


def write(page: Page, outcome: Outcome[object]) -> None:
    """Write the replies, in the order in which they came."""
    for number, message in enumerate(Recording.of(outcome).messages, 1):
        page.line((f"reply {number}:", STRONG), f"{message.question}", (_head(message), FAINT), indent=2)
        for origin, what in message.attempts:
            page.line(("before it", FAINT), f"{origin}: {what}", indent=4)
        shown = 0
        for section in ("answer", "authority", "additional"):
            for rrset in getattr(message, section):
                for line in _records(rrset):
                    shown += 1
                    if shown <= _RECORDS_SHOWN:
                        page.line((section, FAINT), line, indent=4)
        if shown > _RECORDS_SHOWN:
            page.line((f"and {shown - _RECORDS_SHOWN} more records", FAINT), indent=4)


def _head(message: Message) -> str:
    flags = " ".join(word for bit, word in _FLAGS if message.flags & bit)
    words = [f"from {message.origin or 'the source'}", RCODES.get(message.rcode, f"RCODE {message.rcode}"), flags]
    if message.edns is None:
        words.append("no EDNS")
    else:
        payload, _, bits, _ = message.edns
        words.append(f"EDNS {payload}{' DO' if bits & DO else ''}")
    words += [f"EDE {code}: {text}" for code, text in message.ede]
    words.append(f"{message.size} octets")
    if message.received_at:
        words.append(f"at {time_text(message.received_at)}")
    return ", ".join(word for word in words if word)


def _records(rrset: RRset) -> list[str]:
    name, rdtype = rrset.owner, type_text(rrset.rdtype)
    lines = [f"{name} {rrset.ttl} {rdtype} {rdata_text(rrset.rdtype, rdata)}" for rdata in rrset.rdata]
    return lines + [f"{name} {ttl} RRSIG {rdata_text(RRSIG, rdata)}" for ttl, rdata in rrset.rrsigs]
