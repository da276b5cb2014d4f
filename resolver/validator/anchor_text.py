"""Reads trust anchors: IANA's XML (RFC 9718) and DS or DNSKEY records in zone-file syntax (RFC 1035 §5.1).

A file that unbound keeps up to date (RFC 5011) reads too: of its keys only those in state VALID or MISSING count.

The tokeniser is not that of `data.zonefile`: an owner here is absolute and may be indented, a TTL may be missing, a whole
line may stand in quotes (unbound), and comments carry unbound's key states.

Limits: 1 MiB a file; class IN only; no $ directives; XML without a document type declaration.
Not done: BIND's `trust-anchors { … }` statement and PGP or S/MIME signatures over the XML.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from resolver.data import types
from resolver.data.name import Name
from resolver.data.views import Dnskey, Ds, read_dnskey, read_ds
from resolver.errors import BadAnchor, BadName
from resolver.validator.anchors import Anchor

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

MAX_FILE_OCTETS = 1 << 20  # our own: some 5,000 anchors; more is a wrong file, or a device that never ends

# The registry "DNS Security Algorithm Numbers" (RFC 4034 §A.1 and its updates); a text may use either form.
ALGORITHM_MNEMONICS = {
    "RSAMD5": 1, "DH": 2, "DSA": 3, "RSASHA1": 5, "DSA-NSEC3-SHA1": 6, "DSANSEC3SHA1": 6, "NSEC3DSA": 6,
    "RSASHA1-NSEC3-SHA1": 7, "RSASHA1NSEC3SHA1": 7, "NSEC3RSASHA1": 7, "RSASHA256": 8, "RSASHA512": 10,
    "ECC-GOST": 12, "ECCGOST": 12, "ECDSAP256SHA256": 13, "ECDSAP384SHA384": 14, "ED25519": 15, "ED448": 16,
    "MLDSA44": 18, "ML-DSA-44": 18, "INDIRECT": 252, "PRIVATEDNS": 253, "PRIVATEOID": 254,
}  # fmt: skip
_DIGEST_MNEMONICS = {"SHA-1": 1, "SHA1": 1, "SHA-256": 2, "SHA256": 2, "GOST": 3, "SHA-384": 4, "SHA384": 4}
# RFC 4034 §A.2, RFC 4509 §2.1, RFC 5933 §4, RFC 6605 §2. A shorter digest was cut off while copying; a longer one, as
# under the wrong digest type, is left to the judge, for whom it matches no key.
_DIGEST_OCTETS = {1: 20, 2: 32, 3: 32, 4: 48}

_TYPES = {"DS": types.DS, "TYPE43": types.DS, "DNSKEY": types.DNSKEY, "TYPE48": types.DNSKEY}
_CLASSES = {"IN": True, "CLASS1": True, "CH": False, "HS": False, "CS": False, "ANY": False, "NONE": False}
_TTL = re.compile(r"\d+|(\d+[smhdw])+", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_TOKEN = re.compile(r"""(?P<skip>[ \t\r\f\v]+)|(?P<comment>;[^\n]*)|(?P<mark>[()\n"])|(?P<word>(?:\\.|[^\s();"\\])+)""")
_STATE = re.compile(r";;state=(\d)")
_TRUSTED_STATES = "23"  # VALID and MISSING (RFC 5011 §4.2), as unbound numbers them


def read_file(path: str | os.PathLike[str]) -> Iterator[Anchor]:
    """The anchors in a file.

    Raises:
        BadAnchor: the file cannot be read, or what `read_text` refuses.
    """
    try:
        with open(path, "rb") as file:
            octets = file.read(MAX_FILE_OCTETS + 1)
    except (OSError, ValueError) as refused:  # ValueError: a path with a zero octet
        why = getattr(refused, "strerror", None) or refused
        raise BadAnchor(f"{path}: cannot be read ({why}); name a file with trust anchors") from None
    if len(octets) > MAX_FILE_OCTETS:
        raise BadAnchor(f"{path}: more than {MAX_FILE_OCTETS} octets; this is no file of trust anchors")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        line = octets.count(b"\n", 0, refused.start) + 1
        raise BadAnchor(f"{path}:{line}: not UTF-8; save the file as UTF-8 text") from None
    return read_text(text, str(path))


def read_text(text: str, path: str) -> Iterator[Anchor]:
    """The anchors in a text, which is XML if it begins with `<`; `path` names it in messages.

    A zone whose own name begins with that sign is written with the escape `\\060` (RFC 1035 §5.1).

    Raises:
        BadAnchor: a bad line, with its number, or no anchor in the whole text.
    """
    found = False
    for anchor in _read_xml(text, path) if text.lstrip().startswith("<") else _read_lines(text, path):
        found = True
        yield anchor
    if not found:
        raise BadAnchor(f"{path}: no trust anchor in it; write a line such as '. DS 20326 8 2 E06D44B8…'")


def _refuse(path: str, line: int, what: str) -> NoReturn:
    raise BadAnchor(f"{path}:{line}: {what}")


# --- zone-file syntax ------------------------------------------------------------------------------------------------


class _Entry(NamedTuple):
    words: list[str]
    line: int  # where it begins
    indented: bool
    comment: str


def _read_lines(text: str, path: str) -> Iterator[Anchor]:
    owner: Name | None = None
    for entry in _entries(text, path):
        words = entry.words
        if words[0].startswith("$"):
            _refuse(path, entry.line, f"{words[0]} is not read here; write each owner in full")
        if not entry.indented or (words[0].upper() not in _TYPES | _CLASSES and not _TTL.fullmatch(words[0])):
            owner = _owner(words[0], path, entry.line)
            words = words[1:]
        if owner is None:
            _refuse(path, entry.line, "no owner; begin with the zone's name, such as '.'")
        state = _STATE.search(entry.comment)
        if state is not None and state[1] not in _TRUSTED_STATES:
            continue
        yield _anchor(owner, words, path, entry.line)


def _entries(text: str, path: str) -> Iterator[_Entry]:
    """Split a text into records: parentheses join lines, quotes are dropped, comments are set aside."""
    words: list[str] = []
    comment, line, begun, depth = "", 1, 0, 0
    at, start, indented, quoted = 0, 0, False, False  # start: where the text of the present record begins
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:  # only a backslash before a line's end is no token
            _refuse(path, line, "a backslash with nothing to escape; remove it")
        at = token.end()
        if token["comment"] is not None:
            comment += token["comment"]
        elif token["word"] is not None:
            if not words:
                begun, indented = line, token.start() > start
            words.append(token["word"])
        elif token["mark"] == "(":
            depth += 1
        elif token["mark"] == ")":
            depth -= 1
            if depth < 0:
                _refuse(path, line, "a closing parenthesis without its opening one; remove it")
        elif token["mark"] == '"':
            quoted = not quoted
            if not words:
                start = at  # unbound's quoted form: the record begins inside the quotes
        elif token["mark"] == "\n":
            if quoted:
                _refuse(path, line, "a quote is not closed; close it on its own line")
            line += 1
            if not depth:
                if words:
                    yield _Entry(words, begun, indented, comment)
                words, comment, start = [], "", at
    if depth:
        _refuse(path, line, "a parenthesis is not closed; close it after the record's last word")
    if quoted:
        _refuse(path, line, "a quote is not closed; close it on its own line")
    if words:
        yield _Entry(words, begun, indented, comment)


def _owner(word: str, path: str, line: int) -> Name:
    if word == "@":
        _refuse(path, line, "there is no origin for '@'; write the zone's name in full")
    try:
        return Name.from_text(word)
    except BadName as refused:
        _refuse(path, line, f"{refused}; begin with the zone's name, such as '.'")


def _anchor(owner: Name, words: list[str], path: str, line: int) -> Anchor:
    """One record: TTL and class in either order, each optional (RFC 1035 §5.1), type, RDATA."""
    seen_ttl = seen_class = False
    for at, word in enumerate(words):
        upper = word.upper()
        if upper in _TYPES:
            data = words[at + 1 :]
            source = f"{path}:{line}"
            if _TYPES[upper] == types.DS:
                ds = _ds(data, path, line)
                return Anchor(owner, ds.tag, ds.algorithm, ds, None, None, None, source)
            key = _dnskey(data, path, line)
            return Anchor(owner, key.tag, key.algorithm, None, key.rdata, None, None, source)
        if upper in _CLASSES and not seen_class:
            if not _CLASSES[upper]:
                _refuse(path, line, f"class {upper}; only class IN has DNSSEC here")
            seen_class = True
        elif _TTL.fullmatch(word) and not seen_ttl:
            seen_ttl = True
        else:
            _refuse(path, line, f"{_short(word)} where DS or DNSKEY is expected; only these two types are anchors")
    _refuse(path, line, "the record has no type; write DS or DNSKEY and its data")


def _ds(words: list[str], path: str, line: int) -> Ds:
    generic = _generic(words, path, line)
    if generic is not None:
        ds = read_ds(generic)
        if ds is None:
            _refuse(path, line, "the DS data is too short; it needs tag, algorithm, digest type and digest")
    else:
        if len(words) < 4:
            _refuse(path, line, "a DS needs four fields: key tag, algorithm, digest type, digest in hexadecimal")
        digest = _hex("".join(words[3:]), path, line)
        ds = Ds(
            _number(words[0], 0xFFFF, "key tag", path, line),
            _algorithm(words[1], path, line),
            _number(words[2], 0xFF, "digest type", path, line, _DIGEST_MNEMONICS),
            digest,
        )
    _check_digest(ds, path, line)
    return ds


def _check_digest(ds: Ds, path: str, line: int) -> None:
    least = _DIGEST_OCTETS.get(ds.digest_type, 1)
    if len(ds.digest) < least:
        what = f"the digest has {len(ds.digest)} octets, digest type {ds.digest_type} needs {least}"
        _refuse(path, line, f"{what}; copy the whole digest")


def _dnskey(words: list[str], path: str, line: int) -> Dnskey:
    rdata = _generic(words, path, line)
    if rdata is None:
        if len(words) < 4:
            _refuse(path, line, "a DNSKEY needs four fields: flags, protocol, algorithm, key in base64")
        flags = _number(words[0], 0xFFFF, "flags", path, line)
        protocol = _number(words[1], 0xFF, "protocol", path, line)
        algorithm = _algorithm(words[2], path, line)
        rdata = flags.to_bytes(2) + bytes((protocol, algorithm)) + _base64("".join(words[3:]), path, line)
    key = read_dnskey(rdata)
    if key is None:
        _refuse(path, line, "the DNSKEY has no key; copy the whole record")
    if not key.is_zone_key:  # RFC 4034 §2.1.1, R28
        _refuse(path, line, f"flags {key.flags} lack the Zone Key bit; an anchor has 257 or 256")
    if key.is_revoked:  # RFC 5011 §2.1
        _refuse(path, line, f"flags {key.flags} say that this key is revoked; remove it and use its successor")
    if key.protocol != 3:  # RFC 4034 §2.1.2, R28
        _refuse(path, line, f"protocol {key.protocol}; it must be 3")
    return key


def _generic(words: list[str], path: str, line: int) -> bytes | None:
    r"""RDATA as `\# length hex` (RFC 3597 §5), or None where it is in its own format."""
    if not words or words[0] != "\\#":
        return None
    if len(words) < 2:
        _refuse(path, line, r"\# needs a length and hexadecimal data")
    length = _number(words[1], 0xFFFF, "length", path, line)
    data = _hex("".join(words[2:]), path, line)
    if len(data) != length:
        _refuse(path, line, rf"\# {length} with {len(data)} octets; make the two agree")
    return data


def _algorithm(word: str, path: str, line: int) -> int:
    return _number(word, 0xFF, "algorithm", path, line, ALGORITHM_MNEMONICS)


def _number(word: str, most: int, what: str, path: str, line: int, mnemonics: dict[str, int] | None = None) -> int:
    number = int(word) if _NUMBER.fullmatch(word) else (mnemonics or {}).get(word.upper(), -1)
    if not 0 <= number <= most:
        mnemonic = " or a mnemonic" if mnemonics else ""
        _refuse(path, line, f"bad {what} {_short(word)}; a number from 0 to {most}{mnemonic} is needed")
    return number


def _hex(text: str, path: str, line: int) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        _refuse(path, line, f"bad hexadecimal {_short(text)}; an even number of the digits 0-9 and A-F is needed")


def _base64(text: str, path: str, line: int) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as refused:
        _refuse(path, line, f"bad base64 {_short(text)} ({refused}); copy the whole key")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")


# --- IANA's XML ------------------------------------------------------------------------------------------------------


def _read_xml(text: str, path: str) -> Iterator[Anchor]:
    """RFC 9718 §2: one Zone and any number of KeyDigest; other elements and attributes are passed over."""
    zone: Name | None = None
    for digest in _key_digests(text, path):
        fields, line = digest.fields, digest.line
        zone = zone or _owner(digest.zone, path, line)
        missing = [tag for tag in _REQUIRED if tag not in fields]
        if missing:
            _refuse(path, line, f"KeyDigest without {', '.join(missing)}; RFC 9718 §2.1 requires it")
        if ("PublicKey" in fields) != ("Flags" in fields):
            _refuse(path, line, "PublicKey and Flags come together or not at all (RFC 9718 §2.1)")
        ds = _ds([fields[tag] for tag in _REQUIRED], path, line)
        if "PublicKey" in fields:
            key = _dnskey([fields["Flags"], "3", fields["Algorithm"], *fields["PublicKey"].split()], path, line)
            if key.tag != ds.tag:
                _refuse(path, line, f"KeyTag {ds.tag}, but PublicKey has {key.tag}; fetch the file again")
        start, end = (_date(digest.dates.get(which), which, path, line) for which in ("validFrom", "validUntil"))
        if start is None:
            _refuse(path, line, "KeyDigest without validFrom; RFC 9718 §2.1 requires it")
        if end is not None and end < start:
            _refuse(path, line, "validUntil lies before validFrom; fetch the file again")
        yield Anchor(zone, ds.tag, ds.algorithm, ds, None, start, end, f"{path}:{line}")


_REQUIRED = ("KeyTag", "Algorithm", "DigestType", "Digest")


class _KeyDigest(NamedTuple):
    zone: str
    line: int
    dates: dict[str, str]
    fields: dict[str, str]


def _key_digests(text: str, path: str) -> list[_KeyDigest]:
    from xml.parsers import expat  # only a file in XML pays for it

    found: list[_KeyDigest] = []
    stack: list[str] = []
    zone: list[str] = []
    content: list[str] = []
    parser = expat.ParserCreate()

    def refuse_doctype(*_: object) -> None:
        # Entities are the one way for a short document to become a long one; RFC 9718 §2 needs none.
        _refuse(path, parser.CurrentLineNumber, "a document type declaration; RFC 9718 has none, fetch the file again")

    def start(tag: str, attributes: dict[str, str]) -> None:
        stack.append(tag)
        content.clear()
        if len(stack) == 1 and tag != "TrustAnchor":
            _refuse(path, parser.CurrentLineNumber, f"element {_short(tag)}; expected TrustAnchor (RFC 9718 §2)")
        if stack == ["TrustAnchor", "KeyDigest"]:
            found.append(_KeyDigest("", parser.CurrentLineNumber, attributes, {}))

    def end(tag: str) -> None:
        value = "".join(content).strip()
        if stack == ["TrustAnchor", "Zone"]:
            zone.append(value)
        elif stack[:-1] == ["TrustAnchor", "KeyDigest"]:
            found[-1].fields[tag] = value
        stack.pop()
        content.clear()

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = content.append
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as refused:
        _refuse(path, refused.lineno, f"not well-formed XML ({expat.ErrorString(refused.code)}); fetch the file again")
    if len(zone) != 1:
        _refuse(path, 1, f"{len(zone)} Zone elements; RFC 9718 §2.1 requires one")
    return [digest._replace(zone=zone[0]) for digest in found]


def _date(text: str | None, which: str, path: str, line: int) -> int | None:
    """POSIX seconds of an XML dateTime with its offset (RFC 9718 §2.1)."""
    if text is None:
        return None
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _refuse(path, line, f"bad {which} {_short(text)}; a date, time and offset (RFC 3339) are needed")
    return int(moment.timestamp())
