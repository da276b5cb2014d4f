"""Matching: does what a TLS peer presented fit its TLSA records (RFC 6698 §2.1, RFC 7671 §5, RFC 7672 §3)?

- DANE-EE(3): the server's certificate or key is the one; names, dates and issuers are not looked at (RFC 7671 §5.1).
- DANE-TA(2): an issuer is the one, on the wire or only in DNS; the path to it, dates and names must hold (§5.2).
- PKIX-EE(1), PKIX-TA(0): the same beside a path to a root that the caller trusts (§5.3, §5.4).

`match` is the pure rule over any records; `verify` takes only records that are proven. Both always look at all records
(any one suffices) and say of each why it did not match. Nothing here reads a clock or the system's roots.

Limits: see `dane.path`; they bound the work whatever a peer sends, and DANE-EE does not depend on them.
Not done: raw public keys (RFC 7250), which Python's TLS cannot negotiate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Literal

from resolver.dane.agility import ALL_USAGES, Sorted, sort
from resolver.dane.certificates import Certificate, Refusal
from resolver.dane.findings import EXPIRED, DaneFinding, dane_finding
from resolver.dane.match_result import Match, Row, Tried, summarise
from resolver.dane.names import fit, reference_identifiers, several, shown
from resolver.dane.path import MAX_CERTIFICATES, Path, Paths, distinct, ends, refuses
from resolver.dane.tlsa import CERT, DANE_EE, DANE_TA, FULL, PKIX_EE, PKIX_TA, SHA2_256, SPKI, Tlsa, TlsaSet
from resolver.dane.words import word
from resolver.data.moment import Moment, time_text, to_seconds
from resolver.data.name import NameLike
from resolver.errors import BadInput
from resolver.validator.outcome import Secure

TaExpiry = Literal["reject", "ignore"]


def match(
    records: Iterable[Tlsa],
    chain: Sequence[bytes],
    *,
    at: Moment,
    names: Iterable[NameLike],
    roots: Iterable[bytes] | None = None,
    usages: Collection[int] = ALL_USAGES,
    check_ee_names: bool = False,
    ta_expiry: TaExpiry = "reject",
) -> Match:
    """Compare a peer's certificates with TLSA records, whose proof is the caller's matter; `verify` looks at it.

    Args:
        records: the records of one service.
        chain: certificates in DER, the server's own first, as they were sent.
        at: the time at which certificates must be valid.
        names: reference identifiers, any of which the certificate may be for (RFC 7671 §5.2, RFC 7672 §3.2.2). They are
            not asked for by DANE-EE.
        roots: certificates in DER that usages 0 and 1 may rest on. None: these usages never authenticate.
        usages: those that are accepted; a record of another one is unusable (RFC 6698 §4.1). For SMTP {2, 3}.
        check_ee_names: ask for names with DANE-EE too, against the letter of RFC 7671 §5.1; a defence of HTTPS clients
            against unknown key share attacks.
        ta_expiry: "ignore" accepts a DANE-TA certificate outside its own dates. The RFCs do not say (R12).

    Returns:
        A Match, whatever the octets are.

    Raises:
        BadInput: an argument of another kind, no record, no certificate, or no name.
    """
    peer = _Peer(records, chain, at, names, roots, usages, check_ee_names, ta_expiry)
    return summarise(peer.tried())


def verify(
    tlsa: Secure[TlsaSet],
    chain: Sequence[bytes],
    *,
    at: Moment,
    names: Iterable[NameLike] = (),
    roots: Iterable[bytes] | None = None,
    usages: Collection[int] = ALL_USAGES,
    check_ee_names: bool = False,
    ta_expiry: TaExpiry = "reject",
) -> Match:
    """The same for proven records, and for nothing else (RFC 6698 §4.1).

    The TLSA base domain is always one of the names (RFC 7671 §5.2); `names` adds others. At a time when the proof does
    not hold, nothing is authenticated (RFC 6698 §4).

    Raises:
        BadInput: `tlsa` is not a Secure outcome with a TlsaSet; or as `match`.
    """
    if not isinstance(tlsa, Secure) or not isinstance(tlsa.value, TlsaSet):
        raise BadInput(
            f"verify needs proven records, a Secure outcome with a TlsaSet, not {_kind(tlsa)} (RFC 6698 §4.1); "
            "`match` compares records whose proof is your own matter"
        )
    records = tlsa.value.records
    all_names = (tlsa.value.base_domain, *several(names))
    peer = _Peer(records, chain, at, all_names, roots, usages, check_ee_names, ta_expiry)
    if not tlsa.valid_from <= peer.at < tlsa.valid_until + 1:
        finding = dane_finding(
            "PROOF_NOT_CURRENT",
            begin=time_text(tlsa.valid_from),
            end=time_text(tlsa.valid_until),
            when=time_text(peer.at),
        )
        return Match(
            matched=False,
            record=None,
            depth=None,
            result=EXPIRED,
            reason=finding.text,
            findings=(finding,),
            rows=tuple(Row(record, "UNUSABLE", finding.text) for record in records),
        )
    return summarise(peer.tried())


def _kind(value: object) -> str:
    inner = getattr(value, "value", None)
    return f"{type(value).__name__} of {type(inner).__name__}" if isinstance(value, Secure) else type(value).__name__


class _Peer:
    """One peer's certificates, one set of records, one moment; what several records need is worked out once."""

    def __init__(
        self,
        records: Iterable[Tlsa],
        chain: Sequence[bytes],
        at: Moment,
        names: Iterable[NameLike],
        roots: Iterable[bytes] | None,
        usages: Collection[int],
        check_ee_names: bool,
        ta_expiry: TaExpiry,
    ) -> None:
        self.records = tuple(records)
        if not self.records or not all(isinstance(record, Tlsa) for record in self.records):
            raise BadInput("records=… needs Tlsa values, at least one; that there is none is a verdict, Absent")
        try:
            self.at = to_seconds(at, "at=…")
        except ValueError as refused:
            raise BadInput(str(refused)) from None
        self.references = reference_identifiers(names)
        self.sent, self.excess = distinct(_octets(chain, "chain"))
        if not self.sent:
            raise BadInput("chain=… is empty: the peer presented no certificate, so there is nothing to authenticate")
        self.leaf, self.issuers = self.sent[0], self.sent[1:]
        self.roots = None if roots is None else _octets(roots, "roots")
        if self.roots is not None and not all(octets[:1] == b"0" for octets in self.roots):
            raise BadInput("roots=… needs certificates in DER; ssl.PEM_cert_to_DER_cert converts PEM")
        if not set(usages) <= ALL_USAGES:
            raise BadInput(f"usages=… may name 0, 1, 2 and 3, not {sorted(map(str, usages))}")
        self.usages = frozenset(usages)
        if ta_expiry not in ("reject", "ignore"):
            raise BadInput(f"ta_expiry=… is 'reject' or 'ignore', not {ta_expiry!r}")
        self.date_anchor = ta_expiry == "reject"
        self.check_ee_names = check_ee_names
        self._selected: dict[tuple[bytes, int, int], bytes] = {}
        self._judged: dict[tuple[tuple[bytes, ...], bool, bytes | None], Refusal | None] = {}

    def tried(self) -> list[Tried]:
        """What becomes of each record, in their order."""
        compared, unusable, weaker = self.sorted
        found: dict[Tlsa, Tried] = {}
        for record, finding in (*unusable, *weaker):
            found[record] = Tried(record, self._is_seen(record), None, finding)
        for record in compared:
            found[record] = self._end_entity(record) if record.usage in (PKIX_EE, DANE_EE) else self._anchor(record)
        return [found[record] for record in self.records]

    @cached_property
    def sorted(self) -> Sorted:
        return sort(self.records, self.usages)

    # --- usages 3 and 1 ---

    def _end_entity(self, record: Tlsa) -> Tried:
        if self.leaf.outline is None:
            return self._refused(record, Refusal("CERTIFICATE_UNREADABLE", {"depth": 0, "why": self.leaf.refusal}))
        if not self._fits(record, self.leaf):
            return Tried(record, False, None, dane_finding("LEAF_DIFFERS", record, what=_what(record)))
        if record.usage == DANE_EE:  # RFC 7671 §5.1: names, dates and issuers are not looked at
            return self._named(record, 0, None) if self.check_ee_names else Tried(record, True, 0, None)
        return self._pkix(record, [(path, 0) for path in self._pkix_paths])  # RFC 7671 §5.3

    # --- usages 2 and 0 ---

    def _anchor(self, record: Tlsa) -> Tried:
        if record.usage == PKIX_TA:
            # RFC 7671 §5.4: an issuer on any valid path, above the first trusted one too
            fitting = [
                (path, depth)
                for path in self._pkix_paths
                for depth, certificate in enumerate(path)
                if depth and self._fits(record, certificate)
            ]
            return self._pkix(record, fitting)
        if self.leaf.refusal is not None:
            return self._refused(record, Refusal("CERTIFICATE_UNREADABLE", {"depth": 0, "why": self.leaf.refusal}))
        # A bare key may stand for an issuer that was not sent; one that was sent says what it may do, and when (R10, R12).
        is_bare = record.selector == SPKI and record.matching_type == FULL
        if not is_bare and not any(self._fits(record, certificate) for certificate in self._pool):
            return self._nothing(record, None)
        dated = self.date_anchor
        best: Refusal | None = None
        nearest: int | None = None
        good: list[tuple[int, float]] = []
        for path in self._dane_paths:
            depth = len(path) - 1
            key = None
            if not depth or not self._fits(record, path[-1]):
                if not is_bare or not self._is_topmost_below(record.data, path[-1]):
                    continue
                if not self._paths.key_signs(path[-1], record.data):
                    continue
                key = record.data
            refused = self._refusal(path, dated, key)
            if refused is None:
                good.append((depth, ends(path, date_anchor=dated or key is not None)))
            elif best is None or _rank(refused) > _rank(best):
                best, nearest = refused, depth
        if good:
            return self._named(record, good[0][0], max(until for _, until in good))
        if best is not None:
            return self._refused(record, best, nearest)
        return self._nothing(record, self._paths.limit)

    def _is_topmost_below(self, key: bytes, certificate: Certificate) -> bool:
        """Whether no certificate of this key was sent that could have issued this one, so that the bare key is all there is."""
        assert certificate.outline is not None
        return not any(
            other.outline is not None
            and other.outline.spki == key
            and other.outline.subject == certificate.outline.issuer
            for other in self.issuers
        )

    # --- what they share ---

    def _pkix(self, record: Tlsa, fitting: Sequence[tuple[Path, int]]) -> Tried:
        usage = word("usage", record.usage)
        seen = self._is_seen(record)
        if self.roots is None:
            return Tried(record, seen, None, dane_finding("NO_ROOTS", record, usage=usage))
        if self.leaf.refusal is not None:
            return self._refused(record, Refusal("CERTIFICATE_UNREADABLE", {"depth": 0, "why": self.leaf.refusal}))
        best: Refusal | None = None
        nearest: int | None = None
        good: list[tuple[int, float]] = []
        for path, depth in fitting:
            refused = self._refusal(path, True, None)
            if refused is None:
                good.append((depth, ends(path)))
            elif best is None or _rank(refused) > _rank(best):
                best, nearest = refused, depth
        if good:
            return self._named(record, good[0][0], max(until for _, until in good))
        if best is not None:
            return self._refused(record, best, nearest)
        if not self._pkix_paths:
            why = (self.roots and self._rooted.limit) or "the certificates that were sent do not descend from one"
            return Tried(record, seen, None, dane_finding("NO_PKIX_PATH", record, why=why))
        return self._nothing(record, self._rooted.limit)

    def _named(self, record: Tlsa, depth: int, until: float | None) -> Tried:
        """The last condition: the certificate is for one of the names."""
        leaf = self.leaf
        wanted = " or ".join(str(name) for name in self.references[:4])
        if leaf.refusal is not None:
            return Tried(record, True, depth, dane_finding("NAMES_UNREADABLE", record, wanted=wanted))
        found = fit(self.references, leaf.facts.dns_names, leaf.common_names)
        if found is None:
            presented = (leaf.facts.dns_names or leaf.common_names)[:4]
            listed = ", ".join(map(shown, presented)) or "no name"
            return Tried(record, True, depth, dane_finding("NAMES_DIFFER", record, presented=listed, wanted=wanted))
        return Tried(record, True, depth, None, found.identity, until)

    def _nothing(self, record: Tlsa, limit: str | None) -> Tried:
        """Why no issuer fits, where none does."""
        what = _what(record)
        if self._fits(record, self.leaf):
            usage = word("usage", record.usage)
            return Tried(record, True, 0, dane_finding("LEAF_IS_NO_ISSUER", record, what=what, usage=usage))
        for position, certificate in enumerate(self.sent):
            if self._fits(record, certificate):
                why = certificate.refusal or limit or "no row of names and signatures leads there"
                found = dane_finding("NOT_ON_PATH", record, depth=position, what=what, why=why)
                return Tried(record, True, None, found)
        if self.excess or limit:
            text = limit or f"{self.excess} certificates after the first {MAX_CERTIFICATES} were not looked at"
            return Tried(record, False, None, dane_finding("PATH_LIMIT", record, what=text))
        return Tried(record, False, None, dane_finding("NOTHING_MATCHES", record, what=what))

    def _refused(self, record: Tlsa, refusal: Refusal, depth: int | None = None) -> Tried:
        seen = depth is not None or self._is_seen(record)
        return Tried(record, seen, depth, dane_finding(refusal.code, record, **refusal.details))

    def _refusal(self, path: Path, dated: bool, key: bytes | None) -> Refusal | None:
        known = tuple(certificate.der for certificate in path), dated, key
        if known not in self._judged:
            self._judged[known] = refuses(path, self.at, key=key, date_anchor=dated)
        return self._judged[known]

    def _is_seen(self, record: Tlsa) -> bool:
        if record.unusable is not None:
            return False
        if record.usage in (PKIX_EE, DANE_EE):
            return self._fits(record, self.leaf)
        return any(self._fits(record, certificate) for certificate in self.sent)

    def _fits(self, record: Tlsa, certificate: Certificate) -> bool:
        """RFC 6698 §2.1.2, §2.1.3: the selected part of the certificate, as it is or its digest, is the data."""
        if certificate.outline is None:
            return False
        kind = certificate.der, record.selector, record.matching_type
        data = self._selected.get(kind)
        if data is None:
            selected = certificate.der if record.selector == CERT else certificate.outline.spki
            if record.matching_type == FULL:
                data = selected
            else:
                data = (hashlib.sha256 if record.matching_type == SHA2_256 else hashlib.sha512)(selected).digest()
            self._selected[kind] = data
        return data == record.data

    # --- paths ---

    @cached_property
    def _pool(self) -> list[Certificate]:
        """What may stand between: certificates that were sent, and whole ones in DNS for an issuer (RFC 7671 §5.2.2)."""
        in_dns, _ = distinct(
            record.data
            for record in self.sorted.compared
            if record.usage in (PKIX_TA, DANE_TA) and record.selector == CERT and record.matching_type == FULL
        )
        sent = {certificate.der for certificate in self.sent}
        return [*self.issuers, *(certificate for certificate in in_dns if certificate.der not in sent)]

    @cached_property
    def _paths(self) -> Paths:
        return Paths(self.leaf, self._pool)

    @cached_property
    def _dane_paths(self) -> list[Path]:
        """Never completed from the caller's roots (RFC 7671 §5.2.2)."""
        return list(self._paths)

    @cached_property
    def _rooted(self) -> Paths:
        held = {certificate.der for certificate in self._pool}
        roots = dict.fromkeys(octets for octets in self.roots or () if octets not in held)
        return Paths(self.leaf, [*self._pool, *map(Certificate, roots)])

    @cached_property
    def _pkix_paths(self) -> list[Path]:
        """Every path with a root of the caller's on it, those that go on above it among them (RFC 7671 §5.4)."""
        if not self.roots:
            return []
        trusted = frozenset(self.roots or ())
        return [path for path in self._rooted if any(certificate.der in trusted for certificate in path)]


def _octets(values: Iterable[bytes], what: str) -> tuple[bytes, ...]:
    if isinstance(values, bytes | bytearray | memoryview | str):
        raise BadInput(f"{what}=… is a sequence of certificates in DER, each of them bytes, not one value")
    found = tuple(values)
    if not all(isinstance(octets, bytes) for octets in found):
        raise BadInput(f"{what}=… needs certificates in DER, each of them bytes")
    return found


def _rank(refusal: Refusal) -> int:
    return DaneFinding.catalogue[refusal.code].rank


def _what(record: Tlsa) -> str:
    """The selected part, as in "SHA2-256 of the key"."""
    part = "certificate" if record.selector == CERT else "key"
    return part if record.matching_type == FULL else f"{word('matching type', record.matching_type)} {part} digest"
