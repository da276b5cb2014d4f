"""XMPP, from client to server and from server to server, up to the go-ahead for TLS (RFC 6120 §5)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from resolver.dane.reports import TLS_FAILED
from resolver.probe.starttls.dialogue import Refused, Script, Through, not_offered, strange

_STREAMS = "http://etherx.jabber.org/streams"  # RFC 6120 §4.8.1
_TLS = "urn:ietf:params:xml:ns:xmpp-tls"  # RFC 6120 §5
DEPTH = 16  # of elements within each other; features have three


def xmpp_client(domain: str, client: str) -> Script:
    """As a user's client speaks."""
    del client
    return _xmpp(domain, "jabber:client")


def xmpp_server(domain: str, client: str) -> Script:
    """As another server speaks."""
    del client
    return _xmpp(domain, "jabber:server")


def _xmpp(domain: str, namespace: str) -> Script:
    stream = _Stream()
    yield (
        f"<?xml version='1.0'?><stream:stream to='{_escaped(domain)}' version='1.0' xmlns='{namespace}' "
        f"xmlns:stream='{_STREAMS}'>"
    ).encode()
    features = yield from stream.element()
    if features[:1] != [f"{_STREAMS} features"]:  # RFC 6120 §4.3.2
        raise strange("the server does not send stream features but", " ".join(features[:2]).encode())
    if f"{_TLS} starttls" not in features[1:]:  # RFC 6120 §5.4.1
        raise not_offered("the server does not offer STARTTLS")
    yield f"<starttls xmlns='{_TLS}'/>".encode()
    answer = yield from stream.element()
    if answer[:1] == [f"{_TLS} failure"]:  # RFC 6120 §5.4.2.2
        raise not_offered("STARTTLS was refused with <failure/>")
    if answer[:1] != [f"{_TLS} proceed"]:  # RFC 6120 §5.4.2.3
        raise strange("the server does not answer <starttls/> but sends", " ".join(answer[:1]).encode())


class _Stream:
    """The elements at the first level of an XML stream, each as the list of its own name and its children's.

    Octets go to the parser up to each `>`, so that what follows an element stays unread.
    """

    def __init__(self) -> None:
        from xml.parsers import expat

        self._error = expat.ExpatError
        self._parser: Any = expat.ParserCreate("UTF-8", namespace_separator=" ")  # RFC 6120 §11.6
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._forbidden  # RFC 6120 §11.1: and with it, entities
        self._parser.ProcessingInstructionHandler = self._forbidden
        defer = getattr(self._parser, "SetReparseDeferralEnabled", None)
        if defer is not None:  # else a newer expat waits for more than the peer will send
            defer(False)
        self._depth = 0
        self._names: list[str] = []
        self._finished: list[list[str]] = []

    def element(self) -> Generator[Through, bytes, list[str]]:
        """Read to the end of the next element below the stream's own."""
        while not self._finished:
            octets = yield Through(b">")
            try:
                self._parser.Parse(octets, False)
            except self._error as refused:
                raise strange(f"this is no XML ({refused})", octets) from None
        return self._finished.pop(0)

    def _start(self, name: str, attributes: object) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise Refused(TLS_FAILED, f"more than {DEPTH} XML elements within each other")
        if self._depth == 1 and name != f"{_STREAMS} stream":  # RFC 6120 §4.2
            raise strange("this is no XMPP stream", name.encode())
        if 2 <= self._depth <= 3:
            self._names.append(name)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 1:
            self._finished.append(self._names)
            self._names = []
        elif self._depth == 0:
            raise Refused(TLS_FAILED, "the peer closed the XML stream")

    def _forbidden(self, *about: object) -> None:
        raise Refused(TLS_FAILED, "the peer sent XML that XMPP forbids (RFC 6120 §11.1)")


def _escaped(text: str) -> str:
    """Text for an attribute (RFC 6120 §11): a domain name may hold any octet."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;")
