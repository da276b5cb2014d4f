"""What `--version` prints: this program, what it runs on, and the trust anchors that are built in."""

from __future__ import annotations

import sys

DEPENDENCIES = ("dnspython", "cryptography", "cachetools", "trio", "idna")


def version_text() -> str:
    """Versions, whether ML-DSA-44 can be verified, and the root's anchors with their dates."""
    from resolver.data.moment import time_text
    from resolver.validator.algorithms import is_available
    from resolver.validator.policy import MLDSA44
    from trust_anchors import ROOT_ANCHORS

    python = ".".join(str(part) for part in sys.version_info[:3])
    dependencies = ", ".join(f"{name} {installed(name)}" for name in DEPENDENCIES)
    there = "verified" if is_available(MLDSA44) else "not supported: this cryptography has no ML-DSA"
    lines = [
        f"dnssec-trace {installed('dnssec-resolver')} (Python {python})",
        f"with {dependencies}",
        f"ML-DSA-44 (algorithm 18): {there}",
        "trust anchors of the root, built in:",
    ]
    for anchor in ROOT_ANCHORS:
        until = f"until {time_text(anchor.valid_until)}" if anchor.valid_until is not None else "no end published"
        lines.append(f"  {anchor.name}  {anchor.tag}/{anchor.algorithm}  from {time_text(anchor.valid_from)}, {until}")
    return "\n".join(lines) + "\n"


def installed(distribution: str) -> str:
    """The version of an installed distribution."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "(not installed: run from its source tree)"
