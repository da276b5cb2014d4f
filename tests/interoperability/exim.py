"""A real Exim that sends mail. It cannot be installed beside Postfix: its packages are unpacked into a folder, which
lies over /usr in a mount namespace.

`DNSSEC_RESOLVER_EXIM` names that folder: what `dpkg -x` makes of exim4-daemon-light and of the libraries that it needs
and this machine has not (on Debian 12: libidn12, libgnutls-dane0).
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.interoperability.dane_lab import Sent, apart

FOLDER = "DNSSEC_RESOLVER_EXIM"
LEVELS = ("hosts_try_dane", "hosts_require_dane")
SECONDS = 120.0  # for all deliveries together
SENDER = "sender@sender.invalid"
USER = "Debian-exim"  # which is built in
NUMBER = 64999  # of that user, in the namespace

MAIN = """\
primary_hostname = sender.invalid
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
log_selector = +tls_cipher
disable_ipv6 = true
dns_dnssec_ok = 1
keep_environment =
remote_max_parallel = 4
begin routers
"""
ROUTER = """\
{level}:
  driver = dnslookup
  local_parts = {level}
  transport = {level}
  dnssec_request_domains = *
  self = send
  no_more
"""
TRANSPORT = """\
{level}:
  driver = smtp
  port = ${{lookup{{$domain}}lsearch{{{folder}/ports}}}}
  multi_domain = false
  connection_max_messages = 1
  dnssec_request_domains = *
  {level} = *
"""
RETRY = "begin retry\n* * F,2h,15m\n"
# "=> recipient …" was delivered, "== …" waits, "** …" is returned to its sender.
_LINE = re.compile(r"^\S+ \S+ \S+ (=>|==|\*\*) ([\w-]+)@(\S+) (.*)$")
_STATUS = {"=>": "sent", "==": "deferred", "**": "bounced"}
_TLS = re.compile(r" CV=(\w+)")


def folder_of_exim() -> Path:
    """Where Exim is unpacked; a skip where it is not."""
    named = os.environ.get(FOLDER, "")
    if not named or not Path(named, "usr/sbin/exim4").exists():
        pytest.skip(f"Exim is not there: {FOLDER} names no folder with its unpacked packages")
    return Path(named)


def send(
    folder: Path, unshare: str, exim: Path, resolv_conf: Path, domains: Mapping[str, int]
) -> dict[tuple[str, str], Sent]:
    """Have a message delivered to each domain at each level, in the foreground.

    Args:
        folder: an empty one, which anybody can reach.
        unshare: its path.
        exim: where Exim is unpacked.
        resolv_conf: where it asks.
        domains: domain -> the port at its mail hosts.

    Returns:
        (level, domain) -> what became of it; "dane" and "no" are Exim's words for a peer. Its log is in `folder`.

    Raises:
        AssertionError: not all is known.
    """
    recipients = [f"{level}@{domain}" for domain in domains for level in LEVELS]
    mounts = _write(folder, domains) | {resolv_conf: "/etc/resolv.conf"}
    own = ["--pid", "--fork", "--kill-child", "--mount-proc"]
    layers = shlex.quote(f"ro,lowerdir={exim}/usr:/usr")
    script = f'mount -t overlay overlay -o {layers} /usr && exec /usr/sbin/exim4 "$@"'
    command = [
        *apart(unshare, mounts, *own),
        "sh",
        "-c",
        script,
        "sh",
        "-C",
        str(folder / "conf"),
        "-odf",
        "-f",
        SENDER,
    ]
    done = subprocess.run(
        [*command, *recipients], input="Subject: a test\n\nhello\n", cwd="/",
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    log = folder / "log" / "mainlog"
    text = log.read_text(errors="replace") if log.exists() else ""
    found: dict[tuple[str, str], Sent] = {}
    for line in text.splitlines():
        if (seen := _LINE.match(line)) and seen[2] in LEVELS:
            tls = _TLS.search(seen[4])
            found[seen[2], seen[3]] = Sent(_STATUS[seen[1]], seen[4], tls[1] if tls else "")
    assert len(found) == len(recipients), (done.stderr + text)[-3000:]
    return found


def _write(folder: Path, domains: Mapping[str, int]) -> dict[Path, str]:
    """Write the configuration, and a user for it; gives what lies where in the namespace."""
    for name in ("spool", "log"):
        (folder / name).mkdir()
        os.chown(folder / name, NUMBER, NUMBER)
    (folder / "ports").write_text("".join(f"{domain}: {port}\n" for domain, port in domains.items()))
    parts = [MAIN.format(folder=folder), *(ROUTER.format(level=level) for level in LEVELS), "begin transports\n"]
    parts += [TRANSPORT.format(level=level, folder=folder) for level in LEVELS]
    (folder / "conf").write_text("".join([*parts, RETRY]))
    users, groups = folder / "passwd", folder / "group"
    users.write_text(Path("/etc/passwd").read_text() + f"{USER}:x:{NUMBER}:{NUMBER}::/:/usr/sbin/nologin\n")
    groups.write_text(Path("/etc/group").read_text() + f"{USER}:x:{NUMBER}:\n")
    return {users: "/etc/passwd", groups: "/etc/group"}
