"""What the judge is given beside the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from resolver.validator.anchors import Anchors
    from resolver.validator.policy import Policy


class Setting(NamedTuple):
    """Anchors, policy, and the moment in POSIX seconds."""

    anchors: Anchors
    policy: Policy
    at: float
