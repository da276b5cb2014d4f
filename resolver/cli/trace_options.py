"""More options of `dnssec-trace`: what if, forecast, expectations and formats; which of them contradict each other."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.cli.arguments import Arguments

_DURATION = re.compile(r"([+-]?)(\d{1,6})([smhdwy]?)", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
EXPECTED = ("secure", "insecure", "bogus", "absent")
FORMATS = ("--json", "--json-lines", "--sarif", "--junit", "--nagios")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the groups "what if" and "checks", and what compares sources."""
    suppose = parser.add_argument_group("what if (the same evidence, judged again; several are supposed together)")
    add = suppose.add_argument
    add("--without-anchor", action="append", type=_tag, default=[], metavar="TAG", help="without this trust anchor")
    add(
        "--without-algorithm",
        action="extend",
        type=_numbers,
        default=[],
        metavar="N[,N]",
        help="as a validator judges that does not know these algorithms",
    )
    add("--drop-ds", action="append", default=[], metavar="ZONE", help="as if the parent had no DS for this zone")
    add("--clock", type=signed_duration, metavar="+30d", help="with a clock that is so much later, or (-) earlier")
    add("--replace-key", metavar="FILE", help="after the zone's keys are replaced by the DNSKEY records in this file")
    check = parser.add_argument_group("checks").add_argument
    check("--forecast", action="store_true", help="when which signature ends, and what the verdict is from then on")
    check("--expect", choices=EXPECTED, help="exit code 0 if the verdict is this one, else 1")
    check("--warn", type=duration, metavar="7d", help="exit code 40 if a good verdict holds for less than this")
    compare = parser.add_argument_group("comparisons").add_argument
    compare("--all-servers", metavar="A,B,C", help="ask each of these servers, and show them side by side")
    compare(
        "--overlay", metavar="FILE", help="judge a zone file under the parent that is there, before it is published"
    )
    compare("-w", "--watch", dest="watch", action="store_true", help="look again when something ends; print changes")
    compare("--prometheus", metavar="FILE", help="write the verdicts as metrics into this file")


def add_formats(output: Callable[..., object]) -> None:
    """Add the formats beside text and --json."""
    output("--json-lines", action="store_true", help="one JSON object a line, one for each question")
    output("--sarif", action="store_true", help="SARIF 2.1.0, for CI systems")
    output("--junit", action="store_true", help="JUnit XML, for CI systems")
    output("--nagios", action="store_true", help="one line and exit codes for Nagios and its like")
    output("--svg", metavar="FILE", help="write the chain as a picture too")
    output("--html", metavar="FILE", help="write the chain as a page with a time slider too")
    output("--open", action="store_true", help="show that page in the browser")


def check(arguments: Arguments) -> None:
    """Refuse options that make no sense together.

    Raises:
        BadInput: says which two, and why.
    """
    formats = [
        name
        for name, given in zip(
            FORMATS,
            (arguments.json, arguments.json_lines, arguments.sarif, arguments.junit, arguments.nagios),
            strict=True,
        )
        if given
    ]
    if len(formats) > 1:
        raise BadInput(f"{' and '.join(formats)} are two formats of one output; choose one")
    for first, second, why in _contradictions(arguments):
        raise BadInput(f"{first} and {second} do not go together: {why}")
    if arguments.demo and (formats[:1] not in ([], ["--json"]) or supposes(arguments) or arguments.forecast):
        raise BadInput("--demo only shows text or --json; leave the other options out")
    if arguments.open and arguments.html is None:
        raise BadInput("--open shows the page that --html writes; give --html FILE too")
    if arguments.root_hints is not None and not arguments.iterate:
        raise BadInput("--root-hints says where --iterate begins; give --iterate too")


def supposes(arguments: Arguments) -> list[str]:
    return [
        option
        for option, given in (
            ("--without-anchor", arguments.without_anchor),
            ("--without-algorithm", arguments.without_algorithm),
            ("--drop-ds", arguments.drop_ds),
            ("--clock", arguments.clock is not None),
            ("--replace-key", arguments.replace_key is not None),
        )
        if given
    ]


def _contradictions(arguments: Arguments) -> list[tuple[str, str, str]]:
    """Pairs of options that were given and exclude each other, with the reason."""
    offline = "--snapshot" if arguments.snapshot else "--replay" if arguments.replay is not None else ""
    offline = "--from-proof" if arguments.from_proof is not None else offline
    supposed = supposes(arguments)
    found: list[tuple[str, str, str]] = []
    if arguments.all_servers is not None:
        other = offline or ("--server" if arguments.server else "--iterate" if arguments.iterate else "")
        if other:
            found.append(("--all-servers", other, "each names where to ask"))
        if supposed:
            found.append(("--all-servers", supposed[0], "one supposition is about one source"))
        if arguments.input is not None:
            found.append(("--all-servers", "--input", "the table is about one name"))
    if arguments.watch:
        if offline:
            found.append(("--watch", offline, "a file does not change by itself; give --forecast for what comes"))
        if arguments.at is not None:
            found.append(("--watch", "--at", "it waits for the present to pass"))
        if supposed:
            found.append(("--watch", supposed[0], "it watches what is, not what might be"))
        if arguments.all_servers is not None:
            found.append(("--watch", "--all-servers", "it watches one source"))
        if arguments.expect is not None:
            found.append(("--watch", "--expect", "it ends only when it is interrupted"))
    for option, why in (("--watch", "it prints only what changed"), ("--all-servers", "it prints one table")):
        if (arguments.watch, arguments.all_servers is not None)[option == "--all-servers"]:
            found += [(option, other, why) for other in _about_one_look(arguments)]
    if arguments.proof is not None and arguments.input is not None:
        found.append(("--proof", "--input", "a proof is about one name"))
    formats = (("--nagios", arguments.nagios), ("--sarif", arguments.sarif), ("--junit", arguments.junit))
    for option in (name for name, given in formats if given):
        if arguments.forecast:
            found.append((option, "--forecast", "this format has no place for it; --json has"))
        if supposed:
            found.append((option, supposed[0], "it reports what is, not what might be; --json has both"))
    if arguments.quiet and arguments.forecast:
        found.append(("-q", "--forecast", "-q prints one line"))
    if arguments.overlay is not None and arguments.replace_key is not None:
        found.append(("--overlay", "--replace-key", "the new zone file has its keys already"))
    return found


def _about_one_look(arguments: Arguments) -> list[str]:
    """Options that are about one look at one source."""
    return [
        option
        for option, given in (
            ("--sarif", arguments.sarif),
            ("--junit", arguments.junit),
            ("--nagios", arguments.nagios),
            ("--forecast", arguments.forecast),
            ("--warn", arguments.warn is not None),
            ("--record", arguments.record is not None),
            ("--proof", arguments.proof is not None),
            ("--svg", arguments.svg is not None),
            ("--html", arguments.html is not None),
            ("--overlay", arguments.overlay is not None),
        )
        if given
    ]


def duration(text: str) -> float:
    """Seconds of `7d`, `12h`, `30m`, `90s`, `2w`.

    Raises:
        argparse.ArgumentTypeError: it is none of these.
    """
    seconds = signed_duration(text)
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"bad duration {text!r}: it must be positive, as in 7d")
    return seconds


def signed_duration(text: str) -> float:
    """The same with a sign: `+30d`, `-1h`.

    Raises:
        argparse.ArgumentTypeError: it is none of these.
    """
    parts = _DURATION.fullmatch(text)
    if parts is None:
        raise argparse.ArgumentTypeError(f"bad duration {text!r}: give a number and s, m, h, d, w or y, as in 7d")
    sign, number, unit = parts.groups()
    return (-1.0 if sign == "-" else 1.0) * int(number) * _UNITS[unit]


def _tag(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(f"bad key tag {text!r}: a number from 0 to 65535, as in 20326")
    return int(text)


def _numbers(text: str) -> list[int]:
    if not re.fullmatch(r"\d{1,3}(,\d{1,3})*", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"bad algorithms {text!r}: numbers with commas, as in 5,7")
    return [int(part) for part in text.split(",")]
