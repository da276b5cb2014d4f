"""`dane-check`: does DANE authenticate this server, or the mail hosts of this domain; and if not, whose fault is it?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from resolver.cli import check_arguments as command_line
from resolver.cli import codes, output
from resolver.errors import ResolverError

if TYPE_CHECKING:
    from resolver.cli.check_arguments import Arguments
    from resolver.cli.checking import Checked
    from resolver.dane.reports import HostReport


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code.

    Args:
        argv: the arguments, without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if argv is None else argv
    try:
        return _run(command_line.parse(given))
    except ResolverError as refused:
        return _refuse(str(refused), codes.USAGE, given)
    except KeyboardInterrupt:
        return codes.INTERRUPTED
    except SystemExit as wanted:  # argparse: --help, which has been written
        output.write("")
        return wanted.code if isinstance(wanted.code, int) else codes.GOOD
    except Exception as bug:  # noqa: BLE001 - the last resort: one line, not a traceback
        if "-vv" in given or given.count("-v") > 1:
            import traceback

            traceback.print_exception(bug)
        what = f"{type(bug).__name__}: {bug}" if str(bug) else type(bug).__name__
        return _refuse(
            f"an error of this program, {what}; please report it, with what -vv shows", codes.INTERNAL, given
        )


def _refuse(message: str, code: int, given: list[str]) -> int:
    """Say why there is no check. A monitor reads standard output, and takes 2 for a critical service."""
    output.complain(message, program=command_line.PROGRAM)
    if "--nagios" in given:
        from resolver.cli import monitoring

        output.write(monitoring.nagios_refusal(message))
        return monitoring.UNKNOWN
    return code


def _run(arguments: Arguments) -> int:
    if arguments.version:
        from resolver.cli.version import version_text

        output.write(version_text())
        return codes.GOOD
    from resolver.cli.checking import check

    checked = check(arguments, _progress(arguments))
    if arguments.nagios:
        from resolver.cli import monitoring

        line, code = monitoring.nagios(checked)
        output.write(line)
        return code
    output.write(_shown(checked, arguments))
    return checked.exit_code


def _shown(checked: Checked, arguments: Arguments) -> str:
    if arguments.json:
        from resolver.cli.check_document import document

        return output.dump(document(checked), quiet=arguments.quiet)
    if arguments.prometheus:
        from resolver.cli import monitoring

        return monitoring.prometheus(checked)
    from resolver.cli import check_text

    style = check_text.Style(output.look_of(arguments), arguments.verbose)
    return f"{check_text.headline(checked, style)}\n" if arguments.quiet else check_text.text(checked, style)


def _progress(arguments: Arguments) -> Callable[[HostReport], None] | None:
    """A line on the terminal for every peer that was met, while others are still being met."""
    stream = sys.stderr
    if stream is None or not stream.isatty() or arguments.quiet or arguments.nagios:
        return None

    def tell(report: HostReport) -> None:
        for peer in report.peers:
            output.complain(
                f"{str(report.host).removesuffix('.')} {peer.address} {peer.key_type.upper()} {peer.result}",
                program=command_line.PROGRAM,
            )

    return tell


if __name__ == "__main__":
    sys.exit(main())
