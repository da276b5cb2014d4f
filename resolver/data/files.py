"""Files as people hand them over, text in UTF-8, plain or gzip; and files that are written whole or not at all.

Not done: a limit on size. These are files that the caller named, not what a server sent.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TypeAlias

from resolver.errors import BadSnapshot

PathLike: TypeAlias = str | os.PathLike[str]

_GZIP = b"\x1f\x8b"  # RFC 1952 §2.3.1


def read_text(path: PathLike) -> str:
    """The text in a file, which may be gzip, whatever its name says.

    Raises:
        BadSnapshot: the file cannot be read, is broken gzip, or is not UTF-8.
    """
    return text_of(read_octets(path), os.fspath(path))


def read_octets(path: PathLike) -> bytes:
    """The octets in a file.

    Raises:
        BadSnapshot: it cannot be read.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            return file.read()
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadSnapshot(f"cannot be read ({why}); check the path and its permissions", name) from None


def write_octets(path: PathLike, octets: bytes) -> None:
    """Write a file, all or nothing; a link stays a link, and a device or a pipe is written to as it is.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    name = os.fspath(path)
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(name).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # renaming over /dev/null would take it from everybody
            with open(name, "wb") as device:
                device.write(octets)
            return
    if os.path.islink(name):
        name = os.path.realpath(name)
    folder, base = os.path.split(name)
    temporary = os.path.join(folder, f".{base}.{os.urandom(6).hex()}")
    try:
        with open(temporary, "xb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, name)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def text_of(octets: bytes, path: str) -> str:
    """The text in a file's octets, unpacked where they are gzip; `path` is for messages.

    Raises:
        BadSnapshot: broken gzip, or not UTF-8.
    """
    if octets[:2] == _GZIP:
        import gzip
        import zlib

        try:
            octets = gzip.decompress(octets)
        except (OSError, EOFError, zlib.error) as refused:
            raise BadSnapshot(f"broken gzip ({refused}); fetch or pack it again", path) from None
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        line = octets.count(b"\n", 0, refused.start) + 1
        raise BadSnapshot("not UTF-8; write octets above 127 as \\DDD (RFC 1035 §5.1)", path, line) from None
