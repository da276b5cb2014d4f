"""The examples of RFC 5155 appendix B in its zone (appendix A), signed by our keys.

Each is run again with every single record of every message removed, and with every single one replaced.

The RFC's zone has Opt-Out set on every NSEC3, with which a covered next closer name is insecure (RFC 5155 §9.2). The
same examples are run without Opt-Out too, where they are proofs.
"""

from __future__ import annotations

import pytest

from resolver.data.hashed import base32hex
from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.validator.nsec3 import Group, hash_of
from tests.validator.crafting import context
from tests.validator.judging import said
from tests.validator.single_records import Case, check_losses, check_replacements

SALT, ITERATIONS = bytes.fromhex("aabbccdd"), 12

# Appendix A: the hash of each name; the second record of the zone below has the hash of ns1 as its name.
HASHES = {
    "example.": "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
    "a.example.": "35mthgpgcu1qg68fab165klnsnk3dpvl",
    "ai.example.": "gjeqe526plbf1g8mklp59enfd789njgi",
    "ns1.example.": "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
    "ns2.example.": "q04jkcevqvmu85r014c7dkba38o0ji5r",
    "w.example.": "k8udemvp1j2f7eg6jebps17vp3n8i58h",
    "*.w.example.": "r53bq7cc2uvmubfu5ocmm6pers9tk9en",
    "x.w.example.": "b4um86eghhds6nea196smvmlo4ors995",
    "y.w.example.": "ji6neoaepv8b5o6k4ev33abha8ht9fgc",
    "x.y.w.example.": "2vptu5timamqttgl4luu9kg21e0aor3s",
    "xx.example.": "t644ebqk9bibcna874givr6joj62mlhv",
    "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.": "kohar7mbb8dc2ce8a9qvl8hon4k53uhi",
}

ZONE = """
@ MX 1 xx
2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127
ai A 192.0.2.9
ai HINFO "KLH-10" "ITS"
ai AAAA 2001:db8::f00:baa9
ns1 A 192.0.2.1
ns2 A 192.0.2.2
*.w MX 1 ai
x.w MX 1 xx
x.y.w MX 1 xx
xx A 192.0.2.10
xx HINFO "KLH-10" "TOPS-20"
xx AAAA 2001:db8::f00:baaa
"""


def nsec3(name: str) -> str:
    return f"{HASHES[name]}.example. NSEC3"


# Which record covers what is the RFC's own: c.x.w is covered by the apex's, *.x.w by that of ai, z.w by that of ns2.
NAME_ERROR = (nsec3("x.w.example."), nsec3("example."))
CASES = {
    "B.1 name error": Case("a.c.x.w.example A", "insecure OPT_OUT c.x.w.example.", ()),
    "B.2 no data": Case("ns1.example MX", "absent NODATA", (nsec3("ns1.example."),)),
    "B.2.1 no data, empty non-terminal": Case("y.w.example A", "absent NODATA", (nsec3("y.w.example."),)),
    "B.3 referral to an unsigned zone in an opt-out span": Case("mc.c.example MX", "insecure OPT_OUT c.example.", ()),
    "B.4 wildcard expansion": Case("a.z.w.example MX", "insecure OPT_OUT z.w.example.", ()),
    "B.5 wildcard no data": Case("a.z.w.example AAAA", "insecure OPT_OUT z.w.example.", ()),
    "a name that is a hash": Case(
        "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example A", "secure", ("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. A",)
    ),
    "a signed child": Case("mc.a.example MX", "secure", ("mc.a.example. MX",)),
}
WITHOUT_OPT_OUT = {
    "B.1 name error": Case("a.c.x.w.example A", "absent NXDOMAIN", ()),
    "B.2 no data": Case("ns1.example MX", "absent NODATA", (nsec3("ns1.example."),)),
    "B.2.1 no data, empty non-terminal": Case("y.w.example A", "absent NODATA", (nsec3("y.w.example."),)),
    "B.3 referral to an unsigned zone": Case("mc.c.example MX", "insecure NO_DS c.example.", ()),
    "B.4 wildcard expansion": Case("a.z.w.example MX", "secure", ()),
    "B.5 wildcard no data": Case("a.z.w.example AAAA", "absent NODATA", ()),
}
ALL = [pytest.param(case, "opt-out", id=f"{name}, opt-out") for name, case in CASES.items()] + [
    pytest.param(case, "nsec3", id=name) for name, case in WITHOUT_OPT_OUT.items()
]


def build(denial: str) -> World:
    world = World()
    world.zone("example", denial=denial, salt=SALT, iterations=ITERATIONS).add(ZONE)
    world.zone("a.example").add("mc MX 1 mc", "ns1 A 192.0.2.5")
    world.zone("c.example", signed=False).add("mc MX 1 mc", "ns1 A 192.0.2.7")
    return world


def with_denials(world: World, case: Case) -> Case:
    """A case whose denial records are all needed: an honest server sends no other."""
    reply = world.message(case.question)
    denials = [rrset for rrset in reply.authority if rrset.rdtype == 50]
    needed = [f"{rrset.owner} NSEC3" for rrset in denials] + [f"{rrset.owner} MX" for rrset in reply.answer]
    return case._replace(needed=case.needed or tuple(needed) * (not case.says.startswith("insecure")))


@pytest.mark.parametrize(("name", "label"), HASHES.items())
def test_the_hashes_of_appendix_a(name: str, label: str) -> None:
    assert hash_of(context(), Group(ITERATIONS, SALT, []), Name.from_text(name)) == base32hex(label.encode())


@pytest.mark.parametrize(("case", "denial"), ALL)
def test_each_example_and_without_each_single_record(case: Case, denial: str) -> None:
    world = build(denial)
    check_losses(world, with_denials(world, case))


@pytest.mark.parametrize(("case", "denial"), ALL)
def test_each_example_with_each_single_record_replaced(case: Case, denial: str) -> None:
    assert check_replacements(build(denial), case, "example.") > 50


@pytest.mark.parametrize("denial", ["nsec3", "opt-out"])
def test_b_1_has_the_records_that_the_rfc_names(denial: str) -> None:
    """The closest encloser x.w is matched, c.x.w is covered by the apex's record."""
    sent = {f"{rrset.owner} NSEC3" for rrset in build(denial).message("a.c.x.w.example A").authority}
    assert set(NAME_ERROR) <= sent


@pytest.mark.parametrize("denial", ["nsec3", "opt-out"])
def test_b_6_the_childs_own_no_data_for_its_ds_proves_nothing(denial: str) -> None:
    world = build(denial)
    assert said(world, "example", "DS") == "secure"

    def from_the_child(honest: Message | NoReply) -> Message:
        assert isinstance(honest, Message)
        return changed(honest, answer=(), authority=world.message("example TXT").authority)

    world.override(Question.of("example", "DS"), from_the_child)
    assert said(world, "example", "DS").startswith("bogus")
    assert said(world, "x.w.example", "MX").startswith("bogus")
