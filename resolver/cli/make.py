"""`dane-make FILE...`: TLSA records of certificates, requests and keys, and whether published ones fit them.

Everything that only some calls need is imported where they need it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from resolver.cli import codes, make_arguments, output, running
from resolver.errors import BadInput

if TYPE_CHECKING:
    from resolver.cli.make_arguments import Arguments
    from resolver.cli.make_compare import File
    from resolver.dane.lint_catalogue import LintFinding
    from resolver.dane.tlsa import Tlsa
    from resolver.data.name import Name

SCHEMA = "dane-make/1"
DIFFERS = 1  # the published records do not authenticate what was given


class Made(NamedTuple):
    """One record that was made: of which file, and what speaks against it."""

    record: Tlsa
    path: str
    advice: tuple[LintFinding, ...]


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code.

    Args:
        argv: the arguments, without the program's name; None: those of the process.
    """
    return running.run(make_arguments.PROGRAM, _run, argv)


def _run(argv: list[str]) -> int:
    from resolver.dane.tlsa import tlsa_name

    arguments = make_arguments.parse(argv)
    if arguments.version:
        from resolver.cli.version import installed

        python = ".".join(str(part) for part in sys.version_info[:3])
        used = f"Python {python}, cryptography {installed('cryptography')}"
        output.write(f"{make_arguments.PROGRAM} {installed('dnssec-resolver')} ({used})\n")
        return codes.GOOD
    password = None if arguments.password_file is None else _password(arguments.password_file)
    owner = None
    if arguments.host is not None and arguments.port is not None:
        owner = tlsa_name(arguments.host, arguments.port, arguments.protocol)
    files = [_file(path, password) for path in arguments.files]
    if arguments.match_zone is not None:
        return _compare(files, owner, password, arguments)
    made: dict[Tlsa, Made] = {}
    for file in files:
        for one in _make(file, arguments):
            made.setdefault(one.record, one)
    _write(list(made.values()), owner, arguments)
    return codes.GOOD


# --- making ---


def _make(file: File, arguments: Arguments) -> list[Made]:
    """The records that are asked for, of one file."""
    from resolver.dane import making
    from resolver.dane.linting import advice
    from resolver.dane.words import number

    usage = number("usage", arguments.usage) if arguments.usage is not None else 3
    selector = number("selector", arguments.selector) if arguments.selector is not None else 1
    matching_type = number("matching type", arguments.matching_type) if arguments.matching_type is not None else 1
    if arguments.all:
        own, issuers, _ = making.roles(file.parts)
        wanted = [
            (part, kind)
            for usage in making.USAGES
            for part in (issuers if usage in making.ANCHOR_USAGES and issuers else (own,))
            for kind in making.combinations((usage,), certificate=part.certificate is not None)
        ]
    else:
        wanted = [(making.wanted(file.parts, usage), (usage, selector, matching_type))]
    # An issuer that stands beside the server's certificate is sent with it, as far as anybody can tell from a file.
    sent = sum(part.certificate is not None for part in file.parts) > 1
    found: list[Made] = []
    for part, kind in wanted:
        record = making.record_of(part, *kind)
        found.append(Made(record, file.path, advice(record, part, port=arguments.port, sent=sent)))
    return found


def _write(made: list[Made], owner: Name | None, arguments: Arguments) -> None:
    if arguments.format == "json":
        output.write(_json(_object(made, owner, arguments)))
        return
    place = _place(owner, arguments)
    lines: list[str] = []
    for one in made:
        record = one.record
        if arguments.format == "nsupdate":
            lines.append(f"update add {place} TLSA {record}")
        elif arguments.format == "generic":  # RFC 3597 §5
            lines.append(f"{place} TYPE52 \\# {len(record.rdata)} {record.rdata.hex()}")
        else:
            lines.append(f"{place} TLSA {record}")
    if arguments.format == "nsupdate":
        lines.append("send")
    output.write("".join(f"{line}\n" for line in lines))
    if not arguments.quiet:
        _warn(made)


def _warn(made: list[Made]) -> None:
    """What speaks against records: a line for each fault on standard error, so that standard output is a zone file."""
    faults: dict[str, list[tuple[Tlsa, LintFinding]]] = {}
    for one in made:
        for finding in one.advice:
            faults.setdefault(finding.code, []).append((one.record, finding))
    for code, found in faults.items():
        first = found[0][1]
        kinds = dict.fromkeys(f"{record.usage} {record.selector} {record.matching_type}" for record, _ in found)
        about = f"{', '.join(kinds)}: " if len(made) > 1 else ""
        text = f"{first.severity}: {about}{first.text} ({code}, {first.rfc})"
        output.complain(text, make_arguments.PROGRAM)


def _place(owner: Name | None, arguments: Arguments) -> str:
    """What stands before the type: the owner, a relative one where only the port is known, or nothing."""
    if owner is not None:
        return f"{owner} {arguments.ttl} IN"
    return "IN" if arguments.port is None else f"_{arguments.port}._{arguments.protocol} {arguments.ttl} IN"


def _object(made: list[Made], owner: Name | None, arguments: Arguments) -> dict[str, object]:
    from resolver.cli.make_compare import finding_object, record_object
    from resolver.dane.words import in_words

    return {
        "schema": SCHEMA,
        "verdict": "MADE",
        "owner": None if owner is None else str(owner),
        "ttl": arguments.ttl,
        "records": [
            {
                **record_object(one.record),
                "words": in_words(one.record),
                "file": one.path,
                "findings": [finding_object(finding) for finding in one.advice],
            }
            for one in made
        ],
    }


def _json(value: object) -> str:
    """Pure ASCII, without control characters."""
    import json

    return json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n"


# --- comparing ---


def _compare(files: list[File], owner: Name | None, password: bytes | None, arguments: Arguments) -> int:
    import time

    from resolver.cli.arguments import zone_file
    from resolver.cli.make_compare import as_object, as_text, compare
    from resolver.cli.make_zone import published

    assert arguments.match_zone is not None
    given = zone_file(arguments.match_zone)
    origin, path = (None, given) if isinstance(given, str) else given
    found = published(path, origin, owner)
    port = arguments.port if arguments.port is not None else _port(found.tlsa.owner)
    comparison = compare(
        found,
        files,
        others=[_file(path, password) for path in arguments.other],
        current=() if arguments.current is None else _file(arguments.current, password).parts,
        roots=None if arguments.ca is None else _roots(arguments.ca),
        port=port,
        at=time.time() if arguments.at is None else arguments.at,
        with_plan=arguments.plan,
    )
    if arguments.format == "json":
        output.write(_json({"schema": SCHEMA, **as_object(comparison)}))
    else:
        output.write(_printable("".join(f"{line}\n" for line in as_text(comparison, quiet=arguments.quiet))))
    # A plan is wanted because the next certificate does not fit yet.
    return codes.GOOD if arguments.plan or all(one.good for one in comparison.files) else DIFFERS


def _printable(text: str) -> str:
    """Text without control characters, in ASCII where standard output has no more."""
    from resolver.trace.page import clean, to_ascii

    harmless = "\n".join(clean(line) for line in text.split("\n"))
    try:
        harmless.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "\n".join(to_ascii(line) for line in harmless.split("\n"))
    return harmless


def _port(owner: Name) -> int | None:
    """The port in a TLSA name (RFC 6698 §3)."""
    label = owner.labels[0] if owner.labels else b""
    digits = label[1:]
    return int(digits) if label[:1] == b"_" and digits.isdigit() and len(digits) <= 5 else None


def _roots(path: str) -> list[bytes]:
    parts = _file(path, None).parts
    roots = [part.certificate for part in parts if part.certificate is not None]
    if not roots:
        raise BadInput(f"{path}: no certificate in it; --ca wants roots in PEM or DER")
    return roots


# --- files ---


def _file(path: str, password: bytes | None) -> File:
    from resolver.cli.make_compare import File
    from resolver.dane.material import read

    octets = _octets(path)
    return File(path, read(octets, path, password), octets)


def _octets(path: str) -> bytes:
    """What is in a file.

    Raises:
        BadInput: it cannot be read.
    """
    from resolver.dane.material import MAX_OCTETS

    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_OCTETS + 1)
        with open(path, "rb") as file:
            return file.read(MAX_OCTETS + 1)
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        why = getattr(refused, "strerror", None) or str(refused)
        raise BadInput(f"{path}: cannot be read ({why}); check the path and its permissions") from None


def _password(path: str) -> bytes:
    password = _octets(path).partition(b"\n")[0].rstrip(b"\r")
    if not password:
        raise BadInput(f"{path}: its first line is empty; it has to be the password")
    return password


if __name__ == "__main__":
    sys.exit(main())
