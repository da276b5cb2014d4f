"""`dnssec-trace audit ZONEFILE…`: a whole zone, before or after it is published."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable

from resolver.cli import output
from resolver.cli.arguments import Parser, moment, zone_file
from resolver.errors import BadInput

PROGRAM = "dnssec-trace audit"
GOOD, BROKEN, ENDS_SOON = 0, 30, 40

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EPILOG = """\
exit codes:
  0 no error     30 errors     40 no error, and a signature ends within --warn     2 bad input

examples:
  dnssec-trace audit example.com.zone
  dnssec-trace audit --parent com.zone --warn 7d example.com=signed.db --sarif
"""


class AuditArguments(argparse.Namespace):
    """What was given."""

    at: float | None
    json: bool
    verbose: int
    quiet: bool
    no_color: bool
    ascii: bool
    file: list[str]
    parent: list[str]
    warn: float
    policy: str
    sarif: bool


def run(argv: list[str]) -> int:
    """Run the command; the return value is its exit code.

    Raises:
        BadInput: the arguments, or a file, cannot be understood.
        SystemExit: --help was asked for, and printed.
    """
    given = parser().parse_args(argv, AuditArguments())
    if given.json and given.sarif:
        raise BadInput("--json and --sarif exclude each other; choose one")
    from resolver.cli import audit_report as report
    from resolver.data.name import to_name
    from resolver.sources.zone import Zone
    from resolver.survey.audit import Audit, audit
    from resolver.validator.policy import Policy

    policy = {"default": Policy, "permissive": Policy.permissive, "strict": Policy.strict}[given.policy]()
    at = time.time() if given.at is None else given.at

    def read(word: str) -> Zone:
        from resolver.data.files import read_text

        chosen = zone_file(word)
        origin, path = chosen if isinstance(chosen, tuple) else (None, chosen)
        return Zone(read_text(path), origin=to_name(origin) if origin is not None else None, path=path)

    zones = [read(word) for word in given.file]
    parents = [*zones, *(read(word) for word in given.parent)]
    audits: list[Audit] = []
    for zone in zones:
        above = [parent for parent in parents if zone.origin.is_below(parent.origin)]
        nearest = max(above, key=lambda parent: len(parent.origin.labels), default=None)
        tell = _progress(zone.origin) if sys.stderr is not None and sys.stderr.isatty() else None
        audits.append(audit(zone, at=at, parent=nearest, policy=policy, warn=given.warn, progress=tell))
    if given.json:
        objects = [report.json(each) for each in audits]
        output.write(output.dump(objects[0] if len(objects) == 1 else objects, given))
    elif given.sarif:
        output.write(output.dump(report.sarif(audits), given))
    else:
        look = output.look_of(given)
        texts = [
            report.text(
                each,
                color=look.color,
                ascii_only=look.ascii_only,
                width=look.width,
                verbose=given.verbose,
                quiet=given.quiet,
            )
            for each in audits
        ]
        output.write(("" if given.quiet else "\n").join(texts))
    if any(each.verdict == "broken" for each in audits):
        return BROKEN
    return ENDS_SOON if any(found.code == "EXPIRES_SOON" for each in audits for found in each.faults) else GOOD


def parser() -> Parser:
    """The parser of the command."""
    made = Parser(
        prog=PROGRAM,
        description="Audit whole zones: signatures, denials, keys, the parent's DS, CDS, ZONEMD, and what ends next.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("file", nargs="+", metavar="[ORIGIN=]FILE", help="a zone file, plain or gzip")
    add(
        "--parent",
        action="append",
        default=[],
        metavar="[ORIGIN=]FILE",
        help="the parent's zone file, for its DS, where it is not audited itself; may be repeated",
    )
    add("--at", type=moment, metavar="TIME", help="judge as of this time: RFC 3339 with offset or Z, or POSIX seconds")
    add(
        "--warn",
        type=duration,
        default=3 * 86_400,
        metavar="TIME",
        help="tell signatures that end within this time, such as 7d (3d)",
    )
    add(
        "--policy",
        choices=("default", "permissive", "strict"),
        default="default",
        help="which algorithms and digests count",
    )
    add("--json", action="store_true", help="one JSON object a zone")
    add("--sarif", action="store_true", help="a SARIF 2.1.0 log, for code scanning services")
    add("-v", dest="verbose", action="count", default=0, help="show every finding")
    add("-q", dest="quiet", action="store_true", help="one line a zone")
    add("--no-color", action="store_true", help="no colours (so does the environment variable NO_COLOR)")
    add("--ascii", action="store_true", help="ASCII only")
    return made


def duration(text: str) -> float:
    """Seconds of a length of time such as `7d` or `36h`; a bare number is seconds.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    parts = re.fullmatch(r"(\d{1,9})([smhdw]?)", text, re.ASCII)
    if parts is None:
        raise argparse.ArgumentTypeError(f"bad length of time {text!r}: write 7d, 36h, 90m or seconds")
    return int(parts[1]) * float(_UNITS[parts[2] or "s"])


def _progress(zone: object) -> Callable[[int], None]:
    """What shows on a terminal how far it is."""

    def tell(names: int) -> None:
        sys.stderr.write(f"\r{zone}: {names} names")
        sys.stderr.flush()

    return tell
