"""Which replies there is anything to judge in, for all kinds of sources."""

from __future__ import annotations

from resolver.data.rrset import Message

NOERROR, FORMERR, SERVFAIL, NXDOMAIN = 0, 1, 2, 3  # RFC 1035 §4.1.1
MAX_TEXT = 200  # characters of a server's own words
RCODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
    16: "BADVERS", 23: "BADCOOKIE",
}  # RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 6891 §9, RFC 7873 §8  # fmt: skip


def is_usable(message: Message) -> bool:
    """Whether there is anything in a reply to judge (R122)."""
    return message.rcode in (NOERROR, NXDOMAIN) or bool(message.answer) or bool(message.authority)


def rcode_text(message: Message) -> str:
    """What a reply without anything to judge says, such as "SERVFAIL, EDE 7: signature expired" (RFC 8914 §2)."""
    words = [RCODES.get(message.rcode, f"RCODE {message.rcode}")]
    for code, text in message.ede:
        clean = "".join(letter if letter.isprintable() else "?" for letter in text[:MAX_TEXT])
        words.append(f"EDE {code}: {clean}" if clean else f"EDE {code}")
    return ", ".join(words)
