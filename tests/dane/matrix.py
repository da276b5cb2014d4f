"""A matrix of generated chains, each judged by us and by the system's OpenSSL, which must agree.

    python -m tests.dane.matrix [--every N]

Three parts, all from our own authority (`tests.dane.pki`), the same octets each time:

- identifiers: 64 ways to write key identifiers into a chain of four, by 72 arrangements of anchor, selector, matching
  type, what is sent and what names are expected;
- records: sets of two, one that fits and one that does not or is unusable, of all kinds;
- damages: good and bad certificates of every kind we know, by all 24 combinations of a record, by what the record is
  made of, what is sent and what the caller trusts.

Where the two differ, `tests.dane.differences` must know the reason; `docs/dane-matching.md` has them in words. Exit 1
where it does not. CI takes every Nth case.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from resolver.dane.tlsa import CERT, FULL, SHA2_256, SHA2_512, SPKI, Tlsa
from tests.dane import pki
from tests.dane.differences import DEPTH, UNEXPLAINED, Case, compare
from tests.dane.oracle import engine
from tests.dane.pki import DAY, NOW, Issued, issue, record

HOST, NEXTHOP = "mx.example.com", "example.org"
SELECTORS = (CERT, SPKI)
DIGESTS = (SHA2_256, SHA2_512)
TYPES = (FULL, *DIGESTS)


# --- identifiers ---------------------------------------------------------------------------------


def _identifiers(
    issuer: Issued, above: Issued, serial: int, form: int, own: bytes | None
) -> list[tuple[x509.ExtensionType, bool]]:
    """Extensions of one certificate: an authority key identifier in one of four forms, and perhaps a subject's."""
    digest = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
    name = [x509.DirectoryName(above.subject)]  # RFC 5280 §4.2.1.1: the issuer's issuer, and the issuer's serial number
    found: list[tuple[x509.ExtensionType, bool]] = []
    if form == 1:
        found.append((x509.AuthorityKeyIdentifier(digest, None, None), False))
    elif form == 2:
        found.append((x509.AuthorityKeyIdentifier(None, name, serial), False))
    elif form == 3:
        found.append((x509.AuthorityKeyIdentifier(digest, name, serial), False))
    if own is not None:
        found.append((x509.SubjectKeyIdentifier(own), False))
    return found


def _chain_of_four(root_form: int, form: int, root_has: bool, authority_has: bool) -> dict[str, Issued]:
    """Root, two authorities, and certificates for two names and for a stranger."""
    names = ("Root", "One", "Two")
    made: dict[str, Issued] = {}
    above = Issued(b"", pki.key("Root"), pki.dn("Root"))  # the root's issuer is the root, which is not made yet
    for number, name in enumerate(names, 1):
        private = pki.key(name)
        own = x509.SubjectKeyIdentifier.from_public_key(private.public_key()).digest
        issuer = made[names[number - 2]] if number > 1 else Issued(b"", private, pki.dn(name))
        has = root_has if number == 1 else authority_has
        found = _identifiers(
            issuer, above, max(1, number - 1), root_form if number == 1 else form, own if has else None
        )
        made[name] = issue(
            name, issuer if number > 1 else None, ca=True, private=private, serial=number, extensions=found
        )
        above = issuer
    for name in (HOST, NEXTHOP, "stranger.example"):
        found = _identifiers(made["Two"], made["One"], 3, form, None)
        made[name] = issue(name, made["Two"], dns=[name], purposes=[pki.SERVER], extensions=found)
    return made


def identifier_cases() -> Iterator[Case]:
    """64 chains by 72 arrangements."""
    names = (HOST, NEXTHOP)
    for root_form, form, root_has, authority_has in itertools.product(range(4), range(4), (False, True), (False, True)):
        world = _chain_of_four(root_form, form, root_has, authority_has)
        root, one, two, leaf = world["Root"], world["One"], world["Two"], world[HOST]
        full = (leaf.der, two.der, one.der, root.der)
        kind = f"identifiers {root_form}{form}{root_has:d}{authority_has:d}"

        def case(what: str, records: Sequence[Tlsa], chain: Sequence[bytes], kind: str = kind) -> Case:
            return Case(f"{kind}: {what}", tuple(records), tuple(chain), pki.AT, names)

        for selector in SELECTORS:
            yield case("root only in DNS", [record(2, selector, FULL, root)], full[:3])
            yield case("authority only in DNS", [record(2, selector, FULL, one)], full[:2])
            yield case("root in DNS and sent", [record(2, selector, FULL, root)], full)
            for matching_type in TYPES:
                yield case("root", [record(2, selector, matching_type, root)], full)
                for authority, other in ((one, two), (two, one)):
                    anchor = record(2, selector, matching_type, authority)
                    above = full[: 2 if authority is two else 3]
                    yield case("authority", [anchor], full)
                    yield case("authority, nothing above it", [anchor], above)
                    yield case("authority and another", [anchor, record(2, selector, matching_type, other)], full)
                    yield case("nexthop", [anchor], (world[NEXTHOP].der, *full[1:]))
                    yield case("stranger", [anchor], (world["stranger.example"].der, *full[1:]))


# --- damages -------------------------------------------------------------------------------------

_OLD = {"begin": NOW - 60 * DAY, "end": NOW - 30 * DAY}
_FUTURE = {"begin": NOW + DAY, "end": NOW + 30 * DAY}
_DNS = x509.DNSName
_UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True)

# What is odd about which certificate of the chain leaf, two, one, root: arguments of `issue`.
DAMAGES: dict[str, dict[str, dict[str, object]]] = {
    "good": {},
    "leaf expired": {"leaf": _OLD},
    "leaf not yet valid": {"leaf": _FUTURE},
    "two expired": {"two": _OLD},
    "one expired": {"one": _OLD},
    "root expired": {"root": _OLD},
    "root not yet valid": {"root": _FUTURE},
    "leaf for clients": {"leaf": {"purposes": [pki.CLIENT]}},
    "leaf for any purpose": {"leaf": {"purposes": [pki.ANY]}},
    "leaf for servers and clients": {"leaf": {"purposes": [pki.CLIENT, pki.SERVER]}},
    "two for clients": {"two": {"purposes": [pki.CLIENT]}},
    "one for any purpose": {"one": {"purposes": [pki.ANY]}},
    "root for clients": {"root": {"purposes": [pki.CLIENT]}},
    "leaf may only sign certificates": {"leaf": {"uses": ["key_cert_sign"]}},
    "leaf may sign": {"leaf": {"uses": ["digital_signature"]}},
    "leaf may encipher keys": {"leaf": {"uses": ["key_encipherment"]}},
    "leaf may encipher data": {"leaf": {"uses": ["data_encipherment"]}},
    "two may not sign certificates": {"two": {"uses": ["digital_signature", "crl_sign"]}},
    "two may sign certificates": {"two": {"uses": ["key_cert_sign"]}},
    "root may not sign certificates": {"root": {"uses": ["digital_signature"]}},
    "two says nothing": {"two": {"ca": False}},
    "two is none": {"two": {"ca": False, "basic": True}},
    "one says nothing": {"one": {"ca": False}},
    "root says nothing": {"root": {"ca": False}},
    "two says nothing but its usage": {"two": {"ca": False, "uses": ["key_cert_sign"]}},
    "leaf is one": {"leaf": {"ca": True}},
    "two allows none below": {"two": {"path_length": 0}},
    "one allows none below": {"one": {"path_length": 0}},
    "one allows one below": {"one": {"path_length": 1}},
    "root allows one below": {"root": {"path_length": 1}},
    "root allows two below": {"root": {"path_length": 2}},
    "two permits the domain": {"two": {"permitted": [_DNS("example.com")]}},
    "two permits the host": {"two": {"permitted": [_DNS(HOST)]}},
    "two permits another": {"two": {"permitted": [_DNS("example.net")]}},
    "root permits another": {"root": {"permitted": [_DNS("example.net")]}},
    "one excludes the domain": {"one": {"excluded": [_DNS("example.com")]}},
    "one excludes another": {"one": {"excluded": [_DNS("example.net")]}},
    "two permits addresses": {"two": {"permitted": [x509.IPAddress(ip_network("192.0.2.0/24"))]}},
    "two permits mail": {"two": {"permitted": [x509.RFC822Name("example.net")]}},
    "two permits a distinguished name": {"two": {"permitted": [x509.DirectoryName(pki.dn("Other"))]}},
    "two permits another, only a common name": {
        "two": {"permitted": [_DNS("example.net")]},
        "leaf": {"dns": None},
    },
    "one excludes the domain, only a common name": {
        "one": {"excluded": [_DNS("example.com")]},
        "leaf": {"dns": None},
    },
    "two permits the domain, only a common name": {
        "two": {"permitted": [_DNS("example.com")]},
        "leaf": {"dns": None},
    },
    "only a common name": {"leaf": {"dns": None}},
    "a common name beside another DNS name": {"leaf": {"dns": ["other.example.com"]}},
    "a common name beside a mail address": {"leaf": {"dns": None, "names": [x509.RFC822Name("a@example.com")]}},
    "another name": {"leaf": {"subject": "x.example", "dns": ["x.example"]}},
    "no name": {"leaf": {"subject": "", "dns": None}},
    "an empty subject": {"leaf": {"subject": "", "dns": [HOST]}},
    "capital letters": {"leaf": {"dns": ["MX.Example.COM"]}},
    "a wildcard": {"leaf": {"dns": ["*.example.com"]}},
    "a wildcard two levels up": {"leaf": {"dns": ["*.com"]}},
    "a wildcard in the middle": {"leaf": {"dns": ["mx.*.com"]}},
    "a partial wildcard": {"leaf": {"dns": ["m*.example.com"]}},
    "a wildcard alone": {"leaf": {"dns": ["*"]}},
    "a wildcard as common name": {"leaf": {"subject": "*.example.com", "dns": None}},
    "a wildcard that is permitted": {
        "leaf": {"dns": ["*.example.com"]},
        "two": {"permitted": [_DNS("example.com")]},
    },
    "a wildcard, one host permitted": {"leaf": {"dns": ["*.example.com"]}, "two": {"permitted": [_DNS(HOST)]}},
    "a wildcard, one host excluded": {"leaf": {"dns": ["*.example.com"]}, "two": {"excluded": [_DNS(HOST)]}},
    "many names": {"leaf": {"dns": [*(f"h{number}.example.net" for number in range(40)), HOST]}},
    "a name that looks like an address": {"leaf": {"subject": "192.0.2.1", "dns": None}},
    "an address": {"leaf": {"subject": "", "dns": None, "names": [x509.IPAddress(ip_network("192.0.2.1/32")[0])]}},
    "a dot at the end": {"leaf": {"dns": [HOST + "."]}},
    "a critical extension nobody knows": {"leaf": {"extensions": [_UNKNOWN]}},
    "a critical extension nobody knows, in two": {"two": {"extensions": [_UNKNOWN]}},
    "leaf signed by a stranger": {"leaf": {"signer": pki.key("stranger")}},
    "two signed by a stranger": {"two": {"signer": pki.key("stranger")}},
    "one signed by a stranger": {"one": {"signer": pki.key("stranger")}},
    "leaf names another issuer": {"leaf": {"issuer_name": pki.dn("Nobody")}},
    "leaf signs itself": {"leaf": {"issuer": None}},
    "two signs itself": {"two": {"issuer": None}},
    "SHA-512": {"leaf": {"digest": hashes.SHA512()}, "two": {"digest": hashes.SHA384()}},
    "P-224 in two": {"two": {"private": pki.key("p224", ec.SECP224R1)}},
    "P-521 in two": {"two": {"private": pki.key("p521", ec.SECP521R1)}},
    "P-384 in the leaf": {"leaf": {"private": pki.key("p384", ec.SECP384R1)}},
    "RSA 1024 in two": {"two": {"private": pki.rsa_key(1024)}},
    "RSA 2048 in two": {"two": {"private": pki.rsa_key(2048)}},
    "RSA 1024 in the leaf": {"leaf": {"private": pki.rsa_key(1024)}},
    "a lying key identifier on the leaf": {
        "leaf": {"extensions": [(x509.AuthorityKeyIdentifier(b"wrong", None, None), False)]},
        "two": {"extensions": [(x509.SubjectKeyIdentifier(b"right"), False)]},
    },
    "Ed25519 in the leaf": {"leaf": {"private": ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))}},
}


# What `cryptography` does not write: arguments of `pki.rebuilt`.
REBUILT: dict[str, dict[str, dict[str, object]]] = {
    "SHA-1 on the leaf": {"leaf": {"sha1": True}},
    "SHA-1 on two": {"two": {"sha1": True}},
    "SHA-1 on the root": {"root": {"sha1": True}},
    "leaf of version 1": {"leaf": {"version": 1}},
    "two of version 1": {"two": {"version": 1}},
    "root of version 1": {"root": {"version": 1}},
    "leaf with a negative serial number": {"leaf": {"serial": b"\x85"}},
    "leaf with the serial number 0": {"leaf": {"serial": b"\0"}},
    "two with a negative serial number": {"two": {"serial": b"\x85"}},
    "leaf with a serial number of 30 octets": {"leaf": {"serial": bytes(range(1, 31))}},
    "leaf with a validity that is none": {"leaf": {"validity": pki.der(0x30, pki.der(0x17, b"nonsense"))}},
    "leaf with extensions that are none": {"leaf": {"extensions": pki.der(0x30, pki.der(6, b"\x55\x1d\x11"))}},
}


def damaged(damage: dict[str, dict[str, object]], odd: dict[str, dict[str, object]]) -> dict[str, Issued]:
    """Leaf, two, one and root, with what is odd about them."""
    world: dict[str, Issued] = {}
    above: Issued | None = None
    for name in ("root", "one", "two", "leaf"):
        usual: dict[str, object] = {"subject": name, "ca": name != "leaf", "issuer": above}
        if name == "leaf":
            usual |= {"subject": HOST, "dns": [HOST]}
        issued = issue(**(usual | damage.get(name, {})))  # type: ignore[arg-type]
        if name in odd:
            issued = pki.rebuilt(issued, above.key if above else issued.key, **odd[name])  # type: ignore[arg-type]
        above = world[name] = issued
    return world


def damage_cases() -> Iterator[Case]:
    """Each damage by every combination of a record, its origin, what is sent, and what is trusted."""
    for kind in (*DAMAGES, *REBUILT):
        world = damaged(DAMAGES.get(kind, {}), REBUILT.get(kind, {}))
        leaf, two, one, root = (world[name] for name in ("leaf", "two", "one", "root"))
        stray = issue("Stray", ca=True)
        sent = {
            "all": (leaf, two, one, root),
            "no root": (leaf, two, one),
            "leaf": (leaf,),
            "disorder": (leaf, root, stray, one, two, leaf),
        }
        roots = {"root": (root.der,), "one": (one.der,), "stray": (stray.der,)}

        def case(what: str, records: Sequence[Tlsa], chain: str, trust: Sequence[bytes], kind: str = kind) -> Case:
            ders = tuple(certificate.der for certificate in sent[chain])  # noqa: B023 it is called at once
            return Case(f"{kind}: {what}, {chain} sent", tuple(records), ders, pki.AT, (HOST,), tuple(trust))

        for selector, matching_type in itertools.product(SELECTORS, TYPES):
            for origin in ("leaf", "two"):
                for usage, trust in ((3, ()), (1, roots["root"])):
                    what = f"{usage} {selector} {matching_type} of {origin}"
                    entry = record(usage, selector, matching_type, world[origin])
                    yield case(what, [entry], "no root" if usage == 1 else "all", trust)
            for origin, chain in itertools.product(world, sent):
                entry = record(2, selector, matching_type, world[origin])
                yield case(f"2 {selector} {matching_type} of {origin}", [entry], chain, ())
            for origin, trust in itertools.product(world, roots):
                entry = record(0, selector, matching_type, world[origin])
                what = f"0 {selector} {matching_type} of {origin}, {trust} trusted"
                yield case(what, [entry], "no root" if matching_type == SHA2_256 else "disorder", roots[trust])


# --- sets of records -----------------------------------------------------------------------------


def _other(entry: Tlsa) -> Tlsa:
    """A usable record of the same kind that fits nothing."""
    if entry.matching_type == FULL:
        return record(entry.usage, entry.selector, FULL, issue("another"))
    return Tlsa(entry.usage, entry.selector, entry.matching_type, bytes(len(entry.data)))


def record_cases() -> Iterator[Case]:
    """One record that fits beside one that does not, of every kind each, and beside every kind of unusable one."""
    leaf, middle, root = pki.usual()
    chain = (leaf.der, middle.der, root.der)
    kinds = list(itertools.product(range(4), SELECTORS, TYPES))
    good = {kind: record(*kind, leaf if kind[0] in (1, 3) else middle) for kind in kinds}
    digest = good[3, SPKI, SHA2_256].data
    unusable = [
        Tlsa(4, 1, 1, digest),
        Tlsa(255, 1, 1, digest),
        Tlsa(3, 2, 1, digest),
        Tlsa(3, 1, 3, digest),
        Tlsa(3, 1, 1, digest[:-1]),
        Tlsa(3, 1, 2, digest),
        Tlsa(3, 1, 2, bytes(65)),
        Tlsa(3, 0, 0, leaf.der + b"\0"),
        Tlsa(3, 0, 0, leaf.der[:-1]),
        Tlsa(3, 1, 0, leaf.spki[:-1]),
        Tlsa(3, 1, 0, leaf.der),
    ]
    for kind, fits in good.items():
        for beside in (*(_other(entry) for entry in good.values()), *unusable):
            for records in ((fits, beside), (beside, fits)):
                what = f"records: {kind} and {beside!r}"
                yield Case(what, records, chain, pki.AT, (HOST,), (root.der,))
    for entry in (*(_other(entry) for entry in good.values()), *unusable):
        yield Case(f"records: only {entry!r}", (entry,), chain, pki.AT, (HOST,), (root.der,))


def cases() -> Iterator[Case]:
    """All of them."""
    yield from record_cases()
    yield from identifier_cases()
    yield from damage_cases()


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge every Nth case twice; print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.dane.matrix", description=__doc__.partition("\n")[0])
    parser.add_argument("--show", default="", metavar="REASON", help="print the cases with this reason too")
    parser.add_argument("--kind", default="", metavar="TEXT", help="take only cases whose kind begins so")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each Nth case only")
    chosen = parser.parse_args(arguments)
    openssl = engine()
    if openssl is None:
        print("there is no libssl.so.3 here", file=sys.stderr)
        return 2
    started = time.perf_counter()
    counts: collections.Counter[str] = collections.Counter()
    unexplained = 0
    wanted = (case for case in cases() if case.kind.startswith(chosen.kind))
    for case in itertools.islice(wanted, 0, None, chosen.every):
        difference = compare(case, openssl)
        counts[difference.reason] += 1
        if difference.reason in (UNEXPLAINED, DEPTH, chosen.show):
            unexplained += difference.reason != chosen.show
            if unexplained <= 40:
                print(f"{case.kind}: OpenSSL {difference.theirs}, we {difference.ours!r}")
    print(f"{openssl.version}; {sum(counts.values())} cases in {time.perf_counter() - started:.1f} s")
    for reason, count in counts.most_common():
        print(f"{count:6} {reason}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
