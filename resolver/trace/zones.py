"""The lines of the chain: one a zone, from the root down, with anchors, DS, keys and the dates of their signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.rrset import RRset
from resolver.data.types import type_text
from resolver.trace import chain as links_of
from resolver.trace.chain import Link, ZoneKey, ds_text, key_text, keys_of, signatures
from resolver.trace.denial import readings
from resolver.trace.moments import near, span
from resolver.trace.page import (
    BAD,
    BRANCH,
    FAINT,
    GOOD,
    NO,
    NOTHING,
    OPEN,
    UNKNOWN,
    UNSIGNED,
    YES,
    Chunk,
    joined,
)
from resolver.validator.outcome import Outcome

if TYPE_CHECKING:
    from resolver.data.name import Name
    from resolver.validator.anchors import Anchor

_SHOWN = 6  # DS records, keys and signatures a line; all with -v

_MARKS: dict[str, tuple[str, str]] = {
    "secure": (YES, GOOD),
    "insecure": (UNSIGNED, OPEN),
    "bogus": (NO, BAD),
    "indeterminate": (NOTHING, UNKNOWN),
    "not-a-cut": ("-", FAINT),
}

INSECURE_WORDS = {
    "NO_DS": "no DS, and that is proven",
    "OPT_OUT": "in an opt-out span: it may be an unsigned delegation",
    "UNSUPPORTED_ALGORITHM": "no DS with an algorithm used here",
    "UNSUPPORTED_DIGEST": "no DS with a digest used here",
    "SHA1_POLICY": "signed only with RSA and SHA-1, which the policy does not use",
    "ITERATIONS": "more NSEC3 iterations than the policy accepts",
    "NEGATIVE_ANCHOR": "exempt by a negative trust anchor",
}


class ZoneLine(NamedTuple):
    """One line: the zone's name with its place in the tree, and what is said of it."""

    name: str
    chunks: list[Chunk]


def zone_lines(outcome: Outcome[object], verbose: int) -> list[ZoneLine]:
    """The chain, one line a zone; names that are no zone cut only where `verbose`."""
    links = [link for link in links_of.chain(outcome) if verbose or link.status != "not-a-cut"]
    lines = []
    for link, depth in zip(links, _depths(links), strict=True):
        branch = f"{'   ' * (depth - 1)}{BRANCH} " if depth else ""
        parts = _parts(link, outcome.judged_at, verbose)
        lines.append(ZoneLine(f"{branch}{link.zone}", [_MARKS[link.status], *joined(parts)]))
    return lines


def _depths(links: list[Link]) -> list[int]:
    """How many of the shown names each lies below."""
    above: list[Name] = []
    found = []
    for link in links:
        while above and not link.zone.is_below(above[-1]):
            above.pop()
        found.append(len(above))
        above.append(link.zone)
    return found


def _parts(link: Link, now: float, verbose: int) -> list[list[Chunk]]:
    if link.status == "secure":
        return _secure(link, now, verbose)
    if link.status == "insecure":
        return _insecure(link, now, verbose)
    if link.status == "not-a-cut":
        said = ["no zone cut", *_denied(link)]
        return [[(words, FAINT)] for words in said]
    return _broken(link, now, verbose)


def _secure(link: Link, now: float, verbose: int) -> list[list[Chunk]]:
    parts: list[list[Chunk]] = [_held_by(link, verbose), _keys(keys_of(link), verbose)]
    if link.dnskey is not None:
        dates = span(link.dnskey.not_before, link.dnskey.not_after, now, full=bool(verbose))
        parts.append([f"signed by {link.dnskey.key.tag}, {dates}"])
    return parts


def _held_by(link: Link, verbose: int) -> list[Chunk]:
    """The anchors or the DS records that hold a zone's keys."""
    if link.anchors:
        return [f"anchor {', '.join(_anchor(anchor, verbose) for anchor in link.anchors)}"]
    views = link.ds_views
    if not views:
        return []
    keys = keys_of(link)
    matched = {(key.dnskey.tag, key.dnskey.algorithm) for key in keys if key.matched}
    shown = [
        f"{ds_text(ds)}{' (no such key)' if keys and (ds.tag, ds.algorithm) not in matched else ''}" for ds in views
    ]
    return [f"DS {_some(shown, verbose)}"]


def _anchor(anchor: Anchor, verbose: int) -> str:
    return f"{anchor.tag} ({anchor.source})" if verbose and anchor.source else str(anchor.tag)


def _keys(keys: list[ZoneKey], verbose: int) -> list[Chunk]:
    return [f"keys {_some([key_text(key) for key in keys], verbose)}"] if keys else []


def _some(texts: list[str], verbose: int) -> str:
    if verbose or len(texts) <= _SHOWN:
        return ", ".join(texts)
    return f"{', '.join(texts[:_SHOWN])} and {len(texts) - _SHOWN} more"


def _insecure(link: Link, now: float, verbose: int) -> list[list[Chunk]]:
    words = INSECURE_WORDS.get(link.proof.reason, link.proof.reason or "not signed")
    parts: list[list[Chunk]] = [[words]]
    if link.anchors:
        parts.append(_held_by(link, verbose))
    if link.ds is not None:
        parts.append([f"DS {_some([ds_text(ds) for ds in link.ds_views], verbose)}"])
    denied: list[list[Chunk]] = [[said] for said in _denied(link)]
    parts += denied
    if link.proof.evidence:
        first = min(link.proof.evidence, key=lambda held: held.not_after)
        dates = span(first.not_before, first.not_after, now, full=bool(verbose))
        parts.append([f"signed by {first.zone} {first.key.tag}, {dates}"])
    return parts


def _denied(link: Link) -> list[str]:
    """What the NSEC and NSEC3 records say about the name's DS. That no wildcard has one goes without saying."""
    found = []
    for reading in readings(link.proof.subject, link.proof.evidence):
        says = [said for said in reading.says if "wildcard" not in said] or reading.says
        if says:
            found.append(f"{reading.shown} {'; '.join(says)}")
    return found


def _broken(link: Link, now: float, verbose: int) -> list[list[Chunk]]:
    """What a zone without usable keys should have, and what it served instead."""
    parts: list[list[Chunk]] = []
    if link.ds is not None or link.anchors:
        parts.append(_held_by(link, verbose))
    parts.append(_keys(keys_of(link), verbose))
    if link.served is not None:
        parts.append(_served(link.served, now, verbose))
    if link.finding is not None:
        subject = "" if link.finding.at == str(link.proof.subject) else f" ({link.finding.at})"
        parts.append([(f"{link.finding.text}{subject}", BAD if link.status == "bogus" else UNKNOWN)])
    return parts


def _served(rrset: RRset, now: float, verbose: int) -> list[Chunk]:
    """The signatures of an RRset as they were served; their times are serial numbers near the present (RFC 1982)."""
    shown = [
        f"by {view.tag}/{view.algorithm}, {span(near(view.inception, now), near(view.expiration, now), now, full=bool(verbose))}"
        for view in signatures(rrset)
    ]
    what = f"RRSIG({type_text(rrset.rdtype)})"
    return [f"{what} {_some(shown, verbose)}" if shown else f"no {what}"]
