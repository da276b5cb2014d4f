"""The words of TLSA records, both ways (RFC 7218): `DANE-EE SPKI SHA2-256` and `3 1 1`.

Reading takes words and numbers in any mixture and any case; writing gives the registered spelling.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from resolver.dane.tlsa import PRIVATE, Tlsa
from resolver.errors import BadInput

Field: TypeAlias = Literal["usage", "selector", "matching type"]

WORDS: dict[Field, dict[int, str]] = {
    "usage": {0: "PKIX-TA", 1: "PKIX-EE", 2: "DANE-TA", 3: "DANE-EE", PRIVATE: "PrivCert"},  # RFC 7218 §2.1
    "selector": {0: "Cert", 1: "SPKI", PRIVATE: "PrivSel"},  # RFC 7218 §2.2
    "matching type": {0: "Full", 1: "SHA2-256", 2: "SHA2-512", PRIVATE: "PrivMatch"},  # RFC 7218 §2.3
}
_NUMBERS = {field: {word.lower(): number for number, word in words.items()} for field, words in WORDS.items()}
_FIELDS: tuple[Field, Field, Field] = ("usage", "selector", "matching type")


def word(field: Field, number: int) -> str:
    """The registered acronym, or the number itself where there is none."""
    return WORDS[field].get(number, str(number))


def number(field: Field, text: str) -> int:
    """What an acronym or a number stands for.

    Raises:
        BadInput: neither an acronym of RFC 7218 §2 nor a number from 0 to 255.
    """
    found = _NUMBERS[field].get(text.lower())
    if found is not None:
        return found
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255:
        return int(text)
    known = ", ".join(WORDS[field].values())
    raise BadInput(f"bad {field} {text[:40]!r}: a number from 0 to 255 or one of {known} is needed (RFC 7218 §2)")


def in_words(record: Tlsa) -> str:
    """The three parameters in words, as in `DANE-EE SPKI SHA2-256`."""
    numbers = (record.usage, record.selector, record.matching_type)
    return " ".join(word(field, value) for field, value in zip(_FIELDS, numbers, strict=True))


def read(text: str) -> Tlsa:
    r"""The record in presentation format: three words or numbers, then hexadecimal, in one piece or several.

    Parentheses are skipped, and the generic form `\# 35 0301…` is understood (RFC 6698 §2.2, RFC 3597 §5).

    Raises:
        BadInput: something is missing, is no word, or is no hexadecimal; an unusable record is none the less a record.
    """
    parts = text.replace("(", " ").replace(")", " ").split()
    if parts[:1] == ["\\#"]:
        octets = _octets("".join(parts[2:]))
        if (
            len(parts) < 2
            or not (parts[1].isascii() and parts[1].isdigit())
            or parts[1].lstrip("0") != (str(len(octets)).lstrip("0"))
        ):
            raise BadInput(f"the record says {' '.join(parts[1:2]) or 'no number of'} octets, and has {len(octets)}")
        return Tlsa.from_rdata(octets)
    if len(parts) < 4:
        raise BadInput(f"{len(parts)} words where usage, selector, matching type and hexadecimal data are needed")
    usage, selector, matching_type = (number(field, part) for field, part in zip(_FIELDS, parts[:3], strict=True))
    return Tlsa(usage, selector, matching_type, _octets("".join(parts[3:])))


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    if len(text) % 2:
        raise BadInput(f"an odd number of hexadecimal digits ({len(text)}): a digit is missing or one too many")
    raise BadInput(f"not hexadecimal: {text[:40]!r}")
