"""What a sending server must do with mail to a domain: RFC 7672 §2.2 (R22-R31)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver import Absent, Anchors, BadInput, Bogus, Indeterminate, Insecure, OfflineResolver, Secure
from resolver.dane.mail import MX_HOSTS, mail, mail_domain
from resolver.dane.mail_host import address_in, one_host
from resolver.data.name import to_name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import MX
from resolver.engine import plans
from resolver.testing import World
from tests.dane.planning import OTHER, TLSA, TRUST_ANCHOR, Counting, both, by_loop, cases, mail_plan, said

ERRORS = ["server-failure", "server-silent", "server-not-implemented", "server-refused", "signature-bad"]


@pytest.fixture
def world() -> World:
    """`example.com` has one mail host in a zone of its own, with an address and a usable record."""
    world = World()
    world.zone("example.com").add("@ MX 10 mx.example.net.")
    world.zone("example.net").add("mx A 192.0.2.1", f"_25._tcp.mx TLSA {TLSA}")
    world.zone("open.net", signed=False).add("mx A 192.0.2.3")
    return world


def only(world: World, domain: str = "example.com"):
    """The one host of a domain."""
    (host,) = mail_plan(world, domain).hosts
    return host


class TestMxRecords:
    def test_hosts_come_by_preference_each_once(self, world: World):
        world.zone("example.com").add("@ MX 30 mx.example.net.", "@ MX 5 a", "@ MX 20 c", "@ MX 20 b", "@ MX 7 c")
        plan = mail_plan(world, "example.com")
        assert [(str(host.host), host.preference) for host in plan.hosts] == [
            ("a.example.com.", 5),
            ("c.example.com.", 7),
            ("mx.example.net.", 10),
            ("b.example.com.", 20),
        ]
        assert plan.state == "mx" and plan.secure_mx and plan.notes == ()

    def test_dane_never_reorders_them(self, world: World):
        world.zone("example.com").add("@ MX 5 plain.example.net.")
        world.zone("example.net").add("plain A 192.0.2.9")
        assert cases(mail_plan(world, "example.com")) == {"plain.example.net.": "c", "mx.example.net.": "a"}

    @pytest.mark.parametrize("signed", [True, False])
    def test_a_null_mx_accepts_no_mail(self, world: World, signed: bool):
        world.zone("null.test", signed=signed).add("@ MX 0 .", "@ A 192.0.2.1")
        plan = mail_plan(world, "null.test")
        assert plan.state == "null" and plan.hosts == () and "RFC 7505" in plan.reason

    def test_one_beside_others_is_passed_over(self, world: World):
        world.zone("example.com").add("@ MX 0 .")
        plan = mail_plan(world, "example.com")
        assert cases(plan) == {"mx.example.net.": "a"}
        assert any("RFC 7505" in note for note in plan.notes)

    def test_an_alias_of_the_domain_is_followed_and_both_names_identify(self, world: World):
        world.zone("example.org").add("@ A 192.0.2.7", "alias CNAME example.com.")
        plan = mail_plan(world, "alias.example.org")
        assert [str(name) for name in plan.hosts[0].names] == ["mx.example.net.", "alias.example.org.", "example.com."]

    @pytest.mark.parametrize("domain", ["[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]"])
    def test_an_address_is_no_domain(self, domain: str):
        with pytest.raises(BadInput, match="address"):
            mail_domain(domain)
        assert mail_domain("mail.1.example") == to_name("mail.1.example")

    def test_an_mx_record_that_names_an_address_is_outside_dane(self, world: World):
        world.zone("literal.test").add("@ MX 10 192.0.2.55.")
        host = only(world, "literal.test")
        assert (host.case, host.addresses) == ("c", ("192.0.2.55",))
        assert "RFC 5321 §5.1" in host.reason

    def test_only_so_many_hosts_are_looked_at(self):
        world = World(algorithm=15)
        world.zone("example.com").add(*(f"@ MX {number} mx{number}" for number in range(MX_HOSTS + 3)))
        plan = by_loop(world, mail(to_name("example.com")))
        assert len(plan.hosts) == MX_HOSTS
        assert plan.hosts[-1].preference == MX_HOSTS - 1
        assert any("3 more MX hosts" in note for note in plan.notes)

    def test_a_host_without_room_for_a_tlsa_name_is_passed_over(self, world: World):
        long = ".".join(["a" * 61] * 3 + ["b" * 52]) + ".example.net."
        world.zone("example.com").add(f"@ MX 1 {long}")
        plan = mail_plan(world, "example.com")
        assert cases(plan) == {"mx.example.net.": "a"} and "too long" in plan.notes[0]
        world.zone("example.com").remove("@", "MX").add(f"@ MX 1 {long}")
        assert mail_plan(world, "example.com").state == "error"

    def test_a_malformed_record_of_an_unsigned_zone_is_passed_over(self, world: World):
        question = Question(to_name("open.net"), MX)
        rrset = RRset(question.name, MX, 300, (b"\0\1", b"\0\2\2mx\4open\3net\0"))
        world.override(question, Message(question, answer=(rrset,), received_at=world.now))
        plan = by_loop(world, mail(question.name))
        assert cases(plan) == {"mx.open.net.": "c"} and "malformed" in plan.notes[0]

    @pytest.mark.parametrize("port", [0, 65536, "25"])
    def test_a_port_is_a_number_in_range(self, world: World, port: int):
        with pytest.raises(BadInput, match="port"):
            by_loop(world, mail(to_name("nowhere.example.com"), port))


class TestWithoutMxRecords:
    @pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
    def test_the_domain_is_its_own_host_where_that_is_proven(self, denial: str):
        world = World()
        world.zone("example.com", denial=denial).add("@ A 192.0.2.1", f"_25._tcp TLSA {TLSA}")
        plan = mail_plan(world, "example.com")
        (host,) = plan.hosts
        assert plan.state == "implicit" and plan.secure_mx
        assert (host.case, host.preference, host.names) == ("a", None, (to_name("example.com"),))

    def test_an_unsigned_zones_denial_is_no_error(self, world: World):
        world.zone("open.net").add("@ A 192.0.2.4")
        plan = mail_plan(world, "open.net")
        assert plan.state == "implicit" and not plan.secure_mx
        assert cases(plan) == {"open.net.": "c"}

    def test_the_domain_identifies_too_where_its_alias_is_the_base(self, world: World):
        world.zone("example.com").remove("@", "MX").add("alias CNAME mx.example.net.")
        host = only(world, "alias.example.com")
        assert (host.case, str(host.base_domain)) == ("a", "mx.example.net.")
        assert host.names == (to_name("mx.example.net"), to_name("alias.example.com"))

    @pytest.mark.parametrize("domain", ["nowhere.example.com", "nowhere.open.net"])
    def test_a_domain_that_does_not_exist_is_none(self, world: World, domain: str):
        plan = mail_plan(world, domain)
        assert plan.state == "no-domain" and plan.hosts == ()
        assert plan.secure_mx == (domain == "nowhere.example.com")

    @pytest.mark.parametrize("damage", [*ERRORS, "denial-stripped"])
    def test_an_error_is_never_taken_for_it(self, world: World, damage: str):
        zone = world.zone("example.com").add("@ A 192.0.2.1", f"_25._tcp TLSA {TLSA}")
        if damage == "denial-stripped":
            zone.remove("@", "MX")
        zone.damage(damage, "@ MX")
        plan = mail_plan(world, "example.com")
        assert plan.state == "error" and plan.hosts == () and not plan.secure_mx
        assert isinstance(plan.mx, Bogus | Indeterminate)
        source = Counting(world)
        face = OfflineResolver(source, at=world.now, anchors=world.anchors)
        plans.run_offline(lambda question: face.lookup(*question), mail(to_name("example.com")))
        assert source.asked["example.com./A"] == 0

    def test_silence_of_an_unsigned_zone_about_mx_is_an_error_too(self, world: World):
        world.zone("open.net").damage("server-silent", "@ MX")
        assert mail_plan(world, "open.net").state == "error"

    def test_outside_every_anchor_nothing_is_known(self, world: World):
        anchors = Anchors.from_text("test. DS 1 13 2 " + "00" * 32)
        face = OfflineResolver(world.source(), at=world.now, anchors=anchors)
        plan = plans.run_offline(lambda question: face.lookup(*question), mail(to_name("example.com")))
        assert plan.state == "no-anchor" and plan.hosts == ()


class TestInsecureMxRecords:
    def test_dane_is_used_for_the_host_but_secures_no_delivery(self, world: World):
        world.zone("open.net").add("@ MX 10 mx.example.net.")
        plan = mail_plan(world, "open.net")
        (host,) = plan.hosts
        assert host.case == "a" and not plan.secure_mx and not host.secure_mx
        assert "no delivery is" in plan.reason
        # The next hop identifies nobody: anybody could have put this host into the MX record.
        assert host.names == (to_name("mx.example.net"),)

    def test_an_error_at_such_a_host_keeps_mail_away_from_it(self, world: World):
        world.zone("open.net").add("@ MX 10 mx.example.net.")
        world.zone("example.net").damage("server-failure", "_25._tcp.mx TLSA")
        assert only(world, "open.net").case == "d"

    def test_an_insecure_alias_of_the_domain_makes_them_insecure(self, world: World):
        world.zone("open.net").add("alias CNAME example.com.")
        plan = mail_plan(world, "alias.open.net")
        assert not plan.secure_mx and plan.hosts[0].names == (to_name("mx.example.net"),)


class TestCases:
    def test_a_usable_record_makes_authentication_mandatory(self, world: World):
        host = only(world)
        assert (host.case, host.addresses) == ("a", ("192.0.2.1",))
        assert [str(record) for record in host.usable] == [TLSA]
        assert host.names == (to_name("mx.example.net"), to_name("example.com"))

    @pytest.mark.parametrize("rdata", ["030101abcd", "000001" + "00" * 32, "010101" + "00" * 32, "030701" + "00" * 32])
    def test_b_unusable_records_alone_make_tls_mandatory(self, world: World, rdata: str):
        zone = world.zone("example.net").remove("_25._tcp.mx")
        zone.add_rdata("_25._tcp.mx", "TLSA", bytes.fromhex(rdata))
        host = only(world)
        assert (host.case, host.usable) == ("b", ())
        assert isinstance(host.tlsa, Secure)

    def test_one_usable_record_among_others_is_enough(self, world: World):
        for rdata in ("010101" + "00" * 32, "030101ab", "03"):
            world.zone("example.net").add_rdata("_25._tcp.mx", "TLSA", bytes.fromhex(rdata))
        host = only(world)
        assert (host.case, len(host.usable)) == ("a", 1)

    @pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
    def test_c_proven_absence_is_mail_as_before(self, denial: str):
        world = World()
        world.zone("example.com", denial=denial).add("@ MX 1 mx", "mx A 192.0.2.1")
        host = only(world)
        assert host.case == "c" and isinstance(host.tlsa, Absent)

    def test_c_an_unsigned_host_is_mail_as_before(self, world: World):
        world.zone("example.com").remove("@").add("@ MX 10 mx.open.net.")
        world.zone("open.net").add(f"_25._tcp.mx TLSA {TLSA}")
        host = only(world)
        assert host.case == "c" and isinstance(host.tlsa, Insecure) and host.tlsa.untrusted is None
        assert host.addresses == ("192.0.2.3",)

    @pytest.mark.parametrize("damage", ["server-failure", "server-silent", "server-not-implemented", "server-refused"])
    def test_c_an_unsigned_zones_server_that_does_not_know_tlsa_blocks_nothing(self, world: World, damage: str):
        world.zone("example.com").remove("@").add("@ MX 10 mx.open.net.")
        world.zone("open.net").damage(damage, "_25._tcp.mx TLSA")
        assert only(world).case == "c"

    @pytest.mark.parametrize("damage", ERRORS)
    def test_d_any_error_about_the_records_keeps_mail_away(self, world: World, damage: str):
        world.zone("example.net").damage(damage, "_25._tcp.mx TLSA")
        host = only(world)
        assert host.case == "d" and isinstance(host.tlsa, Bogus | Indeterminate)
        assert host.addresses == ("192.0.2.1",)

    def test_d_a_denial_that_proves_nothing_keeps_mail_away(self, world: World):
        world.zone("example.net").remove("_25._tcp.mx").damage("denial-stripped", "_25._tcp.mx TLSA")
        assert only(world).case == "d"

    def test_the_next_host_is_judged_all_the_same(self, world: World):
        world.zone("example.com").add("@ MX 20 mx2.example.net.")
        world.zone("example.net").add("mx2 A 192.0.2.2", f"_25._tcp.mx2 TLSA {TLSA}").damage("signature-bad", "mx A")
        assert cases(mail_plan(world, "example.com")) == {"mx.example.net.": "d", "mx2.example.net.": "a"}

    def test_the_port_is_part_of_the_name(self, world: World):
        world.zone("example.net").add(f"_2525._tcp.mx TLSA {OTHER}")
        plan = mail_plan(world, "example.com", 2525)
        assert [str(record) for record in plan.hosts[0].usable] == [OTHER]
        assert mail_plan(world, "example.com", 26).hosts[0].case == "c"

    def test_an_alias_at_the_tlsa_name_is_followed_and_changes_no_base(self, world: World):
        world.zone("example.net").remove("_25._tcp.mx").add("_25._tcp.mx CNAME _dane.example.com.")
        world.zone("example.com").add(f"_dane TLSA {TRUST_ANCHOR}")
        host = only(world)
        assert (host.case, str(host.base_domain)) == ("a", "mx.example.net.")


class TestAddresses:
    def test_none_is_nowhere_to_go(self, world: World):
        world.zone("example.net").remove("mx")
        host = only(world)
        assert (host.case, host.addresses, host.reason) == ("d", (), "it has no addresses")

    def test_both_families_are_used(self, world: World):
        world.zone("example.net").add("mx AAAA 2001:db8::1", "mx A 192.0.2.9")
        assert only(world).addresses == ("192.0.2.1", "192.0.2.9", "2001:db8::1")

    @pytest.mark.parametrize("damage", [*ERRORS, "denial-stripped"])
    def test_an_error_in_one_family_is_no_matter_where_the_other_has_addresses(self, world: World, damage: str):
        world.zone("example.net").damage(damage, "mx AAAA")
        assert only(world).case == "a"
        world.zone("example.net").repair().remove("mx", "A").add("mx AAAA 2001:db8::1").damage(damage, "mx A")
        host = only(world)
        assert (host.case, host.addresses) == ("a", ("2001:db8::1",))

    @pytest.mark.parametrize("damage", ERRORS)
    def test_an_error_in_one_family_counts_where_the_other_has_none(self, world: World, damage: str):
        world.zone("example.net").damage(damage, "mx A")  # and no AAAA is proven
        host = only(world)
        assert host.case == "d" and isinstance(host.tlsa, Bogus | Indeterminate)

    @pytest.mark.parametrize("damage", ERRORS)
    def test_errors_in_both_families_keep_mail_away(self, world: World, damage: str):
        world.zone("example.net").add("mx AAAA 2001:db8::1").damage(damage, "mx A").damage(damage, "mx AAAA")
        host = only(world)
        assert (host.case, host.addresses) == ("d", ())
        assert str(host.tlsa.question) == "_25._tcp.mx.example.net./TLSA"

    def test_silence_of_an_unsigned_zone_about_addresses_is_nowhere_to_go(self, world: World):
        world.zone("example.com").remove("@").add("@ MX 10 mx.open.net.")
        world.zone("open.net").damage("server-silent", "mx")
        host = only(world)
        assert host.case == "d" and isinstance(host.tlsa, Insecure)

    def test_a_host_outside_every_anchor_is_mail_as_before(self):
        world = World()
        world.zone("corp.test", island=True).add("@ MX 1 mx.example.net.")
        world.zone("example.net").add("mx A 192.0.2.1")
        face = OfflineResolver(
            world.source(), at=world.now, anchors=Anchors.from_text(world.zone("corp.test").anchor_text)
        )
        plan = plans.run_offline(lambda question: face.lookup(*question), mail(to_name("corp.test")))
        assert cases(plan) == {"mx.example.net.": "c"} and plan.secure_mx


class TestAliasesOfHosts:
    @pytest.fixture
    def aliased(self, world: World) -> World:
        world.zone("example.com").remove("@").add("@ MX 10 alias", "alias CNAME mx.example.net.")
        return world

    def test_a_secure_one_is_expanded(self, aliased: World):
        aliased.zone("example.com").add(f"_25._tcp.alias TLSA {OTHER}")
        host = only(aliased)
        assert (host.case, str(host.base_domain)) == ("a", "mx.example.net.")
        assert [str(record) for record in host.usable] == [TLSA]
        assert [str(name) for name in host.names] == ["mx.example.net.", "example.com."]

    def test_its_own_records_come_second(self, aliased: World):
        aliased.zone("example.net").remove("_25._tcp.mx")
        aliased.zone("example.com").add(f"_25._tcp.alias TLSA {OTHER}")
        host = only(aliased)
        assert (host.case, str(host.base_domain)) == ("a", "alias.example.com.")

    def test_neither_is_mail_as_before(self, aliased: World):
        aliased.zone("example.net").remove("_25._tcp.mx")
        assert only(aliased).case == "c"

    @pytest.mark.parametrize("damage", ERRORS)
    def test_an_error_at_the_end_is_not_passed_over(self, aliased: World, damage: str):
        aliased.zone("example.net").damage(damage, "_25._tcp.mx TLSA")
        aliased.zone("example.com").add(f"_25._tcp.alias TLSA {OTHER}")
        assert only(aliased).case == "d"

    def test_behind_a_secure_hop_into_an_unsigned_zone_its_own_records_count(self, world: World):
        zone = world.zone("example.com").remove("@").add("@ MX 10 alias", "alias CNAME mx.open.net.")
        assert only(world).case == "c"
        zone.add(f"_25._tcp.alias TLSA {TLSA}")
        host = only(world)
        assert (host.case, str(host.base_domain), host.addresses) == ("a", "alias.example.com.", ("192.0.2.3",))

    def test_an_insecure_first_hop_leaves_no_candidate(self, world: World):
        world.zone("open.net").add("alias CNAME mx.example.net.")
        world.zone("example.com").remove("@").add("@ MX 10 alias.open.net.")
        host = only(world)
        assert host.case == "c" and isinstance(host.tlsa, Insecure)
        assert str(host.base_domain) == "alias.open.net."

    @pytest.mark.parametrize("line", ["alias CNAME mx.example.net.", "alias A 192.0.2.1"])
    def test_not_even_where_its_tlsa_name_is_proven(self, world: World, line: str):
        world.zone("open.net").add(line)
        world.zone("_tcp.alias.open.net", island=True).add(f"_25 TLSA {TLSA}")
        world.zone("example.com").remove("@").add("@ MX 10 alias.open.net.")
        host = only(world)
        assert host.case == "c" and isinstance(host.tlsa, Insecure)


def test_one_host_is_judged_without_mx_records(world: World) -> None:
    host = both(world, lambda: one_host(to_name("mx.example.net"), 25), lambda found: said(found.tlsa))
    assert (host.case, host.preference, host.names) == ("a", None, (to_name("mx.example.net"),))


def test_a_plan_runs_on_a_snapshot(world: World) -> None:
    face = OfflineResolver(world.snapshot(), at=world.now, anchors=world.anchors)
    plan = plans.run_offline(lambda question: face.lookup(*question), mail(to_name("example.com")))
    assert cases(plan) == {"mx.example.net.": "a"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"), ("[192.0.2.1]", "192.0.2.1"), ("[IPv6:2001:DB8::1]", "2001:db8::1"),
        ("192.0.2", None), ("192.0.2.256", None), ("a.192.0.2.1", None), ("[mx.example]", None), (".", None),
    ],
)  # fmt: skip
def test_a_name_that_spells_an_address_is_known(text: str, address: str | None) -> None:
    assert address_in(to_name(text)) == address


# Every address family of a host, and its TLSA records, in every state; judged by the words of RFC 7672 §2.2.
FAMILY = st.sampled_from(["there", "absent", "error"])
RECORDS = st.sampled_from(["usable", "unusable", "absent", "error"])


@settings(max_examples=60, deadline=None)
@given(st.booleans(), FAMILY, FAMILY, RECORDS)
def test_any_host_is_judged_by_the_letter(signed: bool, four: str, six: str, records: str) -> None:
    world = World(algorithm=15)
    world.zone("example.com").add("@ MX 1 mx.host.test.")
    zone = world.zone("host.test", signed=signed)
    lines = {"A": "mx A 192.0.2.1", "AAAA": "mx AAAA 2001:db8::1"}
    for rdtype, state in (("A", four), ("AAAA", six)):
        if state != "absent":
            zone.add(lines[rdtype])
        if state == "error":
            zone.damage("server-failure", f"mx {rdtype}")
    if records != "absent":
        zone.add("_25._tcp.mx TLSA " + (TLSA if records != "unusable" else "1 1 1 " + "00" * 32))
    if records == "error":
        zone.damage("server-failure", "_25._tcp.mx TLSA")
    plan = by_loop(world, mail(to_name("example.com")))
    if "there" not in (four, six):
        expected = "d"
    elif not signed:
        expected = "c"
    else:
        expected = {"usable": "a", "unusable": "b", "absent": "c", "error": "d"}[records]
    assert [host.case for host in plan.hosts] == [expected]
    assert len(plan.hosts[0].addresses) == [four, six].count("there")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=3), RECORDS, RECORDS)
def test_any_chain_of_aliases_is_judged_by_the_letter(signed: list[bool], at_host: str, at_end: str) -> None:
    world = World(algorithm=15)
    world.zone("example.com").add("@ MX 1 h0.z0.test.")
    names = [f"h{number}.z{number}.test" for number in range(len(signed))]
    states = {names[0]: at_host}
    states[names[-1]] = at_end  # of a host that is no alias, the same name
    for number, name in enumerate(names):
        zone = world.zone(f"z{number}.test", signed=signed[number])
        zone.add(f"{name}. CNAME {names[number + 1]}." if number + 1 < len(names) else f"{name}. A 192.0.2.1")
        state = states.get(name, "usable")  # a name between is a trap: its records never count
        if state != "absent":
            zone.add(f"_25._tcp.{name}. TLSA " + (TLSA if state != "unusable" else "0 0 1 " + "00" * 32))
        if state == "error":
            zone.damage("server-failure", f"_25._tcp.{name}. TLSA")
    candidates = [names[-1], names[0]] if all(signed) else names[:1] if signed[0] else []
    expected = "c"
    for name in candidates:
        expected = {"usable": "a", "unusable": "b", "absent": "c", "error": "d"}[states[name]]
        if expected != "c":
            break
    (host,) = by_loop(world, mail(to_name("example.com"))).hosts
    assert host.case == expected
    if expected in "ab":
        assert str(host.base_domain) == f"{name}."
        assert host.names == (host.base_domain, to_name("example.com"))
