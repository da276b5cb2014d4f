"""PostgreSQL up to the go-ahead for TLS: an SSLRequest, and one octet (PostgreSQL's protocol, "SSL Session Encryption")."""

from __future__ import annotations

from resolver.probe.starttls.dialogue import Exactly, Script, not_offered, strange

SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # length 8, code 80877103


def postgresql(domain: str, client: str) -> Script:
    """PostgreSQL."""
    del domain, client
    yield SSL_REQUEST
    answer = yield Exactly(1)
    if answer == b"N":
        raise not_offered("the server does not offer TLS")
    if answer != b"S":
        raise strange("the reply to SSLRequest is", answer)
