"""A world on a loopback port (UDP and TCP), served while a worker process asks it, without a thread."""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from resolver.testing import World

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's: python3-unbound is built for it and not for a venv
WORKER = Path(__file__).with_name("unbound_worker.py")
PATIENCE = 20  # seconds for all questions of one world; more means that the worker hangs
UDP_OCTETS = 4096  # as the worker's edns-buffer-size; longer replies are cut, and asked again over TCP
QR_TC, RA_SERVFAIL = 0x8200, 0x8082


def missing() -> str:
    """Why libunbound cannot be asked here; empty if it can."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"{SYSTEM_PYTHON} is not there"
    tried = subprocess.run([SYSTEM_PYTHON, "-c", "import unbound"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"python3-unbound is not installed for {SYSTEM_PYTHON}"


class Hangs(Exception):
    """libunbound came to no end."""


class Libunbound:
    """A worker process with libunbound, and the loopback server that gives it a world."""

    def __init__(self) -> None:
        self.version = ""
        self._udp, self._tcp = _bind()
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._udp, selectors.EVENT_READ)
        self._ready.register(self._tcp, selectors.EVENT_READ)
        self._start()

    def _start(self) -> None:
        self._worker = subprocess.Popen(
            [SYSTEM_PYTHON, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._worker.stdin is not None and self._worker.stdout is not None
        self._requests, self._results = self._worker.stdin, self._worker.stdout
        self._ready.register(self._results, selectors.EVENT_READ)

    def _stop(self, *, kill: bool) -> None:
        self._ready.unregister(self._results)
        if kill:
            self._worker.kill()
        self._requests.close()
        self._worker.wait()
        self._results.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(kill=kind is not None)
        self._ready.close()
        self._udp.close()
        self._tcp.close()

    def ask(self, world: World, questions: list[tuple[str, int]]) -> list[dict[str, Any]]:
        """What libunbound says about each question.

        Raises:
            Hangs: libunbound came to no end; the next world gets a fresh worker.
            RuntimeError: the worker ended.
        """
        request = {
            "port": self._udp.getsockname()[1],
            "at": world.now,
            "anchors": world.anchor_text.splitlines(),
            "questions": questions,
        }
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.flush()
        try:
            return self._serve_until_answered(world)
        except BaseException:  # whatever the worker is about to say is not about the next world
            self._stop(kill=True)
            self._start()
            raise

    def _serve_until_answered(self, world: World) -> list[dict[str, Any]]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for key, _ in self._ready.select(timeout=1):
                if key.fileobj is self._udp:
                    self._serve_udp(world)
                elif key.fileobj is self._tcp:
                    self._serve_tcp(world)
                else:
                    line = self._results.readline()
                    if not line:
                        raise RuntimeError(f"the worker ended with {self._worker.wait()}")
                    reply = json.loads(line)
                    if "failed" in reply:
                        raise RuntimeError(reply["failed"])
                    self.version = reply["version"]
                    results: list[dict[str, Any]] = reply["results"]
                    return results
        raise Hangs(f"libunbound had no verdicts within {PATIENCE} s")

    def _serve_udp(self, world: World) -> None:
        query, client = self._udp.recvfrom(65535)
        reply = _answer(world, query)
        if len(reply) > UDP_OCTETS:  # RFC 2181 §9
            flags = int.from_bytes(reply[2:4], "big") | QR_TC
            end = query.index(b"\0", 12) + 5  # behind the question: a label's length octet 0 ends its name
            reply = query[:2] + flags.to_bytes(2, "big") + b"\0\1" + bytes(6) + query[12:end]
        self._udp.sendto(reply, client)

    def _serve_tcp(self, world: World) -> None:
        connection, _ = self._tcp.accept()
        with connection:
            connection.settimeout(5)
            try:
                with connection.makefile("rb") as stream:
                    query = stream.read(int.from_bytes(stream.read(2), "big"))
                if query:
                    reply = _answer(world, query)
                    connection.sendall(len(reply).to_bytes(2, "big") + reply)
            except OSError:  # the client went away
                return


def _bind() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same free port."""
    for _ in range(20):
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:  # somebody has that one
            udp.close()
            tcp.close()
            continue
        return udp, tcp
    raise RuntimeError("no port that is free for UDP and TCP")


def _answer(world: World, query: bytes) -> bytes:
    """The world's reply; SERVFAIL stands for its silence, so that nobody waits."""
    try:
        return world.answer(query)
    except TimeoutError:
        flags = int.from_bytes(query[2:4], "big") | 0x8000 | RA_SERVFAIL & 0xFF
        return query[:2] + flags.to_bytes(2, "big") + query[4:6] + bytes(6) + query[12:]
