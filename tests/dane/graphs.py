"""Random certificate graphs, each judged by us and by the system's OpenSSL, which must agree.

    python -m tests.dane.graphs [--count N] [--seed N]

A graph is a handful of authorities with few names and few keys, which certify each other in every direction: cycles,
cross-certificates, several certificates of one name, some of them expired, constrained or no authority at all. A peer
sends some of it in some order, a few records point at something in it, and the caller trusts some of it. Where the two
judges differ, `tests.dane.differences` must know the reason. Exit 1 where it does not.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache

from cryptography import x509

from resolver.dane.tlsa import DANE_EE, DANE_TA, FULL, PKIX_EE, PKIX_TA, SHA2_256, SHA2_512
from tests.dane import pki
from tests.dane.differences import DEPTH, UNEXPLAINED, Case, compare
from tests.dane.oracle import engine
from tests.dane.pki import DAY, NOW, Issued, issue, record

HOST = "mx.example.com"
AUTHORITIES = 6
_OLD = (NOW - 60 * DAY, NOW - 30 * DAY)
_FUTURE = (NOW + DAY, NOW + 30 * DAY)


@cache
def _made(**wanted: object) -> Issued:
    """One certificate; the same wishes make it once only."""
    return issue(**wanted)  # type: ignore[arg-type]


def _dates(dice: random.Random) -> dict[str, object]:
    begin, end = dice.choice([_OLD, _FUTURE]) if dice.random() < 0.06 else (NOW - 30 * DAY, NOW + 60 * DAY)
    return {"begin": begin, "end": end}


def _identifiers(number: int, issuer: int) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """Key identifiers of a certificate and of its issuer (RFC 5280 §4.2.1.1, §4.2.1.2)."""
    own = x509.SubjectKeyIdentifier.from_public_key(pki.key(f"authority {number}").public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key(f"authority {issuer}").public_key())
    return (above, False), (own, False)


def _authority(dice: random.Random, number: int, issuer: int, identified: bool) -> Issued:
    """What one authority says about another, or about itself."""
    above = None
    if issuer != number:
        above = Issued(b"", pki.key(f"authority {issuer}"), pki.dn(f"Authority {issuer % 4}"))
    wanted: dict[str, object] = {"ca": dice.random() > 0.05, **_dates(dice)}
    if wanted["ca"] and dice.random() < 0.12:
        wanted["path_length"] = dice.randrange(3)
    if dice.random() < 0.1:
        wanted["uses"] = ("key_cert_sign",) if dice.random() < 0.7 else ("digital_signature",)
    if dice.random() < 0.08:
        wanted["purposes"] = (pki.SERVER,) if dice.random() < 0.5 else (pki.CLIENT,)
    if dice.random() < 0.08:
        domain = x509.DNSName(dice.choice(["example.com", "example.net", "com"]))
        wanted[dice.choice(["permitted", "excluded"])] = (domain,)
    return _made(
        subject=f"Authority {number % 4}",  # several keys have one name
        private=pki.key(f"authority {number}"),
        signer=above.key if above else None,
        issuer_name=above.subject if above else None,
        serial=1 + dice.randrange(1 << 40),
        extensions=_identifiers(number, issuer) if identified else (),
        **wanted,
    )


def graph(seed: int) -> Case:
    """The case of that number."""
    dice = random.Random(seed)
    identified = seed % 2 == 1  # half of the graphs leave it to signatures to tell keys of one name apart
    made: list[Issued] = []
    for number in range(AUTHORITIES):
        if dice.random() < 0.6:
            made.append(_authority(dice, number, number, identified))
        others = dice.choice([0, 1, 1, 2])
        made += [_authority(dice, number, dice.randrange(AUTHORITIES), identified) for _ in range(others)]
    issuer = dice.randrange(AUTHORITIES)
    named = dice.random()
    leaf = _made(
        subject=HOST if named < 0.9 else "other.example.net",
        dns=None if named < 0.15 else ("*.example.com",) if named < 0.25 else (HOST,) if named < 0.93 else ("x.net",),
        private=pki.key("leaf"),
        signer=pki.key(f"authority {issuer}"),
        issuer_name=pki.dn(f"Authority {issuer % 4}"),
        purposes=(pki.SERVER,) if dice.random() < 0.95 else (pki.CLIENT,),
        extensions=_identifiers(issuer, issuer)[:1] if identified else (),
        **_dates(dice),
    )
    dice.shuffle(made)
    sent = made[: dice.randrange(len(made) + 1)]
    if dice.random() < 0.1:
        sent.insert(dice.randrange(len(sent) + 1), leaf)
    records = []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        usage = dice.choice([DANE_TA, DANE_TA, DANE_TA, PKIX_TA, PKIX_TA, PKIX_EE, DANE_EE])
        target = dice.choice(made) if made and dice.random() < 0.85 else leaf
        if usage in (PKIX_EE, DANE_EE) and dice.random() < 0.8:
            target = leaf
        selected = record(usage, dice.randrange(2), dice.choice([FULL, SHA2_256, SHA2_256, SHA2_512]), target)
        records.append(selected)
    trusted = [certificate for certificate in made if dice.random() < 0.3]
    return Case(
        f"graph {seed}",
        tuple(dict.fromkeys(records)),
        (leaf.der, *(certificate.der for certificate in sent)),
        pki.AT,
        (HOST,),
        tuple(certificate.der for certificate in trusted),
    )


def graphs(count: int, seed: int = 0) -> Iterator[Case]:
    """The first `count` of a series."""
    return (graph(seed * 1_000_000 + number) for number in range(count))


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge each graph twice; print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.dane.graphs", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=4000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another series")
    parser.add_argument("--show", default="", metavar="REASON", help="print the cases with this reason too")
    chosen = parser.parse_args(arguments)
    openssl = engine()
    if openssl is None:
        print("there is no libssl.so.3 here", file=sys.stderr)
        return 2
    started = time.perf_counter()
    counts: collections.Counter[str] = collections.Counter()
    verdicts: collections.Counter[str] = collections.Counter()
    shown = itertools.count()
    for case in graphs(chosen.count, chosen.seed):
        difference = compare(case, openssl)
        counts[difference.reason] += 1
        verdicts[difference.ours.result] += 1
        if difference.reason in (UNEXPLAINED, DEPTH, chosen.show) and next(shown) < 40:
            print(f"{case.kind}: {difference.reason}: OpenSSL {difference.theirs}, we {difference.ours!r}")
    print(
        f"{openssl.version}; {sum(counts.values())} graphs in {time.perf_counter() - started:.1f} s; {dict(verdicts)}"
    )
    for reason, count in counts.most_common():
        print(f"{count:6} {reason}")
    return 1 if counts[UNEXPLAINED] or counts[DEPTH] else 0


if __name__ == "__main__":
    sys.exit(main())
