"""The test kit: make signed zones up, damage them in named ways, and see what your program does.

    from resolver.testing import World

    world = World()
    world.zone("example.com").add("_25._tcp.mx 300 TLSA 3 1 1 " + 32 * "ab").damage("signature-expired", "_25._tcp.mx TLSA")
    assert world.offline().tlsa("mx.example.com", 25).status == "bogus"

Limits: the private keys are known to everybody (RSA) or derived from the seed. Nothing here belongs into a real zone.
"""

from __future__ import annotations

from resolver.testing import denial_damages, key_damages, reply_damages, signature_damages
from resolver.testing.registry import damages
from resolver.testing.settings import ZoneOptions
from resolver.testing.world import World, WorldSource
from resolver.testing.zone import Zone

_REGISTERED = (signature_damages, key_damages, denial_damages, reply_damages)  # importing them fills `damages`

__all__ = ["World", "WorldSource", "Zone", "ZoneOptions", "damages"]
