"""What stands behind a host's result: what its records and chain break, what wrong records are, how long it all holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.cli.check_rows import NEXT, rows_of
from resolver.dane.der import outline
from resolver.dane.material import Part
from resolver.dane.reports import HostReport
from resolver.validator.outcome import Secure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.dane.detective import Clue
    from resolver.dane.forecast import Change
    from resolver.dane.lint_catalogue import LintFinding


class Insight(NamedTuple):
    """About one host.

    Fields: findings about records and chains, the gravest first; what records that match nothing are instead; the first
    moment at which the result changes, or None.
    """

    findings: tuple[LintFinding, ...]
    clues: tuple[Clue, ...]
    change: Change | None


NOTHING = Insight((), (), None)


def insight(host: HostReport, usages: frozenset[int], neighbours: Sequence[HostReport], at: float) -> Insight:
    """Look behind the result of a host whose records are proven.

    Args:
        host: what was found.
        usages: certificate usages that are accepted.
        neighbours: other hosts of the same check, whose certificates may have been mixed up with this one's.
        at: POSIX seconds.
    """
    if not isinstance(host.tlsa, Secure):
        return NOTHING
    from resolver.dane.detective import explain_all
    from resolver.dane.forecast import horizon
    from resolver.dane.linting import lint

    chains = chains_of(host)
    findings = lint(host.tlsa.value, chains, port=host.port, at=at) if chains else ()
    strange = [row.record for row in rows_of(host, usages) if row.state == NEXT]
    clues: tuple[Clue, ...] = ()
    if strange and chains:
        own = [_part(chain[0]) for chain in chains]
        issuers = [_part(octets) for chain in chains for octets in chain[1:]]
        others = [_part(chain[0]) for other in neighbours if other is not host for chain in chains_of(other)]
        clues = explain_all(strange, own, issuers, others)
    changes = [
        change
        for peer in host.peers
        if peer.ok and (change := horizon(host.tlsa, peer.match, peer.chain).first) is not None
    ]
    return Insight(findings, clues, min(changes, key=lambda change: change.at, default=None))


def chains_of(host: HostReport) -> list[tuple[bytes, ...]]:
    """The chains that the peers of a host sent, each once; of a chain, what can be read."""
    chains = dict.fromkeys(tuple(octets for octets in peer.chain if outline(octets)) for peer in host.peers)
    return [chain for chain in chains if chain]


def parts_of(host: HostReport) -> list[Part]:
    """The issuers that the peers of a host sent."""
    return list(dict.fromkeys(_part(octets) for chain in chains_of(host) for octets in chain[1:]))


def _part(octets: bytes) -> Part:
    found = outline(octets)
    assert found is not None
    return Part("certificate", found.spki, octets, "the peer")
