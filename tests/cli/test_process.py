"""`dnssec-trace` as a process: pipes, signals, terminals, and what it imports."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "resolver", "trace"]


@pytest.fixture
def environment(project: Path) -> dict[str, str]:
    """The process's own environment with the tree on the path, warnings as errors, and no wish about colours."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "TERM")}
    return {**kept, "PYTHONPATH": str(project), "PYTHONWARNINGS": "error", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}


def test_the_demo_works_in_an_empty_folder(environment: dict[str, str], tmp_path: Path):
    done = subprocess.run(
        [*COMMAND, "--demo"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "✔ SECURE" in done.stdout


def test_offline_paths_import_neither_trio_nor_rich(environment: dict[str, str], tmp_path: Path):
    code = (
        "import sys; from resolver.cli.trace import main; status = main(['--demo', '-q']);"
        "print(sorted({'trio', 'rich', 'asyncio', 'ssl'} & set(sys.modules)), status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[] 0", done.stderr


def test_output_closed_early_is_no_error(environment: dict[str, str]):
    reading, writing = os.pipe()
    os.close(reading)  # as after `| head -0`
    done = subprocess.run([*COMMAND, "--demo"], env=environment, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_standard_output_that_is_not_there_is_no_error(environment: dict[str, str]):
    words = " ".join(f"'{word}'" for word in [*COMMAND, "--demo"])
    done = subprocess.run(["sh", "-c", f"exec {words} >&-"], env=environment, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_in_one_line(environment: dict[str, str]):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "--demo"], env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"dnssec-trace: standard output cannot be written (No space left")
    assert done.stderr.count(b"\n") == 1


def test_an_encoding_without_our_shapes_gets_ascii(environment: dict[str, str]):
    changed = {**environment, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "--demo"], env=changed, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


def test_ctrl_c_leaves_no_traceback(environment: dict[str, str]):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(20)
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        words = [*COMMAND, "example.com", "A", "--server", address]
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            silent.recvfrom(4096)  # the question is out: now it waits for us
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_unreachable_servers_are_named(environment: dict[str, str]):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    words = [*COMMAND, "example.com", "A", "--server", address]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (20, "")
    assert done.stdout.startswith("◌ NO VERDICT example.com. A: ")
    assert address in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("options", "setting", "colored"),
    [([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False), ([], {"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_colours_unless_it_is_told_not_to(
    environment: dict[str, str], options: list[str], setting: dict[str, str], colored: bool
):
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [*COMMAND, "--demo", "-q", *options], env={**environment, **setting}, stdout=theirs
        ) as process:
            assert process.wait(60) == 0
        shown = os.read(ours, 65536)
    finally:
        os.close(ours)
        os.close(theirs)
    assert (b"\x1b[" in shown) is colored
    assert b"SECURE" in shown
