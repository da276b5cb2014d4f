"""Any octets at all are an authentication chain or BadSnapshot; a chain that was read is written back as it was meant,
and what no key has signed is never proven by it.

Run: `python fuzz/fuzz_chain.py -max_total_time=20`, from the project's root with atheris installed.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["resolver"]):
    from resolver.api import OfflineResolver
    from resolver.errors import BadSnapshot
    from resolver.sources.authentication_chain import AuthenticationChain
    from resolver.testing import World

WORLD = World(algorithm=15)
WORLD.zone("example.com").add(
    "_443._tcp.www TLSA 3 1 1 " + "ab" * 32, "*.w CNAME _443._tcp.www", "old DNAME w.example.com."
)
NAMES = ("_443._tcp.www.example.com", "x.w.example.com", "y.old.example.com", "nowhere.example.com")
OUTCOMES = {name: WORLD.offline().lookup(name, "TLSA") for name in NAMES}
SEEDS = [AuthenticationChain.of(outcome).to_bytes() for outcome in OUTCOMES.values()]


def judge(octets: bytes) -> None:
    """One input: as it is, or, by its first octet, as a change of a genuine chain."""
    if octets[:1] == b"\xff" and len(octets) > 4:
        spoilt = bytearray(SEEDS[octets[1] % len(SEEDS)])
        for place, change in zip(octets[2::3], octets[4::3], strict=False):
            spoilt[place * len(spoilt) // 256] ^= change
        octets = bytes(spoilt)
    try:
        chain = AuthenticationChain.from_bytes(octets)
    except BadSnapshot as refused:
        assert "\n" not in str(refused)
        return
    if len(chain):
        assert list(AuthenticationChain.from_bytes(chain.to_bytes())) == list(chain)
    face = OfflineResolver(chain, at=WORLD.now, anchors=WORLD.anchors)
    for name, genuine in OUTCOMES.items():
        again = face.lookup(name, "TLSA")
        assert again.status in (genuine.status, "bogus", "indeterminate")
        if again.status == "secure":
            assert again.require().rdata == genuine.require().rdata


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
