"""Several authoritative servers at once, each on a loopback address of its own, all on one port that is free on each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.interoperability.servers import ATTEMPTS, answers, free_port, stop


class Authority(NamedTuple):
    """One server.

    Attributes:
        host: its address. program: its path. options: to run in the foreground; the configuration's path comes last.
        origin: a zone of its own, which it must answer for.
        configure: its configuration, for its own folder and a port.
    """

    host: str
    program: str
    options: tuple[str, ...]
    origin: str
    configure: Callable[[Path, int], str]


@contextmanager
def authorities(folder: Path, servers: list[Authority]) -> Iterator[int]:
    """Run them until the block ends; gives their port."""
    for _ in range(ATTEMPTS):
        port = free_port()
        processes: list[subprocess.Popen[bytes]] = []
        try:
            if all(_started(folder, server, port, processes) for server in servers):
                yield port
                return
        finally:
            for process in processes:
                stop(process)
    logs = "".join(path.read_text(errors="replace")[-1000:] for path in sorted(folder.glob("*/server.log")))
    raise AssertionError(f"the servers do not start:\n{logs}")


def _started(folder: Path, server: Authority, port: int, processes: list[subprocess.Popen[bytes]]) -> bool:
    place = folder / f"at-{server.host}"
    place.mkdir(exist_ok=True)
    configuration = place / "server.conf"
    configuration.write_text(server.configure(place, port))
    with (place / "server.log").open("ab") as output:
        process = subprocess.Popen(
            [server.program, *server.options, str(configuration)],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    processes.append(process)
    return answers(process, port, server.origin, server.host)


def bind_configuration(folder: Path, zones: list[tuple[str, str]], port: int, host: str) -> str:
    """BIND's configuration as an authoritative server."""
    lines = [
        "options {",
        f'    directory "{folder}";',
        f'    pid-file "{folder}/named.pid";',
        f'    session-keyfile "{folder}/session.key";',
        f"    listen-on port {port} {{ {host}; }};",
        "    listen-on-v6 { none; };",
        "    recursion no;",
        "    dnssec-validation no;",
        "    notify no;",
        "};",
        "controls {};",
    ]
    for origin, path in zones:
        lines.append(f'zone "{origin}" {{ type primary; file "{path}"; }};')
    return "\n".join(lines) + "\n"
