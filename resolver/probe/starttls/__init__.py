"""How TLS is reached in each protocol: a dialogue in the clear up to a go-ahead, or none at all; and how one takes leave.

Each protocol is a small pure script (`dialogue`): it can be tested, and fuzzed, without a socket.

Not done: FTP, NNTP, IRC, MySQL. XMPP has no farewell here, as a new stream would have to be opened first (RFC 6120
    §5.4.3.3), and PostgreSQL none, which begins only with a start-up message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resolver.errors import BadInput
from resolver.probe.starttls.dialogue import Dialogue, Refused, Script
from resolver.probe.starttls.ldap import ldap, ldap_farewell
from resolver.probe.starttls.mail import lmtp, mail_farewell, smtp
from resolver.probe.starttls.mailbox import imap, imap_farewell, pop3, pop3_farewell, sieve, sieve_farewell
from resolver.probe.starttls.postgresql import postgresql
from resolver.probe.starttls.xmpp import xmpp_client, xmpp_server

__all__ = ["PROTOCOLS", "Dialogue", "Protocol", "Refused", "protocol_of"]

ALL_USAGES = frozenset({0, 1, 2, 3})
MAIL_USAGES = frozenset({2, 3})  # RFC 7672 §3.1.3


class Protocol(NamedTuple):
    """One way to TLS.

    Attributes:
        script: (service domain, the client's own name) -> the dialogue.
        port: where it is usually spoken.
        usages: the certificate usages that authenticate there.
        farewell: what is said, and heard, inside TLS before the connection is closed; None: nothing is.
    """

    script: Callable[[str, str], Script]
    port: int
    usages: frozenset[int] = ALL_USAGES
    farewell: Callable[[], Script] | None = None


PROTOCOLS: dict[str, Protocol] = {
    "smtp": Protocol(smtp, 25, MAIL_USAGES, mail_farewell),
    "submission": Protocol(smtp, 587, farewell=mail_farewell),
    "lmtp": Protocol(lmtp, 24, MAIL_USAGES, mail_farewell),
    "imap": Protocol(imap, 143, farewell=imap_farewell),
    "pop3": Protocol(pop3, 110, farewell=pop3_farewell),
    "sieve": Protocol(sieve, 4190, farewell=sieve_farewell),
    "xmpp-client": Protocol(xmpp_client, 5222),
    "xmpp-server": Protocol(xmpp_server, 5269),
    "ldap": Protocol(ldap, 389, farewell=ldap_farewell),
    "postgresql": Protocol(postgresql, 5432),
}


def protocol_of(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        BadInput: there is none.
    """
    found = PROTOCOLS.get(name) if isinstance(name, str) else None
    if found is None:
        raise BadInput(f"starttls={name!r} is not known; one of {', '.join(PROTOCOLS)} is needed")
    return found
