"""What is wrong, or unwise, about a set of TLSA records, beside the chain that the server sends (R36).

A pure function from facts to findings. An error loses deliveries or connections, a warning will or may, a note is advice.

Limits: "matches" means the octets here; whether a path, its dates and its names hold, `dane.matching` says.
Not done: what needs more than one host or a look at the network: aliases that share a key, STARTTLS that is offered to
some clients only (RFC 7672 §9.2), servers that do not answer TLSA questions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from resolver.dane.agility import ALL_USAGES, DIGESTS, MAIL_USAGES, usable
from resolver.dane.certificates import Certificate, signed_by, signed_by_key
from resolver.dane.findings import short
from resolver.dane.lint_catalogue import ERROR, NOTE, WARNING, LintFinding
from resolver.dane.making import ANCHOR_USAGES, association
from resolver.dane.material import Part
from resolver.dane.tlsa import CERT, DANE_EE, DANE_TA, FULL, PKIX_EE, PKIX_TA, SHA2_256, SHA2_512, SPKI, Tlsa, TlsaSet
from resolver.dane.words import word
from resolver.data.moment import Moment, to_seconds
from resolver.errors import BadInput

SMTP_PORT = 25  # RFC 7672 §2.2.3
MAX_TTL = 86400  # seconds; ours: RFC 7671 §13 wants TTLs to be short, for they bound how fast a mistake is mended
MAX_SIGNATURE = 35 * 86400  # seconds; ours: signers' usual lifetimes are 14 to 30 days, and RFC 7671 §13 wants it short
MIN_SIGNATURE_LEFT = 86400  # seconds; ours: what is left of a signature when somebody should look at the signer

Combination = tuple[int, int, int]


class _Facts(NamedTuple):
    records: tuple[Tlsa, ...]
    usable: tuple[Tlsa, ...]
    chains: tuple[tuple[Part, ...], ...]
    others: tuple[Part, ...]
    usages: frozenset[int]
    digests: tuple[int, ...]
    port: int | None
    ttl: int | None
    signatures: tuple[tuple[float, float], ...]
    at: float | None


def lint(
    records: TlsaSet | Iterable[Tlsa],
    chains: Sequence[Sequence[bytes]] = (),
    *,
    others: Sequence[bytes] = (),
    port: int | None = None,
    ttl: int | None = None,
    signatures: Sequence[tuple[float, float]] = (),
    at: Moment | None = None,
    digests: Sequence[int] = DIGESTS,
) -> tuple[LintFinding, ...]:
    """Everything that RFC 7671 and RFC 7672 say against these records, the gravest first.

    Args:
        records: the records of one service; of a TlsaSet the TTL is known too.
        chains: what the server presents, one chain for each of its keys, in DER, its own certificate first. None given:
            only the rules that need no chain.
        others: certificates in DER that the server does not send, such as the root.
        port: that of the service; 25 brings the rules of mail.
        ttl: seconds.
        signatures: begin and end of each RRSIG over the records, POSIX seconds.
        at: now, for the dates of signatures.
        digests: matching types in the order of the clients' preference, the strongest first (RFC 7671 §9).

    Raises:
        BadInput: no record, or octets that are no certificate.
    """
    if isinstance(records, TlsaSet):
        ttl = records.ttl if ttl is None else ttl
        records = records.records
    given = tuple(records)
    if not given:
        raise BadInput("there is no TLSA record to look at")
    usages = MAIL_USAGES if port == SMTP_PORT else ALL_USAGES
    facts = _Facts(
        given,
        usable(given, usages),
        tuple(tuple(_part(octets) for octets in chain) for chain in chains),
        tuple(_part(octets) for octets in others),
        frozenset(usages),
        tuple(digests),
        port,
        ttl,
        tuple(signatures),
        None if at is None else to_seconds(at, "at=…"),
    )
    found = [finding for rule in RULES for finding in rule(facts)]
    return tuple(sorted(found, key=lambda finding: (_GRAVITY[finding.severity], -finding.rank)))


def advice(record: Tlsa, part: Part, *, port: int | None = None, sent: bool = True) -> tuple[LintFinding, ...]:
    """What speaks against publishing one record that was just made.

    Args:
        record: as made.
        part: what it was made of.
        port: that of the service; 25 brings the rules of mail.
        sent: whether the certificate is known to be in the chain that the server sends.
    """
    usages = MAIL_USAGES if port == SMTP_PORT else ALL_USAGES
    facts = _Facts(
        (record,), usable((record,), usages), (), (), frozenset(usages), DIGESTS, port, None, (), None
    )  # fmt: skip
    found = [finding for rule in _FORM for finding in rule(facts)]
    if record.usage in ANCHOR_USAGES and part.certificate is not None:
        no_authority = list(_is_ca(record, part))
        found += no_authority
        if not (sent or no_authority) and record.usage == DANE_TA and record.matching_type != FULL:  # RFC 7671 §5.2.2
            found.append(_about(record, "SEND_THE_ANCHOR"))
    return tuple(sorted(found, key=lambda finding: (_GRAVITY[finding.severity], -finding.rank)))


def fits(record: Tlsa, part: Part) -> bool:
    """RFC 6698 §2.1: whether the record's data are those of this certificate or key, whatever its usage."""
    if record.unusable is not None or (record.selector == CERT and part.certificate is None):
        return False
    return association(part, record.selector, record.matching_type) == record.data


def present(record: Tlsa, chain: Sequence[Part], others: Sequence[Part] = ()) -> bool:
    """Whether a chain has what the record stands for where its usage wants it (RFC 6698 §2.1.1).

    Args:
        record: of any kind.
        chain: as the server sends it.
        others: certificates that it does not send; a client may know them, which only PKIX-TA allows (RFC 7671 §5.4).
    """
    if record.usage not in ANCHOR_USAGES:
        return any(fits(record, part) for part in chain[:1])
    if any(fits(record, part) for part in (*chain[1:], *(others if record.usage == PKIX_TA else ()))):
        return True
    if record.usage == PKIX_TA and record.unusable is None:
        # RFC 7671 §5.4: it may be a root, which clients have and servers leave out; then nobody can tell from here
        top = Certificate(chain[-1].certificate) if chain and chain[-1].certificate is not None else None
        return top is not None and not top.self_issued and not fits(record, chain[0])
    return (
        record.unusable is None and record.usage == DANE_TA and record.matching_type == FULL and _signed(record, chain)
    )


def _signed(record: Tlsa, chain: Sequence[Part]) -> bool:
    """Whether an anchor that is whole in DNS, and need not be sent, issued one of these (RFC 7671 §5.2.2, §5.2.3)."""
    certificates = [Certificate(part.certificate) for part in chain if part.certificate is not None]
    readable = [certificate for certificate in certificates if certificate.refusal is None]
    if record.selector == SPKI:
        return any(signed_by_key(certificate, record.data) is True for certificate in readable)
    anchor = Certificate(record.data)
    if anchor.refusal is not None or anchor.outline is None:
        return False
    subject = anchor.outline.subject
    return any(
        certificate.outline is not None
        and certificate.outline.issuer == subject
        and certificate.der != anchor.der
        and signed_by(certificate, anchor) is True
        for certificate in readable
    )


# --- rules: the chain ---


def _no_match(facts: _Facts) -> Iterator[LintFinding]:
    for number, chain in enumerate(facts.chains, 1):
        if facts.usable and not any(present(record, chain, facts.others) for record in facts.usable):
            yield _about(None, "NO_RECORD_MATCHES", server=_server(facts, number))


def _no_usable(facts: _Facts) -> Iterator[LintFinding]:
    if not facts.usable:
        yield _about(None, "NO_USABLE_RECORD")


def _combinations(facts: _Facts) -> Iterator[LintFinding]:
    """RFC 7671 §8.4: whatever combination a client supports, a record of it matches the current chain."""
    by_kind: dict[Combination, list[Tlsa]] = {}
    for record in facts.usable:
        by_kind.setdefault((record.usage, record.selector, record.matching_type), []).append(record)
    for number, chain in enumerate(facts.chains, 1):
        if not any(present(record, chain, facts.others) for record in facts.usable):
            continue  # said by NO_RECORD_MATCHES
        for kind, members in by_kind.items():
            if not any(present(record, chain, facts.others) for record in members):
                shown = " ".join(map(str, kind))
                yield _about(members[0], "COMBINATION_DIFFERS", combination=shown, server=_server(facts, number))


def _anchors_sent(facts: _Facts) -> Iterator[LintFinding]:
    """RFC 7671 §5.2.2: a digest is found only among the certificates that were sent."""
    for record in facts.usable:
        if record.usage != DANE_TA or record.matching_type == FULL:
            continue
        if any(fits(record, part) for chain in facts.chains for part in chain):
            continue
        for part in facts.others:
            if fits(record, part):
                yield _about(record, "ANCHOR_NOT_SENT", anchor=_subject(part))
                break


def _anchor_roles(facts: _Facts) -> Iterator[LintFinding]:
    for record in facts.usable:
        if record.usage not in ANCHOR_USAGES:
            continue
        issuers = [part for chain in facts.chains for part in chain[1:]] + list(facts.others)
        standing_for = next((part for part in issuers if fits(record, part)), None)
        if standing_for is not None:
            yield from _is_ca(record, standing_for)
        elif any(chain and fits(record, chain[0]) for chain in facts.chains):
            yield _about(record, "ANCHOR_IS_LEAF", usage=word("usage", record.usage))


def _is_ca(record: Tlsa, part: Part) -> Iterator[LintFinding]:
    """RFC 7671 §5.2: the anchor's certificate issues others (RFC 5280 §4.2.1.9, §4.2.1.3)."""
    assert part.certificate is not None
    certificate = Certificate(part.certificate)
    if certificate.refusal is not None:
        yield _about(record, "ANCHOR_IS_NO_CA", why=certificate.refusal)
    elif not certificate.facts.is_ca:
        yield _about(record, "ANCHOR_IS_NO_CA", why="its basic constraints do not say so")
    elif certificate.facts.key_usage is not None and "key_cert_sign" not in certificate.facts.key_usage:
        yield _about(record, "ANCHOR_IS_NO_CA", why="its key usage does not allow signing certificates")


def _digests(facts: _Facts) -> Iterator[LintFinding]:
    """RFC 7671 §9: clients use only the strongest digest, so each digest has to stand for the same things."""
    known = [part for chain in facts.chains for part in chain] + list(facts.others)
    for kind, members in _by_digest(facts.usable).items():
        ordered = [matching_type for matching_type in facts.digests if matching_type in members]
        for stronger, weaker in pairwise(ordered):
            one, other = members[stronger], members[weaker]
            if len(one) != len(other) or _stands_for(one, known) != _stands_for(other, known):
                yield _about(
                    None,
                    "DIGESTS_DIFFER",
                    stronger=word("matching type", stronger),
                    weaker=word("matching type", weaker),
                    kind=" ".join(map(str, kind)),
                )


def _stands_for(records: Sequence[Tlsa], known: Sequence[Part]) -> frozenset[bytes]:
    """The certificates or keys that these records of one kind are digests of, as far as they are known."""
    found: set[bytes] = set()
    for part in known:
        for record in records:
            if fits(record, part):
                selected = part.spki if record.selector == SPKI else part.certificate
                assert selected is not None
                found.add(selected)
    return frozenset(found)


def _leftovers(facts: _Facts) -> Iterator[LintFinding]:
    known = [part for chain in facts.chains for part in chain] + list(facts.others)
    for record in facts.usable if known else ():
        in_dns = record.usage in ANCHOR_USAGES and record.matching_type == FULL
        if not in_dns and not any(fits(record, part) for part in known):
            yield _about(record, "MATCHES_NOTHING")


# --- rules: the records ---


def _unusable(facts: _Facts) -> Iterator[LintFinding]:
    for record in facts.records:
        if record.unusable is not None:
            yield _about(record, "UNUSABLE_RECORD", why=record.unusable)


def _for_mail(facts: _Facts) -> Iterator[LintFinding]:
    for record in facts.records:
        if facts.port == SMTP_PORT and record.unusable is None and record.usage in (PKIX_TA, PKIX_EE):
            yield _about(record, "USAGE_NOT_FOR_MAIL", usage=word("usage", record.usage))


def _mixed(facts: _Facts) -> Iterator[LintFinding]:
    usages = {record.usage for record in facts.usable}
    pkix, dane = usages & {PKIX_TA, PKIX_EE}, usages & {DANE_TA, DANE_EE}
    if pkix and dane:
        named = [" and ".join(word("usage", usage) for usage in sorted(found)) for found in (pkix, dane)]
        yield _about(None, "PKIX_BESIDE_DANE", pkix=named[0], dane=named[1])


def _whole(facts: _Facts) -> Iterator[LintFinding]:
    for record in facts.records:
        if record.unusable is None and record.matching_type == FULL:
            code = "WHOLE_CERTIFICATE" if record.selector == CERT else "WHOLE_KEY"
            yield _about(record, code, octets=len(record.data))


def _selectors(facts: _Facts) -> Iterator[LintFinding]:
    for record in facts.records:
        if record.unusable is not None:
            continue
        if record.usage in (DANE_EE, PKIX_EE) and record.selector == CERT:
            yield _about(record, "CERTIFICATE_OF_SERVER")
        elif record.usage == DANE_TA and record.selector == SPKI:
            yield _about(record, "KEY_OF_ANCHOR")


def _sha512_alone(facts: _Facts) -> Iterator[LintFinding]:
    for kind, members in _by_digest(facts.usable).items():
        if SHA2_512 in members and SHA2_256 not in members:
            yield _about(members[SHA2_512][0], "DIGEST_NOT_FOR_ALL", kind=" ".join(map(str, kind)))


# --- rules: how they are published ---


def _ttl(facts: _Facts) -> Iterator[LintFinding]:
    if facts.ttl is not None and facts.ttl > MAX_TTL:
        yield _about(None, "LONG_TTL", ttl=facts.ttl)


def _signatures(facts: _Facts) -> Iterator[LintFinding]:
    if not facts.signatures:
        return
    begin, end = max(facts.signatures, key=lambda dates: dates[1])
    if end - begin > MAX_SIGNATURE:
        yield _about(None, "LONG_SIGNATURE", age=end - begin)
    if facts.at is None:
        return
    left = end - facts.at
    if left < 0:
        yield _about(None, "SIGNATURE_ENDED", age=-left, when=end)
    elif left < max(MIN_SIGNATURE_LEFT, 2 * (facts.ttl or 0)):
        yield _about(None, "SIGNATURE_ENDS_SOON", age=left, when=end)


# --- what they share ---

Rule = Callable[[_Facts], Iterator[LintFinding]]
_FORM: tuple[Rule, ...] = (_unusable, _for_mail, _whole, _selectors, _sha512_alone)
RULES: tuple[Rule, ...] = (
    *(_no_match, _no_usable, _combinations, _anchors_sent, _anchor_roles, _digests, _leftovers),
    *(_mixed, *_FORM),
    *(_ttl, _signatures),
)
_GRAVITY = {ERROR: 0, WARNING: 1, NOTE: 2}


def _by_digest(records: Collection[Tlsa]) -> dict[tuple[int, int], dict[int, list[Tlsa]]]:
    """Digest records by usage and selector, then by matching type."""
    found: dict[tuple[int, int], dict[int, list[Tlsa]]] = {}
    for record in records:
        if record.matching_type != FULL:
            kinds = found.setdefault((record.usage, record.selector), {})
            kinds.setdefault(record.matching_type, []).append(record)
    return found


def _about(record: Tlsa | None, code: str, **details: object) -> LintFinding:
    return LintFinding(code, "the records" if record is None else short(record), "", details)


def _server(facts: _Facts, number: int) -> str:
    return "the server" if len(facts.chains) == 1 else f"the server with key {number}"


def _subject(part: Part) -> str:
    assert part.certificate is not None
    names = Certificate(part.certificate).common_names
    return f"the certificate of {names[0][:60]!r}" if names else "the certificate"


def _part(octets: bytes) -> Part:
    outline = Certificate(octets).outline
    if outline is None:
        raise BadInput("a chain needs certificates in DER, each of them whole; ssl.PEM_cert_to_DER_cert converts PEM")
    return Part("certificate", outline.spki, octets, "")
