"""`dnssec-trace` behind real servers: every verdict, as a process and in this one, over UDP and TCP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.cli.trace import main
from tests.interoperability.cases import CASES, ONE_OF_EACH, Case
from tests.interoperability.conftest import Servers
from tests.interoperability.servers import HOST
from tests.interoperability.zones import AT

MARK = {"secure": "✔ SECURE", "absent": "✔ ABSENT", "insecure": "○ INSECURE", "bogus": "✖ BOGUS"}

with_transports = pytest.mark.parametrize("transport", ["", "tcp://"])


def words(servers: Servers, case: Case, server: str) -> list[str]:
    """The arguments that ask for a case."""
    return [case.name, case.type, "--server", server, "--anchor", str(servers.tree.anchors), "--at", AT]


@with_transports
@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.status)
def test_a_process(servers: Servers, project: Path, tmp_path: Path, case: Case, transport: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "resolver", "trace", *words(servers, case, f"{transport}{HOST}:{servers.validator}")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (case.exit_code, "")
    assert done.stdout.startswith(f"{MARK[case.status]} {case.name}. {case.type}: ")


@with_transports
@pytest.mark.parametrize("path", ["iterator", "validator"])
def test_json(servers: Servers, capsys: pytest.CaptureFixture[str], path: str, transport: str) -> None:
    wanted, got = {}, {}
    for case in CASES:
        code = main([*words(servers, case, f"{transport}{HOST}:{getattr(servers, path)}"), "--json"])
        shown, complaint = capsys.readouterr()
        document = json.loads(shown)
        cause = document["cause"]
        got[case[:2]] = (code, document["verdict"], cause and cause["code"], document["now"], complaint)
        wanted[case[:2]] = (case.exit_code, case.status, case.code, AT, "")
    assert got == wanted


def test_a_recording_of_real_servers_is_judged_alike(
    servers: Servers, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = str(tmp_path / "kept.jsonl")
    for case in ONE_OF_EACH:
        code = main([*words(servers, case, f"{HOST}:{servers.iterator}"), "--record", saved])
        shown = capsys.readouterr().out
        replay = [case.name, case.type, "--replay", saved, "--anchor", str(servers.tree.anchors)]
        assert (main(replay), capsys.readouterr().out) == (code, shown)
