"""The command line of `dane-make`: options, and the values in them; every refusal is one line that says what to do."""

from __future__ import annotations

import argparse
from typing import NoReturn

from resolver.cli.arguments import moment
from resolver.errors import BadInput

PROGRAM = "dane-make"
FORMATS = ("zone", "generic", "nsupdate", "json")

_EPILOG = """\
FILE is a certificate, a chain, a certificate request or a key, in PEM, DER or PKCS#12; - is standard input. Usages 1
and 3 are about the server's own certificate, usages 0 and 2 about the one issuer in the file.

exit codes:
  0 made; with --match-zone: the published records authenticate what is in FILE
  1 with --match-zone: they do not
  2 bad input       70 an error of this program       130 interrupted

examples:
  dane-make fullchain.pem --host mx.example.com --port 25
  dane-make next.csr --host mx.example.com --port 25 --format nsupdate
  dane-make fullchain.pem --host mx.example.com --port 25 --match-zone example.com.zone
"""


_OTHER = "a certificate or key that the server does not present: an older one, a root, a neighbour's; may be repeated"


_FORMAT = "zone (the default), generic (TYPE52 of RFC 3597), nsupdate or json"
_ALSO = {"type52": "generic", "rfc3597": "generic"}


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

    files: list[str]
    host: str | None
    port: int | None
    protocol: str
    ttl: int
    usage: str | None
    selector: str | None
    matching_type: str | None
    all: bool
    format: str | None
    json: bool
    password_file: str | None
    match_zone: str | None
    other: list[str]
    ca: str | None
    plan: bool
    current: str | None
    at: float | None
    quiet: bool
    version: bool


def _format(text: str) -> str:
    return _ALSO.get(text.lower(), text.lower())


def parser() -> Parser:
    """The parser of `dane-make`."""
    made = Parser(
        prog=PROGRAM,
        description="Make TLSA records, and say whether published ones fit a certificate, a request or a key.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("files", nargs="*", metavar="FILE", help="what the server presents, or will present")
    add(
        "--password-file",
        metavar="FILE",
        help="the password of an encrypted key or PKCS#12: the first line of this file",
    )
    where = made.add_argument_group("where the service is").add_argument
    where("--host", metavar="NAME", help="the server's name, for mail that of the MX host")
    where("--port", type=int, metavar="N", help="25 for mail, 443 for the web")
    where("--protocol", default="tcp", metavar="P", help="tcp (the default), udp or sctp")
    which = made.add_argument_group("which record (default: 3 1 1)").add_argument
    which("--usage", metavar="U", help="0 to 3, or PKIX-TA, PKIX-EE, DANE-TA, DANE-EE")
    which("--selector", metavar="S", help="0 or Cert, 1 or SPKI")
    which("--matching-type", metavar="M", help="0 or Full, 1 or SHA2-256, 2 or SHA2-512")
    which("--all", action="store_true", help="every combination, the recommended ones first")
    out = made.add_argument_group("output").add_argument
    out("--format", type=_format, choices=FORMATS, metavar="FORMAT", help=_FORMAT)
    out("--json", action="store_true", help="the same as --format json")
    out("--ttl", type=int, default=3600, metavar="SECONDS", help="of the records; 3600")
    out("--version", action="store_true", help="the versions of this program and of what it runs on")
    out("-q", dest="quiet", action="store_true", help="no warnings")
    check = made.add_argument_group("compare with what is published").add_argument
    check(
        "--match-zone",
        metavar="ZONEFILE",
        help="which of the TLSA records in this zone file fit, and what is wrong there",
    )
    check("--other", action="append", default=[], metavar="FILE", help=_OTHER)
    check("--ca", metavar="FILE", help="roots in PEM, which usages 0 and 1 rest on; without it they never match")
    check("--plan", action="store_true", help="plan the change to FILE: records to add, waits, records to remove")
    check("--current", metavar="FILE", help="with --plan: what the server presents now, whose records end")
    check("--at", type=moment, metavar="TIME", help="judge certificates at this time: RFC 3339 or POSIX seconds")
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
    if not arguments.files:
        raise BadInput(f"no FILE; give a certificate, a certificate request or a key, as in {PROGRAM} fullchain.pem")
    if arguments.json:
        if arguments.format not in (None, "json"):
            raise BadInput(f"--json and --format {arguments.format} exclude each other; choose one")
        arguments.format = "json"
    arguments.format = arguments.format or "zone"
    if arguments.all and (arguments.usage or arguments.selector or arguments.matching_type):
        raise BadInput("--all makes every combination; leave out --usage, --selector and --matching-type")
    if arguments.host is not None and arguments.port is None:
        raise BadInput("--host needs a port beside it: --port 25 for mail, --port 443 for the web")
    if arguments.format == "nsupdate" and (arguments.host is None or arguments.match_zone is not None):
        raise BadInput("--format nsupdate makes records for one service; give --host and --port, and no --match-zone")
    _check_comparison(arguments)
    if not 0 <= arguments.ttl < 1 << 31:
        raise BadInput(f"a TTL of {arguments.ttl} is no number of seconds from 0 to 2147483647 (RFC 2181 §8)")
    if arguments.port is not None:
        from resolver.dane.tlsa import tlsa_name

        tlsa_name("host.", arguments.port, arguments.protocol)
    if arguments.host is not None:
        _refuse_address(arguments.host)
    if arguments.files.count("-") > 1:
        raise BadInput("standard input can be read once; give the other files by name")
    return arguments


def _check_comparison(arguments: Arguments) -> None:
    if arguments.match_zone is None:
        lonely = [
            option
            for option, given in (
                ("--other", arguments.other),
                ("--ca", arguments.ca is not None),
                ("--plan", arguments.plan),
                ("--current", arguments.current is not None),
                ("--at", arguments.at is not None),
            )
            if given
        ]
        if lonely:
            raise BadInput(f"{' and '.join(lonely)} needs --match-zone FILE, the zone file with the published records")
        return
    if arguments.all or arguments.usage or arguments.selector or arguments.matching_type:
        raise BadInput("--match-zone compares all published records; leave out --all, --usage and the like")
    if arguments.format == "generic":
        raise BadInput("--match-zone makes no records; use --format zone or json")
    if arguments.current is not None and not arguments.plan:
        raise BadInput("--current needs --plan; to say what else is known, use --other FILE")
    if arguments.plan and len(arguments.files) > 1:
        raise BadInput("--plan is about one next certificate; give one FILE")


def _refuse_address(host: str) -> None:
    """RFC 6698 §3: TLSA records belong to names.

    Raises:
        BadInput: it is an address.
    """
    import ipaddress

    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return
    raise BadInput(f"--host {host} is an address, and TLSA records belong to names (RFC 6698 §3); give the host's name")
