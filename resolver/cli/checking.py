"""What `dane-check` does before it says anything: ask the DNS, meet the peers or read a file, and judge.

Online or from zone files, with real peers or certificates from a file: the same plans and rules in each combination.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from resolver.cli.check_arguments import TLS, Arguments, Target, addresses_of, target_of
from resolver.dane.reports import EXIT_CODES, TLS_FAILED, HostReport, PeerReport, worst_result

if TYPE_CHECKING:
    from resolver.dane.forecast import Forecast
    from resolver.dane.mail import MailPlan
    from resolver.dane.match_result import Match
    from resolver.dane.material import Part
    from resolver.probe.hosts import Service
    from resolver.validator.anchors import Anchors
    from resolver.validator.ask import Plan

T = TypeVar("T")


class Next(NamedTuple):
    """What the next certificate, request or key would be worth at one host; `forecast` is None without proven records."""

    host: HostReport
    forecast: Forecast | None

    @property
    def answer(self) -> str:
        """YES, NO or UNKNOWN; "-" where there are no records to compare with."""
        return "-" if self.forecast is None else self.forecast.answer

    @property
    def reason(self) -> str:
        """In one line."""
        return "there are no proven records to compare with" if self.forecast is None else self.forecast.reason


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a run of the command came to.

    Attributes:
        target: what was checked.
        at: POSIX seconds.
        verdict, reason: of all together.
        hosts: one report for each host, in the order in which they are tried.
        services: what they were expected to present, in the same order.
        plan: what the DNS says about a mail domain, or None.
        upcoming: what the next certificate is worth, for each host that was asked about.
        interrupted: whether somebody ended it early; then `hosts` is what was known.
    """

    target: Target
    at: float
    verdict: str
    reason: str
    hosts: tuple[HostReport, ...]
    services: tuple[Service, ...] = ()
    plan: MailPlan | None = None
    upcoming: tuple[Next, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """That of the verdict; 1 where that is good and the next certificate would not be."""
        if self.interrupted:
            return 130
        code = EXIT_CODES[self.verdict]
        return 1 if code == 0 and any(each.answer == "NO" for each in self.upcoming) else code

    @property
    def valid_until(self) -> float | None:
        """When the first part of the verdict ends."""
        known = [host.valid_until for host in self.hosts if host.valid_until is not None]
        return min(known) if known else None


@dataclass(slots=True)
class Inputs:
    """All that is read before anything is asked, so that bad input costs no query."""

    target: Target
    anchors: Anchors | None
    roots: tuple[bytes, ...]
    chain: tuple[bytes, ...] | None
    upcoming: tuple[Part, ...] | None
    addresses: tuple[str, ...]
    known: list[HostReport] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    plan: MailPlan | None = None


def read_inputs(arguments: Arguments) -> Inputs:
    """Read names, files and addresses.

    Raises:
        BadInput: something cannot be understood.
    """
    from resolver.cli import check_files
    from resolver.cli.judging import load_anchors

    target = target_of(arguments)
    return Inputs(
        target=target,
        anchors=load_anchors(arguments.anchor) if arguments.anchor else None,
        roots=_roots(arguments, target),
        chain=None if arguments.chain is None else check_files.chain(arguments.chain, "--chain"),
        upcoming=None if arguments.next is None else check_files.parts(arguments.next, "--next"),
        addresses=addresses_of(arguments),
    )


def _roots(arguments: Arguments, target: Target) -> tuple[bytes, ...]:
    """The authorities of a file, else the system's; in mail none, which has no use for them (RFC 7672 §3.1.3)."""
    from resolver.cli import check_files
    from resolver.probe.roots import system_roots

    if arguments.ca is not None:
        return check_files.authorities(arguments.ca)
    return () if target.mail else system_roots()


def check(arguments: Arguments, progress: Callable[[HostReport], None] | None = None) -> Checked:
    """Do it all.

    Args:
        arguments: what was given.
        progress: told of every peer as soon as it is known.

    Raises:
        BadInput: something cannot be understood.
    """
    import trio

    inputs = read_inputs(arguments)
    clock: Callable[[], float] = time.time
    if arguments.at is not None:
        at = arguments.at
        clock = lambda: at  # noqa: E731
    judge = _Files(arguments, inputs, clock()) if arguments.snapshot else _Network(arguments, inputs, clock)
    return trio.run(partial(_main, arguments, inputs, judge, clock, progress))


class _Network:
    """Verdicts from DNS servers."""

    def __init__(self, arguments: Arguments, inputs: Inputs, clock: Callable[[], float]) -> None:
        from resolver.api.settings import CACHE_SIZE, DEFAULT_POLICY, TIMEOUT
        from resolver.engine.arguments import make_engine

        self._engine = make_engine(arguments.server or None, inputs.anchors, DEFAULT_POLICY, TIMEOUT, CACHE_SIZE, clock)

    async def ask(self, plan: Plan[T]) -> T:
        """Run a plan."""
        from resolver.engine.plans import run

        return await run(self._engine, plan)


class _Files:
    """Verdicts about zone files."""

    def __init__(self, arguments: Arguments, inputs: Inputs, at: float) -> None:
        from resolver.api import OfflineResolver
        from resolver.cli.arguments import zone_file
        from resolver.sources.snapshot import Snapshot

        source = Snapshot.from_files(*(zone_file(text) for text in arguments.snapshot))
        self._judge = OfflineResolver(source, at=at, anchors=inputs.anchors)

    async def ask(self, plan: Plan[T]) -> T:
        """Run a plan."""
        from resolver.engine.plans import run_offline

        return run_offline(lambda question: self._judge.lookup(question.name, question.rdtype), plan)


async def _main(
    arguments: Arguments,
    inputs: Inputs,
    judge: _Network | _Files,
    clock: Callable[[], float],
    progress: Callable[[HostReport], None] | None,
) -> Checked:
    """The run under trio. Ctrl-C ends what is being done, and leaves what is known."""
    import signal
    import threading

    import trio

    done: list[Checked] = []

    def seen(report: HostReport) -> None:
        inputs.known.append(report)
        if progress is not None:
            progress(report)

    async def work() -> None:
        done.append(await _check(arguments, inputs, judge, clock, seen))
        nursery.cancel_scope.cancel()

    raised: list[BaseException] = []

    async def guarded() -> None:
        try:
            await work()
        except trio.Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised below, in no group
            raised.append(error)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(guarded)
        if threading.current_thread() is threading.main_thread():
            with trio.open_signal_receiver(signal.SIGINT) as signals:
                async for _ in signals:
                    nursery.cancel_scope.cancel()
    if raised:
        raise raised[0]
    if done:
        return done[0]
    return _unfinished(inputs, clock())


def _unfinished(inputs: Inputs, at: float) -> Checked:
    """What is known of a check that was interrupted; of peers that were not met, that they were not."""
    from resolver.probe.hosts import summed, to_meet

    hosts = []
    for service in inputs.services:
        met = [
            peer
            for report in inputs.known
            if (report.host, report.port) == (service.host, service.port)
            for peer in report.peers
        ]
        unmet = [
            PeerReport(address=address, result=TLS_FAILED, reason="not met when the check was interrupted")
            for address in to_meet(service)
            if all(peer.address != address for peer in met)
        ]
        hosts.append(summed(service, [*met, *unmet]))
    count = sum(len(report.peers) for report in inputs.known)
    return Checked(
        target=inputs.target,
        at=at,
        verdict=worst_result([TLS_FAILED, *(host.result for host in hosts)]),
        reason=f"{count} certificate{'s' * (count != 1)} seen so far",
        hosts=tuple(hosts),
        services=tuple(inputs.services),
        plan=inputs.plan,
        interrupted=True,
    )


async def _check(
    arguments: Arguments,
    inputs: Inputs,
    judge: _Network | _Files,
    clock: Callable[[], float],
    seen: Callable[[HostReport], None],
) -> Checked:
    from resolver.dane.mail import mail, mail_domain
    from resolver.dane.mail_host import one_host
    from resolver.probe import smtp, web
    from resolver.probe.hosts import check_services
    from resolver.probe.starttls import PROTOCOLS

    target = inputs.target
    ask = judge.ask
    protocol = PROTOCOLS.get(target.protocol) if target.protocol != TLS else None
    has_peers = bool(inputs.addresses) or inputs.chain is not None
    plan: MailPlan | None = None
    services: list[Service]
    if target.mail:
        mail_domain(target.name)
        plan = await ask(mail(target.name, target.port))
        services = [smtp.service_of(host, protocol) for host in plan.hosts]
    elif target.protocol in ("smtp", "lmtp"):
        services = [smtp.service_of(await ask(one_host(target.name, target.port)), protocol)]
    else:
        usages = web.usages_of(protocol)
        found = await ask(web.find(target.name, target.port, usages, addresses_matter=not has_peers))
        services = [
            web.service_of(
                found,
                target.name,
                target.port,
                roots=inputs.roots,
                protocol=protocol,
                require_dane=arguments.require_dane,
            )
        ]
    inputs.services, inputs.plan = services, plan
    if inputs.chain is not None:
        hosts = tuple([_of_file(service, inputs.chain, clock(), arguments.chain or "") for service in services])
    else:
        if inputs.addresses:
            services = inputs.services = [replace(service, addresses=inputs.addresses) for service in services]
        hosts = await check_services(services, clock, seen=seen)
    if plan is not None:
        report = smtp.summed_domain(plan, hosts)
        verdict, reason = report.result, report.reason
    else:
        verdict, reason = hosts[0].result, hosts[0].reason
    upcoming: tuple[Next, ...] = ()
    if inputs.upcoming is not None:
        upcoming = tuple(
            _next(host, service, inputs.upcoming, clock()) for host, service in zip(hosts, services, strict=True)
        )
    return Checked(
        target=target,
        at=clock(),
        verdict=verdict,
        reason=reason,
        hosts=hosts,
        services=tuple(services),
        plan=plan,
        upcoming=upcoming,
    )


def _next(host: HostReport, service: Service, parts: tuple[Part, ...], at: float) -> Next:
    """Whether what comes next will match at a host.

    Raises:
        BadInput: two certificates where one is wanted.
    """
    from resolver.cli.check_insight import parts_of
    from resolver.dane.forecast import will_match
    from resolver.validator.outcome import Secure

    if not isinstance(host.tlsa, Secure):
        return Next(host, None)
    wanted = service.expectation
    return Next(
        host,
        will_match(
            host.tlsa.value.records,
            parts,
            at=at,
            names=(host.base_domain, *wanted.names),
            roots=wanted.roots,
            usages=wanted.usages,
            issuers=parts_of(host),
        ),
    )


def _of_file(service: Service, chain: tuple[bytes, ...], at: float, path: str) -> HostReport:
    """The report about a host if it sent the certificates of a file."""
    from resolver.probe.hosts import summed
    from resolver.probe.peers import judged_chain

    if service.expectation.case == "d":
        return summed(service, ())
    return summed(service, [judged_chain(path, chain, service.expectation.judge(chain, at), service.expectation)])


def matches_of(host: HostReport) -> list[Match]:
    """What DANE said about each peer of a host."""
    from resolver.dane.tlsa import TlsaSet
    from resolver.validator.outcome import Secure

    if not isinstance(host.tlsa, Secure) or not isinstance(host.tlsa.value, TlsaSet):
        return []
    return [peer.match for peer in host.peers if peer.match is not None]
