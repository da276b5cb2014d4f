"""Two trees of zones, an NSD for each, and in front of it an unbound that does not validate and one that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver import Anchors
from resolver.testing.world import NOW
from tests.interoperability.servers import serving, unbound_configuration
from tests.interoperability.zones import Tree, written_by_bind, written_by_world

Programs = Callable[..., dict[str, str]]


class Servers(NamedTuple):
    """The servers of one tree, by their ports on 127.0.0.1."""

    tree: Tree
    nsd: int
    iterator: int
    validator: int

    @property
    def anchors(self) -> Anchors:
        """The tree's root."""
        return Anchors.load(self.tree.anchors)

    def clock(self) -> float:
        """The time that the tree was signed for."""
        return NOW.timestamp()


@pytest.fixture(scope="session", params=["World", "BIND"])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_servers: Programs
) -> Iterator[Servers]:
    """A tree of zones, signed by the test kit or by BIND's tools, and the servers that serve it."""
    folder = tmp_path_factory.mktemp(request.param)
    programs = require_servers("nsd", "unbound")
    if request.param == "World":
        tree = written_by_world(folder)
    else:
        tools = require_servers("dnssec-keygen", "dnssec-signzone")
        tree = written_by_bind(folder, tools["dnssec-keygen"], tools["dnssec-signzone"])
    with ExitStack() as running:
        nsd = running.enter_context(serving(folder / "nsd", programs["nsd"], ["-d", "-c"], tree.nsd_conf))
        ports = []
        for name, anchors in (("iterator", None), ("validator", tree.anchors)):
            place = folder / name
            ports.append(running.enter_context(unbound(place, programs["unbound"], nsd, tree, anchors)))
        yield Servers(tree, nsd, *ports)


def unbound(
    folder: Path, program: str, authority: int, tree: Tree, anchors: Path | None
) -> AbstractContextManager[int]:
    """An unbound above an authoritative server, running; gives its port."""
    at = NOW.strftime("%Y%m%d%H%M%S")
    origins = [origin for origin, _ in tree.zones]

    def configure(port: int) -> str:
        return unbound_configuration(folder, port, authority, origins, anchors=anchors, at=at)

    return serving(folder, program, ["-d", "-p", "-c"], configure)
