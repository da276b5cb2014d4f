"""Snapshots of real and third-party zones: complete, and equal to another implementation of the same rules."""

from __future__ import annotations

import sys
from pathlib import Path

import dns.message
import dns.name
import pytest

from resolver.data.canonical import canonical_rdata
from resolver.data.files import read_text
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import DNSKEY, DS, NS, NSEC, RRSIG, SOA, ZONEMD, A, type_text
from resolver.data.views import bitmap_has, read_nsec
from resolver.data.zonefile import scan
from resolver.sources.snapshot import Snapshot

FILES = (
    "dnsjava/root-20231105.zone",
    "ldns/uri.arpa-2018.zone",
    "unbound/zonemd.example6.zone",
    "bind9/rsasha1.example.db",
    "deckard/val_wild_pos_multi-root.zone.signed",
    "unbound/ede/nsec-failures.test.signed",
)


@pytest.fixture(scope="module")
def root(corpora: Path) -> Snapshot:
    return Snapshot.from_files(corpora / "zones/dnsjava/root-20231105.zone")


def test_every_top_level_domain_has_its_ds_or_its_denial(root: Snapshot) -> None:
    names = root.delegations(ROOT)
    assert len(names) == 1458
    signed = 0
    for name in names:
        reply = root.answer(Question(name, DS))
        assert isinstance(reply, Message)
        assert reply.rcode == 0
        if reply.answer:
            signed += 1
            (found,) = reply.answer
            assert (found.owner, found.rdtype, len(found.rrsigs)) == (name, DS, 1)
        else:
            denial = next(one for one in reply.authority if one.rdtype == NSEC)
            view = read_nsec(denial.rdata[0])
            assert view is not None
            assert denial.owner == name
            assert (bitmap_has(view.bitmap, NS), bitmap_has(view.bitmap, DS)) == (True, False)
            assert denial.rrsigs
    assert signed == 1350


def test_the_apex_of_the_root_is_answered_with_signatures(root: Snapshot) -> None:
    for rdtype in (SOA, NS, DNSKEY, NSEC, ZONEMD):
        reply = root.answer(Question(ROOT, rdtype))
        assert isinstance(reply, Message)
        assert reply.answer[0].rrsigs


def test_below_a_top_level_domain_the_missing_zone_is_named(root: Snapshot) -> None:
    reply = root.answer(Question.of("a.gtld-servers.net", "A"))
    assert isinstance(reply, NoReply)
    assert "no zone file of net. was given" in reply.text


def as_facts(rrsets: list[RRset]) -> set[tuple[bytes, int, bytes]]:
    """Records and signatures. TTLs are left out: the other side does not lower that of the SOA (RFC 2308 §3)."""
    facts = {(one.owner.wire, one.rdtype, rdata) for one in rrsets for rdata in one.rdata}
    return facts | {(one.owner.wire, RRSIG, rdata) for one in rrsets for _, rdata in one.rrsigs}


def their_facts(section: list) -> set[tuple[bytes, int, bytes]]:
    return {
        (one.name.canonicalize().to_wire(), int(one.rdtype), canonical_rdata(int(one.rdtype), rdata.to_wire()))
        for one in section
        for rdata in one
    }


def questions(text: str, origin: Name) -> list[Question]:
    """The names of a zone with some types each, and names near them that do not exist."""
    owners = sorted({one.owner for one in scan(text) if one.owner.is_under(origin)})
    owners = owners[:: max(1, len(owners) // 60)]
    found = []
    for owner in owners:
        found += [Question(owner, rdtype) for rdtype in (A, NS, DS, SOA, NSEC, DNSKEY)]
        near = [owner.child(b"nx-a"), owner.child(b"nx-a").child(b"nx-b")]
        if owner != origin:
            near += [owner.parent().child(owner.labels[0][:1] + b"-0"), owner.parent().child(b"zzzz")]
        found += [Question(name, rdtype) for name in near for rdtype in (A, DS)]
    return found


@pytest.mark.parametrize("file", FILES)
def test_replies_are_those_of_another_implementation(corpora: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(corpora / "tools")])
    import zones

    path = corpora / "zones" / file
    snapshot = Snapshot.from_files(path)
    (origin,) = snapshot.zones
    upstream = zones.Upstream([zones.load(str(path))])
    compared = 0
    for question in questions(read_text(path), origin):
        reply = snapshot.answer(question)
        query = dns.message.make_query(
            dns.name.from_wire(question.name.wire, 0)[0], type_text(question.rdtype), want_dnssec=True
        )
        theirs = upstream.answer(query)
        if isinstance(reply, NoReply):
            # At a cut the other side gives the NSEC and the NS of the parent.
            assert theirs.rcode() in (2, 5) or question.rdtype in (NS, NSEC, DS), question
            continue
        assert (reply.rcode, as_facts(list(reply.answer))) == (theirs.rcode(), their_facts(theirs.answer)), question
        assert as_facts(list(reply.authority)) == their_facts(theirs.authority), question
        compared += 1
    assert compared >= 9
