"""`--demo`: an embedded world that comes out as it was built."""

from __future__ import annotations

import json

import pytest

from resolver.cli import demo, demo_world
from resolver.cli.trace import main
from tests.cli.make_demo_world import TARGET, module_text


def test_the_embedded_world_is_what_the_script_writes():
    assert TARGET.read_text(encoding="ascii") == module_text()


def test_the_verdicts_are_as_built(capsys: pytest.CaptureFixture[str]):
    assert main(["--demo"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    assert any(line.startswith("✔ SECURE _443._tcp.www.proven.test. TLSA: 3 1 1 0d07c1a5") for line in lines)
    assert any(
        line.startswith("✖ BOGUS _443._tcp.www.expired.test. TLSA: the signature expired 5d 2h ago") for line in lines
    )
    assert any(line.startswith("○ INSECURE _443._tcp.www.unsigned.test. TLSA: ") for line in lines)


def test_json_has_the_three_objects(capsys: pytest.CaptureFixture[str]):
    assert main(["--demo", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [trace["verdict"] for trace in found["demo"]] == ["secure", "bogus", "insecure"]


def test_minus_q_is_a_line_each(capsys: pytest.CaptureFixture[str]):
    assert main(["--demo", "-q", "--ascii"]) == 0
    out = capsys.readouterr().out
    assert [line[0] for line in out.splitlines()] == ["+", "x", "o"]


def test_a_demo_that_comes_out_otherwise_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(demo_world, "AT", demo_world.AT + 365 * 86400)
    assert main(["--demo"]) == 70
    assert f"{demo.LOOKUPS[0][0]} is bogus, not secure" in capsys.readouterr().err
