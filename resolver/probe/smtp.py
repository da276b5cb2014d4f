"""Mail: the hosts of a domain as `dane.mail` finds them, each met at every address, and what delivery can count on.

In mail nothing but DANE authenticates (RFC 7672 §1.3.1): a peer without DANE is met for what it offers, not for its
certificate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolver.dane.mail import MailPlan, mail
from resolver.dane.mail_host import MailHost, one_host
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
    return await check_plan(plan, engine, seen=seen)


async def check_plan(
    plan: MailPlan, engine: Engine, *, instead: tuple[str, ...] = (), seen: Seen | None = None
) -> SmtpReport:
    """Meet the hosts of a domain.

    Args:
        plan: what the DNS says.
        engine: what gives the time.
        instead: addresses to take instead of those in the DNS.
        seen: told of every peer as soon as it is known.
    """
    services = [service_of(host, SMTP, instead=instead) for host in plan.hosts]
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
    return worst.result, f"{worst.host} {worst.reason}"


def service_of(host: MailHost, protocol: Protocol | None, *, instead: tuple[str, ...] = ()) -> Service:
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
        addresses=instead or host.addresses,
        reason=host.reason,
        preference=host.preference,
    )


async def check_host(
    engine: Engine,
    host: Name,
    port: int,
    protocol: Protocol | None,
    *,
    instead: tuple[str, ...] = (),
    seen: Seen | None = None,
) -> HostReport:
    """Check one mail host, without MX records (RFC 7672 §2.2)."""
    from resolver.engine.plans import run

    found = await run(engine, one_host(host, port))
    (report,) = await check_services([service_of(found, protocol, instead=instead)], engine.clock, seen=seen)
    return report
