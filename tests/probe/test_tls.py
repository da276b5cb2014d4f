"""The handshake: the chain as sent in every version of TLS, the server name, kinds of keys, and peers that misbehave."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from trio.testing import memory_stream_pair

from resolver.dane.reports import TLS_FAILED
from resolver.data.name import to_name
from resolver.probe import tls
from resolver.probe.starttls import Refused
from resolver.probe.tls import KeyNotOffered, Session, handshake
from tests.probe.certificates import Identity, make, rsa_key
from tests.probe.peers import Peer, serve_tls, server_context, serving

HOST = to_name("www.example.com")
ROOT = make("root", authority=True)
ISSUER = make("issuer", ROOT, authority=True)
LEAF = make("leaf", ISSUER, names=["www.example.com"])
ALONE = make("alone")
RSA = make("rsa", ISSUER, names=["www.example.com"], key=rsa_key())


async def meet(peer: Peer, use: Callable[[Session], Awaitable[None]] | None = None, *, key_type: str = "") -> Session:
    """Shake hands with a peer at the other end of a pair of memory streams."""
    ours, theirs = memory_stream_pair()
    met: Session | Refused | trio.TooSlowError
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer, theirs)
        try:
            with trio.fail_after(60):
                met = await handshake(ours, HOST, key_type=key_type)
            if use is not None:
                await use(met)
        except (Refused, trio.TooSlowError) as refused:
            met = refused
        nursery.cancel_scope.cancel()
    if isinstance(met, Exception):
        raise met
    return met


def run(peer: Peer, *, key_type: str = "") -> Session:
    async def main() -> Session:
        return await meet(peer, key_type=key_type)

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.5))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    "chain", [(LEAF,), (LEAF, ISSUER), (LEAF, ISSUER, ROOT), (LEAF, ROOT, ISSUER, ISSUER, LEAF), (ALONE, LEAF)]
)
def test_the_chain_is_seen_exactly_as_sent(
    version: ssl.TLSVersion, chain: tuple[Identity, ...], tmp_path: Path
) -> None:
    context = server_context(tmp_path, chain)
    context.maximum_version = version
    session = run(serving(context))
    assert session.chain == tuple(each.der for each in chain)
    assert session.protocol == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    assert session.cipher


def test_a_second_connection_shows_the_chain_again(tmp_path: Path) -> None:
    context = server_context(tmp_path, (LEAF, ISSUER))
    for _ in range(3):
        assert len(run(serving(context)).chain) == 2
    assert context.session_stats()["hits"] == 0


def test_the_server_name_is_the_base_domain_without_its_dot(tmp_path: Path) -> None:
    context = server_context(tmp_path, (LEAF,))
    seen: list[str | None] = []
    context.sni_callback = lambda _, name, __: seen.append(name)
    run(serving(context))
    assert seen == ["www.example.com"]


@pytest.mark.parametrize(("name", "sent"), [("_x.Example.COM.", "_x.example.com"), ("bücher.example", "xn--bcher-kva.example")])  # fmt: skip
def test_server_names(name: str, sent: str) -> None:
    assert tls.server_name(to_name(name)) == sent


@pytest.mark.parametrize("name", [".", r"a\032b.example", r"a\000b.example", r"a\.b.example", r"\255.example"])
def test_a_name_that_is_no_host_is_not_asked_for(name: str) -> None:
    with pytest.raises(Refused, match="cannot be a server name") as refused:
        tls.server_name(to_name(name))
    assert refused.value.result == TLS_FAILED


def test_the_kind_of_key_can_be_chosen(tmp_path: Path) -> None:
    context = server_context(tmp_path, (LEAF, ISSUER), (RSA, ISSUER))
    assert run(serving(context), key_type="ecdsa").chain[0] == LEAF.der
    session = run(serving(context), key_type="rsa")
    assert session.chain[0] == RSA.der
    assert session.protocol == "TLSv1.2"


def test_a_kind_of_key_that_the_server_lacks_is_no_failure_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(KeyNotOffered, match="no RSA certificate"):
        run(serving(server_context(tmp_path, (LEAF,))), key_type="rsa")
    with pytest.raises(KeyNotOffered, match="no ECDSA certificate"):
        run(serving(server_context(tmp_path, (RSA,))), key_type="ecdsa")
    modern = server_context(tmp_path, (LEAF,))
    modern.minimum_version = ssl.TLSVersion.TLSv1_3
    with pytest.raises(KeyNotOffered):
        run(serving(modern), key_type="ecdsa")


def test_tls_below_1_2_is_refused(tmp_path: Path) -> None:
    context = server_context(tmp_path, (RSA,))
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(Refused, match="the handshake failed") as refused:
        run(serving(context))
    assert not isinstance(refused.value, KeyNotOffered)


def test_weak_ciphers_and_anonymous_ones_are_not_offered() -> None:
    for key_type in ("", *tls.KEY_TYPES):
        names = [cipher["name"] for cipher in tls.make_context(key_type).get_ciphers()]
        assert names
        assert not [
            name for name in names if any(word in name for word in ("NULL", "ADH", "AECDH", "RC4", "DES", "PSK"))
        ]


def test_after_verification_the_stream_carries_as_much_as_it_likes(tmp_path: Path) -> None:
    octets = 2 * tls.HANDSHAKE_OCTETS
    said: list[bytes] = []
    context = server_context(tmp_path, (LEAF,))

    async def peer(stream: trio.abc.Stream) -> None:
        await serve_tls(stream, context, said, b"x" * octets)

    async def use(session: Session) -> None:
        await session.stream.send_all(b"hello")
        came = 0
        while came < octets:
            came += len(await session.stream.receive_some())

    async def main() -> None:
        await meet(peer, use)

    trio.run(main)
    assert said == [b"hello"]


def test_the_lowest_version_is_tls_1_2() -> None:
    for key_type in ("", *tls.KEY_TYPES):
        context = tls.make_context(key_type)
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.maximum_version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED)


async def silence(stream: trio.abc.Stream) -> None:
    await trio.sleep_forever()


async def close(stream: trio.abc.Stream) -> None:
    await stream.receive_some()
    await stream.aclose()


async def half_a_handshake(stream: trio.abc.Stream) -> None:
    await stream.receive_some()
    await stream.send_all(bytes.fromhex("160303007a02000076"))
    await stream.aclose()


async def another_protocol(stream: trio.abc.Stream) -> None:
    await stream.receive_some()
    await stream.send_all(b"220 mx.example.com ESMTP\r\n")
    await trio.sleep_forever()


async def hello_requests_for_ever(stream: trio.abc.Stream) -> None:
    """Messages that TLS 1.2 says to ignore during a handshake (RFC 5246 §7.4.1.1)."""
    await stream.receive_some()
    while True:
        await stream.send_all(bytes.fromhex("160303000400000000") * 1000)


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        (close, "closed the connection"),
        (half_a_handshake, "closed the connection"),
        (another_protocol, "the handshake failed"),
    ],
)
def test_a_peer_that_ends_or_is_no_tls_server_is_a_refusal(peer: Peer, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        run(peer)
    assert refused.value.result == TLS_FAILED


def test_a_silent_peer_costs_its_caller_the_time_that_it_allows() -> None:
    with pytest.raises(trio.TooSlowError):
        run(silence)


def test_endless_messages_are_ended() -> None:
    with pytest.raises(Refused):
        run(hello_requests_for_ever)


def test_octets_before_the_handshake_have_a_limit() -> None:
    async def main() -> None:
        ours, theirs = memory_stream_pair()
        metered = tls.Metered(ours, 1000)
        await theirs.send_all(b"x" * 1001)
        await metered.receive_some(1000)
        with pytest.raises(Refused, match="without a handshake"):
            await metered.receive_some()

    trio.run(main)


def big_chain(count: int, octets: int) -> tuple[Identity, ...]:
    extra = make("x" * 60, ROOT, names=[f"{number:060d}.example" for number in range(octets // 75)])
    return (LEAF, *[extra] * count)


@pytest.mark.parametrize(("count", "octets"), [(20, 500_000), (1000, 0)])
def test_an_enormous_chain_is_refused(count: int, octets: int, tmp_path: Path) -> None:
    """10 MB of certificates, and 1,000 certificates."""
    context = server_context(tmp_path, big_chain(count, octets))
    with pytest.raises(Refused, match=r"excessive message size|octets without a handshake"):
        run(serving(context))


def test_the_limit_on_certificates_is_ours_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "CHAIN_CERTIFICATES", 4)
    with pytest.raises(Refused, match="5 certificates; the limit is 4"):
        run(serving(server_context(tmp_path, (LEAF, *[ISSUER] * 4))))
