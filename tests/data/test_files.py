"""`resolver.data.files`: what is written is whole, and takes nothing from anybody."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from resolver.data.files import write_octets


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    write_octets(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out"]


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "out"
    link = tmp_path / "link"
    link.symlink_to(target)
    for octets in (b"first", b"second"):  # the first one where the link leads nowhere yet
        write_octets(link, octets)
        assert link.is_symlink()
        assert target.read_bytes() == octets


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_octets(pipe, b"metrics")
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
    reader.join(timeout=10)
    assert read == [b"metrics"]


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(IsADirectoryError):
        write_octets(tmp_path, b"x")
