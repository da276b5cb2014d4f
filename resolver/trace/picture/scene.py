"""What a picture shows, as values: columns of boxes, and the edges between them. Nothing here knows a coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.presentation import rdata_text
from resolver.data.rrset import RRset
from resolver.data.types import DS, NSEC, NSEC3, type_text
from resolver.trace import chain as links_of
from resolver.trace.chain import Link, ZoneKey, ds_text, keys_of
from resolver.trace.zones import INSECURE_WORDS
from resolver.validator import proof as steps_of
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome

if TYPE_CHECKING:
    from resolver.validator.findings import Finding
    from resolver.validator.proof import Proof
    from resolver.validator.states import Verified

Lane: TypeAlias = Literal["ds", "ksk", "zsk", "data"]
State: TypeAlias = Literal["good", "bad", "open", "faint"]

LANES: tuple[Lane, ...] = ("ds", "ksk", "zsk", "data")
MOST = 4  # boxes of a column in one lane; the others are counted
MORE_RECORDS = 12  # lines of a box's title

STATES: dict[str, State] = {"secure": "good", "insecure": "open", "bogus": "bad", "indeterminate": "bad"}


class Box(NamedTuple):
    """One thing that is there: a DS, a key, an RRset, a denial, or its lack.

    Fields: its identity among all boxes; its two lines; the title that a reader hears or sees on it; its state; and the
    dates of the signature over it in POSIX seconds, or None.
    """

    key: str
    lines: tuple[str, str]
    title: str
    state: State
    dates: tuple[int, int] | None = None


class Edge(NamedTuple):
    """Box `start` holds box `end`: by a digest, by a signature, or as an alias leads on."""

    start: str
    end: str
    state: State
    title: str


class Column(NamedTuple):
    """One zone: its name, the word for its status, the state of that, what is wrong with it, and its boxes by lane."""

    zone: Name
    status: str
    state: State
    trouble: str
    lanes: dict[Lane, list[Box]]


class Window(NamedTuple):
    """From when until when the signature over something holds, POSIX seconds, both included."""

    what: str
    since: int
    until: int


class Scene(NamedTuple):
    """All of it; `windows` are in the order in which they end."""

    columns: list[Column]
    edges: list[Edge]
    windows: list[Window]


def build(outcome: Outcome[object]) -> Scene:
    """The scene of a verdict."""
    links = [link for link in links_of.chain(outcome) if link.status != "not-a-cut"]
    columns = [_column(link, outcome) for link in links]
    if not columns:
        columns = [Column(outcome.question.name, outcome.status, STATES.get(outcome.status, "faint"), "", _lanes())]
    edges: list[Edge] = []
    keys = {link.zone: {key.dnskey.rdata: _key_id(link.zone, key) for key in keys_of(link)} for link in links}
    for link in links:
        edges += _edges_of(link, keys)
    _add_data(outcome, columns, edges, keys)
    return Scene(columns, edges, _windows(outcome))


def _lanes() -> dict[Lane, list[Box]]:
    return {lane: [] for lane in LANES}


def _windows(outcome: Outcome[object]) -> list[Window]:
    found: dict[tuple[str, int, int], Window] = {}
    for step in links_of.all_steps(outcome):
        for held in step.evidence:
            what = f"{held.rrset.owner} {type_text(held.rrset.rdtype)} by key {held.key.tag} of {held.zone}"
            window = Window(what, held.not_before, held.not_after)
            found.setdefault(window, window)
    return sorted(found.values(), key=lambda window: (window.until, window.since, window.what))


def _key_id(zone: Name, key: ZoneKey) -> str:
    return f"key {zone} {key.dnskey.tag} {key.dnskey.rdata.hex()}"


def _column(link: Link, outcome: Outcome[object]) -> Column:
    lanes = _lanes()
    lanes["ds"] = _few(_ds_boxes(link), f"more ds {link.zone}")
    dates = (link.dnskey.not_before, link.dnskey.not_after) if link.dnskey is not None else None
    keys = keys_of(link)
    for key in keys:
        lane: Lane = "zsk" if key.role == "ZSK" else "ksk"
        lanes[lane].append(_key_box(link, key, dates))
    for lane in ("ksk", "zsk"):
        lanes[lane] = _few(lanes[lane], f"more {lane} {link.zone}")
    if not keys and link.status in ("bogus", "indeterminate") and (link.ds is not None or link.anchors):
        nothing = "no DNSKEY was served" if link.served is None else "no readable key"
        lanes["ksk"].append(Box(f"no key {link.zone}", (nothing, ""), nothing, "bad"))
    trouble = link.finding.text if link.finding is not None and link.status != "secure" else ""
    if link.status == "insecure":
        trouble = INSECURE_WORDS.get(link.proof.reason, link.proof.reason)
    return Column(link.zone, link.status, STATES[link.status], trouble, lanes)


def _few(boxes: list[Box], key: str) -> list[Box]:
    if len(boxes) <= MOST:
        return boxes
    hidden = boxes[MOST - 1 :]
    titles = "\n".join(box.title for box in hidden[:MORE_RECORDS])
    return [*boxes[: MOST - 1], Box(key, (f"and {len(hidden)} more", ""), titles, "faint")]


def _ds_boxes(link: Link) -> list[Box]:
    if link.anchors:
        return [
            Box(
                f"anchor {link.zone} {at}",
                (f"anchor {anchor.tag}", anchor.source),
                f"trust anchor {anchor.tag}, algorithm {anchor.algorithm}: {anchor.source}",
                "good" if link.status == "secure" else STATES[link.status],
            )
            for at, anchor in enumerate(link.anchors)
        ]
    if link.ds is None:
        if link.status != "insecure":
            return []
        words = INSECURE_WORDS.get(link.proof.reason, link.proof.reason or "not signed")
        dates = _dates(link.proof.evidence)
        return [Box(f"no ds {link.zone}", ("no DS", ""), f"{link.zone}: {words}", "open", dates)]
    matched = {(key.dnskey.tag, key.dnskey.algorithm) for key in keys_of(link) if key.matched}
    dates = (link.ds.not_before, link.ds.not_after)
    boxes = []
    for at, ds in enumerate(link.ds_views):
        fits = (ds.tag, ds.algorithm) in matched
        state: State = "good" if fits else ("bad" if link.status == "bogus" and not matched else "faint")
        note = "" if fits or link.status == "insecure" else "no such key"
        title = f"DS {ds_text(ds)} {ds.digest.hex()}, signed by key {link.ds.key.tag} of {link.ds.zone}"
        boxes.append(Box(_ds_id(link.zone, at), (f"DS {ds_text(ds)}", note), title, state, dates))
    return boxes


def _ds_id(zone: Name, at: int) -> str:
    return f"ds {zone} {at}"


def _dates(evidence: tuple[Verified, ...]) -> tuple[int, int] | None:
    if not evidence:
        return None
    return max(held.not_before for held in evidence), min(held.not_after for held in evidence)


def _key_box(link: Link, key: ZoneKey, dates: tuple[int, int] | None) -> Box:
    view = key.dnskey
    state: State = "good" if link.status == "secure" else "bad" if link.status == "bogus" else "faint"
    if key.role in ("revoked", "not a zone key"):
        state = "faint"
    notes = ["signs the keys"] if key.signs else []
    title = f"DNSKEY {view.tag} of {link.zone}: {key.role}, algorithm {view.algorithm}, {key.bits} bits"
    if key.matched:
        title += ", named by a DS or an anchor"
    lines = (f"{key.role} {view.tag}/{view.algorithm}", ", ".join([f"{key.bits} bits", *notes]))
    return Box(_key_id(link.zone, key), lines, title, state, dates)


def _edges_of(link: Link, keys: dict[Name, dict[bytes, str]]) -> list[Edge]:
    """What holds a zone: its parent's key the DS, the DS or anchor a key, that key the others."""
    edges: list[Edge] = []
    own = keys_of(link)
    broken = link.status == "bogus"
    if link.ds is not None:
        signer = keys.get(link.ds.zone, {}).get(link.ds.key.dnskey.rdata)
        if signer is not None:
            title = f"key {link.ds.key.tag} signs the DS"
            edges += [Edge(signer, _ds_id(link.zone, at), "good", title) for at in range(len(link.ds_views))]
    for key in own:
        if not key.matched:
            continue
        for at, ds in enumerate(link.ds_views):
            if (ds.tag, ds.algorithm) == (key.dnskey.tag, key.dnskey.algorithm):
                edges.append(Edge(_ds_id(link.zone, at), _key_id(link.zone, key), "good", "the digest fits the key"))
        for at, anchor in enumerate(link.anchors):
            if (anchor.tag, anchor.algorithm) == (key.dnskey.tag, key.dnskey.algorithm):
                edges.append(Edge(f"anchor {link.zone} {at}", _key_id(link.zone, key), "good", "the anchor fits"))
    signing = next((key for key in own if key.signs), None)
    for key in own:
        if signing is not None and key is not signing:
            title = f"key {signing.dnskey.tag} signs the DNSKEY RRset"
            edges.append(Edge(_key_id(link.zone, signing), _key_id(link.zone, key), "good", title))
    text = link.finding.text if link.finding is not None else "the chain breaks here"
    if broken and not any(key.matched for key in own):
        start = _ds_id(link.zone, 0) if link.ds is not None else f"anchor {link.zone} 0"
        end = _key_id(link.zone, own[0]) if own else f"no key {link.zone}"
        edges.append(Edge(start, end, "bad", text))
    elif broken:
        entry = next(key for key in own if key.matched)
        others = [_key_id(link.zone, key) for key in own if key is not entry]
        edges += [Edge(_key_id(link.zone, entry), other, "bad", text) for other in others]
    return edges


def _add_data(
    outcome: Outcome[object], columns: list[Column], edges: list[Edge], keys: dict[Name, dict[bytes, str]]
) -> None:
    """The lane of the data: aliases, the answer or the denial, or what was refused."""
    by_zone = {column.zone: column for column in columns}
    last: Box | None = None
    for step in links_of.all_steps(outcome):
        if step.step not in (steps_of.ALIAS, steps_of.ANSWER, steps_of.DENIAL) or step.reason == "unverified":
            continue
        column = by_zone.get(step.zone) if step.zone is not None else None
        if column is None:
            continue
        box = _denied(outcome, step) if step.step == steps_of.DENIAL else _held(step)
        column.lanes["data"].append(box)
        for held in step.evidence[:1]:
            signer = keys.get(held.zone, {}).get(held.key.dnskey.rdata)
            if signer is not None:
                edges.append(Edge(signer, box.key, "good", f"key {held.key.tag} signs {held.rrset.owner}"))
        if last is not None:
            edges.append(Edge(last.key, box.key, "faint", "the alias leads on"))
        last = box if step.step == steps_of.ALIAS else None
    closing = _unproven(outcome)
    if closing is not None:
        column = _home(columns, outcome)
        column.lanes["data"].append(closing)
        if last is not None:
            edges.append(Edge(last.key, closing.key, "faint", "the alias leads on"))
        elif closing.state == "bad" and column.status == "secure":
            above = (column.lanes["zsk"] or column.lanes["ksk"] or column.lanes["ds"])[:1]
            edges += [Edge(box.key, closing.key, "bad", closing.title) for box in above]


def _home(columns: list[Column], outcome: Outcome[object]) -> Column:
    """The column of the deepest zone at or above the name that was reached; for a DS, above it (RFC 4035 §3.1.4.1)."""
    name, proper = outcome.canonical, outcome.question.rdtype == DS
    fits = [each for each in columns if (name.is_below(each.zone) if proper else name.is_under(each.zone))]
    return max(fits or columns[-1:], key=lambda column: len(column.zone.labels))


def _held(step: Proof) -> Box:
    records = [held for held in step.evidence if held.rrset.rdtype not in (NSEC, NSEC3)] or list(step.evidence)
    rrset = records[0].rrset if records else None
    if rrset is None:
        return Box(f"step {step.subject}", (str(step.subject), ""), str(step.subject), "good")
    lines = (f"{rrset.owner} {type_text(rrset.rdtype)}", _some(rrset))
    return Box(f"data {rrset.owner} {rrset.rdtype}", lines, _records(rrset), "good", _dates(step.evidence))


def _denied(outcome: Outcome[object], step: Proof) -> Box:
    kind = step.reason or (outcome.kind if isinstance(outcome, Absent) else "absent")
    name, rdtype = step.subject
    says = f"{name} does not exist" if kind == "NXDOMAIN" else f"{name} has no {type_text(rdtype)}"
    return Box(f"denial {name} {rdtype}", (kind, says), f"proven: {says}", "good", _dates(step.evidence))


def _unproven(outcome: Outcome[object]) -> Box | None:
    """The box of what nothing proves: the refused answer, or what an unsigned zone says."""
    name, rdtype = outcome.canonical, type_text(outcome.question.rdtype)
    if isinstance(outcome, Insecure):
        if outcome.untrusted is not None:
            rrset = outcome.untrusted
            return Box(f"untrusted {name}", (f"{name} {rdtype}", "unverified"), _records(rrset), "open")
        said = outcome.claimed or "not released"
        return Box(f"untrusted {name}", (f"{name} {rdtype}", f"{said}, unverified"), f"{said}, unverified", "open")
    if isinstance(outcome, Bogus | Indeterminate):
        cause: Finding = outcome.finding
        return Box(f"refused {name}", (f"{name} {rdtype}", outcome.status), f"{cause.code}: {cause.text}", "bad")
    return None


def _some(rrset: RRset) -> str:
    text = rdata_text(rrset.rdtype, rrset.rdata[0]) if rrset.rdata else ""
    return text if len(rrset.rdata) == 1 else f"{len(rrset.rdata)} records"


def _records(rrset: RRset) -> str:
    lines = [f"{rrset.owner} {rrset.ttl} {type_text(rrset.rdtype)}"]
    lines += [rdata_text(rrset.rdtype, rdata) for rdata in rrset.rdata[:MORE_RECORDS]]
    return "\n".join(lines)
