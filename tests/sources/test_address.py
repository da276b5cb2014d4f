"""The words for servers, and the system's own list of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.errors import BadInput, BadUpstream
from resolver.sources.upstream import open_upstream
from resolver.sources.upstream.address import Address, parse
from resolver.sources.upstream.system import system_servers
from resolver.testing import World


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("9.9.9.9", Address("udp", "9.9.9.9", 53)),
        ("127.0.0.1:5353", Address("udp", "127.0.0.1", 5353)),
        ("udp://9.9.9.9", Address("udp", "9.9.9.9", 53)),
        ("UDP://9.9.9.9:1", Address("udp", "9.9.9.9", 1)),
        ("tcp://9.9.9.9", Address("tcp", "9.9.9.9", 53)),
        ("tcp://[::1]:65535", Address("tcp", "::1", 65535)),
        ("[2620:fe::fe]:53", Address("udp", "2620:fe::fe", 53)),
        ("[2620:fe::fe]", Address("udp", "2620:fe::fe", 53)),
        ("2620:FE:0::fe", Address("udp", "2620:fe::fe", 53)),
        ("fe80::1%eth0", Address("udp", "fe80::1%eth0", 53)),
    ],
)
def test_a_word_names_a_server(word: str, address: Address) -> None:
    assert parse(word) == address


PIN = "sha256=" + "A" * 43 + "="


@pytest.mark.parametrize(
    ("word", "address", "shown"),
    [
        ("tls://9.9.9.9", Address("tls", "9.9.9.9", 853), "tls 9.9.9.9:853"),
        (
            "TLS://9.9.9.9:8853#DNS.Quad9.net.",
            Address("tls", "9.9.9.9", 8853, "dns.quad9.net"),
            "tls 9.9.9.9:8853#dns.quad9.net",
        ),
        ("tls://[2620:fe::fe]#9.9.9.9", Address("tls", "2620:fe::fe", 853, "9.9.9.9"), "tls [2620:fe::fe]:853#9.9.9.9"),
        ("tls://dns.quad9.net", Address("tls", "dns.quad9.net", 853, "dns.quad9.net"), "tls dns.quad9.net:853"),
        (f"tls://9.9.9.9#{PIN}", Address("tls", "9.9.9.9", 853, None, (bytes(32),)), "tls 9.9.9.9:853"),
        (
            f"tls://9.9.9.9#dns.example,{PIN}",
            Address("tls", "9.9.9.9", 853, "dns.example", (bytes(32),)),
            "tls 9.9.9.9:853#dns.example",
        ),
        (
            "https://dns.quad9.net/dns-query",
            Address("https", "dns.quad9.net", 443, "dns.quad9.net", (), "/dns-query"),
            "https dns.quad9.net:443/dns-query",
        ),
        (
            "https://9.9.9.9:5053/dns-query#dns.quad9.net",
            Address("https", "9.9.9.9", 5053, "dns.quad9.net", (), "/dns-query"),
            "https 9.9.9.9:5053/dns-query#dns.quad9.net",
        ),
        ("https://[::1]/d", Address("https", "::1", 443, "::1", (), "/d"), "https [::1]:443/d"),
        ("quic://94.140.14.14", Address("quic", "94.140.14.14", 853), "quic 94.140.14.14:853"),
    ],
)
def test_an_encrypted_server_may_have_a_name_and_pins(word: str, address: Address, shown: str) -> None:
    assert parse(word) == address
    assert str(address) == shown


def test_an_origin_says_transport_address_and_port() -> None:
    assert str(parse("127.0.0.1")) == "udp 127.0.0.1:53"
    assert str(parse("tcp://[::1]:54")) == "tcp [::1]:54"


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("tls://9.9.9.9#", "after # a name or a pin is missing"),
        ("tls://9.9.9.9#a.example,b.example", "one name, not 2, may follow the #"),
        ("tls://9.9.9.9#sha256=AAAA", "'sha256=AAAA' is no pin"),
        ("tls://9.9.9.9#dns quad9", "neither an IP address nor a host's name"),
        ("tls://9.9.9", "'9.9.9' is no IP address"),
        ("tls://", "no IP address"),
        ("tls://[dns.quad9.net]", "no IP address"),
        ("tls://9.9.9.9/dns-query", "neither an IP address nor a host's name"),
        ("https://dns.quad9.net", "the path is missing"),
        ("https://dns.quad9.net/", "the path is missing"),
        ("https://dns.quad9.net/dns-query{?dns}", "no path of a URL"),
        ("https://user@dns.quad9.net/dns-query", "neither an IP address nor a host's name"),
        ("ftp://9.9.9.9", "'ftp' is no transport"),
        ("dns.quad9.net", "names are not looked up here"),
        ("localhost:53", "names are not looked up here"),
        ("", "no IP address"),
        ("udp://", "no IP address"),
        ("9.9.9", "no IP address"),
        (" 9.9.9.9", "no IP address"),
        ("9.9.9.9/", "no IP address"),
        ("9.9.9.9#dns.quad9.net", "no IP address"),
        ("9.9.9.9@53", "no IP address"),
        ("9.9.9.9:", "the port must be"),
        ("9.9.9.9:0", "the port must be"),
        ("9.9.9.9:65536", "the port must be"),
        ("9.9.9.9:+53", "the port must be"),
        ("9.9.9.9:５３", "the port must be"),
        ("[::1", "write an IPv6 address"),
        ("[::1]53", "write an IPv6 address"),
        ("[::1]:", "the port must be"),
        ("[9.9.9.9]:53", "brackets are for IPv6"),
        ("x" * 5000, "no IP address"),
        ("9.9.9.9\n8.8.8.8", "no IP address"),
    ],
)
def test_a_word_that_names_none_is_refused_in_one_clear_line(word: str, why: str) -> None:
    with pytest.raises(BadUpstream) as caught:
        parse(word)
    text = str(caught.value)
    assert why in text
    assert "\n" not in text
    assert len(text) < 400
    assert isinstance(caught.value, BadInput)


@pytest.mark.parametrize("upstream", [[], (), [None], 53, object(), object, b"9.9.9.9", ["9.9.9.9", "nonsense"]])
def test_what_is_no_upstream_is_refused(upstream: object) -> None:
    with pytest.raises(BadUpstream):
        open_upstream(upstream, clock=float)  # type: ignore[arg-type]


def test_a_coroutine_function_is_refused_with_advice() -> None:
    async def function(query: bytes) -> bytes:
        return query

    with pytest.raises(BadUpstream, match=r"exchange\(query\)"):
        open_upstream(function, clock=float)  # type: ignore[arg-type]


def test_a_list_may_mix_words_functions_and_objects() -> None:
    class Own:
        async def exchange(self, query: bytes) -> bytes:
            return query

    pool = open_upstream(["tcp://[::1]", World().answer, Own()], clock=float)
    assert [origin for origin, _ in pool.trouble()] == [
        "tcp [::1]:53",
        "function World.answer",
        f"object {Own.__qualname__}",
    ]


def conf(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "resolv.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_the_system_s_servers_are_read(tmp_path: Path) -> None:
    text = """# nameserver 192.0.2.9
; comment
search example.com
nameserver 192.0.2.1
  nameserver fe80::1%eth0
nameserver ::1 trailing words
nameserver 192.0.2.4
options timeout:3 attempts:9 edns0 ndots:2
options timeout:x attempts:-1
"""
    system = system_servers(conf(tmp_path, text))
    assert [address.host for address in system.servers] == ["192.0.2.1", "fe80::1%eth0", "::1"]
    assert (system.timeout, system.attempts) == (3.0, 5)
    assert {address.port for address in system.servers} == {53}


def test_without_options_there_are_none(tmp_path: Path) -> None:
    system = system_servers(conf(tmp_path, b"# caf\xe9\nnameserver 127.0.0.53\n"))
    assert (system.timeout, system.attempts) == (None, None)
    pool = open_upstream(None, clock=float, resolv_conf=conf(tmp_path, "nameserver 127.0.0.53"))
    assert pool.trouble() == (("udp 127.0.0.53:53", "no reply yet"),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "resolv.conf: it names no server"),
        ("search example.com\n", "resolv.conf: it names no server"),
        ("search x\nnameserver dns.example\n", "resolv.conf:2: 'dns.example' is no address"),
        ("nameserver\n", "resolv.conf:1: '' is no address"),
        ("nameserver 192.0.2.1:53\n", "resolv.conf:1: '192.0.2.1:53' is no address"),
        ("nameserver tcp://192.0.2.1\n", "resolv.conf:1: 'tcp://192.0.2.1' is no address"),
    ],
)
def test_a_configuration_without_servers_says_where_and_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadUpstream) as caught:
        system_servers(conf(tmp_path, text))
    assert why in str(caught.value)
    assert 'Resolver("9.9.9.9")' in str(caught.value)
    assert "--server" in str(caught.value)


def test_a_missing_configuration_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadUpstream, match=r"none: No such file.*--server 9\.9\.9\.9"):
        system_servers(str(tmp_path / "none"))
    with pytest.raises(BadUpstream, match="Is a directory"):
        system_servers(str(tmp_path))


def test_options_that_matter_to_us_are_heeded_and_the_others_passed_over(tmp_path: Path) -> None:
    text = "nameserver 192.0.2.1\nnameserver 2001:db8::1\noptions rotate edns0 trust-ad use-vc ndots:3 single-request\n"
    system = system_servers(conf(tmp_path, text))
    assert system.rotate
    assert system.servers == (Address("tcp", "192.0.2.1", 53), Address("tcp", "2001:db8::1", 53))
    plain = system_servers(conf(tmp_path, "nameserver 192.0.2.1\noptions no-rotate\n"))
    assert not plain.rotate
    assert plain.servers[0].transport == "udp"
