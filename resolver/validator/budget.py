"""The work of one lookup, counted; never reset by restarts or sub-queries (R90, CVE-2026-50045)."""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import Name
from resolver.validator.limits import NSEC3_BLOCKS, Limits


class WorkLimit(Exception):
    """A limit was reached. It ends the plan in Bogus with the finding WORK_LIMIT; it never leaves the validator.

    Attributes:
        what: the field of `Limits` that was reached.
    """

    def __init__(self, what: str, text: str) -> None:
        super().__init__(text)
        self.what = what


class Work(NamedTuple):
    """What was spent: units of signature checks, failed ones, NSEC3 hashes (in 1/51 parts), questions, octets read."""

    verifications: int = 0
    failures: int = 0
    nsec3_blocks: int = 0
    queries: int = 0
    octets: int = 0


class Budget:
    """The mutable count of one plan. Zones that a plan uses are charged once each, cached or not (R90)."""

    __slots__ = ("_charged", "failures", "limits", "nsec3_blocks", "octets", "queries", "verifications")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.verifications = 0
        self.failures = 0
        self.nsec3_blocks = 0
        self.queries = 0
        self.octets = 0
        self._charged: dict[Name, Work] = {}

    def verification(self, units: int) -> None:
        """Pay for one signature check before it is made."""
        self.verifications += units
        if self.verifications > self.limits.verifications:
            raise WorkLimit("verifications", f"more than {self.limits.verifications} units of signature checks")

    def failure(self) -> None:
        """Pay for a signature check or a key that failed."""
        self.failures += 1
        self._failures_fit()

    def nsec3(self, blocks: int) -> None:
        """Pay for one NSEC3 hash of so many SHA-1 blocks before it is made."""
        self.nsec3_blocks += max(blocks, NSEC3_BLOCKS)
        self._hashes_fit()

    def query(self) -> None:
        """Pay for one question to the source."""
        self.queries += 1
        self._queries_fit()

    def read(self, octets: int) -> None:
        """Pay for the octets of a reply."""
        self.octets += octets
        self._octets_fit()

    def charge(self, work: dict[Name, Work]) -> None:
        """Charge the zones that a plan rests on, each only once, against every limit.

        A zone plan has a full budget of its own, so without this a name of many labels would multiply it.
        """
        charged = self._charged
        new = {zone: spent for zone, spent in work.items() if zone not in charged} if charged else work
        if not new:
            return
        charged.update(new)
        for spent in new.values():
            self.verifications += spent.verifications
            self.failures += spent.failures
            self.nsec3_blocks += spent.nsec3_blocks
            self.queries += spent.queries
            self.octets += spent.octets
        self.verification(0)
        self._failures_fit()
        self._hashes_fit()
        self._queries_fit()
        self._octets_fit()

    def __contains__(self, zone: Name) -> bool:
        """Whether the zone has been charged."""
        return zone in self._charged

    def _failures_fit(self) -> None:
        if self.failures > self.limits.failed_verifications:
            raise WorkLimit(
                "failed_verifications", f"more than {self.limits.failed_verifications} failed signature checks"
            )

    def _hashes_fit(self) -> None:
        if self.nsec3_blocks > self.limits.nsec3_hashes * NSEC3_BLOCKS:
            raise WorkLimit("nsec3_hashes", f"more than {self.limits.nsec3_hashes} NSEC3 hashes")

    def _queries_fit(self) -> None:
        if self.queries > self.limits.queries:
            raise WorkLimit("queries", f"more than {self.limits.queries} questions")

    def _octets_fit(self) -> None:
        if self.octets > self.limits.octets:
            raise WorkLimit("octets", f"more than {self.limits.octets} octets of replies")

    def own(self) -> Work:
        """What this plan spent itself, without the zones that it was charged for."""
        verifications, failures, nsec3_blocks, queries, octets = self.total()
        for work in self._charged.values():
            verifications -= work.verifications
            failures -= work.failures
            nsec3_blocks -= work.nsec3_blocks
            queries -= work.queries
            octets -= work.octets
        return Work(verifications, failures, nsec3_blocks, queries, octets)

    def all_work(self, zone: Name) -> dict[Name, Work]:
        """What the zone `zone`, whose plan this is, cost, and what the zones that it rests on cost."""
        return {**self._charged, zone: self.own()}

    def total(self) -> Work:
        """Everything that this plan spent or was charged for."""
        return Work(self.verifications, self.failures, self.nsec3_blocks, self.queries, self.octets)
