"""`dnssec-trace explain [CODE]...`: what a finding means, who mends it and how."""

from __future__ import annotations

import argparse

from resolver.cli import codes, output
from resolver.cli.arguments import PROGRAM, Parser


class Given(argparse.Namespace):
    """What was given."""

    codes: list[str]
    no_color: bool
    ascii: bool


def run(words: list[str]) -> int:
    """Print the pages of the codes; without any, the list of all codes.

    Raises:
        BadInput: an unknown code.
    """
    from resolver.dane.findings import DANE_CATALOGUE
    from resolver.survey.findings import CATALOGUE as OF_AUDITS
    from resolver.trace import catalogue, pages

    made = Parser(prog=f"{PROGRAM} explain", description="What a finding means, who mends it and how.")
    made.add_argument("codes", nargs="*", metavar="CODE", help="such as NO_SEP; none: all codes are listed")
    made.add_argument("--no-color", action="store_true", help="no colours")
    made.add_argument("--ascii", action="store_true", help="ASCII only")
    given = made.parse_args(words, Given())
    look = output.look_of(given)
    if not given.codes:
        others = {**DANE_CATALOGUE, **OF_AUDITS}
        every = dict.fromkeys((*catalogue.codes(), *OF_AUDITS, *DANE_CATALOGUE))
        entries = [catalogue.page(code, others) for code in every]
        output.write(pages.listing(entries, color=look.color, ascii_only=look.ascii_only, width=look.width))
        return codes.GOOD
    found = [catalogue.page(code, {**DANE_CATALOGUE, **OF_AUDITS}) for code in given.codes]
    shown = [pages.text(each, color=look.color, ascii_only=look.ascii_only, width=look.width) for each in found]
    output.write("\n".join(shown))
    return codes.GOOD
