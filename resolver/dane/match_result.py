"""What matching found: `Match`, which names the record that authenticated the peer, or says of each why it did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from resolver.dane.findings import AUTHENTICATED, DaneFinding, short
from resolver.dane.tlsa import Tlsa
from resolver.data.moment import time_text
from resolver.data.name import Name

State: TypeAlias = Literal["CURRENT", "NEXT?", "UNUSABLE"]


class Row(NamedTuple):
    """One record for showing: CURRENT fits a certificate that was presented, NEXT? fits none of them."""

    record: Tlsa
    state: State
    why: str


class Match:
    """Whether a peer is authenticated. It has no truth value: read `matched`.

    Attributes:
        matched: whether at least one record authenticates the peer (RFC 6698 §2.1: any of them suffices).
        record: the record that does; otherwise the one that came nearest, or None.
        depth: where on the path the certificate of `record` stands, the server's own being 0; for a bare key in DNS the
            position of the topmost certificate, which it signed (RFC 7671 §5.2.3). None where nothing fits.
        identity: the reference identifier that the certificate is for; None where names were not asked for.
        valid_until: POSIX seconds, the last second at which this chain is authenticated by these records; None for
            DANE-EE, which knows no dates (RFC 7671 §5.1), and where nothing matched.
        result: AUTHENTICATED, MISMATCH, NAME_MISMATCH, EXPIRED, CHAIN_INVALID or UNUSABLE_TLS_ONLY.
        reason: one line.
        findings: one for each record that did not match, the most telling first.
        rows: every record in its order, for showing.
    """

    __slots__ = ("depth", "findings", "identity", "matched", "reason", "record", "result", "rows", "valid_until")
    __module__ = "resolver.dane"

    def __init__(
        self,
        *,
        matched: bool,
        record: Tlsa | None,
        depth: int | None,
        result: str,
        reason: str,
        identity: Name | None = None,
        valid_until: float | None = None,
        findings: tuple[DaneFinding, ...] = (),
        rows: tuple[Row, ...] = (),
    ) -> None:
        self.matched = matched
        self.record = record
        self.depth = depth
        self.identity = identity
        self.valid_until = valid_until
        self.result = result
        self.reason = reason
        self.findings = findings
        self.rows = rows

    def __bool__(self) -> NoReturn:
        raise TypeError("a Match has no truth value: read .matched")

    def __repr__(self) -> str:
        return f"<Match {self.result}: {self.reason}>"


class Tried(NamedTuple):
    """What became of one record."""

    record: Tlsa
    seen: bool  # whether its data are those of a certificate that was presented
    depth: int | None
    finding: DaneFinding | None  # None: it authenticates the peer
    identity: Name | None = None
    valid_until: float | None = None


def summarise(tried: Sequence[Tried]) -> Match:
    """One Match of what became of each record: the first that matched, else the one that tells most."""
    good = [one for one in tried if one.finding is None]
    bad = sorted((one for one in tried if one.finding is not None), key=_rank, reverse=True)
    findings = tuple(one.finding for one in bad if one.finding is not None)
    rows = tuple(_row(one) for one in tried)
    if not good:
        nearest, cause = bad[0], findings[0]
        near = nearest.depth is not None
        return Match(
            matched=False,
            record=nearest.record if near else None,
            depth=nearest.depth,
            result=cause.result,
            reason=f"{short(nearest.record)}: {cause.text}",
            findings=findings,
            rows=rows,
        )
    best = min(good, key=_preference)
    dates = [one.valid_until for one in good]
    until = None if None in dates else max(date for date in dates if date is not None)
    reason = f"{short(best.record)} fits certificate {best.depth}"
    if best.identity is not None:
        reason += (
            f", which is for {best.identity}" if best.depth == 0 else f" above the certificate for {best.identity}"
        )
    if until is not None:
        reason += f", until {time_text(until)}" if until < 1 << 33 else ""
    return Match(
        matched=True,
        record=best.record,
        depth=best.depth,
        identity=best.identity,
        valid_until=until,
        result=AUTHENTICATED,
        reason=reason,
        findings=findings,
        rows=rows,
    )


def _preference(one: Tried) -> tuple[int, int]:
    return -one.record.usage, one.depth or 0


def _rank(one: Tried) -> int:
    return 0 if one.finding is None else one.finding.rank


def _row(one: Tried) -> Row:
    finding = one.finding
    if finding is None:
        return Row(one.record, "CURRENT", f"fits certificate {one.depth}")
    if finding.code in ("UNUSABLE", "USAGE_NOT_ACCEPTED"):
        return Row(one.record, "UNUSABLE", finding.text)
    return Row(one.record, "CURRENT" if one.seen else "NEXT?", finding.text)
