"""Any octets as certificates and TLSA data: `dane.match` gives a Match, and a path never rests on octets nobody signed.

The input is a list of pieces, each after its length in two octets: the peer's certificates. Records of every usage are made
from them. Where the first certificate is none of the honest ones, no DANE-TA record of the honest root may match.

    python fuzz/fuzz_match.py -max_total_time=20
"""

from __future__ import annotations

import struct
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRASHES = Path(__file__).resolve().parent / "crashes" / "match"
sys.path.insert(0, str(ROOT))


def check(octets: bytes) -> None:
    """Assert the invariant."""
    from resolver.dane.matching import match
    from resolver.dane.tlsa import Tlsa
    from tests.dane import pki

    chain = pieces(octets)
    if not chain:
        return
    honest = {signed_part(one.der) for one in pki.usual()}
    root = pki.usual()[2]
    records = [
        *(pki.record(usage, 0, kind, piece) for usage in range(4) for kind in (0, 1) for piece in chain[:2]),
        Tlsa(2, 1, 0, chain[-1]),
        Tlsa(3, 1, 0, chain[-1]),
    ]
    roots = [piece for piece in chain[1:] if piece[:1] == b"0"]
    for expiry in ("reject", "ignore"):
        found = match(records, chain, at=pki.AT, names=["mx.example.com"], roots=roots, ta_expiry=expiry)  # type: ignore[arg-type]
        assert len(found.rows) == len(records)
        assert found.reason and "\n" not in found.reason, "a reason is one line"
    anchored = match(
        [pki.record(2, 0, 1, root), pki.record(2, 1, 0, root)],
        [*chain, *(one.der for one in pki.usual()[1:])],
        at=pki.AT,
        names=["mx.example.com"],
        check_ee_names=True,
    )
    assert not anchored.matched or signed_part(chain[0]) in honest, "an anchor vouched for octets that nobody signed"


def signed_part(certificate: bytes) -> bytes:
    """What the signature of a certificate covers (RFC 5280 §4.1.1.1); the octets around it say nothing."""
    from cryptography import x509

    return x509.load_der_x509_certificate(certificate).tbs_certificate_bytes


def pieces(octets: bytes) -> list[bytes]:
    """The input cut up; a length that reaches too far takes what is there."""
    found: list[bytes] = []
    at = 0
    while at + 2 <= len(octets) and len(found) < 8:
        size = int.from_bytes(octets[at : at + 2])
        found.append(octets[at + 2 : at + 2 + size])
        at += 2 + size
    return found


@cache
def seeds() -> tuple[bytes, ...]:
    """Honest chains, and each peculiar certificate of the tests."""
    from tests.dane import pki
    from tests.dane.test_hostile_peers import peculiar

    chains = [[one.der for one in pki.usual()], *([leaf.der, anchor.der] for leaf, anchor in peculiar().values())]
    return tuple(b"".join(struct.pack("!H", len(one)) + one for one in chain) for chain in chains)


def main(arguments: list[str]) -> None:
    """Hand the invariant to atheris, with the seeds as corpus unless one is given."""
    import atheris

    with atheris.instrument_imports(include=["resolver"]):
        import resolver.dane.matching  # noqa: F401
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
