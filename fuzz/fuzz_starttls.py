"""Any octets as the peer of a dialogue up to TLS, or of the last one in it: it ends, within its limits, and never raises.

The first octet names the protocol, the second the size of the pieces in which the rest comes. The outcome may not
depend on that size, and a go-ahead may never be followed by anything.

    python fuzz/fuzz_starttls.py -max_total_time=20
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.probe.starttls import Dialogue

ROOT = Path(__file__).resolve().parent.parent
CRASHES = Path(__file__).resolve().parent / "crashes" / "starttls"
sys.path.insert(0, str(ROOT))


def check(octets: bytes) -> None:
    """Assert the invariant."""
    from resolver.probe.starttls import PROTOCOLS, Dialogue

    if len(octets) < 3:
        return
    protocol = sorted(PROTOCOLS)[octets[0] % len(PROTOCOLS)]
    talk(protocol, octets[2:], octets[1] + 1)
    # One by one a go-ahead comes before what follows it; so what is refused at once may only be an injection then.
    whole, single = talk(protocol, octets[2:], len(octets)), talk(protocol, octets[2:], 1)
    assert whole == single or (single == "done" and "injection" in whole), (protocol, whole, single)
    script = PROTOCOLS[protocol].farewell
    if script is not None:
        hold(Dialogue(script()), octets[2:], octets[1] + 1)


def talk(protocol: str, octets: bytes, size: int) -> str:
    """What a dialogue comes to with a peer that says these octets in pieces."""
    from resolver.probe.starttls import PROTOCOLS, Dialogue

    return hold(Dialogue(PROTOCOLS[protocol].script("example.com", "[192.0.2.7]")), octets, size)


def hold(dialogue: Dialogue, octets: bytes, size: int) -> str:
    """The same of any dialogue."""
    dialogue.begin()
    for at in range(0, len(octets), size):
        dialogue.receive(octets[at : at + size])
        if dialogue.over:
            break
    if dialogue.failure is not None:
        assert not dialogue.done
        assert dialogue.failure.reason.isprintable()
        return dialogue.failure.reason
    return "done" if dialogue.done else "waiting"


def seeds() -> tuple[bytes, ...]:
    """What honest servers say."""
    from resolver.probe.starttls import PROTOCOLS
    from tests.probe.test_starttls import GOOD

    names = sorted(PROTOCOLS)
    return tuple(bytes((names.index(name), 7)) + b"".join(line for _, line in GOOD[name]) for name in names)


def main(arguments: list[str]) -> None:
    """Hand the invariant to atheris, with the seeds as corpus unless one is given."""
    import atheris

    with atheris.instrument_imports(include=["resolver"]):
        import resolver.probe.starttls  # noqa: F401
    CRASHES.mkdir(parents=True, exist_ok=True)
    arguments = [arguments[0], f"-artifact_prefix={CRASHES}/", "-max_len=4096", *arguments[1:]]
    with tempfile.TemporaryDirectory() as corpus:
        if all(argument.startswith("-") for argument in arguments[1:]):
            for number, seed in enumerate(seeds()):
                Path(corpus, f"seed-{number:02d}").write_bytes(seed)
            arguments.append(corpus)
        atheris.Setup(arguments, check)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
