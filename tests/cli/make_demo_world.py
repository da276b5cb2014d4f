"""Writes `resolver/cli/demo_world.py`: `python -m tests.cli.make_demo_world`. A test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from resolver.data.moment import time_text
from resolver.testing import World
from resolver.testing.files import zone_text

TARGET = Path(__file__).resolve().parents[2] / "resolver" / "cli" / "demo_world.py"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

_HEAD = '''"""The signed world of `dnssec-trace --demo`, as master files. Written by tests/cli/make_demo_world.py; do not edit."""

AT = {at}  # POSIX seconds: {text}

ANCHORS = """\\
{anchors}"""

ZONES = (
'''


def demo_world() -> World:
    """The root, a top-level domain, and three zones: one in order, one whose signer stopped, one unsigned."""
    world = World("dnssec-trace --demo", now=NOW)
    world.zone(".", algorithm=8, keys="split", nameserver="ns")
    world.zone("test", nameserver="ns", denial="opt-out")
    world.zone("proven.test", keys="split", nameserver="ns").add("_443._tcp.www 3600 TLSA 3 1 1 " + "0d07c1a5" * 8)
    stopped = (NOW - timedelta(days=35), NOW - timedelta(days=5, hours=2))
    expired = world.zone("expired.test", nameserver="ns", validity=stopped)
    expired.add("_443._tcp.www 3600 TLSA 3 1 1 " + "ac45b021" * 8)
    world.zone("unsigned.test", signed=False, nameserver="ns").add("_443._tcp.www 3600 TLSA 3 1 1 " + "5eed0bad" * 8)
    return world


def module_text() -> str:
    """The module as it must be."""
    world = demo_world()
    parts = [_HEAD.format(at=world.now, text=time_text(world.now), anchors=world.anchor_text)]
    for zone in world.zones:
        text = zone_text(zone)
        assert '"""' not in text
        parts.append('    r"""\n' + text + '""",\n')
    return "".join(parts) + ")\n"


if __name__ == "__main__":
    TARGET.write_text(module_text(), encoding="ascii")
