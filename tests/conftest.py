"""What every test shares: hypothesis runs the same way each time, and where third-party data and real servers are."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CORPORA = SHARED / "corpora"

settings.register_profile("fixed", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("fixed")

# A shell starts what it puts in the background with Ctrl-C ignored, and the programs that tests start would inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checked-out tree."""
    return ROOT


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The third-party test data beside the project; a test that needs them is skipped where they are absent."""
    if not CORPORA.is_dir():
        pytest.skip(f"{CORPORA} is not there: third-party data are no part of this repository")
    return CORPORA


def need_servers(*programs: str) -> dict[str, str]:
    """The paths of server programs, or a skip; a failure where DNSSEC_RESOLVER_REQUIRE_SERVERS=1, as in CI."""
    search = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"))
    found = {program: shutil.which(program, path=search) for program in programs}
    missing = [program for program, path in found.items() if path is None]
    if missing:
        message = f"{', '.join(missing)} not installed"
        if os.environ.get("DNSSEC_RESOLVER_REQUIRE_SERVERS") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return {program: path for program, path in found.items() if path is not None}


@pytest.fixture(scope="session")
def require_servers():
    """`require_servers("nsd", "unbound")` gives their paths, or skips (in CI: fails)."""
    return need_servers
