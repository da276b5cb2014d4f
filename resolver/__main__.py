"""`python -m resolver trace|check|make …`: the commands where no script is installed, or its folder is not on PATH."""

from __future__ import annotations

import sys

USAGE = "usage: python -m resolver trace NAME [TYPE] ... | check NAME ... | make FILE ...   (--help tells the rest)"


def main(arguments: list[str]) -> int:
    """Hand the rest of the line to one command; exit code 2 where there is no such command."""
    command = arguments[0] if arguments else ""
    if command == "trace":
        from resolver.cli import trace

        return trace.main(arguments[1:])
    if command == "check":
        from resolver.cli import check

        return check.main(arguments[1:])
    if command == "make":
        from resolver.cli import make

        return make.main(arguments[1:])
    if command in ("-h", "--help"):
        print(USAGE)
        return 0
    print(f"{command!r} is no command; {USAGE}" if command else USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
