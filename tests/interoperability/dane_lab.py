"""The world of DANE scenarios behind real servers: NSD, an unbound in front of it, and peers on loopback; and the same
unbound at port 53 for programs that know nothing but resolv.conf, each in a mount namespace with one of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver import Resolver
from resolver.testing import World
from resolver.testing.world import NOW
from tests.interoperability.servers import HOST, answers, serving, stop, unbound_configuration
from tests.probe.lab import Background
from tests.probe.peers import Peer
from tests.probe.scenarios import Scenario, add, new_world


class Lab(NamedTuple):
    """The servers of all scenarios.

    Attributes:
        world: what NSD serves.
        folder: the zone files, the anchors and certificates.
        unbound: its port on 127.0.0.1; it validates.
        ports: scenario -> the ports of its TLS and its mail server.
        authority: NSD's port.
    """

    world: World
    folder: Path
    unbound: int
    ports: dict[str, tuple[int, int]]
    authority: int

    def asking(self) -> Resolver:
        """This library, with unbound as its upstream."""
        return Resolver(f"{HOST}:{self.unbound}", anchors=self.world.anchors, clock=self.world.clock)

    def unbound_conf(self, folder: Path, port: int, host: str = HOST) -> str:
        """The configuration of an unbound that knows this world."""
        return unbound_configuration(
            folder, port, self.authority, [str(zone.name) for zone in self.world.zones],
            anchors=self.folder / "zones" / "anchors.ds", at=NOW.strftime("%Y%m%d%H%M%S"), host=host,
        )  # fmt: skip


class Sent(NamedTuple):
    """What became of one message in the hands of a real mail server.

    Attributes:
        status: "sent", "deferred" or "bounced".
        reason: its line in the log.
        tls: its word for the last peer, such as Postfix's "Verified" or "Untrusted"; "" where there was no TLS.
    """

    status: str
    reason: str
    tls: str


@contextmanager
def running(
    folder: Path,
    programs: dict[str, str],
    scenarios: Sequence[Scenario],
    peers_of: Callable[[Scenario, Path], tuple[Peer, Peer]],
    more: Callable[[World, dict[str, tuple[int, int]]], None] = lambda world, ports: None,
) -> Iterator[Lab]:
    """Run the servers of these scenarios until the block ends.

    Args:
        folder: for whatever they need.
        programs: the paths of nsd and unbound.
        scenarios: what the world is made of.
        peers_of: scenario, folder -> its TLS server and its mail server.
        more: world, ports of the scenarios -> what else is in the world.
    """
    world = new_world()
    with ExitStack() as servers:
        peers = [peer for scenario in scenarios for peer in peers_of(scenario, folder)]
        listening = servers.enter_context(Background(*peers))
        ports = {
            scenario.name: (listening[2 * number], listening[2 * number + 1])
            for number, scenario in enumerate(scenarios)
        }
        for scenario in scenarios:
            add(world, scenario, *ports[scenario.name])
        more(world, ports)
        zones = folder / "zones"
        zones.mkdir()
        world.write(zones)
        nsd = servers.enter_context(
            serving(folder / "nsd", programs["nsd"], ["-d", "-c"], lambda port: world.nsd_conf(zones, port=port))
        )
        lab = Lab(world, folder, 0, ports, nsd)
        unbound = servers.enter_context(
            serving(
                folder / "unbound",
                programs["unbound"],
                ["-d", "-p", "-c"],
                lambda port: lab.unbound_conf(folder / "unbound", port),
            )
        )
        yield lab._replace(unbound=unbound)


@contextmanager
def at_port_53(lab: Lab, program: str) -> Iterator[Path]:
    """Run another unbound at port 53 of a loopback address; gives a resolv.conf that names it.

    Args:
        lab: the world that it knows.
        program: unbound's path.
    """
    # resolv.conf knows no ports, and 127.0.0.1:53 may be taken: an address of this process's own.
    number = os.getpid()
    address = f"127.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
    folder = lab.folder / "unbound-53"
    folder.mkdir()
    (folder / "unbound.conf").write_text(lab.unbound_conf(folder, 53, address))
    resolv_conf = folder / "resolv.conf"
    resolv_conf.write_text(f"nameserver {address}\noptions edns0 trust-ad\n")
    process = subprocess.Popen(
        [program, "-d", "-p", "-c", str(folder / "unbound.conf")],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert answers(process, 53, host=address)
        yield resolv_conf
    finally:
        stop(process)


def needs_root() -> None:
    """Skip for anybody else."""
    if os.geteuid() != 0:
        pytest.skip("a resolver at port 53 and a mount namespace need root")


def apart(unshare: str, mounts: dict[Path, str], *options: str) -> list[str]:
    """How to run a command in a mount namespace in which these files and folders are others; nothing outside changes.

    Args:
        unshare: its path.
        mounts: what -> where it appears; that must exist.
        options: more of unshare's.
    """
    binds = [f"mount --bind {shlex.quote(str(what))} {shlex.quote(where)}" for what, where in mounts.items()]
    wrapped = [unshare, "-m", *options, "sh", "-c", " && ".join([*binds, 'exec "$@"']), "sh"]
    tried = subprocess.run([*wrapped, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"mount namespaces are not allowed here: {tried.stderr.strip()}")
    return wrapped
