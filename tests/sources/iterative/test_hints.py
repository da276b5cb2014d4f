"""Root hints: IANA's, a file's, a mapping's; and `Iterative`, which reads them."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

import resolver
from resolver import BadInput, BadUpstream, Iterative, Resolver
from resolver.data.name import Name
from resolver.sources.iterative.delegation import may_be_asked
from resolver.sources.iterative.hints import read_hints
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.sources.upstream import open_upstream

FILE = """\
; as IANA writes it
.                        3600000      NS    A.ROOT-SERVERS.NET.
A.ROOT-SERVERS.NET.      3600000      A     198.41.0.4
A.ROOT-SERVERS.NET.      3600000      AAAA  2001:503:ba3e::2:30
.                        3600000      NS    B.ROOT-SERVERS.NET.
B.ROOT-SERVERS.NET.      3600000      A     170.247.170.2
OTHER.EXAMPLE.           3600000      A     192.0.2.1
"""


def test_ianas_hints_are_thirteen_names_with_an_address_of_each_kind() -> None:
    hints = read_hints()
    assert list(hints.servers) == [Name.from_text(f"{letter}.root-servers.net.") for letter in "abcdefghijklm"]
    assert [tuple(ipaddress.ip_address(host).version for host in hosts) for hosts in hints.servers.values()] == [
        (4, 6)
    ] * 13
    assert len({host for hosts in hints.servers.values() for host in hosts}) == 26
    assert (hints.port, hints.loopback) == (53, False)


def test_a_file_gives_the_addresses_of_the_roots_servers_and_of_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "named.root"
    path.write_text(FILE)
    assert {str(name): hosts for name, hosts in read_hints(path).servers.items()} == {
        "a.root-servers.net.": ("198.41.0.4", "2001:503:ba3e::2:30"),
        "b.root-servers.net.": ("170.247.170.2",),
    }


def test_a_mapping_may_name_one_address_or_several_and_a_port_for_the_whole_tree() -> None:
    hints = read_hints({"a.root": "127.0.0.1:5353", Name.from_text("b.root."): ["[::1]:5353", "127.0.0.2:5353"]})
    assert {str(name): hosts for name, hosts in hints.servers.items()} == {
        "a.root.": ("127.0.0.1",),
        "b.root.": ("::1", "127.0.0.2"),
    }
    assert (hints.port, hints.loopback) == (5353, True)


@pytest.mark.parametrize(
    ("hints", "word"),
    [
        ({}, "no address"),
        ({"a.root": []}, "no address"),
        ({"a.root": "a.example"}, "no IP address"),
        ({"a.root": "udp://192.0.2.1"}, "bare address"),
        ({"a.root": "192.0.2.1:0"}, "port"),
        ({"a.root": "192.0.2.1:53", "b.root": "192.0.2.2:54"}, "53, 54"),
        ({"a.root": [1]}, "as text"),
        ({"a..root": "192.0.2.1"}, "root hints"),
        ({f"{number}.root": "192.0.2.1" for number in range(101)}, "at most 100"),
        (53, "mapping"),
    ],
)
def test_hints_that_cannot_be_understood_are_refused_in_one_line(hints: object, word: str) -> None:
    with pytest.raises(BadUpstream, match=word) as refused:
        Iterative(root_hints=hints)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert "root hints" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "no NS of the root"), ("example. 1 IN NS a.\na. 1 IN A 192.0.2.1\n", "no NS"), (". 1 IN NS a.\n", "no address"),
     (". 1 IN NS a.\na. 1 IN A nonsense\n", "nonsense"), ("what is this", "hints:1")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_name(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "hints"
    path.write_text(text)
    with pytest.raises(BadUpstream, match=word):
        Iterative(root_hints=path)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadUpstream, match="missing"):
        Iterative(root_hints=str(tmp_path / "missing"))


def test_minimise_is_a_truth_value() -> None:
    with pytest.raises(BadInput, match="minimise"):
        Iterative(minimise="yes")  # type: ignore[arg-type]


def test_a_resolver_takes_it_as_its_upstream_and_each_has_a_memory_of_its_own() -> None:
    iterative = resolver.Iterative()
    assert repr(iterative) == "<Iterative from 13 root servers>"
    first, second = (open_upstream(iterative, clock=lambda: 0.0) for _ in range(2))
    assert isinstance(first, IterativeUpstream)
    assert first is not second
    with Resolver(iterative):
        pass


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("192.0.2.1", True), ("10.0.0.1", True), ("2001:db8::1", True), ("fd00::1", True),
        ("0.0.0.0", False), ("224.0.0.251", False), ("255.255.255.255", False), ("169.254.0.1", False),
        ("::", False), ("ff02::fb", False), ("fe80::1", False), ("::ffff:127.0.0.1", False), ("240.0.0.1", False),
        ("0.1.2.3", False), ("::ffff:192.0.2.1", False), ("::127.0.0.1", False), ("64:ff9b::7f00:1", False),
    ],
)  # fmt: skip
def test_only_addresses_that_a_server_may_have_are_asked(host: str, asked: bool) -> None:
    assert may_be_asked(host, loopback=False) is asked


@pytest.mark.parametrize("host", ["127.0.0.1", "127.53.0.1", "::1"])
def test_this_machine_is_asked_only_where_the_hints_are_of_this_machine(host: str) -> None:
    assert may_be_asked(host, loopback=True)
    assert not may_be_asked(host, loopback=False)
