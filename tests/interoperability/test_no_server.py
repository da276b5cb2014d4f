"""Servers that are not there: no verdict, and the servers' names; no other verdict, and no exception."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver import Resolver
from resolver.cli.trace import main
from resolver.testing import World
from tests.interoperability.cases import TLSA
from tests.interoperability.conftest import Programs, Servers, unbound
from tests.interoperability.servers import HOST, free_port, serving
from tests.interoperability.zones import AT, written_by_world


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    """Anchors of a tree that nobody serves."""
    path = tmp_path / "anchors.ds"
    path.write_text(World().anchor_text)
    return path


@pytest.mark.parametrize("transport", ["", "tcp://"])
def test_the_command_names_each_server(transport: str, anchors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    addresses = [f"{HOST}:{free_port()}" for _ in range(2)]
    argv = ["www.secure.test", "A", "--anchor", str(anchors), "--at", AT]
    for address in addresses:
        argv += ["--server", f"{transport}{address}"]
    assert main(argv) == 20
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("◌ NO VERDICT www.secure.test. A: ")
    for address in addresses:
        assert f"{'tcp' if transport else 'udp'} {address}: connection refused" in first
    assert main([*argv, "--json"]) == 20
    document = json.loads(capsys.readouterr().out)
    assert (document["verdict"], document["cause"]["code"]) == ("indeterminate", "NO_REPLY")
    assert all(address in document["cause"]["text"] for address in addresses)


@pytest.mark.parametrize("transport", ["", "tcp://"])
def test_the_library_names_it(transport: str) -> None:
    world = World()
    address = f"{HOST}:{free_port()}"
    with Resolver(f"{transport}{address}", anchors=world.anchors, clock=world.clock) as resolver:
        outcome = resolver.lookup("www.secure.test", "A")
    assert outcome.status == "indeterminate"
    assert outcome.why == "NO_REPLY"
    assert address in outcome.reason


def test_the_next_server_is_asked(servers: Servers) -> None:
    upstream = [f"{HOST}:{free_port()}", f"{HOST}:{servers.validator}"]
    with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
        assert resolver.lookup(TLSA.name, TLSA.type).status == "secure"


def test_a_forwarder_whose_own_server_has_lost_the_zone(tmp_path: Path, require_servers: Programs) -> None:
    programs = require_servers("nsd", "unbound")
    tree = written_by_world(tmp_path)
    assert tree.world is not None
    (tmp_path / "secure.test.zone").unlink()
    with (
        serving(tmp_path / "nsd", programs["nsd"], ["-d", "-c"], tree.nsd_conf) as nsd,
        unbound(tmp_path / "unbound", programs["unbound"], nsd, tree, None) as port,
        Resolver(f"{HOST}:{port}", anchors=tree.world.anchors, clock=tree.world.clock) as resolver,
    ):
        outcome = resolver.lookup(TLSA.name, TLSA.type)
    assert outcome.status == "indeterminate"
    assert outcome.why == "NO_REPLY"
    assert f"udp {HOST}:{port}: SERVFAIL" in outcome.reason
