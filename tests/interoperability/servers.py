"""Real servers for these tests: started on free ports of 127.0.0.1 in folders of their own, and stopped again.

No root rights are needed and nothing outside the folder is read or written. A server counts as started once it has
answered a DNS question.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from resolver.data import wire
from resolver.data.rrset import Message, Question

HOST = "127.0.0.1"
ATTEMPTS = 5  # to start a server: another process may take the free port that was found for it
QUESTIONS = 200  # until a server answers
PAUSE = 0.05  # seconds between them
STOP_SECONDS = 10.0  # until a server that was asked to end is killed


def free_port() -> int:
    """A port that is free for UDP and TCP now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind((HOST, 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(tcp.getsockname())
                except OSError:
                    continue
                return int(tcp.getsockname()[1])


def ask(
    port: int, question: Question, *, cd: bool = True, payload: int = 1232, seconds: float = 5.0, host: str = HOST
) -> Message:
    """The reply to one question over UDP, as it came, truncated or not.

    Raises:
        OSError: there was none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(seconds)
        asking.connect((host, port))
        asking.send(wire.write_query(question, 1, cd=cd, payload=payload))
        return wire.read(asking.recv(65535))


@contextmanager
def serving(folder: Path, program: str, options: list[str], configure: Callable[[int], str]) -> Iterator[int]:
    """Run a server until the block ends; gives its port.

    Args:
        folder: of its own; holds configuration and log.
        program: its path.
        options: to run in the foreground; the configuration's path comes last.
        configure: its configuration for a port.
    """
    folder.mkdir(parents=True, exist_ok=True)
    configuration, log = folder / f"{Path(program).name}.conf", folder / f"{Path(program).name}.log"
    for _ in range(ATTEMPTS):
        port = free_port()
        configuration.write_text(configure(port))
        with log.open("ab") as output:
            # In a process group of its own, so that none of its children can outlive the tests.
            process = subprocess.Popen(
                [program, *options, str(configuration)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            if answers(process, port):
                yield port
                return
        finally:
            stop(process)
    raise AssertionError(f"{program} does not start:\n{log.read_text(errors='replace')[-2000:]}")


def answers(process: subprocess.Popen[bytes], port: int, origin: str = ".", host: str = HOST) -> bool:
    """Wait until the server answers for a zone; False where it ends or never does."""
    question = Question.of(origin, "SOA")
    for _ in range(QUESTIONS):
        try:
            reply = ask(port, question, seconds=1.0, host=host)
            if reply.rcode == 0 and reply.answer:
                return process.poll() is None  # else another program answers on this port
        except (OSError, wire.BadMessage):
            pass
        try:
            process.wait(PAUSE)
            return False
        except subprocess.TimeoutExpired:
            continue
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and whatever it started."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)  # whatever is left of it
    except ProcessLookupError:
        pass
    process.wait()


def nsd_configuration(folder: Path, zones: list[tuple[str, str]], port: int, host: str = HOST) -> str:
    """NSD's configuration for zone files that `World` did not write."""
    lines = [
        "server:",
        f"    ip-address: {host}@{port}",
        f'    zonesdir: "{folder}"',
        f'    pidfile: "{folder}/nsd.pid"',
        f'    zonelistfile: "{folder}/zone.list"',
        f'    xfrdfile: "{folder}/xfrd.state"',
        f'    xfrdir: "{folder}"',
        '    username: ""',
        '    database: ""',
        "    server-count: 1",
        "    rrl-ratelimit: 0",
        "remote-control:",
        "    control-enable: no",
    ]
    for origin, name in zones:
        lines += ["zone:", f'    name: "{origin}"', f'    zonefile: "{name}"']
    return "\n".join(lines) + "\n"


def unbound_configuration(
    folder: Path, port: int, authority: int, origins: list[str], *, anchors: Path | None, at: str, host: str = HOST
) -> str:
    """Unbound's configuration as a recursive server above one authoritative server that has all zones.

    Args:
        folder: its own.
        port: to listen on.
        authority: the port of the authoritative server.
        origins: the zones.
        anchors: what it validates with; None: it does not validate.
        at: the time that it validates at, YYYYMMDDHHMMSS.
        host: the address to listen on.
    """
    lines = [
        "server:",
        f"    interface: {host}@{port}",
        f"    port: {port}",
        "    access-control: 127.0.0.0/8 allow",
        f'    directory: "{folder}"',
        f'    pidfile: "{folder}/unbound.pid"',
        '    username: ""',
        '    chroot: ""',
        '    logfile: ""',
        "    use-syslog: no",
        "    do-daemonize: no",
        "    do-ip6: no",
        "    num-threads: 1",
        "    do-not-query-localhost: no",
        "    ede: yes",
        '    local-zone: "test." nodefault',  # else unbound itself denies what lies below (RFC 6761 §6.2)
    ]
    if anchors is None:
        lines += ['    module-config: "iterator"']
    else:
        lines += ['    module-config: "validator iterator"', f'    trust-anchor-file: "{anchors}"']
        lines += [f'    val-override-date: "{at}"']
    lines += [
        "remote-control:",
        "    control-enable: no",
    ]
    for origin in origins:  # each: a referral would lead to port 53
        lines += ["stub-zone:", f'    name: "{origin}"', f"    stub-addr: {HOST}@{authority}"]
    return "\n".join(lines) + "\n"
