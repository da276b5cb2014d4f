"""What a hostile server may send on a connection: any octets end in messages or in `Ended`, never in anything else."""

from __future__ import annotations

import random
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.rrset import Question
from resolver.sources.upstream.address import parse
from resolver.sources.upstream.dialogue import Dialogue, Ended, Frames
from resolver.sources.upstream.server import Query
from resolver.sources.upstream.tls import Tls, client_context

QUESTION = Question.of("www.example.com", "A")


def query() -> Query:
    return Query(QUESTION, cd=True)


@given(st.lists(st.binary(min_size=2, max_size=40), max_size=8), st.randoms(use_true_random=False))
def test_frames_are_the_same_however_they_are_cut(messages: list[bytes], rng: random.Random) -> None:
    octets = b"".join(len(message).to_bytes(2) + message for message in messages)
    frames, got = Frames(), []
    at = 0
    while at < len(octets):
        step = rng.randrange(1, 50)
        got += frames.receive(octets[at : at + step])
        at += step
    assert [message for _, message in got] == messages
    assert [key for key, _ in got] == [int.from_bytes(message[:2]) for message in messages]


def test_ids_under_way_are_not_given_twice() -> None:
    frames = Frames()
    taken = set(range(0, 65536, 2))
    keys = {frames.put(query(), taken) for _ in range(500)}
    assert all(key % 2 for key in keys)
    assert len(keys) > 450


def feed(dialogue: Dialogue, pieces: list[bytes]) -> None:
    try:
        for piece in pieces:
            for _, message in dialogue.receive(piece):
                assert isinstance(message, bytes)
            dialogue.outgoing()
    except Ended as ended:
        assert str(ended)


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6))
def test_any_octets_over_tcp_and_tls(pieces: list[bytes]) -> None:
    feed(Frames(), pieces)
    feed(Tls(Frames(), client_context(strict=False, protocols=("dot",)), name=None), pieces)


HTTP = "https://127.0.0.1/dns-query"


def server_octets(body: bytes, status: bytes = b"200") -> bytes:
    """What an honest HTTP/2 server sends on the first stream."""
    import h2.config
    import h2.connection

    from resolver.sources.upstream.https import Http2

    client = Http2(parse(HTTP))
    client.put(query(), ())
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    server.initiate_connection()
    server.receive_data(client.outgoing())
    server.send_headers(1, [(b":status", status), (b"x-odd", b"\xff\xfe")])
    server.send_data(1, body, end_stream=True)
    return bytes(server.data_to_send())


def test_damaged_http2_ends_or_goes_on() -> None:
    pytest.importorskip("h2")
    from resolver.sources.upstream.https import Http2

    honest = server_octets(bytes(40))
    rng = random.Random(1)
    whole = 0
    for _ in range(400):
        octets = bytearray(honest)
        for _ in range(rng.randrange(3)):
            octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
        client = Http2(parse(HTTP))
        client.put(query(), ())
        client.outgoing()
        try:
            whole += len(client.receive(bytes(octets)))
        except Ended as ended:
            whole += len(ended.messages)
    assert whole > 100


def test_damaged_quic_packets_are_dropped_or_end_the_connection(tmp_path: Any) -> None:
    pytest.importorskip("aioquic")
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    from resolver.sources.upstream.quic import Doq
    from tests.sources.certificates import Authority

    issued = Authority(tmp_path).issue("dns.example")
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["doq"])
    configuration.load_cert_chain(issued.certificate, issued.key)
    rng = random.Random(1)
    for _ in range(12):
        client = Doq(parse("quic://127.0.0.1"), ("127.0.0.1", 853), lambda: 1.0)  # type: ignore[arg-type]
        (first, *_) = client.datagrams()
        server = QuicConnection(configuration=configuration, original_destination_connection_id=first[6 : 6 + first[5]])
        server.receive_datagram(first, ("127.0.0.1", 1), now=1.0)
        for octets, _ in server.datagrams_to_send(now=1.0):
            for _ in range(40):
                damaged = bytearray(octets)
                damaged[rng.randrange(min(60, len(damaged)))] ^= 1 << rng.randrange(8)
                quiet(client, bytes(damaged[: rng.randrange(1, len(damaged) + 1)]))
            quiet(client, rng.randbytes(rng.randrange(1, 1400)))


def quiet(client: Any, octets: bytes) -> None:
    try:
        client.receive(octets)
        client.datagrams()
    except Ended:
        pass


def test_a_pin_is_that_of_the_key(tmp_path: Any) -> None:
    from resolver.sources.upstream.pins import digest_of, read_pin
    from tests.sources.certificates import Authority

    issued = Authority(tmp_path).issue("dns.example")
    certificate = ssl.PEM_cert_to_DER_cert(issued.certificate.read_text())
    assert digest_of(certificate) == read_pin(issued.pin)
    assert digest_of(b"\x30\x03\x02\x01\x01") is None


@given(st.integers(1, 60))
def test_padded_queries_are_multiples_of_128_octets(length: int) -> None:
    made = Query(Question.of("a" * length + ".example.com", "TLSA"), cd=True, padded=True, options=((11, b""),))
    assert len(made.octets) % 128 == 0
