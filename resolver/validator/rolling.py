"""Following a key roll at a trust point (RFC 5011): a pure step from what was known to what is known now.

A store is a value; `observe` makes the next one from a verified DNSKEY RRset. Only a set that one of the trusted keys
signs moves anything, and a clock that went back moves nothing (R145). Who keeps a store, and where, is not said here.

Limits: `MAX_TRACKED` keys a trust point.
Not done: keeping the store in a file; asking (`Store.probe_at` says when).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY
from resolver.data.views import Dnskey, read_dnskey
from resolver.errors import BadAnchor
from resolver.validator.algorithms import Key, digest_of
from resolver.validator.anchors import Anchor, Anchors
from resolver.validator.context import Context
from resolver.validator.policy import Policy
from resolver.validator.signatures import check
from resolver.validator.states import Verified

HOUR, DAY = 3600, 86_400
ADD_HOLD_DOWN = 30 * DAY  # RFC 5011 §2.4.1
REMOVE_HOLD_DOWN = 30 * DAY  # RFC 5011 §2.4.2
LONGEST_PROBE = 15 * DAY  # RFC 5011 §2.3
REVOKE = 0x0080  # RFC 5011 §7
MAX_TRACKED = 64  # ours: far above any roll, so that a zone that adds keys for ever fills no memory

State: TypeAlias = Literal["ADDPEND", "VALID", "MISSING", "REVOKED", "REMOVED"]  # RFC 5011 §4.2; "Start" is not kept
TRUSTED = ("VALID", "MISSING")  # RFC 5011 §4.2: a missing key is still an anchor


class Tracked(NamedTuple):
    """One key of a trust point.

    Attributes:
        rdata: DNSKEY RDATA with the REVOKE bit clear, which is what stays the same in its life.
        state: where it is (RFC 5011 §4.2).
        since: POSIX seconds, when it came into that state.
        due: POSIX seconds from which its hold-down is over, for ADDPEND and REVOKED; else None.
    """

    rdata: bytes
    state: State
    since: float
    due: float | None = None


class Store(NamedTuple):
    """What is known about the keys of one trust point.

    Attributes:
        zone: the trust point.
        configured: its anchors as they were given; a key that one of them matches is trusted when it is first seen.
        keys: what was seen, in the order in which it was first seen.
        seen_at: POSIX seconds of the last observation that counted.
        probe_at: POSIX seconds, when the DNSKEY RRset is to be looked up again (RFC 5011 §2.3).
    """

    zone: Name
    configured: tuple[Anchor, ...]
    keys: tuple[Tracked, ...] = ()
    seen_at: float = 0
    probe_at: float = 0

    def trusted(self) -> Anchors | None:
        """The anchors to validate with now; None where all are revoked, and the trust point is gone (RFC 5011 §5)."""
        gone = [key for key in self.keys if key.state in ("REVOKED", "REMOVED")]
        kept = [each for each in self.configured if not any(_matches(each, self.zone, key.rdata) for key in gone)]
        known = [_anchor(self.zone, key) for key in self.keys if key.state in TRUSTED]
        new = [each for each in known if each is not None and not any(_same(each, other) for other in kept)]
        return Anchors((*kept, *new)) if kept or new else None


def start(anchors: Anchors, zone: Name) -> Store:
    """The store of a trust point that nothing was observed of yet.

    Raises:
        BadAnchor: the anchors hold none of this zone.
    """
    configured = anchors.at(zone)
    if not configured:
        raise BadAnchor(f"no anchor of {zone}: its keys cannot be followed")
    return Store(zone, configured)


def observe(store: Store, keys: Verified, now: float, policy: Policy | None = None) -> Store:
    """What is known once a DNSKEY RRset was seen (RFC 5011 §2 to §4).

    Args:
        store: what was known.
        keys: the verified DNSKEY RRset of the trust point, with all its signatures.
        now: POSIX seconds.
        policy: what verifies; the default policy if None.

    Returns:
        The next store; the same one where the set does not count: of another zone, not signed by a key that is
        trusted now, out of its dates, or older by the clock than the last.
    """
    if now < store.seen_at or not _counts(store, keys, now):
        return store
    context = Context(anchors=Anchors(store.configured), policy=Policy() if policy is None else policy, now=now)
    present, revoked = _sorted(context, store.zone, keys.rrset)
    moved = [_moved(key, present, revoked, now) for key in store.keys]
    tracked = [key for key in moved if key is not None]
    known = {key.rdata for key in store.keys}
    for rdata in present:
        if rdata in known or len(tracked) >= MAX_TRACKED:
            continue
        if any(_matches(anchor, store.zone, rdata) for anchor in store.configured):
            tracked.append(Tracked(rdata, "VALID", now))
        else:  # RFC 5011 §2.4.1: thirty days, or the original TTL of the first set that held it if that is longer
            tracked.append(Tracked(rdata, "ADDPEND", now, now + max(ADD_HOLD_DOWN, keys.original_ttl)))
    for rdata in revoked:  # seen for the first time, and revoked already: never to be trusted
        configured = any(_matches(anchor, store.zone, rdata) for anchor in store.configured)
        if rdata not in known and configured and len(tracked) < MAX_TRACKED:
            tracked.append(Tracked(rdata, "REVOKED", now, now + REMOVE_HOLD_DOWN))
    return store._replace(keys=tuple(tracked), seen_at=now, probe_at=now + _interval(keys, now))


def retry_at(keys: Verified, now: float) -> float:
    """When to ask again after a question that failed (RFC 5011 §2.3); `keys` is the last set that was verified."""
    left = max(0, keys.not_after - now)
    return now + max(HOUR, min(DAY, keys.original_ttl / 10, left / 10))


def _interval(keys: Verified, now: float) -> float:
    """RFC 5011 §2.3: a set is probed well within its TTL and the life of its signature."""
    left = max(0, keys.not_after - now)
    return max(HOUR, min(LONGEST_PROBE, keys.original_ttl / 2, left / 2))


def _counts(store: Store, keys: Verified, now: float) -> bool:
    """RFC 5011 §2.2, §4.1: the set is the trust point's, is in date, and a key that is trusted now signed it."""
    rrset = keys.rrset
    if rrset.rdtype != DNSKEY or rrset.owner != store.zone or keys.zone != store.zone:
        return False
    if not keys.not_before <= now <= keys.not_after:
        return False
    trusted = store.trusted()
    signer = keys.key.rdata
    return trusted is not None and any(
        anchor.covers(now) and _matches(anchor, store.zone, signer) for anchor in trusted.at(store.zone)
    )


def _sorted(context: Context, zone: Name, rrset: RRset) -> tuple[list[bytes], list[bytes]]:
    """The zone's SEP keys as they stand in the set, and those that the set revokes; REVOKE is clear in both.

    A key counts as revoked only where it signed the set that says so (RFC 5011 §2.1): the bit alone is nothing. A
    key that comes both ways is revoked.
    """
    present: list[bytes] = []
    revoked: list[bytes] = []
    for rdata in rrset.rdata:
        view = read_dnskey(rdata)
        if (
            view is None or not view.is_zone_key or not view.is_sep or view.protocol != 3
        ):  # RFC 5011 §4.1, RFC 4034 §2.1
            continue
        if not view.is_revoked:
            present.append(rdata)
        elif isinstance(check(context, rrset, zone, (Key(view),)), Verified):
            revoked.append(_without_revoke(view))
    return [rdata for rdata in present if rdata not in revoked], revoked


def _without_revoke(key: Dnskey) -> bytes:
    return (key.flags & ~REVOKE).to_bytes(2) + key.rdata[2:]


def _moved(key: Tracked, present: list[bytes], revoked: list[bytes], now: float) -> Tracked | None:
    """The state table of RFC 5011 §4.2 for one key and one observation; None: back to Start, forgotten."""
    if key.state == "REMOVED":
        return key
    if key.state == "REVOKED":
        return Tracked(key.rdata, "REMOVED", now) if key.due is not None and now >= key.due else key
    if key.rdata in revoked:
        return None if key.state == "ADDPEND" else Tracked(key.rdata, "REVOKED", now, now + REMOVE_HOLD_DOWN)
    here = key.rdata in present
    if key.state == "ADDPEND":
        if not here:  # RFC 5011 §2.4.1: it begins anew
            return None
        return Tracked(key.rdata, "VALID", now) if key.due is not None and now >= key.due else key
    state: State = "VALID" if here else "MISSING"
    return key if state == key.state else Tracked(key.rdata, state, now)


def _anchor(zone: Name, key: Tracked) -> Anchor | None:
    view = read_dnskey(key.rdata)
    return None if view is None else Anchor(zone, view.tag, view.algorithm, None, key.rdata, None, None, "RFC 5011")


def _same(one: Anchor, other: Anchor) -> bool:
    return one.dnskey is not None and _matches(other, other.zone, one.dnskey)


def _matches(anchor: Anchor, zone: Name, rdata: bytes) -> bool:
    """Whether an anchor, in either form, is of this key (RFC 4035 §5.2, RFC 4034 §5.1.4)."""
    if anchor.ds is None:
        return anchor.dnskey == rdata
    view = read_dnskey(rdata)
    return (
        view is not None
        and (view.tag, view.algorithm) == (anchor.ds.tag, anchor.ds.algorithm)
        and digest_of(anchor.ds.digest_type, zone, rdata) == anchor.ds.digest
    )
