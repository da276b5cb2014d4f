"""What is known of each server from its behaviour: how fast it is, whether it rests, whether it is fit for DNSSEC.

Round-trip times are smoothed as TCP does (RFC 6298 §2): the mean, and how far single times stray from it. Their sum,
the mean and four deviations, is a time that nearly all replies keep to; after it, asking again makes sense.
"""

from __future__ import annotations

FIRST_SECONDS = 0.8  # ours, before anything is known: a forwarder with a cold cache asks others
LEAST_SECONDS = 0.1  # ours: no fewer, for a cached reply's time says little of the next one
GUESS_SECONDS = 0.1  # ours: what a server that was never asked is taken for when the fastest is chosen
ALIKE = 2.0, 0.02  # ours: within twice the time and 20 ms, the caller's order decides
REST_SECONDS = 30.0  # ours: how long a server that fails is asked after the others
UNAWARE_SECONDS = 300.0  # ours: the same for one that strips DNSSEC (R127); it will not learn it meanwhile
FAILURES = 2  # times without a reply, one after the other, before a server rests: one packet may be lost
_GAIN, _DEVIATION_GAIN, _DEVIATIONS = 1 / 8, 1 / 4, 4  # RFC 6298 §2.3


class Standing:
    """One server's.

    Attributes:
        mean, deviation: of its round-trip times, in seconds; None before the first reply.
        trouble: what was wrong last, or None where its last reply came.
    """

    __slots__ = ("_failures", "_rests_until", "_unaware_until", "deviation", "mean", "trouble")

    def __init__(self) -> None:
        self.mean: float | None = None
        self.deviation = 0.0
        self.trouble: str | None = None
        self._failures = 0
        self._rests_until = 0.0
        self._unaware_until = 0.0

    def answered(self, seconds: float) -> None:
        """A reply came after so long."""
        if self.mean is None:
            self.mean, self.deviation = seconds, seconds / 2  # RFC 6298 §2.2
        else:
            self.deviation += _DEVIATION_GAIN * (abs(self.mean - seconds) - self.deviation)
            self.mean += _GAIN * (seconds - self.mean)
        self.trouble = None
        self._failures = 0
        self._rests_until = 0.0

    def failed(self, text: str, now: float, *, at_once: bool) -> None:
        """No reply came. `at_once`: it is known to be away; else the packet may have been lost."""
        self.trouble = text
        self._failures += 1
        if at_once or self._failures >= FAILURES:
            self._rests_until = now + REST_SECONDS

    def strips(self, text: str, now: float) -> None:
        """Its replies lack what DNSSEC needs (R127)."""
        self.trouble = text
        self._unaware_until = now + UNAWARE_SECONDS

    def rests(self, now: float) -> bool:
        """Whether it failed lately."""
        return now < self._rests_until

    def is_unaware(self, now: float) -> bool:
        """Whether it lately stripped DNSSEC."""
        return now < self._unaware_until

    def patience(self, most: float) -> float:
        """Seconds after which a reply is overdue; at most `most`."""
        if self.mean is None:
            return min(FIRST_SECONDS, most)
        return min(max(self.mean + _DEVIATIONS * self.deviation, LEAST_SECONDS), most)

    def expected(self) -> float:
        """Seconds that a reply takes."""
        return GUESS_SECONDS if self.mean is None else self.mean


class Allowance:
    """Extra questions, beside the one that each lookup needs: a share of them, saved up to a limit.

    So hedging cannot become a storm: where everything is slow, at most every tenth question is asked twice early.
    """

    SHARE = 0.1  # ours
    MOST = 20.0  # ours

    def __init__(self) -> None:
        self._saved = self.MOST

    def earn(self) -> None:
        """A question was asked."""
        self._saved = min(self._saved + self.SHARE, self.MOST)

    def spend(self) -> bool:
        """Whether one extra question may be asked now."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
