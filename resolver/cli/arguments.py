"""The command line of `dnssec-trace`: options, and the values in them; every refusal is one line that says what to do."""

from __future__ import annotations

import argparse
import os
import re
from typing import NoReturn

from resolver.cli import trace_options
from resolver.errors import BadInput

PROGRAM = "dnssec-trace"

_TIME = re.compile(  # RFC 3339 §5.6
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_SECONDS = re.compile(r"\d{1,10}(\.\d+)?", re.ASCII)

_EPILOG = """\
Without TYPE: TLSA for a name such as _25._tcp.mx.example.com, TXT for another name that begins with an underscore,
else A and AAAA, of which the worse verdict counts.

exit codes:
  0 secure, or absent and that is proven     10 insecure          11 insecure by our own policy
  20 no verdict     21 no verdict: the upstream is not DNSSEC-aware
  22 bogus: stale or revoked trust anchor    30 bogus             31 bogus: dates      32 bogus: work limit
  40 good, but not for as long as --warn asks
  2 bad input       70 an error of this program                   130 interrupted
  --expect: 0 as expected, 1 not so;  --nagios: 0 ok, 1 warning, 2 critical, 3 unknown;  what if: of what would be

other commands: dnssec-trace explain CODE, dnssec-trace diff OLD NEW [NAME TYPE], dnssec-trace audit ZONEFILE...,
dnssec-trace verify PROOF NAME [TYPE] (a domain that is called like a command is written with a final dot)

examples:
  dnssec-trace _25._tcp.mail.example.com
  dnssec-trace example.com MX --server 9.9.9.9 --record today.jsonl
  dnssec-trace com DS --snapshot root.zone --at 2023-11-06T00:00:00Z
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse, as every other bad input is refused.

        Raises:
            BadInput: always.
        """
        raise BadInput(f"{message}; {PROGRAM} --help lists the options")


class Arguments(argparse.Namespace):
    """What was given."""

    name: str | None
    type: str | None
    server: list[str]
    iterate: bool
    root_hints: str | None
    anchor: list[str]
    snapshot: list[str]
    record: str | None
    replay: str | None
    proof: str | None
    from_proof: str | None
    at: float | None
    json: bool
    json_lines: bool
    sarif: bool
    junit: bool
    nagios: bool
    svg: str | None
    html: str | None
    open: bool
    demo: bool
    input: str | None
    all_servers: str | None
    overlay: str | None
    expect: str | None
    warn: float | None
    forecast: bool
    without_anchor: list[int]
    without_algorithm: list[int]
    drop_ds: list[str]
    clock: float | None
    replace_key: str | None
    policy: str | None
    watch: bool
    prometheus: str | None
    verbose: int
    quiet: bool
    no_color: bool
    ascii: bool
    version: bool


def parser() -> Parser:
    """The parser of `dnssec-trace`."""
    made = Parser(
        prog=PROGRAM,
        description="Trace a DNS answer, or its absence, down to the trust anchor, and say who must mend what is broken.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("name", nargs="?", metavar="NAME", help="a domain name; U-labels are read as IDNA 2008")
    add("type", nargs="?", metavar="TYPE", help="a type such as TLSA, or TYPE52")
    where = made.add_argument_group("where from (default: the system's servers)").add_argument
    where(
        "--server",
        action="append",
        default=[],
        metavar="ADDR",
        help="ask this server: 9.9.9.9, [2620:fe::fe]:53, tcp://9.9.9.9, tls://9.9.9.9#dns.quad9.net; may be repeated",
    )
    where("--iterate", action="store_true", help="ask the authoritative servers, from the root down, and no forwarder")
    where(
        "--root-hints",
        metavar="FILE",
        help="with --iterate: where the root's servers are (RFC 9609), for private trees",
    )
    where(
        "--snapshot",
        action="append",
        default=[],
        metavar="[ORIGIN=]FILE",
        help="answer from this zone file; may be repeated",
    )
    where("--replay", metavar="FILE", help="answer from this recording, at its own time unless --at is given")
    where("--from-proof", metavar="FILE", help="answer from this authentication chain (RFC 9102)")
    where("--demo", action="store_true", help="judge three names of a signed world that is built in")
    how = made.add_argument_group("how").add_argument
    how(
        "--anchor",
        action="append",
        default=[],
        metavar="FILE",
        help="trust these anchors instead of the root's built-in ones: IANA's XML, or DS or DNSKEY records; may be repeated",
    )
    how("--at", type=moment, metavar="TIME", help="judge at this time: RFC 3339 with offset or Z, or POSIX seconds")
    how("--record", metavar="FILE", help="save the messages that the verdict rests on")
    how("--proof", metavar="FILE", help="save what proves the verdict as an authentication chain (RFC 9102)")
    how("--input", metavar="FILE", help="judge many names, one a line as NAME [TYPE]; - is standard input")
    how("--policy", metavar="POLICY", help="judge by another policy: permissive, strict, or a JSON file")
    trace_options.add_to(made)
    output = made.add_argument_group("output").add_argument
    output("--json", action="store_true", help="one JSON object")
    trace_options.add_formats(output)
    output(
        "-v",
        dest="verbose",
        action="count",
        default=0,
        help="show consequences, names that are no zone cut, and all records",
    )
    output("-q", dest="quiet", action="store_true", help="one line")
    output("--no-color", action="store_true", help="no colours (so does the environment variable NO_COLOR)")
    output("--ascii", action="store_true", help="ASCII only")
    output("--version", action="store_true", help="versions, and the built-in trust anchors with their dates")
    return made


def parse(argv: list[str] | None) -> Arguments:
    """Read the command line.

    Raises:
        BadInput: it cannot be understood, or options contradict each other.
        SystemExit: --help was asked for, and printed.
    """
    arguments = parser().parse_args(argv, Arguments())
    if arguments.version:
        return arguments
    sources = [
        option
        for option, given in (
            ("--server", arguments.server),
            ("--iterate", arguments.iterate),
            ("--snapshot", arguments.snapshot),
            ("--replay", arguments.replay is not None),
            ("--from-proof", arguments.from_proof is not None),
            ("--demo", arguments.demo),
        )
        if given
    ]
    if len(sources) > 1:
        raise BadInput(f"{' and '.join(sources)} exclude each other; choose one")
    if arguments.demo:
        given = [
            option
            for option, value in (
                ("NAME", arguments.name is not None),
                ("--anchor", arguments.anchor),
                ("--at", arguments.at is not None),
                ("--record", arguments.record is not None),
            )
            if value
        ]
        if given:
            raise BadInput(f"--demo has names, anchors and a time of its own; leave out {' and '.join(given)}")
    elif arguments.input is not None:
        if arguments.name is not None:
            raise BadInput("a NAME and --input exclude each other; choose one")
    elif arguments.name is None and arguments.overlay is None:
        raise BadInput(f"no name; give one, as in {PROGRAM} example.com MX, or try {PROGRAM} --demo")
    trace_options.check(arguments)
    return arguments


def moment(text: str) -> float:
    """POSIX seconds of a time as RFC 3339 writes it, or of seconds.

    Raises:
        argparse.ArgumentTypeError: it is neither, or has no offset, or lies outside 1970 to 2106.
    """
    from datetime import datetime

    from resolver.data.moment import to_seconds

    hint = "give RFC 3339 with an offset, as in 2026-11-24T12:00:00Z, or POSIX seconds"
    try:
        if _SECONDS.fullmatch(text):
            return to_seconds(float(text), "the time")
        parts = _TIME.fullmatch(text)
        if parts is None:
            raise argparse.ArgumentTypeError(f"bad time {text!r}: {hint}")
        day, clock, fraction, offset = parts.groups()
        if offset is None:
            raise argparse.ArgumentTypeError(f"the time {text!r} has no offset, and could be anybody's; {hint}")
        return to_seconds(datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{offset.upper()}"), "the time")
    except (ValueError, OverflowError) as refused:
        raise argparse.ArgumentTypeError(f"bad time {text!r}: {refused}; {hint}") from None


def zone_file(text: str) -> str | tuple[str, str]:
    """`[ORIGIN=]FILE` as `Snapshot.from_files` wants it; a file whose own name has that form is taken as a file.

    Raises:
        BadInput: no file after the equals sign.
    """
    origin, equals, path = text.partition("=")
    if not equals or os.path.exists(text) or not origin or (origin.startswith((".", "/")) and origin != "."):
        return text
    if not path:
        raise BadInput(f"--snapshot {text!r}: no file after the equals sign; write ORIGIN=FILE, or FILE alone")
    return origin, path


def types_for(name: str) -> tuple[str, ...]:
    """The types that are meant where none is given."""
    labels = name.lower().split(".")
    if len(labels) > 1 and re.fullmatch(r"_\d+", labels[0], re.ASCII) and labels[1] in ("_tcp", "_udp", "_sctp"):
        return ("TLSA",)  # RFC 6698 §3
    return ("TXT",) if name.startswith("_") else ("A", "AAAA")
