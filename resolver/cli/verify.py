"""`dnssec-trace verify FILE NAME [TYPE]`: judge a proof that somebody else wrote (RFC 9102), offline, at a time you choose.

A proof is evidence and no verdict: it is judged like any other source, under your own anchors.
"""

from __future__ import annotations

import argparse
import time

from resolver.cli import codes, output
from resolver.cli.arguments import PROGRAM, Parser, moment, types_for


class Given(argparse.Namespace):
    """What was given."""

    file: str
    name: str
    type: str | None
    anchor: list[str]
    at: float | None
    json: bool
    verbose: int
    quiet: bool
    no_color: bool
    ascii: bool


def run(words: list[str]) -> int:
    """Judge the proof; the exit code is that of the verdict.

    Raises:
        BadInput: an argument, or the file, cannot be understood.
    """
    from resolver.api import OfflineResolver
    from resolver.cli.judging import load_anchors
    from resolver.sources.authentication_chain import AuthenticationChain

    given = _parser().parse_args(words, Given())
    chain = AuthenticationChain.load(given.file)
    at = time.time() if given.at is None else given.at
    judge = OfflineResolver(chain, at=at, anchors=load_anchors(given.anchor))
    rdtype = given.type if given.type is not None else types_for(given.name)[0]
    outcome = judge.lookup(given.name, rdtype)
    if given.json:
        from resolver import trace

        output.write(output.dump(trace.json(outcome), given))
    else:
        output.write(output.as_text([outcome], given, output.look_of(given)))
    return codes.exit_code(outcome)


def _parser() -> Parser:
    made = Parser(
        prog=f"{PROGRAM} verify",
        description="Judge an RFC 9102 proof, as dnssec-trace --proof writes it, without any network.",
    )
    add = made.add_argument
    add("file", metavar="FILE", help="the proof: octets as in the TLS extension, with or without its lifetime field")
    add("name", metavar="NAME")
    add("type", nargs="?", metavar="TYPE", help="by default as for dnssec-trace; of A and AAAA the first")
    add("--anchor", action="append", default=[], metavar="FILE", help="trust these anchors; may be repeated")
    add("--at", type=moment, metavar="TIME", help="judge at this time: RFC 3339 with offset or Z, or POSIX seconds")
    add("--json", action="store_true", help="one JSON object")
    add("-v", dest="verbose", action="count", default=0, help="show consequences and all records")
    add("-q", dest="quiet", action="store_true", help="one line")
    add("--no-color", action="store_true", help="no colours")
    add("--ascii", action="store_true", help="ASCII only")
    return made
