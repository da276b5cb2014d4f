"""`dnssec-trace --proof` and `dnssec-trace verify`: a proof that travels alone, judged by whoever reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.cli import trace as command
from resolver.testing import World

DAY = 86_400
NAME = "_25._tcp.mx.example.com"


@pytest.fixture
def world() -> World:
    made = World()
    made.zone("example.com", keys="split").add("mx A 192.0.2.1", "_25._tcp.mx TLSA 3 1 1 " + "ab" * 32, "*.w TXT any")
    made.zone("plain.com", signed=False).add("www A 192.0.2.3")
    return made


@pytest.fixture
def files(world: World, tmp_path: Path) -> list[str]:
    """The options with which the world is judged offline; the anchors come first."""
    zones = [f"--snapshot={origin}={path}" for origin, path in world.write(tmp_path)]
    return [f"--anchor={tmp_path / 'anchors.ds'}", *zones]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = command.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("name", "rdtype", "code", "verdict"),
    [
        (NAME, "TLSA", 0, "secure"),
        ("x.w.example.com", "TXT", 0, "secure"),
        ("nx.example.com", "A", 0, "absent"),
        ("www.plain.com", "A", 10, "insecure"),
    ],
)
def test_a_proof_is_judged_without_its_source(
    world: World,
    files: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    rdtype: str,
    code: int,
    verdict: str,
) -> None:
    proof, at = str(tmp_path / "proof.bin"), str(world.now)
    assert run(capsys, name, rdtype, *files, "--at", at, "--proof", proof, "-q")[0] == code
    judged, out, _ = run(capsys, "verify", proof, name, rdtype, files[0], "--at", at, "--json")
    assert (judged, json.loads(out)["verdict"]) == (code, verdict)


def test_a_proof_is_good_for_as_long_as_its_signatures(
    world: World, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = str(tmp_path / "proof.bin")
    run(capsys, NAME, *files, "--at", str(world.now), "--proof", proof)
    assert run(capsys, "verify", proof, NAME, files[0], "--at", str(world.now + 20 * DAY))[0] == 0
    code, out, _ = run(capsys, "verify", proof, NAME, files[0], "--at", str(world.now + 22 * DAY))
    assert code == 31
    assert out.startswith("✖ BOGUS")


def test_a_proof_of_one_name_proves_nothing_about_another(
    world: World, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = str(tmp_path / "proof.bin")
    run(capsys, NAME, *files, "--at", str(world.now), "--proof", proof)
    assert run(capsys, "verify", proof, "other.example.com", "A", files[0], "--at", str(world.now))[0] >= 20


def test_a_proof_under_other_anchors_is_no_proof(
    world: World, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, other = str(tmp_path / "proof.bin"), tmp_path / "other.ds"
    other.write_text(World(9).anchor_text, "utf-8")
    run(capsys, NAME, *files, "--at", str(world.now), "--proof", proof)
    assert run(capsys, "verify", proof, NAME, "--anchor", str(other), "--at", str(world.now))[0] == 22


def test_what_is_no_proof_is_one_line(
    world: World, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof.bin"
    run(capsys, NAME, *files, "--at", str(world.now), "--proof", str(proof))
    broken = tmp_path / "broken.bin"
    for octets in (proof.read_bytes() + b"\x01", proof.read_bytes()[:-3], b"", b"hello"):
        broken.write_bytes(octets)
        code, out, err = run(capsys, "verify", str(broken), NAME, files[0])
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
    assert run(capsys, "verify", "/no/such/file", NAME)[0] == 2


def test_what_is_not_proven_has_no_proof(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.zone("example.com").damage("signature-expired")
    files = [f"--snapshot={origin}={path}" for origin, path in world.write(tmp_path)]
    proof = tmp_path / "proof.bin"
    anchor = f"--anchor={tmp_path / 'anchors.ds'}"
    code, _, err = run(capsys, NAME, *files, anchor, "--at", str(world.now), "--proof", str(proof))
    assert code == 31
    assert "no chain" in err
    assert not proof.exists()
