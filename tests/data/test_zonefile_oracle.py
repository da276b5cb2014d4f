"""Master files against dnspython: the same records of the same text, generated and real."""

from __future__ import annotations

import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.files import read_text
from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text
from resolver.data.rrset import group
from resolver.data.zonefile import scan
from resolver.errors import BadSnapshot

ORIGIN = Name.from_text("example.")


def ours(text: str, origin: Name | None = ORIGIN) -> set[tuple[bytes, int, int, bytes]]:
    found = [
        (one.owner, one.rdtype, one.ttl, rdata_from_text(one.rdtype, one.text, one.origin))
        for one in scan(text, origin=origin)
    ]
    return {(one.owner.wire, one.rdtype, one.ttl, rdata) for one in group(found) for rdata in one.rdata}


def theirs(text: str, origin: str | None = "example.") -> set[tuple[bytes, int, int, bytes]]:
    zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
    return {
        (name.canonicalize().to_wire(), int(rdataset.rdtype), rdataset.ttl, rdata.to_digestable(zone.origin))
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.RRSIG
        for rdata in rdataset
    }


label = st.text("abyzAZ019-_", min_size=1, max_size=6) | st.sampled_from(
    ["\\065b", "x\\.y", "\\\\", "\\;q", "*", "\\@", "in", "60", "a", "1h"]
)
relative = st.lists(label, min_size=1, max_size=3).map(".".join)
owner = relative | relative.map(lambda text: text + ".example.") | st.just("@") | st.just("")
ttl = st.integers(0, 2**31 - 1).map(str) | st.sampled_from(["1h30m", "2D", "0", "1w", ""])
rdata = st.one_of(
    st.tuples(st.just("A"), st.tuples(*[st.integers(0, 255)] * 4).map(lambda four: [".".join(map(str, four))])),
    st.tuples(st.just("NS"), relative.map(lambda text: [text])),
    st.tuples(st.just("mx"), st.tuples(st.integers(0, 65535).map(str), relative).map(list)),
    st.tuples(
        st.just("TXT"),
        st.lists(relative | st.text("ab ;()\t", max_size=5).map(lambda text: f'"{text}"'), min_size=1, max_size=3),
    ),
    st.tuples(st.just("TYPE65280"), st.binary(max_size=6).map(lambda octets: ["\\#", str(len(octets)), octets.hex()])),
    st.tuples(st.just("DNAME"), st.just(["@"])),
)


@st.composite
def entries(draw: st.DrawFn) -> str:
    """One entry of a master file: a record in some notation, or a directive."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(
            st.sampled_from(
                ["$TTL 1h", "$TTL 7", "$ORIGIN sub.example.", "$ORIGIN sub", "$ORIGIN example.", "; note", "", "\t"]
            )
        )
    name, seconds = draw(owner), draw(ttl)
    rdtype, words = draw(rdata)
    head = [seconds, draw(st.sampled_from(["IN", "in", ""]))]
    if draw(st.booleans()):
        head.reverse()
    tail = [word for word in [*head, rdtype, *words] if word]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(tail)))
        gap = draw(st.sampled_from([" ", "\n", " ; (\n\t", "\n\n "]))
        tail = [*tail[:at], "(" + gap, *tail[at:], gap + ")"]
    return (
        (name or "")
        + draw(st.sampled_from([" ", "\t\t", "  "]))
        + " ".join(tail)
        + draw(st.sampled_from(["", " ", " ; x", ";)"]))
    )


@given(st.lists(entries(), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_a_generated_file_has_the_records_that_dnspython_finds(lines: list[str], end: str) -> None:
    text = "first 3600 IN A 192.0.2.1\n" + end.join(lines) + end
    assert ours(text) == theirs(text)


@given(st.text('a.\\"(); \t\n\r$@*0169AINTX-é\x00', max_size=60) | st.text(max_size=60))
def test_any_text_gives_records_or_bad_snapshot(text: str) -> None:
    for origin in (None, ORIGIN):
        try:
            for record in scan(text, origin=origin):
                assert 0 <= record.ttl < 2**31
        except BadSnapshot as refused:
            assert refused.path == "<text>"
            assert refused.line is not None
            assert 1 <= refused.line <= text.count("\n") + text.count("\r") + 1


@pytest.mark.parametrize(
    "file",
    [
        "ldns/uri.arpa-2018.zone",
        "unbound/zonemd.example6.zone",
        "bind9/rsasha1.example.db",
        "deckard/val_wild_pos_multi-root.zone.signed",
    ],
)
def test_a_real_file_has_the_records_that_dnspython_finds(corpora, file: str) -> None:
    text = read_text(corpora / "zones" / file)
    soa = next(one for one in scan(text) if one.rdtype == 6)
    assert ours(text, None) == theirs(text, str(soa.owner))


def test_the_root_zone_has_the_records_that_dnspython_finds(corpora) -> None:
    text = read_text(corpora / "zones/dnsjava/root-20231105.zone")
    assert sum(1 for _ in scan(text)) == 25_097
    part = "\n".join(text.split("\n")[::7])
    assert ours(part, Name(b"\0")) == theirs(part, ".")
