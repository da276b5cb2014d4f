"""The command line of `dane-check`: options, and the values in them; every refusal is one line that says what to do."""

from __future__ import annotations

import argparse
from typing import NamedTuple, NoReturn

from resolver.cli.arguments import moment
from resolver.data.name import Name
from resolver.errors import BadInput

PROGRAM = "dane-check"
TLS = "tls"
_ALIASES = {"https": TLS, "xmpp": "xmpp-client", "postgres": "postgresql", "managesieve": "sieve"}

_EPILOG = """\
results, from the best to the worst, and the exit code of the worst:
  0  AUTHENTICATED      a TLSA record matches, and all that its usage demands holds
  3  UNUSABLE_TLS_ONLY  there are records, and none can be used: TLS without authentication
  3  NO_DANE            proven that there are no records, or that the name is not signed
  5  TLS_FAILED         no connection, or no TLS
  5  NO_STARTTLS        TLS is not offered
  4  DNS_ERROR          bogus, or not found out: nothing may be concluded
  1  EXPIRED, NAME_MISMATCH, CHAIN_INVALID   a record matches, the certificate does not do
  1  MISMATCH           no record matches
  2  bad input     70 an error of this program     130 interrupted
with --nagios: 0 OK, 1 WARNING (for 3), 2 CRITICAL, 3 UNKNOWN

examples:
  dane-check www.example.com
  dane-check --smtp example.com
  dane-check --proto imap mail.example.com
  dane-check --smtp example.com --next new-certificate.pem
  dane-check www.example.com --connect 192.0.2.7     a new server, before the DNS points to it
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
    smtp: str | None
    proto: str | None
    require_dane: bool
    server: list[str]
    snapshot: list[str]
    anchor: list[str]
    at: float | None
    ca: str | None
    connect: list[str]
    chain: str | None
    next: str | None
    json: bool
    nagios: bool
    prometheus: bool
    verbose: int
    quiet: bool
    no_color: bool
    ascii: bool
    version: bool


class Target(NamedTuple):
    """What is to be checked.

    Fields:
        mail: whether it is a domain whose mail hosts are checked.
        name: the domain or host.
        port: where it listens.
        protocol: a name of `probe.starttls.PROTOCOLS`, or "tls".
    """

    mail: bool
    name: Name
    port: int
    protocol: str

    @property
    def text(self) -> str:
        """The name as it is shown, without its final dot."""
        return str(self.name).removesuffix(".")


def parser() -> Parser:
    """The parser of `dane-check`."""
    from resolver.probe.starttls import PROTOCOLS

    made = Parser(
        prog=PROGRAM,
        description="Connect to TLS servers and say whether DANE authenticates them: the TLSA records are proven by DNSSEC\n"
        "here, from the root down, and compared with the certificates that the servers send.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("name", nargs="?", metavar="NAME[:PORT]", help="a TLS server; port 443 unless given")
    add("--smtp", metavar="DOMAIN[:PORT]", help="the mail hosts of this domain, all of them")
    add(
        "--proto",
        metavar="PROTOCOL",
        type=_protocol,
        help=f"how NAME speaks: {TLS} (TLS at once), {', '.join(PROTOCOLS)}; by default what its port is for",
    )
    add("--require-dane", action="store_true", help="be content with nothing but DANE, even where PKIX would do")
    where = made.add_argument_group("where from").add_argument
    where(
        "--server",
        action="append",
        default=[],
        metavar="ADDR",
        help="ask this DNS server, such as 9.9.9.9; may be repeated",
    )
    where(
        "--snapshot",
        action="append",
        default=[],
        metavar="[ORIGIN=]FILE",
        help="take the DNS from this zone file; may be repeated",
    )
    where("--connect", action="append", default=[], metavar="ADDR[:PORT]", help="connect there, whatever the DNS says")
    where(
        "--chain",
        metavar="FILE",
        help="do not connect: judge the certificates in this PEM file, the server's own first",
    )
    how = made.add_argument_group("how").add_argument
    how(
        "--anchor", action="append", default=[], metavar="FILE", help="trust these DNSSEC anchors instead of the root's"
    )
    how("--ca", metavar="FILE", help="certification authorities (PEM) instead of the system's, for usages 0 and 1")
    how(
        "--next",
        metavar="FILE",
        help="will this match too: the next certificate (with its issuers), its request, or its key",
    )
    how("--at", type=moment, metavar="TIME", help="judge at this time: RFC 3339 with offset or Z, or POSIX seconds")
    output = made.add_argument_group("output").add_argument
    output("--json", action="store_true", help="one JSON object")
    output("--nagios", action="store_true", help="one line and exit codes as monitoring plug-ins have them")
    output("--prometheus", action="store_true", help="metrics in Prometheus's text format")
    output("-v", dest="verbose", action="count", default=0, help="whole digests, TLS versions and ciphers")
    output("-q", dest="quiet", action="store_true", help="the verdict alone")
    output("--no-color", action="store_true", help="no colours (so does the environment variable NO_COLOR)")
    output("--ascii", action="store_true", help="ASCII only")
    output("--version", action="store_true", help="versions, and the built-in trust anchors with their dates")
    return made


def _protocol(word: str) -> str:
    """The name of a protocol, or another word that is used for it.

    Raises:
        argparse.ArgumentTypeError: there is none.
    """
    from resolver.probe.starttls import PROTOCOLS

    name = _ALIASES.get(word.lower(), word.lower())
    if name != TLS and name not in PROTOCOLS:
        raise argparse.ArgumentTypeError(f"{word!r} is not known; choose from {', '.join((TLS, *PROTOCOLS))}")
    return name


def parse(argv: list[str] | None) -> Arguments:
    """Read the command line.

    Raises:
        BadInput: it cannot be understood, or options contradict each other.
        SystemExit: --help was asked for, and printed.
    """
    arguments = parser().parse_args(argv, Arguments())
    if arguments.version:
        return arguments
    if (arguments.name is None) == (arguments.smtp is None):
        raise BadInput(f"give either a server or --smtp DOMAIN, as in {PROGRAM} www.example.com; --help tells the rest")
    _exclusive(("--server", arguments.server), ("--snapshot", arguments.snapshot))
    _exclusive(("--json", arguments.json), ("--nagios", arguments.nagios), ("--prometheus", arguments.prometheus))
    _exclusive(("--connect", arguments.connect), ("--chain", arguments.chain))
    _exclusive(("--smtp", arguments.smtp), ("--proto", arguments.proto))
    return arguments


def _exclusive(*options: tuple[str, object]) -> None:
    given = [option for option, value in options if value]
    if len(given) > 1:
        raise BadInput(f"{' and '.join(given)} exclude each other; choose one")


def target_of(arguments: Arguments) -> Target:
    """What is to be checked.

    Raises:
        BadName, BadInput: it is no name, or an address, or the port is none.
    """
    from resolver.api.checks import host_name
    from resolver.probe.starttls import PROTOCOLS

    text = arguments.smtp if arguments.smtp is not None else arguments.name
    assert text is not None
    name, port = _split(text)
    if arguments.smtp is not None:
        port = 25 if port is None else port
        return Target(True, host_name(name, port), port, "smtp")
    protocol = arguments.proto
    if protocol is None:
        usual = {known.port: word for word, known in PROTOCOLS.items()}
        protocol = usual.get(port or 0, TLS)
    if port is None:
        port = PROTOCOLS[protocol].port if protocol in PROTOCOLS else 443
    return Target(False, host_name(name, port), port, protocol)


def _split(text: str) -> tuple[str, int | None]:
    """A name and the port after a colon; an address of IPv6 has more colons, and is refused as an address later."""
    if text.startswith(("http://", "https://")):
        raise BadInput(f"{text} is a URL; give the server's name, and the port after a colon if it is not 443")
    if text.count(":") != 1:
        return text, None
    name, _, port = text.partition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise BadInput(f"bad port {port!r}: a whole number from 1 to 65535 is needed")
    return name, int(port)


def addresses_of(arguments: Arguments) -> tuple[str, ...]:
    """Where to connect, as --connect says.

    Raises:
        BadInput: no address.
    """
    from resolver.probe.peers import split_address

    for word in arguments.connect:
        try:
            split_address(word, 1)
        except ValueError as refused:
            raise BadInput(
                f"--connect {word}: {refused}; give an address such as 192.0.2.7, 192.0.2.7:8443 or [2001:db8::7]:8443"
            ) from None
    return tuple(arguments.connect)
