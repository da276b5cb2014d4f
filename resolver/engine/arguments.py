"""What callers give, read and checked in the caller's own thread, so that a mistake has a short traceback."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from resolver.dane import web
from resolver.dane.tlsa import TlsaSet, tlsa_name
from resolver.data.name import ROOT, Name, NameLike, to_name
from resolver.data.rrset import Question
from resolver.errors import BadAnchor, BadInput
from resolver.validator.anchors import Anchor, Anchors
from resolver.validator.ask import Plan
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Outcome
from resolver.validator.policy import Policy

if TYPE_CHECKING:
    from resolver.engine.driver import Engine
    from resolver.sources.upstream import UpstreamLike


class TlsaRequest(NamedTuple):
    """A question for the TLSA records of a service."""

    host: Name
    port: int
    protocol: str

    def plan(self) -> Plan[Outcome[TlsaSet]]:
        """The plan that follows the host's aliases (RFC 7671 §7)."""
        return web.tlsa(self.host, self.port, self.protocol)

    def plan_at_host(self) -> Plan[Outcome[TlsaSet]]:
        """The plan that does not (RFC 9102 §3)."""
        return web.tlsa_at(self.host, self.port, self.protocol)


def tlsa_request(host: NameLike, port: int, protocol: str = "tcp") -> TlsaRequest:
    """Read what names a service.

    Raises:
        BadName, BadInput: it cannot be understood.
    """
    name = to_name(host)
    tlsa_name(name, port, protocol)  # refuses what has none
    return TlsaRequest(name, port, protocol)


def lookup_item(item: object) -> Question:
    """Read one item of `lookup_many`.

    Raises:
        BadName, BadType, BadInput: it cannot be understood.
    """
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise BadInput(f"bad item {item!r}: (name, type) is needed")
    return Question.of(*item)


def tlsa_item(item: object) -> TlsaRequest:
    """Read one item of `tlsa_many`.

    Raises:
        BadName, BadInput: it cannot be understood.
    """
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        raise BadInput(f"bad item {item!r}: (host, port) or (host, port, protocol) is needed")
    return tlsa_request(*item)


def trusted(outcome: Outcome[TlsaSet]) -> TlsaSet | None:
    """The records of a proven outcome; None where DANE does not apply (RFC 7672 §2.1.1).

    Raises:
        NotTrusted: neither is proven.
    """
    if isinstance(outcome, Absent | Insecure):
        return None
    if isinstance(outcome, Indeterminate) and outcome.why == "NO_ANCHOR":
        return None
    return outcome.require()


def positive(limit: int) -> int:
    """How many lookups of a batch run at once.

    Raises:
        BadInput: no positive whole number.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise BadInput(f"limit must be a positive whole number, not {limit!r}")
    return limit


def check(anchors: Anchors | None, policy: Policy) -> Anchors:
    """The anchors to use; those of IANA where a caller gives none.

    Raises:
        BadInput: something else was given.
        BadAnchor: none of the root's anchors can be used by this policy, so that nothing could be proven (R129).
    """
    if anchors is not None and not isinstance(anchors, Anchors):
        raise BadInput(f"anchors must be Anchors, as from Anchors.load(path), not {anchors!r}")
    if not isinstance(policy, Policy):
        raise BadInput(f"policy must be a Policy, not {policy!r}")
    chosen = Anchors.iana() if anchors is None else anchors
    root = chosen.at(ROOT)
    if root and not any(_usable(anchor, policy) for anchor in root):
        numbers = ", ".join(sorted({str(anchor.algorithm) for anchor in root}))
        raise BadAnchor(
            f"the root's trust anchors (algorithm {numbers}) cannot be used by this policy; change one of them"
        )
    return chosen


def _usable(anchor: Anchor, policy: Policy) -> bool:
    digest = anchor.ds is None or anchor.ds.digest_type in policy.usable_digests
    return digest and anchor.algorithm in policy.usable_algorithms


def make_engine(
    upstream: UpstreamLike,
    anchors: Anchors | None,
    policy: Policy,
    timeout: float,
    cache_size: int,
    clock: Callable[[], float],
) -> Engine:
    """The engine of a network face; loading it, and trio with it, takes a tenth of a second.

    Raises:
        BadUpstream, BadInput: an argument cannot be understood.
    """
    trusted_anchors = check(anchors, policy)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0 or math.isnan(timeout):
        raise BadInput(f"timeout must be a positive number of seconds, not {timeout!r}")
    if isinstance(cache_size, bool) or not isinstance(cache_size, int) or cache_size < 0:
        raise BadInput(f"cache_size must be a whole number of outcomes, not {cache_size!r}")
    if not callable(clock):
        raise BadInput(f"clock must be a function that returns POSIX seconds, not {clock!r}")
    from resolver.engine.driver import Engine
    from resolver.sources.upstream import open_upstream

    return Engine(
        open_upstream(upstream, clock=clock),
        anchors=trusted_anchors,
        policy=policy,
        timeout=timeout,
        cache_size=cache_size,
        clock=clock,
    )
