"""Trust anchors: what the readers take, what they refuse and how they say it, and which anchor a name is judged from."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.name import ROOT, Name, to_name
from resolver.data.views import Ds, read_dnskey
from resolver.errors import BadAnchor
from resolver.validator import anchor_text
from resolver.validator.anchors import Anchor, Anchors

DIGEST = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
KEY = base64.b64encode(bytes(range(64))).decode()
KSK_2017 = (
    "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv"
    "ArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+e"
    "oZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwN"
    "R1AkUTV74bU="
)
KSK_2024 = (
    "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHb"
    "GiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqp"
    "dVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUe"
    "ayffKC73PYc="
)
DS = Ds(20326, 8, 2, bytes.fromhex(DIGEST))
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="x" source="nowhere">
<Zone>.</Zone>
<KeyDigest id="a" validFrom="2017-02-02T00:00:00+00:00" validUntil="2027-01-11T00:00:00Z">
<KeyTag>20326</KeyTag>
<Algorithm>8</Algorithm>
<DigestType>2</DigestType>
<Digest>{DIGEST}</Digest>
<PublicKey>{KSK_2017}</PublicKey>
<Flags>257</Flags>
<Unheard><Of>1</Of></Unheard>
</KeyDigest>
</TrustAnchor>
"""


def only(text: str) -> Anchor:
    (anchor,) = Anchors.from_text(text).all
    return anchor


# --- the table ---


def test_the_python_table_says_what_the_published_document_says(project: Path) -> None:
    published = Anchors.load(project / "trust_anchors" / "root-anchors.xml")
    assert [anchor._replace(source="") for anchor in Anchors.iana()] == [
        anchor._replace(source="") for anchor in published
    ]
    assert [anchor.source for anchor in Anchors.iana()] == ["KSK-2010 (IANA)", "KSK-2017 (IANA)", "KSK-2024 (IANA)"]


@pytest.mark.parametrize(("tag", "key"), [(20326, KSK_2017), (38696, KSK_2024)])
def test_the_digests_are_those_of_the_roots_keys(tag: int, key: str) -> None:
    rdata = bytes((1, 1, 3, 8)) + base64.b64decode(key)
    view = read_dnskey(rdata)
    assert view is not None
    assert view.tag == tag
    digest = hashlib.sha256(ROOT.wire + rdata).digest()  # RFC 4034 §5.1.4
    assert [anchor.ds.digest for anchor in Anchors.iana() if anchor.ds and anchor.tag == tag] == [digest]


def test_the_shared_copies_read_alike(corpora: Path) -> None:
    folder = corpora / "anchors"
    assert (folder / "root-anchors.xml").read_bytes() == (
        Path(__file__).parents[2] / "trust_anchors" / "root-anchors.xml"
    ).read_bytes()
    assert {anchor.ds for anchor in Anchors.load(folder / "root.ds")} <= {anchor.ds for anchor in Anchors.iana()}
    assert [anchor.tag for anchor in Anchors.load(folder / "root.key")] == [20326, 38696]


# --- zone-file syntax ---


@pytest.mark.parametrize(
    "text",
    [
        f". DS 20326 8 2 {DIGEST}",
        f". IN DS 20326 8 2 {DIGEST}",
        f". 3600 IN DS 20326 8 2 {DIGEST}",
        f". IN 1h30m DS 20326 8 2 {DIGEST}",
        f". 172800 ds 20326 RSASHA256 SHA-256 {DIGEST.lower()}",
        f". CLASS1 TYPE43 20326 8 2 {DIGEST[:20]} {DIGEST[20:50]} {DIGEST[50:]}",
        f". DS 20326 8 2 ( {DIGEST[:32]} ; the first half\n   {DIGEST[32:]} )   ; the other",
        f"; a comment\n\n\t. DS 20326 8 2 {DIGEST}\r\n",
        f'". DS 20326 8 2 {DIGEST}"  # not'.replace("  # not", "  ; in unbound's quotes"),
        f'  ". 3600 IN DS 20326 8 2 {DIGEST}"\n',
        f". DS \\# 36 4F66 08 02 {DIGEST}",
    ],
)
def test_a_ds_reads_in_every_way_it_is_written(text: str) -> None:
    anchor = only(text)
    assert (anchor.zone, anchor.tag, anchor.algorithm, anchor.ds) == (ROOT, 20326, 8, DS)
    assert anchor.dnskey is anchor.valid_from is anchor.valid_until is None


@pytest.mark.parametrize(
    "text",
    [
        f"example. DNSKEY 257 3 8 {KEY}",
        f"Example IN TYPE48 257 3 RSASHA256 {KEY[:10]} {KEY[10:]}",
        f"example. 60 IN DNSKEY ( 257 3 8\n {KEY[:30]}\n {KEY[30:]} ) ; KSK; alg = RSASHA256 ; key id = 1",
        f"example. DNSKEY \\# 68 01010308 {bytes(range(64)).hex()}",
        f"example. 60 IN DNSKEY 257 3 8 {KEY} ;{{id = 1 (ksk), size = 512b}} ;;state=2 [  VALID  ] ;;count=0",
    ],
)
def test_a_dnskey_reads_in_every_way_it_is_written(text: str) -> None:
    anchor = only(text)
    assert anchor.zone == to_name("example.")
    assert anchor.ds is None
    assert anchor.dnskey == bytes((1, 1, 3, 8, *range(64)))
    assert anchor.algorithm == 8


def test_an_owner_is_repeated_by_an_indented_line() -> None:
    anchors = Anchors.from_text(
        f"a.test. DS 1 8 2 {DIGEST}\n   DS 2 8 2 {DIGEST}\n  IN DS 3 8 2 {DIGEST}\n 60 DS 4 8 2 {DIGEST}"
    )
    assert [(str(anchor.zone), anchor.tag) for anchor in anchors] == [("a.test.", tag) for tag in (1, 2, 3, 4)]


def test_a_zone_may_be_called_like_a_class_a_type_or_a_ttl() -> None:
    anchors = Anchors.from_text(
        f"in DS 1 8 2 {DIGEST}\nds. DS 2 8 2 {DIGEST}\n3600 IN DS 3 8 2 {DIGEST}\n  ds. DS 4 8 2 {DIGEST}"
    )
    assert [str(anchor.zone) for anchor in anchors] == ["in.", "ds.", "3600.", "ds."]


def test_keys_that_unbound_does_not_trust_yet_or_any_more_are_passed_over() -> None:
    lines = [f". DNSKEY {flags} 3 {algorithm} {KEY} ;;state={state} [ x ]" for state, flags, algorithm in
             [(1, 257, 8), (2, 257, 10), (3, 257, 13), (4, 385, 14)]]  # fmt: skip
    assert [anchor.algorithm for anchor in Anchors.from_text("\n".join(lines))] == [10, 13]
    with pytest.raises(BadAnchor, match="no trust anchor"):
        Anchors.from_text(lines[0])


@pytest.mark.parametrize(("mnemonic", "number"), sorted(anchor_text.ALGORITHM_MNEMONICS.items()))
def test_every_algorithm_mnemonic_is_read(mnemonic: str, number: int) -> None:
    assert only(f". DS 1 {mnemonic.lower()} 2 {DIGEST}").algorithm == number


def test_unknown_algorithms_and_digests_read_for_the_judge_decides_on_them() -> None:
    assert only(". DS 1 200 99 00").ds == Ds(1, 200, 99, b"\0")  # R129


def test_a_digest_that_is_too_long_reads_and_matches_nothing() -> None:
    assert only(f". DS 1 8 1 {DIGEST}").ds == Ds(1, 8, 1, bytes.fromhex(DIGEST))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("example. A 192.0.2.1", "'A' where DS or DNSKEY is expected"),
        ("example.", "no type"),
        ("example. 60 IN", "no type"),
        ("example. CH DS 1 8 2 00", "class CH"),
        ("example. IN IN DS 1 8 2 00", "'IN' where DS"),
        ("example. 1 2 DS 1 8 2 00", "'2' where DS"),
        ("example. RRSIG DS 8 0 60 1 1 1 . AAAA", "'RRSIG' where DS"),
        ("a..b DS 1 8 2 00", "bad name"),
        ("@ DS 1 8 2 00", "no origin"),
        ("$ORIGIN example.", "each owner in full"),
        ("  DS 1 8 2 00", "no owner"),
        (". DS 1 8 2", "four fields"),
        (". DS", "four fields"),
        (". DS 65536 8 2 00", "bad key tag '65536'"),
        (". DS -1 8 2 00", "bad key tag"),
        (". DS 1 256 2 00", "bad algorithm"),
        (". DS 1 RSA 2 00", "bad algorithm 'RSA'; a number from 0 to 255 or a mnemonic"),
        (". DS 1 8 SHA-3 00", "bad digest type"),
        (". DS 1 8 2 0g", "bad hexadecimal"),
        (". DS 1 8 2 000", "bad hexadecimal"),
        (f". DS 1 8 2 {DIGEST[2:]}", "31 octets, digest type 2 needs 32"),
        (f". DS 1 8 4 {DIGEST}", "digest type 4 needs 48"),
        (r". DS \# 4 00010802", "too short"),
        (r". DS \# 5 00010899", "make the two agree"),
        (r". DS \#", "needs a length"),
        (r". DS \# x 00", "bad length"),
        (". DNSKEY 257 3 8", "four fields"),
        (r". DNSKEY \# 4 01010308", "no key"),
        (f". DNSKEY 1 3 8 {KEY}", "Zone Key bit"),
        (f". DNSKEY 385 3 8 {KEY}", "revoked"),
        (f". DNSKEY 257 2 8 {KEY}", "protocol 2"),
        (f". DNSKEY 257 x 8 {KEY}", "bad protocol"),
        (f". DNSKEY 257 3 8 {KEY[:-1]}", "bad base64"),
        (". DNSKEY 257 3 8 A*B=", "bad base64"),
        (". DS 1 8 2 ( 00", "parenthesis is not closed"),
        (". DS 1 8 2 00 )", "without its opening"),
        ('". DS 1 8 2 00', "quote is not closed"),
        ('". DS 1 8 2 00\n"', "quote is not closed"),
        (". DS 1 8 2 \\", "backslash"),
        ("." + " 0" * 3, "'0' where DS"),
        (". " + "x" * 99, "x…' where DS"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_its_mistake(line: str, what: str) -> None:
    good = f"; one\n. DS 20326 8 2 {DIGEST}\n"
    text = line if "no owner" in what else good + line
    with pytest.raises(BadAnchor) as refused:
        Anchors.from_text(text)
    number = 1 if "no owner" in what else 3
    assert str(refused.value).startswith(f"<text>:{number}: ")
    assert what in str(refused.value)


def test_a_record_over_several_lines_is_named_by_its_first() -> None:
    with pytest.raises(BadAnchor, match=r"<text>:2: bad hexadecimal"):
        Anchors.from_text("\n. DS 1 8 2 (\nzz\n)\n")


@pytest.mark.parametrize("text", ["", "\n\n", "; nothing here", " \t "])
def test_an_empty_set_is_refused(text: str) -> None:
    with pytest.raises(BadAnchor, match="no trust anchor"):
        Anchors.from_text(text)


def test_a_set_cannot_be_made_of_nothing() -> None:
    with pytest.raises(BadAnchor, match="no trust anchor"):
        Anchors(())


# --- XML ---


def test_the_documents_dates_are_kept_and_both_ends_count() -> None:
    anchor = only(XML)
    assert anchor.ds == DS
    assert anchor.valid_from == datetime.fromisoformat("2017-02-02T00:00:00+00:00").timestamp()
    assert anchor.valid_until == datetime.fromisoformat("2027-01-11T00:00:00+00:00").timestamp()
    assert anchor.source == "<text>:4"
    assert [anchor.covers(anchor.valid_from + seconds) for seconds in (-1, 0, 1)] == [False, True, True]
    assert [anchor.covers(anchor.valid_until + seconds) for seconds in (-1, 0, 1)] == [True, True, False]
    assert anchor._replace(valid_from=None, valid_until=None).covers(-1)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("<Zone>.</Zone>", "", "1: 0 Zone elements"),
        ("<Zone>.</Zone>", "<Zone>.</Zone><Zone>a.</Zone>", "1: 2 Zone elements"),
        ("<Zone>.</Zone>", "<Zone>a..b</Zone>", "4: bad name"),
        ("<KeyTag>20326</KeyTag>\n", "", "4: KeyDigest without KeyTag"),
        ("<KeyTag>20326", "<KeyTag>x", "4: bad key tag 'x'"),
        ("<KeyTag>20326", "<KeyTag>20327", "4: KeyTag 20327, but PublicKey has 20326"),
        (DIGEST, DIGEST[2:], "4: the digest has 31 octets"),
        ("<Flags>257</Flags>\n", "", "4: PublicKey and Flags come together"),
        ("<Flags>257", "<Flags>385", "4: flags 385 say that this key is revoked"),
        (' validFrom="2017-02-02T00:00:00+00:00"', "", "4: KeyDigest without validFrom"),
        ("2017-02-02T00:00:00+00:00", "2017-02-02T00:00:00", "4: bad validFrom"),
        ("2017-02-02T00:00:00+00:00", "yesterday", "4: bad validFrom 'yesterday'"),
        ("2027-01-11T00:00:00Z", "2016-01-11T00:00:00Z", "4: validUntil lies before validFrom"),
        ("</KeyDigest>", "", "not well-formed XML"),
        ("TrustAnchor", "Anchors", "2: element 'Anchors'"),
        ("<TrustAnchor", '<!DOCTYPE x [<!ENTITY a "aaaa">]><TrustAnchor', "2: a document type declaration"),
    ],
)
def test_a_bad_document_is_refused_with_its_line(old: str, new: str, what: str) -> None:
    with pytest.raises(BadAnchor) as refused:
        Anchors.from_text(XML.replace(old, new))
    assert what in str(refused.value)
    assert str(refused.value).startswith("<text>:")


def test_a_document_without_keys_is_an_empty_set() -> None:
    with pytest.raises(BadAnchor, match="no trust anchor"):
        Anchors.from_text("<TrustAnchor><Zone>.</Zone></TrustAnchor>")


# --- files ---


def test_a_file_is_named_in_messages_and_in_sources(tmp_path: Path) -> None:
    path = tmp_path / "root.ds"
    path.write_text(f"\ufeff. DS 20326 8 2 {DIGEST}\n", encoding="utf-8")
    assert [anchor.source for anchor in Anchors.load(path)] == [f"{path}:1"]
    path.write_text("; \n. DS 1\n")
    with pytest.raises(BadAnchor) as refused:
        Anchors.load(str(path))
    assert str(refused.value).startswith(f"{path}:2: a DS needs four fields")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadAnchor, match=r"missing: cannot be read \(No such file or directory\)"):
        Anchors.load(tmp_path / "missing")
    with pytest.raises(BadAnchor, match=r"cannot be read"):
        Anchors.load(tmp_path)
    with pytest.raises(BadAnchor, match=r"cannot be read"):
        Anchors.load("a\0b")
    (tmp_path / "latin").write_bytes(b";\n; caf\xe9\n")
    with pytest.raises(BadAnchor, match=r"latin:2: not UTF-8"):
        Anchors.load(tmp_path / "latin")


def test_a_file_that_is_far_too_long_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b";" * anchor_text.MAX_FILE_OCTETS)
    with pytest.raises(BadAnchor, match="no trust anchor"):
        Anchors.load(path)
    path.write_bytes(b";" * (anchor_text.MAX_FILE_OCTETS + 1))
    with pytest.raises(BadAnchor, match="no file of trust anchors"):
        Anchors.load(path)


# --- the set ---

ISLANDS = Anchors.from_text(
    f"corp. DS 1 8 2 {DIGEST}\ndeep.example.com. DS 2 8 2 {DIGEST}\nexample.com. DS 3 8 2 {DIGEST}\n"
    f"corp. DS 4 8 2 {DIGEST}\nCORP. DS 1 8 2 {DIGEST} ; again"
)


@pytest.mark.parametrize(
    ("name", "closest", "proper"),
    [
        ("example.com.", "example.com.", None),
        ("www.example.com.", "example.com.", "example.com."),
        ("deep.example.com.", "deep.example.com.", "example.com."),
        ("x.deep.example.com.", "deep.example.com.", "deep.example.com."),
        ("evilexample.com.", None, None),
        ("com.", None, None),
        (".", None, None),
        ("a.b.CORP.", "corp.", "corp."),
    ],
)
def test_the_closest_enclosing_anchor_is_found_by_whole_labels(
    name: str, closest: str | None, proper: str | None
) -> None:
    assert ISLANDS.closest(to_name(name)) == (to_name(closest) if closest else None)
    assert ISLANDS.closest(to_name(name), proper=True) == (to_name(proper) if proper else None)


def test_the_root_encloses_everything_but_nothing_encloses_the_root() -> None:
    both = ISLANDS | Anchors.iana()
    assert both.closest(to_name("org.")) == ROOT
    assert both.closest(ROOT) == ROOT
    assert both.closest(ROOT, proper=True) is None
    assert both.closest(to_name("corp."), proper=True) == ROOT


def test_a_set_lists_its_zones_and_keeps_each_anchor_once() -> None:
    assert [str(zone) for zone in ISLANDS.points] == ["example.com.", "deep.example.com.", "corp."]
    assert [anchor.tag for anchor in ISLANDS.at(to_name("corp."))] == [1, 4]
    assert ISLANDS.at(to_name("other.")) == ()
    assert [anchor.tag for anchor in ISLANDS.all] == [1, 2, 3, 4] == [anchor.tag for anchor in ISLANDS]
    assert (ISLANDS | ISLANDS).all == ISLANDS.all
    assert repr(ISLANDS) == "<Anchors example.com. 3, deep.example.com. 2, corp. 1 4>"


def test_only_sets_join() -> None:
    with pytest.raises(TypeError):
        ISLANDS | "a. DS 1 8 2 00"  # type: ignore[operator]


def test_a_set_belongs_to_the_public_package() -> None:
    assert Anchors.__module__ == "resolver"


@given(st.text(alphabet='. \n;()"\\$@DSNKEYIN0123456789abcdefTRUSTANCHOR<>&!'))
def test_any_text_is_a_set_or_a_bad_anchor(text: str) -> None:
    try:
        anchors = Anchors.from_text(text)
    except BadAnchor:
        return
    assert anchors.all


@given(
    st.lists(
        st.tuples(
            st.lists(st.binary(min_size=1, max_size=9), max_size=3),
            st.integers(0, 65535),
            st.integers(0, 255),
            st.integers(5, 255),
            st.binary(min_size=1, max_size=48),
        ),
        min_size=1,
    )
)
def test_what_is_written_is_read_back(rows: list[tuple[list[bytes], int, int, int, bytes]]) -> None:
    wanted = [
        (Name.from_labels(tuple(labels)), Ds(tag, algorithm, kind, digest))
        for labels, tag, algorithm, kind, digest in rows
    ]
    text = "\n".join(f"{zone} DS {ds.tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex()}" for zone, ds in wanted)
    text = text.replace("<", "\\060")  # a text that begins with it would be XML
    assert [(anchor.zone, anchor.ds) for anchor in Anchors.from_text(text)] == list(dict.fromkeys(wanted))


def test_strictly_above_an_island_lies_what_is_above_it() -> None:
    both = Anchors.from_text(". DS 1 13 2 " + "00" * 32 + "\nexample.com. DS 2 13 2 " + "00" * 32)
    for name, proper, at in (
        ("example.com", False, "example.com."),
        ("example.com", True, "."),
        ("www.example.com", True, "example.com."),
        ("a.b.www.example.com", True, "example.com."),
        ("example.org", True, "."),
    ):
        assert str(both.closest(Name.from_text(name), proper=proper)) == at
    island = Anchors.from_text("example.com. DS 2 13 2 " + "00" * 32)
    assert island.closest(Name.from_text("example.com"), proper=True) is None
    with pytest.raises(BadAnchor, match=r"^no trust anchor at all; give at least one DS or DNSKEY record"):
        Anchors([])
