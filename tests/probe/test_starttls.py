"""The dialogues up to TLS, octets against octets: what is offered, refused, injected, too long, cut in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.dane.reports import NO_STARTTLS, TLS_FAILED
from resolver.errors import BadInput
from resolver.probe.starttls import PROTOCOLS, Dialogue, protocol_of
from resolver.probe.starttls.dialogue import DIALOGUE_OCTETS, LINE_OCTETS, LINES

EHLO = b"EHLO [192.0.2.7]\r\n"
STREAM = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
FEATURES = (
    STREAM
    + b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
)
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
LDAP_YES = bytes.fromhex("300c02010178070a010004000400")

# protocol -> what the server says, and what must have been asked before it says the next.
GOOD: dict[str, list[tuple[bytes, bytes]]] = {
    "smtp": [
        (b"", b"220-mx.example.com ESMTP\r\n220 ready\r\n"),
        (EHLO, b"250-mx.example.com\r\n250-SIZE 1000\r\n250-starttls\r\n250 8BITMIME\r\n"),
        (b"STARTTLS\r\n", b"220 2.0.0 go ahead\r\n"),
    ],
    "submission": [(b"", b"220 x\r\n"), (EHLO, b"250-x\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220\r\n")],
    "lmtp": [
        (b"", b"220 x LMTP\r\n"),
        (b"LHLO [192.0.2.7]\r\n", b"250-x\n250 STARTTLS\n"),
        (b"STARTTLS\r\n", b"220 go\r\n"),
    ],
    "imap": [
        (b"", b"* OK [CAPABILITY IMAP4rev1] {3}\r\na\r\n ready\r\n"),
        (b"a1 CAPABILITY\r\n", b"* CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED\r\na1 OK done\r\n"),
        (b"a2 STARTTLS\r\n", b"* OK still here\r\na2 OK begin\r\n"),
    ],
    "pop3": [
        (b"", b"+OK ready\r\n"),
        (b"CAPA\r\n", b"+OK\r\nUSER\r\nSTLS\r\n.\r\n"),
        (b"STLS\r\n", b"+OK begin\r\n"),
    ],
    "sieve": [
        (b"", b'"IMPLEMENTATION" {4}\r\nx\r\ny\r\n"SIEVE" "fileinto"\r\n"StartTLS"\r\nOK\r\n'),
        (b"STARTTLS\r\n", b"OK {5+}\r\ngo on\r\n"),
    ],
    "xmpp-client": [(b"", FEATURES), (b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", PROCEED)],
    "xmpp-server": [
        (b"", FEATURES.replace(b"jabber:client", b"jabber:server")),
        (b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", PROCEED.replace(b"/>", b"></proceed>")),
    ],
    "ldap": [(b"", LDAP_YES)],
    "postgresql": [(b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"S")],
}


def begin(protocol: str) -> tuple[Dialogue, bytes]:
    dialogue = Dialogue(PROTOCOLS[protocol].script("example.com", "[192.0.2.7]"))
    return dialogue, dialogue.begin()


def talk(protocol: str, *replies: bytes) -> Dialogue:
    """The dialogue after a server that says these, each when it has been asked something."""
    dialogue, _ = begin(protocol)
    for reply in replies:
        dialogue.receive(reply)
    return dialogue


def replies_of(protocol: str) -> list[bytes]:
    return [reply for _, reply in GOOD[protocol]]


def refusal(dialogue: Dialogue) -> tuple[str, str]:
    assert dialogue.failure is not None
    assert not dialogue.done
    return dialogue.failure.result, dialogue.failure.reason


def test_every_protocol_is_tried_here() -> None:
    assert set(GOOD) == set(PROTOCOLS)


@pytest.mark.parametrize("protocol", GOOD)
def test_a_server_that_offers_tls_is_asked_for_it(protocol: str) -> None:
    dialogue, sent = begin(protocol)
    for expected, reply in GOOD[protocol]:
        assert not dialogue.over
        if expected:
            assert sent == expected
        sent = dialogue.receive(reply)
    assert dialogue.done
    assert sent == b""
    assert dialogue.failure is None


@pytest.mark.parametrize("protocol", GOOD)
@settings(max_examples=40)
@given(data=st.data())
def test_it_does_not_matter_in_what_pieces_octets_come(protocol: str, data: st.DataObject) -> None:
    dialogue, sent = begin(protocol)
    for expected, reply in GOOD[protocol]:
        if expected:
            assert sent == expected
        sent = b""
        cuts = sorted(data.draw(st.sets(st.integers(1, len(reply)), max_size=8)))
        for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True):
            if start < end:
                sent += dialogue.receive(reply[start:end])
    assert dialogue.done


@pytest.mark.parametrize("protocol", GOOD)
def test_one_octet_after_the_go_ahead_is_an_injection(protocol: str) -> None:
    *before, last = replies_of(protocol)
    for extra in (b"\x16", b"\r\n", b"250 I said something\r\n"):
        result, reason = refusal(talk(protocol, *before, last + extra))
        assert result == TLS_FAILED
        assert "injection" in reason


@pytest.mark.parametrize("protocol", GOOD)
def test_nothing_is_done_before_the_last_octet(protocol: str) -> None:
    *before, last = replies_of(protocol)
    dialogue = talk(protocol, *before)
    for number in range(len(last) - 1):
        assert dialogue.receive(last[number : number + 1]) == b""
        assert not dialogue.over, number
    dialogue.receive(last[-1:])
    assert dialogue.done


@pytest.mark.parametrize("protocol", GOOD)
def test_a_peer_that_closes_has_refused(protocol: str) -> None:
    for count in range(len(GOOD[protocol])):
        result, reason = refusal(talk(protocol, *replies_of(protocol)[:count], b""))
        assert result == TLS_FAILED
        assert "closed" in reason


@pytest.mark.parametrize("protocol", GOOD)
@settings(max_examples=60)
@given(
    pieces=st.lists(st.binary(max_size=60) | st.sampled_from([reply for good in GOOD.values() for _, reply in good]))
)
def test_no_octets_raise(protocol: str, pieces: list[bytes]) -> None:
    dialogue = talk(protocol, *pieces)
    if dialogue.failure is not None:
        assert dialogue.failure.result in (NO_STARTTLS, TLS_FAILED)
        assert dialogue.failure.reason.isprintable()


@pytest.mark.parametrize("protocol", GOOD)
def test_endless_talk_is_ended(protocol: str) -> None:
    """Whatever a server repeats, and after whatever it said before, it is not listened to for ever."""
    good = replies_of(protocol)
    for begun in range(len(good)):
        for repeated in (
            b"x" * 1000,
            b"220-x\r\n",
            b"250-x\r\n",
            b"* OK x\r\n",
            b"X\r\n",
            b'"X"\r\n',
            b"{9999}\r\n",
            b"<a/>",
            b"<a>",
        ):
            dialogue = talk(protocol, *good[:begun])
            sent = 0
            while not dialogue.over and sent <= DIALOGUE_OCTETS:
                dialogue.receive(repeated)
                sent += len(repeated)
            assert dialogue.over
            assert sent <= DIALOGUE_OCTETS + len(repeated)


@pytest.mark.parametrize(
    ("protocol", "replies", "said"),
    [
        ("smtp", [b"220 x\r\n", b"250-x\r\n250 SIZE\r\n"], "does not offer STARTTLS"),
        ("smtp", [b"220 x\r\n", b"250 STARTTLS\r\n"], "does not offer STARTTLS"),  # the first line is a greeting
        ("smtp", [b"220 x\r\n", b"502 only HELO here\r\n"], "EHLO was refused"),
        ("smtp", [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 4.7.0 no\r\n"], '"454 4.7.0 no"'),
        ("lmtp", [b"220 x\r\n", b"250 x\r\n"], "does not offer STARTTLS"),
        ("imap", [b"* PREAUTH hello\r\n"], "PREAUTH"),
        ("imap", [b"* OK\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"], "does not offer STARTTLS"),
        ("imap", [b"* OK\r\n", b"* CAPABILITY STARTTLS\r\na1 OK\r\n", b"a2 BAD no\r\n"], "was refused"),
        ("pop3", [b"+OK\r\n", b"+OK\r\nUSER\r\n.\r\n"], "does not offer STLS"),
        ("pop3", [b"+OK\r\n", b"-ERR\r\n", b"-ERR no\r\n"], "was refused"),
        ("sieve", [b'"SIEVE" "x"\r\nOK "ready"\r\n'], "does not offer STARTTLS"),
        ("sieve", [b'"STARTTLS"\r\nOK\r\n', b'NO "later"\r\n'], "was refused"),
        ("xmpp-client", [STREAM + b"<stream:features><x xmlns='y'/></stream:features>"], "does not offer STARTTLS"),
        ("xmpp-client", [FEATURES, b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"], "refused"),
        ("ldap", [bytes.fromhex("300c02010178070a010204000400")], "result code 2"),
        ("postgresql", [b"N"], "does not offer TLS"),
    ],
)  # fmt: skip
def test_a_server_without_tls_is_told_from_a_broken_one(protocol: str, replies: list[bytes], said: str) -> None:
    result, reason = refusal(talk(protocol, *replies))
    assert result == NO_STARTTLS
    assert said in reason


@pytest.mark.parametrize(
    ("protocol", "replies", "said"),
    [
        ("smtp", [b"554 go away\r\n"], 'a refusal: "554 go away"'),
        ("smtp", [b"421 busy\r\n"], "try again later"),
        ("smtp", [b"220 x\r\n", b"421 busy\r\n"], "try again later"),
        ("smtp", [b"HTTP/1.1 400 Bad Request\r\n"], "no SMTP reply"),
        ("smtp", [b"220-x\r\n221 y\r\n"], "no SMTP reply"),
        ("smtp", [b"\xb2\xb3\xb9 x\r\n"], r"\xb2\xb3\xb9"),
        ("smtp", [b"\x1b[2J\x07\r\n"], r'"\x1b[2J\x07"'),
        ("imap", [b"* BYE overloaded\r\n"], "no greeting of IMAP"),
        ("imap", [b"* OK\r\n", b"* BYE\r\n"], "BYE"),
        ("imap", [b"* OK\r\n", b"a1 NO\r\n"], "CAPABILITY was refused"),
        ("imap", [b"* OK {99999}\r\n"], "99999 octets"),
        ("pop3", [b"-ERR busy\r\n"], "no greeting of POP3"),
        ("sieve", [b"BYE\r\n"], "no greeting of ManageSieve"),
        ("xmpp-client", [b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"], "forbids"),
        ("xmpp-client", [STREAM + b"<?php ?>"], "forbids"),
        ("xmpp-client", [b"<html><body>"], "no XMPP stream"),
        ("xmpp-client", [b"<stream:stream>"], "no XML"),
        ("xmpp-client", [STREAM + b"<message/>"], "does not send stream features"),
        ("xmpp-client", [STREAM + b"</stream:stream>"], "closed the XML stream"),
        ("xmpp-client", [STREAM + b"<a>" * 20], "within each other"),
        ("xmpp-client", [b"<?xml version='1.0' encoding='punycode'?>" + STREAM[21:] + b"\xff</a>"], "no XML"),
        ("ldap", [b"HTTP"], "no LDAP message"),
        ("ldap", [bytes.fromhex("308400ffffff")], "16777215 octets"),
        ("ldap", [bytes.fromhex("300c02010078070a010004000400")], "another message"),
        ("ldap", [bytes.fromhex("3003020101")], "no response to StartTLS"),
        ("ldap", [bytes.fromhex("300a02010178847fffffff0a")], "no response to StartTLS"),
        ("postgresql", [b"E"], "the reply to SSLRequest"),
    ],
)  # fmt: skip
def test_a_broken_peer_is_no_server_without_tls(protocol: str, replies: list[bytes], said: str) -> None:
    result, reason = refusal(talk(protocol, *replies))
    assert result == TLS_FAILED
    assert said in reason


def test_lines_have_a_limit() -> None:
    for size, over in ((LINE_OCTETS, False), (LINE_OCTETS + 2, True)):
        dialogue = talk("smtp", b"220 " + b"x" * (size - 5) + b"\r\n")
        assert dialogue.over is over
    dialogue, _ = begin("smtp")
    dialogue.receive(b"220 " + b"x" * LINE_OCTETS)
    assert "a line of more" in refusal(dialogue)[1]
    assert "lines without" in refusal(talk("smtp", b"220-\n" * (LINES + 1)))[1]


def test_a_domain_is_no_markup() -> None:
    dialogue = Dialogue(PROTOCOLS["xmpp-client"].script("a'<&", "x"))
    assert b"to='a&apos;&lt;&amp;'" in dialogue.begin()


def test_an_unknown_protocol_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"starttls='gopher' is not known; one of smtp, "):
        protocol_of("gopher")
