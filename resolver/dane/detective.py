"""The mislabel detective: when a record matches nothing, what its data are instead.

Records are made by hand and by scripts, and go wrong in a few ways: the wrong selector, the text of a file instead of its
octets, another certificate, or nothing at all. Everything that people hash by mistake is hashed here and looked up.

Limits: 40 certificates and keys, 8 texts; what was never given, such as a certificate that was replaced, stays unknown.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from resolver.dane import der
from resolver.dane.certificates import Certificate
from resolver.dane.findings import short
from resolver.dane.making import ANCHOR_USAGES, record_of
from resolver.dane.material import Part
from resolver.dane.tlsa import CERT, DANE_EE, DANE_TA, FULL, SHA2_256, SHA2_512, SPKI, Tlsa
from resolver.dane.words import word

MAX_PARTS = 40  # ours
MAX_TEXTS = 8  # ours

# Digests that tools offer; only the first two have a matching type (RFC 6698 §2.1.3).
_DIGESTS = {
    "sha256": "SHA2-256",
    "sha512": "SHA2-512",
    "sha384": "SHA-384",
    "sha224": "SHA-224",
    "sha1": "SHA-1",
    "md5": "MD5",
}
_MATCHING_TYPES = {"sha256": SHA2_256, "sha512": SHA2_512}


class Clue(NamedTuple):
    """What the data of one record are.

    Fields: the record; a code (OTHER_SELECTOR, OTHER_MATCHING_TYPE, OTHER_USAGE, OTHER_PARAMETERS, OTHER_CERTIFICATE,
    DIGEST_OF_NOTHING, DIGEST_OF_TEXT, DIGEST_OF_DIGEST, DIGEST_UNKNOWN_TO_TLSA, HEXADECIMAL_TWICE); a sentence; the
    record that these data would make with the right label, or that was meant, or None; the record of the server with the
    label as it is, or None.
    """

    record: Tlsa
    code: str
    text: str
    meant: Tlsa | None
    instead: Tlsa | None = None


class _Origin(NamedTuple):
    """Something that may have been put into a record."""

    what: str
    code: str  # the clue's code where it is no plain certificate or key
    part: Part | None
    selector: int | None
    digest: str | None  # None: the thing itself


def explain(
    record: Tlsa,
    own: Sequence[Part],
    issuers: Sequence[Part] = (),
    others: Sequence[Part] = (),
    texts: Sequence[tuple[str, bytes]] = (),
) -> Clue | None:
    """What the data of a record that does not match are; None where nothing that was given explains them.

    Args:
        record: usable or not.
        own: the server's certificate or key, first of all; one of each kind of key.
        issuers: the rest of the chain that the server sends.
        others: certificates and keys that the server does not present: older ones, those of a neighbour.
        texts: files as they are, with their names: people hash them whole.
    """
    return _explain(record, _index(own, issuers, others, texts), own, issuers)


def explain_all(
    records: Iterable[Tlsa],
    own: Sequence[Part],
    issuers: Sequence[Part] = (),
    others: Sequence[Part] = (),
    texts: Sequence[tuple[str, bytes]] = (),
) -> tuple[Clue, ...]:
    """The clues about all records that have one, in the records' order; arguments as `explain`."""
    given = tuple(records)
    if not given:
        return ()
    index = _index(own, issuers, others, texts)
    found = (_explain(record, index, own, issuers) for record in given)
    return tuple(clue for clue in found if clue is not None)


def _explain(record: Tlsa, index: dict[bytes, _Origin], own: Sequence[Part], issuers: Sequence[Part]) -> Clue | None:
    origin = index.get(record.data)
    twice = False
    if origin is None:
        try:
            inside = bytes.fromhex(record.data.decode("ascii"))
        except ValueError:
            return None
        origin, twice = index.get(inside), True
    clue = None if origin is None else _clue(record, origin, own, issuers, twice)
    return None if clue is None else clue._replace(instead=_as_labelled(record, own, issuers))


def _as_labelled(record: Tlsa, own: Sequence[Part], issuers: Sequence[Part]) -> Tlsa | None:
    """The record with this label that the server's own chain makes; None where the label or the part is missing."""
    anchors = issuers if record.usage in ANCHOR_USAGES else own
    if not anchors or record.usage > DANE_EE or record.selector > SPKI or record.matching_type > SHA2_512:
        return None
    if record.selector == CERT and anchors[0].certificate is None:
        return None
    return record_of(anchors[0], record.usage, record.selector, record.matching_type)


def _index(
    own: Sequence[Part], issuers: Sequence[Part], others: Sequence[Part], texts: Sequence[tuple[str, bytes]]
) -> dict[bytes, _Origin]:
    """Every value that could have got into a record, by its octets; the likelier explanation of equal ones stays."""
    found: dict[bytes, _Origin] = {}
    parts = [*own, *issuers, *others][:MAX_PARTS]
    for part in parts:  # plain things of all parts come before odd things of any
        name = _named(part, own, issuers)
        if part.certificate is not None:
            _put(found, part.certificate, _Origin(f"the certificate of {name}", "", part, CERT, None))
        _put(found, part.spki, _Origin(f"the key of {name}", "", part, SPKI, None))
    for nothing, what in ((b"", "nothing at all"), (b"\n", "an empty line")):
        _put(found, nothing, _Origin(what, "DIGEST_OF_NOTHING", None, None, None))
    for part in parts:
        name = _named(part, own, issuers)
        for octets, selector, what in _things(part):
            for text, form in _texts(octets, selector):
                _put(found, text, _Origin(f"{form} of the {what} of {name}", "DIGEST_OF_TEXT", part, selector, None))
            for digest, shown in _DIGESTS.items():
                inner = hashlib.new(digest, octets, usedforsecurity=False).digest()
                again = _Origin(f"the {shown} digest of the {what} of {name}", "DIGEST_OF_DIGEST", part, selector, None)
                for twice in (inner, inner.hex().encode(), inner.hex().encode() + b"\n", inner.hex().upper().encode()):
                    _put(found, twice, again)
        for octets, what in _pieces(part):
            _put(found, octets, _Origin(f"{what} of {name}", "DIGEST_OF_TEXT", part, SPKI, None))
    chain = [part.certificate for part in (*own[:1], *issuers) if part.certificate is not None]
    if len(chain) > 1:
        whole = b"".join(next(_texts(octets, CERT))[0] for octets in chain)
        for octets, what in ((b"".join(chain), "the whole chain"), (whole, "the PEM text of the whole chain")):
            _put(found, octets, _Origin(what, "DIGEST_OF_TEXT", None, None, None))
    for path, octets in texts[:MAX_TEXTS]:
        for text in dict.fromkeys((octets, octets.strip(), octets.strip() + b"\n", octets.replace(b"\r\n", b"\n"))):
            _put(found, text, _Origin(f"the file {path} as it is", "DIGEST_OF_TEXT", None, None, None))
    return found


def _put(found: dict[bytes, _Origin], octets: bytes, origin: _Origin) -> None:
    """The octets themselves, unless they are a digest already or nothing, and every digest of them."""
    if origin.code in ("", "DIGEST_OF_TEXT") or (origin.code == "DIGEST_OF_NOTHING" and not octets):
        found.setdefault(octets, origin)
    for digest in _DIGESTS:
        value = hashlib.new(digest, octets, usedforsecurity=False).digest()
        found.setdefault(value, origin._replace(digest=digest))


def _things(part: Part) -> Iterator[tuple[bytes, int, str]]:
    if part.certificate is not None:
        yield part.certificate, CERT, "certificate"
    yield part.spki, SPKI, "key"


def _texts(octets: bytes, selector: int) -> Iterator[tuple[bytes, str]]:
    """How a certificate or key looks as text."""
    label = b"CERTIFICATE" if selector == CERT else b"PUBLIC KEY"
    body = base64.encodebytes(octets).replace(b"\n", b"")
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))  # RFC 7468 §2
    pem = b"-----BEGIN " + label + b"-----\n" + lines + b"\n-----END " + label + b"-----"
    for text in (pem + b"\n", pem, pem.replace(b"\n", b"\r\n") + b"\r\n", pem + b"\n\n"):
        yield text, "the PEM text"
    for text in (body, body + b"\n", lines, lines + b"\n"):
        yield text, "the base64 text"
    for text in (octets.hex().encode(), octets.hex().upper().encode(), octets.hex().encode() + b"\n"):
        yield text, "the hexadecimal text"


def _pieces(part: Part) -> Iterator[tuple[bytes, str]]:
    """Parts of a key that some libraries give out in its place."""
    outer = der.element(part.spki, 0, len(part.spki))
    algorithm = None if outer is None else der.element(part.spki, *outer)
    bits = None if algorithm is None or outer is None else der.element(part.spki, algorithm[1], outer[1])
    if bits is not None and bits[1] > bits[0]:
        yield part.spki[bits[0] + 1 : bits[1]], "the key without its algorithm"  # the BIT STRING's content
    if part.certificate is not None:
        whole = der.element(part.certificate, 0, len(part.certificate))
        signed = None if whole is None else der.element(part.certificate, *whole)
        if whole is not None and signed is not None:
            yield part.certificate[whole[0] : signed[1]], "the certificate without its signature"


def _clue(record: Tlsa, origin: _Origin, own: Sequence[Part], issuers: Sequence[Part], twice: bool) -> Clue | None:
    what = _shown(origin)
    meant: Tlsa | None
    is_issuer = origin.part is not None and origin.part in issuers
    is_own = origin.part is not None and origin.part in own
    part = origin.part if origin.part is not None else (own[0] if own else None)
    usage = min(record.usage, DANE_EE)
    if is_own and usage in ANCHOR_USAGES:
        usage = DANE_EE if record.usage == DANE_TA else 1  # RFC 6698 §2.1.1: the server's own
    elif is_issuer and usage not in ANCHOR_USAGES:
        usage = DANE_TA if record.usage == DANE_EE else 0
    matching_type = record.matching_type if record.matching_type in (SHA2_256, SHA2_512) else SHA2_256
    selector = record.selector if record.selector in (CERT, SPKI) else SPKI
    said = f"the data of {short(record)[:24].rstrip()}… are {what}"
    if twice:
        meant = None
        if origin.code == "" and origin.digest in _MATCHING_TYPES and origin.selector is not None and part is not None:
            meant = _safe(part, usage, origin.selector, _MATCHING_TYPES[origin.digest])
        return Clue(record, "HEXADECIMAL_TWICE", f"{said}, written as hexadecimal twice", meant)
    if origin.code:
        meant = None if part is None else _safe(part, usage, selector, matching_type)
        return Clue(record, origin.code, f"{said}", meant)
    assert part is not None and origin.selector is not None
    if origin.digest is not None and origin.digest not in _MATCHING_TYPES:
        meant = _safe(part, usage, origin.selector, SHA2_256)
        return Clue(record, "DIGEST_UNKNOWN_TO_TLSA", f"{said}, and TLSA has no matching type for that digest", meant)
    kind = FULL if origin.digest is None else _MATCHING_TYPES[origin.digest]
    right = (usage, origin.selector, kind)
    given = (record.usage, record.selector, record.matching_type)
    meant = _safe(part, *right)
    if right == given:
        if is_own or is_issuer:
            return None  # nothing is wrong with the label
        return Clue(record, "OTHER_CERTIFICATE", f"{said}, which the server does not present", None)
    label = " ".join(map(str, right))
    differ = [one != other for one, other in zip(given, right, strict=True)]
    code = "OTHER_PARAMETERS"
    if sum(differ) == 1:
        code = ("OTHER_USAGE", "OTHER_SELECTOR", "OTHER_MATCHING_TYPE")[differ.index(True)]
    return Clue(record, code, f"{said}: that is {label}, {_words(right)}", meant)


def _safe(part: Part, usage: int, selector: int, matching_type: int) -> Tlsa:
    if selector == CERT and part.certificate is None:
        selector = SPKI
    return record_of(part, usage, selector, matching_type)


def _words(kind: tuple[int, int, int]) -> str:
    usage, selector, matching_type = kind
    return f"{word('usage', usage)} {word('selector', selector)} {word('matching type', matching_type)}"


def _shown(origin: _Origin) -> str:
    return origin.what if origin.digest is None else f"the {_DIGESTS[origin.digest]} digest of {origin.what}"


def _named(part: Part, own: Sequence[Part], issuers: Sequence[Part]) -> str:
    if part in own:
        return "the server"
    subject = ""
    if part.certificate is not None:
        names = Certificate(part.certificate).common_names
        subject = f" {names[0][:60]!r}" if names else ""
    if part in issuers:
        return f"the issuer{subject}"
    return f"{part.where}{subject}" if part.where else f"another certificate{subject}"
