"""`dane-check`: does DANE authenticate this server, or the mail hosts of this domain; and if not, whose fault is it?"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from resolver.cli import check_arguments as command_line
from resolver.cli import codes, output, running
from resolver.errors import ResolverError

if TYPE_CHECKING:
    from resolver.cli.check_arguments import Arguments
    from resolver.cli.checking import Checked
    from resolver.dane.reports import HostReport


PROGRESS_SECONDS = 2.0  # what takes no longer needs no progress


def main(argv: list[str] | None = None) -> int:
    """Run the command; the return value is its exit code.

    Args:
        argv: the arguments, without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if argv is None else argv
    if "--nagios" in given:
        return _for_a_monitor(given)
    return running.run(command_line.PROGRAM, _run, given)


def _for_a_monitor(given: list[str]) -> int:
    """As a plug-in: what it says is on standard output, and a check that cannot be made is UNKNOWN, not CRITICAL."""
    from resolver.cli import monitoring

    try:
        return _run(given)
    except ResolverError as refused:
        output.write(monitoring.nagios_refusal(str(refused)))
    except Exception as bug:  # noqa: BLE001 - the last resort: one line, not a traceback
        output.write(monitoring.nagios_refusal(f"an error of this program, {type(bug).__name__}: {bug}"))
    return monitoring.UNKNOWN


def _run(argv: list[str]) -> int:
    arguments = command_line.parse(argv)
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

        return output.dump(document(checked), arguments)
    if arguments.prometheus:
        from resolver.cli import monitoring

        return monitoring.prometheus(checked)
    from resolver.cli import check_text

    style = check_text.Style(output.look_of(arguments), arguments.verbose)
    return f"{check_text.headline(checked, style)}\n" if arguments.quiet else check_text.text(checked, style)


def _progress(arguments: Arguments) -> Callable[[HostReport], None] | None:
    """A line on the terminal for every peer that is met, once it takes a while."""
    stream = sys.stderr
    if stream is None or not stream.isatty() or arguments.quiet or arguments.nagios:
        return None
    begun = time.monotonic()

    def tell(report: HostReport) -> None:
        if time.monotonic() - begun < PROGRESS_SECONDS:
            return
        for peer in report.peers:
            output.complain(
                f"{str(report.host).removesuffix('.')} {peer.address} {peer.key_type.upper()} {peer.result}",
                program=command_line.PROGRAM,
            )

    return tell


if __name__ == "__main__":
    sys.exit(main())
