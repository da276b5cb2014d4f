"""Worlds on disk: other programs read, check and serve what `World.write` writes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import dns.zone
import pytest

from resolver.errors import BadInput
from resolver.testing import World

Programs = Callable[..., dict[str, str]]


def mixed_world() -> World:
    world = World(algorithm=13)
    world.zone("com", denial="opt-out")
    world.zone("example.com", denial="nsec3", salt=b"\xab", iterations=2, keys="split", nameserver="ns").add(
        "ns A 127.0.0.1", "www 300 A 192.0.2.1", "*.w TXT hello", "a.b.c A 192.0.2.2", "alias CNAME www",
        "d DNAME elsewhere.invalid.", "_25._tcp TLSA 3 1 1 " + "ab" * 32, "own TYPE65280 \\# 3 010203",
    )  # fmt: skip
    world.zone("sub.example.com", signed=False, nameserver="ns").add("ns A 127.0.0.1", "h A 192.0.2.3")
    world.zone("plain.com", algorithm="ED25519").add("www AAAA 2001:db8::1", "lame NS ns.lame", "ns.lame A 192.0.2.4")
    return world


def test_dnspython_reads_every_zone_file(tmp_path: Path) -> None:
    world = mixed_world()
    written = world.write(tmp_path)
    assert [origin for origin, _ in written] == [str(zone.name) for zone in world.zones]
    for origin, path in written:
        zone = dns.zone.from_file(str(path), origin=origin, relativize=False)
        assert zone.get_soa() is not None
    assert (tmp_path / "anchors.ds").read_text() == world.anchor_text


def test_glue_is_in_the_parents_file(tmp_path: Path) -> None:
    paths = dict(mixed_world().write(tmp_path))
    assert "\nns.example.com. 3600 IN A 127.0.0.1\n" in paths["com."].read_text()
    assert "\nns.sub.example.com. 3600 IN A 127.0.0.1\n" in paths["example.com."].read_text()


def test_nsd_accepts_every_zone_file(tmp_path: Path, require_servers: Programs) -> None:
    check = require_servers("nsd-checkzone")["nsd-checkzone"]
    for origin, path in mixed_world().write(tmp_path):
        done = subprocess.run([check, origin, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_nsd_accepts_the_configuration(tmp_path: Path, require_servers: Programs) -> None:
    world = mixed_world()
    world.write(tmp_path)
    configuration = tmp_path / "nsd.conf"
    configuration.write_text(world.nsd_conf(tmp_path, port=5399))
    check = require_servers("nsd-checkconf")["nsd-checkconf"]
    done = subprocess.run([check, str(configuration)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ldns_finds_every_signed_zone_complete(tmp_path: Path, require_servers: Programs) -> None:
    """Another signer's verifier: all signatures good, no denial record missing or superfluous."""
    verifier = require_servers("ldns-verify-zone")["ldns-verify-zone"]
    world = mixed_world()
    for origin, path in world.write(tmp_path):
        if world.zone(origin).settings.signed:
            command = [verifier, "-t", "20260601120000", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{origin} {done.stderr}"


def test_a_damaged_signature_is_damaged_in_the_file_too(tmp_path: Path, require_servers: Programs) -> None:
    verifier = require_servers("ldns-verify-zone")["ldns-verify-zone"]
    world = mixed_world()
    world.zone("plain.com").damage("signature-bad", "www AAAA")
    path = dict(world.write(tmp_path))["plain.com."]
    done = subprocess.run([verifier, "-t", "20260601120000", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "www.plain.com" in done.stderr


def test_odd_rdata_is_written_as_unknown_format(tmp_path: Path) -> None:
    world = World()
    world.zone("example.com").add_rdata("_25._tcp", "TLSA", b"\x03")
    assert "TLSA \\# 1 03\n" in dict(world.write(tmp_path))["example.com."].read_text()


def test_compact_denial_has_no_file(tmp_path: Path) -> None:
    world = World()
    world.zone("example.com", denial="compact")
    with pytest.raises(BadInput, match="compact"):
        world.write(tmp_path)
