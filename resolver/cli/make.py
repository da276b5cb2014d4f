"""`dane-make FILE...`: TLSA records of certificates, requests and keys, and whether published ones fit them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from resolver.cli import codes, make_arguments, output, running
from resolver.dane import making
from resolver.dane.material import MAX_OCTETS, Part, read
from resolver.dane.tlsa import Tlsa, tlsa_name
from resolver.dane.words import in_words, number
from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.cli.make_arguments import Arguments
    from resolver.data.name import Name

SCHEMA = "dane-make/1"


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code."""
    return running.run(make_arguments.PROGRAM, _run, argv)


def _run(argv: list[str]) -> int:
    arguments = make_arguments.parse(argv)
    password = _password(arguments.password_file)
    owner = None if arguments.host is None else tlsa_name(arguments.host, arguments.port or 0, arguments.protocol)
    made: list[Tlsa] = []
    for path in arguments.files:
        made += _records(read(_octets(path), path, password), arguments)
    made = list(dict.fromkeys(made))
    output.write("".join(f"{line}\n" for line in _lines(made, owner, arguments)))
    return codes.GOOD


def _records(parts: tuple[Part, ...], arguments: Arguments) -> list[Tlsa]:
    """The records that are asked for, of one file."""
    if not arguments.all:
        usage = number("usage", arguments.usage) if arguments.usage is not None else 3
        selector = number("selector", arguments.selector) if arguments.selector is not None else 1
        kind = number("matching type", arguments.matching_type) if arguments.matching_type is not None else 1
        return [making.record_of(making.wanted(parts, usage), usage, selector, kind)]
    own, issuers = making.roles(parts)
    found: list[Tlsa] = []
    for usage in making.USAGES:
        for part in issuers if usage in making.ANCHOR_USAGES and issuers else (own,):
            for combination in making.combinations((usage,), certificate=part.certificate is not None):
                found.append(making.record_of(part, *combination))
    return found


def _lines(records: list[Tlsa], owner: Name | None, arguments: Arguments) -> list[str]:
    if arguments.format == "nsupdate":
        return [f"update add {owner} {arguments.ttl} IN TLSA {record}" for record in records] + ["send"]
    if owner is not None:
        place = f"{owner} {arguments.ttl} IN"
    else:
        place = "IN" if arguments.port is None else f"_{arguments.port}._{arguments.protocol} {arguments.ttl} IN"
    if arguments.format == "generic":  # RFC 3597 §5
        return [f"{place} TYPE52 \\# {len(record.rdata)} {record.rdata.hex()}" for record in records]
    return [f"{place} TLSA {record}" for record in records]


def _octets(path: str) -> bytes:
    """What is in a file.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_OCTETS + 1)
        with open(path, "rb") as file:
            return file.read(MAX_OCTETS + 1)
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(f"{path}: cannot be read ({why}); check the path and its permissions") from None


def _password(path: str | None) -> bytes | None:
    if path is None:
        return None
    return _octets(path).partition(b"\n")[0].rstrip(b"\r")


__all__ = ["SCHEMA", "in_words", "main"]

if __name__ == "__main__":
    sys.exit(main())
