"""What sending mail servers would do with the same facts: Postfix and Exim with and without insisting, and one without DANE.

A sender tries the hosts in order and delivers through the first that it accepts. The rules are those of the programs'
documentation: Postfix's TLS_README ("dane", "dane-only"), Exim's specification (`hosts_try_dane`, `hosts_require_dane`);
and tests/interoperability has real ones deliver (Postfix 3.7; Exim 4.96 with GnuTLS), which showed where Exim differs.

Limits: hosts of equal preference are taken in the order shown; a host some of whose addresses or certificates would be
    refused counts as one that may fail. What a certificate is worth is what the RFCs say; Exim with GnuTLS has no use for
    matching type 0, knows no digest agility, and knows a host by its own name alone. MTA-STS is left out.
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
        unusable: what it does where records are all unusable: it encrypts without authentication, or waits, or either,
            by the TLS library that it is built with.
        is_exim: it has no use for records where the MX records are not signed (RFC 7672 §2.2.1 leaves that to the client),
            and if it insists, it returns a message to its sender where DANE does not apply.
    """

    name: str
    knows_dane: bool
    insists: bool
    unusable: Literal["encrypts", "waits", "either"]
    is_exim: bool = False


SENDERS = (
    Sender("Postfix, dane", True, False, "encrypts"),
    Sender("Postfix, dane-only", True, True, "waits"),
    Sender("Exim, hosts_try_dane", True, False, "either", True),
    Sender("Exim, hosts_require_dane", True, True, "either", True),
    Sender("a sender without DANE", False, False, "encrypts"),
)


class Outlook(NamedTuple):
    """What one sender would do.

    Fields: the sender; whether it "delivers", "may fail", "waits" or "returns" the message; and how or why, in one line.
    """

    sender: str
    does: Literal["delivers", "may fail", "waits", "returns"]
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
        does: Literal["waits", "returns"] = "returns" if sender.is_exim and hosts else "waits"
        return Outlook(sender.name, does, "the hosts are not proven to be the domain's")
    if sender.is_exim and not secure_mx:
        sender = sender._replace(knows_dane=False)
    passed: list[str] = []
    doubt: Outlook | None = None
    for host, case in zip(hosts, cases, strict=True):
        name = str(host.host).removesuffix(".")
        if sender.insists and sender.is_exim and case == "c":
            return doubt or Outlook(sender.name, "returns", f"at {name}: {NO_DANE}")
        if case == "b" and sender.unusable == "either" and sender.knows_dane and _reached(host):
            how = "no record is usable: with GnuTLS it encrypts without authentication, with OpenSSL it may wait"
            return doubt or Outlook(sender.name, "may fail", f"at {name}: {how}")
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


def _reached(host: HostReport) -> bool:
    """Whether there is TLS with every peer of a host."""
    return bool(host.peers) and all(peer.chain for peer in host.peers)


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
    if case == "b" and sender.unusable == "encrypts":  # RFC 7672 §2.2
        return "yes", encrypted
    return "no", result
