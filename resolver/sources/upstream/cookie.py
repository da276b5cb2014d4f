"""DNS cookies (RFC 7873), the client's side: what a server must echo, and what we echo to it.

A reply from a server that is known to send cookies has ours in it, or it is not that server's (RFC 7873 §5.3): 64 bits
that a forger who does not see our packets must guess, beside ID, port and case.
"""

from __future__ import annotations

import os

from resolver.data.rrset import Message

COOKIE = 10  # RFC 7873 §4
BADCOOKIE = 23  # RFC 7873 §8
CLIENT_OCTETS = 8  # RFC 7873 §4
SERVER_OCTETS = range(8, 33)  # RFC 7873 §4


class Cookies:
    """What we and one server know of each other.

    Attributes:
        off: whether the server cannot take the option.
    """

    def __init__(self) -> None:
        self.off = False
        self._ours = os.urandom(CLIENT_OCTETS)  # one for each server (RFC 9018 §3)
        self._theirs = b""

    def options(self) -> tuple[tuple[int, bytes], ...]:
        """The EDNS options to send."""
        return () if self.off else ((COOKIE, self._ours + self._theirs),)

    def is_forged(self, message: Message) -> bool:
        """Whether a reply shows a cookie that is not ours, or a malformed one: to be discarded (RFC 7873 §5.3)."""
        octets = _option(message)
        if octets is None:
            return False
        return octets[:CLIENT_OCTETS] != self._ours or len(octets) - CLIENT_OCTETS not in (0, *SERVER_OCTETS)

    def take(self, message: Message) -> bool:
        """Keep the server's cookie; whether the reply has one, where the server sent one before."""
        octets = _option(message)
        if octets is None:
            return not self._theirs
        if len(octets) > CLIENT_OCTETS:
            self._theirs = octets[CLIENT_OCTETS:]
        return True

    def forget(self) -> None:
        """Begin anew: the server no longer sends any, or another process asks now."""
        self._ours = os.urandom(CLIENT_OCTETS)
        self._theirs = b""


def _option(message: Message) -> bytes | None:
    if message.edns is not None:
        for code, octets in message.edns.options:
            if code == COOKIE:
                return octets
    return None
