"""What one plan judges with: anchors, policy, the time, the signature check, its budget, and what it remembers."""

from __future__ import annotations

from collections.abc import Callable

from resolver.data.moment import to_seconds
from resolver.data.name import Name
from resolver.validator.algorithms import Key
from resolver.validator.anchors import Anchors
from resolver.validator.budget import Budget
from resolver.validator.findings import Finding
from resolver.validator.limits import Limits
from resolver.validator.policy import Policy

Verify = Callable[[Key, bytes, bytes], bool]  # key, signature, signed data; may raise BadKey


mathematics: Verify = Key.verify  # the check as it is; a driver may pass one that remembers, a test one that believes


class Context:
    """The inputs of a plan and its own memory. A zone plan gets a context of its own, with a full budget (R90).

    Attributes:
        now: POSIX seconds, whole; read once, when the lookup starts.
        budget: the work of this plan.
        notes: what was noticed on the way; part of the outcome.
    """

    __slots__ = ("_points", "_seen", "anchors", "budget", "hashes", "limits", "notes", "now", "policy", "verify")

    def __init__(
        self,
        *,
        anchors: Anchors,
        policy: Policy,
        now: float,
        verify: Verify | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Collect the inputs.

        Raises:
            ValueError: a time before 1970 or after 2106-02-07.
        """
        self.anchors = anchors
        self.policy = policy
        self.limits = policy.limits if limits is None else limits
        self.now = int(to_seconds(now, "the time"))
        self.verify = mathematics if verify is None else verify  # an empty memo is falsy
        self._start()

    def _start(self) -> None:
        """A full budget and an empty memory."""
        self.budget = Budget(self.limits)
        self.notes: list[Finding] = []
        self.hashes: dict[tuple[int, bytes, bytes], bytes] = {}
        self._seen: dict[tuple[bytes, bytes, bytes], bool] = {}
        self._points: dict[tuple[bytes, bool], tuple[Name | None, bool]] = {}

    def for_zone(self) -> Context:
        """A context for a zone plan: the same inputs, its own full budget and memory."""
        other = Context.__new__(Context)  # the inputs are checked already
        other.anchors = self.anchors
        other.policy = self.policy
        other.limits = self.limits
        other.now = self.now
        other.verify = self.verify
        other._start()
        return other

    def point(self, name: Name, *, proper: bool = False) -> tuple[Name | None, bool]:
        """The closest configured point at or above `name` (R1, R128), and whether it is a negative one (RFC 7646 §2).

        A negative anchor that has ended does not count; beside an anchor at the same name it wins.

        Args:
            name: whose point is looked for.
            proper: look strictly above `name`, as for its DS RRset (RFC 6840 appendix C.1).
        """
        key = (name.wire, proper)
        known = self._points.get(key)
        if known is None:
            known = self._points[key] = self._find_point(name, proper)
        return known

    def _find_point(self, name: Name, proper: bool) -> tuple[Name | None, bool]:
        anchor = self.anchors.closest(name, proper=proper)
        if not self.policy.negative_points:
            return anchor, False
        negative: Name | None = None
        for point, until in self.policy.negative_points.items():
            if until >= self.now and (name.is_below(point) if proper else name.is_under(point)):
                if negative is None or point.is_below(negative):
                    negative = point
        if negative is not None and (anchor is None or negative.is_under(anchor)):
            return negative, True
        return anchor, False

    def note(self, found: Finding) -> None:
        """Keep a note once."""
        if not any(kept.code == found.code and kept.at == found.at for kept in self.notes):
            self.notes.append(found)

    def signature_holds(self, key: Key, signature: bytes, data: bytes) -> bool:
        """Check a signature on the budget; what this plan has checked already costs nothing again.

        Raises:
            BadKey: the key is malformed.
            WorkLimit: the budget is spent.
        """
        check = (key.rdata, signature, data)
        held = self._seen.get(check)
        if held is None:
            self.budget.verification(key.units)
            held = self.verify(key, signature, data)
            if not held:
                self.budget.failure()
            self._seen[check] = held
        return held
