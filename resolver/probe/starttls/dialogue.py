"""The dialogue that leads to TLS, or ends a session, without a socket: octets in, octets out; a go-ahead or a refusal.

A protocol is a script: a generator that yields what to send, or what it needs to read. `Dialogue` runs one on whatever
pieces the network delivers. All that a peer can make it keep or do is bounded here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, TypeAlias

from resolver.dane.reports import NO_STARTTLS, TLS_FAILED

LINE_OCTETS = 4096  # of one line; RFC 5321 §4.5.3.1.5 allows 512 to a reply, a capability line of IMAP may be longer
LINES = 256  # lines of one dialogue; the longest lists of capabilities seen have some 40
DIALOGUE_OCTETS = 65536  # of one dialogue altogether, whatever they are
_SHOWN_CHARACTERS = 100  # of a peer's text in a reason


class Refused(Exception):
    """The peer, or a rule, ends the dialogue.

    Attributes:
        result: NO_STARTTLS where the peer does not offer TLS, else TLS_FAILED.
        reason: one line, without control characters.
    """

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason


class Through(NamedTuple):
    """Read up to and with these octets."""

    mark: bytes


class Exactly(NamedTuple):
    """Read so many octets."""

    octets: int


Script: TypeAlias = "Generator[bytes | Through | Exactly, bytes, None]"


class Dialogue:
    """One run of a script.

    Attributes:
        done: the peer gave its go-ahead, and has sent nothing since: the handshake may begin.
        failure: why there will be none, or None.
    """

    __slots__ = ("_buffer", "_lines", "_need", "_octets", "_scanned", "_script", "done", "failure")

    def __init__(self, script: Script) -> None:
        self._script = script
        self._need: Through | Exactly | None = None
        self._buffer = bytearray()
        self._scanned = self._octets = self._lines = 0
        self.done = False
        self.failure: Refused | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be sent or read."""
        return self.done or self.failure is not None

    def begin(self) -> bytes:
        """What to send before anything is read."""
        return self._run(None)

    def receive(self, octets: bytes) -> bytes:
        """Take what the peer sent, in any pieces; no octets mean that it closed. Returns what to send now."""
        if self.over:
            return b""
        if not octets:
            return self._refuse(TLS_FAILED, "the peer closed the connection during the dialogue")
        self._octets += len(octets)
        if self._octets > DIALOGUE_OCTETS:
            return self._refuse(TLS_FAILED, f"the peer sent more than {DIALOGUE_OCTETS} octets without a go-ahead")
        self._buffer += octets
        try:
            taken = self._take()
        except Refused as refused:
            return self._refuse(refused.result, refused.reason)
        return b"" if taken is None else self._run(taken)

    def _run(self, taken: bytes | None) -> bytes:
        """Let the script go on as far as what was read reaches."""
        out = bytearray()
        try:
            wanted = self._script.send(taken) if taken is not None else next(self._script)
            while True:
                if isinstance(wanted, bytes):
                    out += wanted
                    wanted = next(self._script)
                    continue
                self._need, self._scanned = wanted, 0
                found = self._take()
                if found is None:
                    return bytes(out)
                wanted = self._script.send(found)
        except StopIteration:
            # RFC 3207 §6, RFC 7672 §2.2: whoever adds plain octets behind the go-ahead wants them read as if protected.
            if self._buffer:
                return self._refuse(
                    TLS_FAILED,
                    f"{len(self._buffer)} octets after the go-ahead and before TLS: an injection (RFC 3207 §6)",
                )
            self.done = True
            return bytes(out)
        except Refused as refused:
            return self._refuse(refused.result, refused.reason)

    def _take(self) -> bytes | None:
        """What the script needs, out of the buffer; None where it has not come yet.

        Raises:
            Refused: a limit was passed.
        """
        need = self._need
        if isinstance(need, Exactly):
            size = need.octets
            if size > DIALOGUE_OCTETS:
                raise Refused(TLS_FAILED, f"the peer announced {size} octets; the limit is {DIALOGUE_OCTETS}")
            if len(self._buffer) < size:
                return None
        else:
            assert need is not None
            at = self._buffer.find(need.mark, self._scanned)
            if (len(self._buffer) if at < 0 else at) > LINE_OCTETS:
                raise Refused(TLS_FAILED, f"the peer sent a line of more than {LINE_OCTETS} octets")
            if at < 0:
                self._scanned = max(0, len(self._buffer) - len(need.mark) + 1)
                return None
            self._lines += 1
            if self._lines > LINES:
                raise Refused(TLS_FAILED, f"the peer sent more than {LINES} lines without a go-ahead")
            size = at + len(need.mark)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _refuse(self, result: str, reason: str) -> bytes:
        self._script.close()
        self._buffer.clear()
        self.failure = Refused(result, reason)
        return b""


def line() -> Generator[Through, bytes, bytes]:
    """Read one line; without its end."""
    octets = yield Through(b"\n")
    return octets.rstrip(b"\r\n")


def shown(octets: bytes) -> str:
    """A peer's octets as part of a reason: one short line of printable ASCII."""
    text = "".join(chr(octet) if 32 <= octet < 127 else f"\\x{octet:02x}" for octet in octets[:_SHOWN_CHARACTERS])
    return f'"{text}{"…" if len(octets) > _SHOWN_CHARACTERS else ""}"'


def not_offered(what: str) -> Refused:
    """The peer does not offer TLS."""
    return Refused(NO_STARTTLS, what)


def strange(what: str, octets: bytes) -> Refused:
    """The peer said something that the protocol does not have here."""
    return Refused(TLS_FAILED, f"{what}: {shown(octets)}")
