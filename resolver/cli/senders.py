"""What sending mail servers would do with the same facts: Postfix and Exim with and without insisting, and one without DANE.

A sender tries the hosts in order and delivers through the first that it accepts. The rules are those of the programs'
documentation: Postfix's TLS_README ("dane", "dane-only"), Exim's specification (`hosts_try_dane`, `hosts_require_dane`).

Limits: hosts of equal preference are taken in the order shown; a host some of whose addresses or certificates would be
    refused counts as one that may fail. MTA-STS is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from resolver.dane.reports import AUTHENTICATED, NO_DANE, NO_STARTTLS, TLS_FAILED, HostReport

Case: TypeAlias = Literal["a", "b", "c", "d"]
Answer: TypeAlias = Literal["yes", "no"]


class Sender(NamedTuple):
    """A kind of sender.

    Fields:
        name: as it is shown.
        knows_dane: whether it looks for TLSA records at all.
        insists: whether it delivers with DANE's authentication only.
        needs_usable: whether records that are all unusable stop it; else it encrypts, without authentication.
    """

    name: str
    knows_dane: bool
    insists: bool
    needs_usable: bool


SENDERS = (
    Sender("Postfix, dane", True, False, False),
    Sender("Postfix, dane-only", True, True, True),
    Sender("Exim, hosts_try_dane", True, False, True),
    Sender("Exim, hosts_require_dane", True, True, True),
    Sender("a sender without DANE", False, False, False),
)


class Outlook(NamedTuple):
    """What one sender would do.

    Fields: the sender; whether it "delivers", "may fail" or "waits"; and how or why, in one line.
    """

    sender: str
    does: Literal["delivers", "may fail", "waits"]
    how: str


def outlooks(hosts: Sequence[HostReport], cases: Sequence[Case], *, secure_mx: bool) -> list[Outlook]:
    """What each kind of sender would do.

    Args:
        hosts: the reports, in the order in which they are tried.
        cases: what the DNS says about each (RFC 7672 §2.2).
        secure_mx: whether the hosts are proven to be the domain's.
    """
    return [_outlook(sender, hosts, cases, secure_mx) for sender in SENDERS]


def _outlook(sender: Sender, hosts: Sequence[HostReport], cases: Sequence[Case], secure_mx: bool) -> Outlook:
    if sender.insists and not secure_mx:  # RFC 7672 §2.2.1
        return Outlook(sender.name, "waits", "the hosts are not proven to be the domain's")
    passed: list[str] = []
    doubt: Outlook | None = None
    for host, case in zip(hosts, cases, strict=True):
        name = str(host.host).removesuffix(".")
        accepted, refused = _answers(sender, host, case, secure_mx)
        if accepted and not refused:
            if doubt is not None:
                return doubt
            after = f", after {', '.join(passed)}" if passed else ""
            return Outlook(sender.name, "delivers", f"to {name}, {accepted[0]}{after}")
        if accepted and doubt is None:
            doubt = Outlook(
                sender.name, "may fail", f"at {name}: {refused[0]} for some of its certificates or addresses"
            )
        if refused:
            passed.append(f"{name} ({refused[0]})")
    if doubt is not None:
        return doubt
    return Outlook(sender.name, "waits", "; ".join(passed) or "there is no host to deliver to")


def _answers(sender: Sender, host: HostReport, case: Case, secure_mx: bool) -> tuple[list[str], list[str]]:
    """How it would deliver to the peers of a host, and why not to others."""
    accepted: list[str] = []
    refused: list[str] = []
    if not host.peers:
        return accepted, [_without_peers(sender, host, case)]
    for peer in host.peers:
        answer, how = _to_peer(sender, peer.result, bool(peer.chain), case, secure_mx)
        (accepted if answer == "yes" else refused).append(how)
    return accepted, refused


def _without_peers(sender: Sender, host: HostReport, case: Case) -> str:
    if case == "d" and not sender.knows_dane:
        return "not tried here"
    return host.result


def _to_peer(sender: Sender, result: str, has_tls: bool, case: Case, secure_mx: bool) -> tuple[Answer, str]:
    """Whether it delivers to one peer, and how or why not.

    Args:
        sender: who.
        result: the peer's word.
        has_tls: whether a handshake succeeded.
        case: what the DNS says about the host.
        secure_mx: whether the host is proven to be the domain's.
    """
    encrypted = "encrypted, not authenticated"
    if result == TLS_FAILED and not has_tls:
        return "no", TLS_FAILED
    if not sender.knows_dane:
        return "yes", encrypted if has_tls else "in the clear"
    if result == AUTHENTICATED:
        if not secure_mx:  # RFC 7672 §2.2.1; Postfix calls such a connection "Trusted", and not "Verified"
            return "yes", "encrypted; the host is authenticated, and not proven to be the domain's"
        return "yes", "encrypted and authenticated"
    if case == "c":
        if sender.insists:
            return "no", NO_DANE
        return "yes", encrypted if has_tls else "in the clear"
    if result == NO_STARTTLS:
        return "no", NO_STARTTLS
    if case == "b" and not sender.needs_usable:  # RFC 7672 §2.2
        return "yes", encrypted
    return "no", result
