"""Mail: the hosts of a domain as `dane.mail` finds them, each met at every address, and what delivery can count on.

In mail nothing but DANE authenticates (RFC 7672 §1.3.1): a peer without DANE is met for what it offers, not for its
certificate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolver.dane.mail import MailPlan, mail
from resolver.dane.mail_host import MailHost
from resolver.dane.reports import AUTHENTICATED, DNS_ERROR, NO_DANE, SEVERITY, TLS_FAILED, HostReport, SmtpReport
from resolver.data.name import Name
from resolver.probe.expectation import Expectation
from resolver.probe.hosts import Seen, Service, check_services
from resolver.probe.peers import Way
from resolver.probe.starttls import PROTOCOLS, Protocol

if TYPE_CHECKING:
    from resolver.engine.driver import Engine

SMTP_PORT = 25
SMTP = PROTOCOLS["smtp"]

# What a domain without mail hosts is worth.
_WITHOUT_HOSTS = {"null": NO_DANE, "no-anchor": NO_DANE, "no-domain": TLS_FAILED, "error": DNS_ERROR}


async def check_smtp(engine: Engine, domain: Name, port: int, *, seen: Seen | None = None) -> SmtpReport:
    """Check what mail to a domain can count on; see `Resolver.check_smtp`."""
    from resolver.engine.plans import run

    plan = await run(engine, mail(domain, port))
    services = [service_of(host, SMTP) for host in plan.hosts]
    return summed_domain(plan, await check_services(services, engine.clock, seen=seen))


def summed_domain(plan: MailPlan, hosts: Sequence[HostReport]) -> SmtpReport:
    """The report about a domain: the worst of its hosts."""
    result, reason = _verdict(plan, hosts)
    return SmtpReport(
        domain=plan.domain,
        mx=plan.mx,
        hosts=tuple(hosts),
        result=result,
        reason=reason,
        secure_mx=plan.secure_mx,
    )


def _verdict(plan: MailPlan, hosts: Sequence[HostReport]) -> tuple[str, str]:
    if not hosts:
        return _WITHOUT_HOSTS.get(plan.state, DNS_ERROR), plan.reason
    worst = max(hosts, key=lambda host: SEVERITY[host.result])
    if not plan.secure_mx and SEVERITY[worst.result] < SEVERITY[NO_DANE]:
        # RFC 7672 §2.2.1: whoever can forge the MX records chooses the host that is authenticated.
        return NO_DANE, plan.reason
    if worst.result == AUTHENTICATED:
        return AUTHENTICATED, worst.reason if len(hosts) == 1 else f"all {len(hosts)} mail hosts are authenticated"
    return worst.result, f"{str(worst.host).removesuffix('.')} {worst.reason}"


def service_of(host: MailHost, protocol: Protocol | None) -> Service:
    """A mail host as a service to be met."""
    return Service(
        host=host.host,
        port=host.port,
        way=Way(
            base_domain=host.base_domain, port=host.port, protocol=protocol, service=str(host.host).removesuffix(".")
        ),
        expectation=Expectation(
            tlsa=host.tlsa, case=host.case, names=host.names, usages=SMTP.usages, roots=None, pkix=False
        ),
        addresses=host.addresses,
        reason=host.reason,
        preference=host.preference,
    )
