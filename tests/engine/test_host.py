"""The hidden trio thread: it starts, ends, forks and stops without anybody noticing."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest
import trio

from resolver.engine import host


@pytest.fixture(autouse=True)
def put_away():
    yield
    host.stop()
    assert host.running() == -1


async def seven() -> int:
    await trio.lowlevel.checkpoint()
    return 7


async def thread_name() -> str:
    return threading.current_thread().name


async def fails() -> int:
    await trio.lowlevel.checkpoint()
    raise ZeroDivisionError("a bug of the caller's")


class Slow:
    """A call that does not end by itself, and what becomes of it."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.cancelled = threading.Event()

    async def __call__(self) -> int:
        self.started.set()
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            self.cancelled.set()
            raise
        raise AssertionError("unreachable")


def test_a_synchronous_call_runs_in_the_hidden_thread() -> None:
    host.stop()  # another test's host may still linger
    assert host.running() == -1
    assert host.call_sync(seven) == 7
    assert host.call_sync(thread_name) == "dnssec-resolver"
    assert host.running() == 0


def test_a_call_that_does_not_wait_is_fine_too() -> None:
    async def now() -> str:
        return "now"

    assert host.call_sync(now) == "now"


def test_calls_of_many_threads_share_one_host() -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(host.call_sync(thread_name))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["dnssec-resolver"] * 20
    assert sum(thread.name == "dnssec-resolver" for thread in threading.enumerate()) == 1


def test_an_asyncio_call_runs_in_the_hidden_thread() -> None:
    async def main() -> list[object]:
        return await asyncio.gather(*(host.call_asyncio(fn) for fn in (seven, thread_name, seven)))

    assert asyncio.run(main()) == [7, "dnssec-resolver", 7]


def test_a_bug_goes_to_its_caller_with_a_traceback_that_leads_to_it() -> None:
    for _ in range(2):  # and never into the host, which lives on
        with pytest.raises(ZeroDivisionError) as caught:
            host.call_sync(fails)
        lines = "".join(traceback.format_exception(caught.value))
        assert "in test_a_bug_goes" in lines
        assert 'raise ZeroDivisionError("a bug' in lines

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await host.call_asyncio(fails)

    asyncio.run(main())
    assert host.call_sync(seven) == 7


def test_even_an_exit_in_a_call_goes_to_its_caller() -> None:
    async def leaves() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        host.call_sync(leaves)
    assert host.call_sync(seven) == 7


def test_an_asyncio_cancellation_cancels_the_call() -> None:
    slow = Slow()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await host.call_asyncio(slow)

    asyncio.run(main())
    assert slow.cancelled.wait(10)
    assert host.call_sync(seven) == 7


def test_cancelling_at_the_very_moment_of_the_result_does_not_kill_the_host() -> None:
    async def main() -> None:
        for ticks in range(200):
            task = asyncio.ensure_future(host.call_asyncio(seven))
            for _ in range(ticks % 12):
                await asyncio.sleep(0)
            task.cancel()
            try:
                assert await task == 7
            except asyncio.CancelledError:
                pass

    asyncio.run(main())
    assert host.call_sync(seven) == 7


def test_a_call_that_was_cancelled_before_it_began_is_passed_over() -> None:
    slow = Slow()
    future, cancel = host.submit(slow, blocks=True)
    host.submit(seven, blocks=True)[0].result()
    cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()
    futures = [host.submit(slow, blocks=False) for _ in range(20)]
    for future, cancel in futures:
        future.cancel()
        cancel()
    assert host.call_sync(seven) == 7


def test_a_blocking_call_from_inside_the_host_is_refused() -> None:
    async def waits_for_itself() -> int:
        return host.call_sync(seven)

    with pytest.raises(RuntimeError, match="would wait for itself"):
        host.call_sync(waits_for_itself)
    assert host.call_sync(seven) == 7


def test_stopping_tells_the_calls_that_run() -> None:
    slow = Slow()
    future, _ = host.submit(slow, blocks=True)
    assert slow.started.wait(10)
    host.stop(only_if_idle=True)
    assert host.running() == 1
    host.stop()
    with pytest.raises(RuntimeError, match="the resolver was stopped during a lookup"):
        future.result(10)
    assert host.call_sync(seven) == 7


def test_an_idle_host_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LINGER", 0.01)
    host.call_sync(seven)
    thread = next(thread for thread in threading.enumerate() if thread.name == "dnssec-resolver")
    thread.join(10)
    assert not thread.is_alive()
    assert host.running() == -1
    assert host.call_sync(seven) == 7


def test_calls_that_meet_an_ending_host_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LINGER", 0.0001)
    for _ in range(300):
        assert host.call_sync(seven) == 7


def test_a_thread_that_cannot_start_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "START_SECONDS", 0.01)
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)  # as under uWSGI without enable-threads
    with pytest.raises(RuntimeError, match="enable-threads"):
        host.call_sync(seven)


def run_script(code: str, *, wait: bool = True) -> subprocess.Popen[str]:
    script = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if wait:
        out, err = script.communicate(timeout=30)
        assert (script.returncode, out, err) == (0, "done\n", "")
    return script


COMMON = """
import os, sys, threading, time, trio
from resolver.engine import host
async def seven():
    await trio.lowlevel.checkpoint()
    return 7
"""


def test_a_process_ends_promptly_whatever_still_runs() -> None:
    run_script(
        COMMON
        + """
assert host.call_sync(seven) == 7
future, _ = host.submit(trio.sleep_forever, blocks=True)
async def blocked():
    await trio.to_thread.run_sync(threading.Event().wait, abandon_on_cancel=True)
host.submit(blocked, blocks=True)
assert host.call_sync(seven) == 7
print("done", flush=True)
"""
    )


def test_an_idle_host_is_put_away_before_a_fork_and_both_processes_go_on() -> None:
    run_script(
        COMMON
        + """
assert host.call_sync(seven) == 7
child = os.fork()
assert threading.active_count() == 1
assert host.call_sync(seven) == 7
if child == 0:
    sys.exit(5)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
print("done")
"""
    )


def test_a_child_forked_during_a_call_has_a_host_of_its_own() -> None:
    # Python 3.12 and later warn of any fork beside a thread, so the warning is no error here.
    run_script(
        COMMON
        + """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
event = threading.Event()
async def waits():
    await trio.to_thread.run_sync(event.wait)
    return 8
future, _ = host.submit(waits, blocks=True)
assert host.call_sync(seven) == 7
child = os.fork()
if child == 0:
    assert host.running() == -1
    assert host.call_sync(seven) == 7
    os._exit(5)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
event.set()
assert future.result(10) == 8
print("done")
"""
    )


def test_an_interrupt_in_a_synchronous_call_cancels_it_and_stays_one() -> None:
    script = run_script(
        COMMON
        + """
cancelled = threading.Event()
async def slow():
    print("started", flush=True)
    try:
        await trio.sleep_forever()
    finally:
        cancelled.set()
try:
    host.call_sync(slow)
except KeyboardInterrupt:
    assert cancelled.wait(10)
    assert host.call_sync(seven) == 7
    print("done")
""",
        wait=False,
    )
    assert script.stdout is not None
    assert script.stdout.readline() == "started\n"
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=30)
    assert (script.returncode, out, err) == (0, "done\n", "")
