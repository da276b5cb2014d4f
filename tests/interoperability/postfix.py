"""A real Postfix that sends mail: with a configuration and a queue of its own, in a namespace of its own, as root.

What the machine's own Postfix has in /etc and /var is neither read nor written: in the mount namespace ours lies over it.
Its processes end with their namespace.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.interoperability.dane_lab import Sent, apart

LEVELS = ("dane", "dane-only")  # of smtp_tls_security_level
SECONDS = 120.0  # for all deliveries together
SENDER = "sender@sender.invalid"

MAIN = """\
compatibility_level = 3.6
myhostname = sender.invalid
mydestination =
alias_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = /dev/stdout
smtp_host_lookup = dns
smtp_dns_support_level = dnssec
smtp_tls_loglevel = 1
smtputf8_enable = no
"""
MASTER = """\
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
"""

# level/smtp[process]: queue id: to=<recipient>, …, status=word (reason)
_STATUS = re.compile(r" ([\w-]+)/\w+\[(\d+)\]: \w+: to=<([^>]+)>,.* status=(\w+) \((.*)\)$")
_TLS = re.compile(r" [\w-]+/\w+\[(\d+)\]: (\w+) TLS connection established to ")


def send(
    folder: Path, programs: dict[str, str], resolv_conf: Path, domains: Mapping[str, int]
) -> dict[tuple[str, str], Sent]:
    """Have a message delivered to each domain at each security level.

    Args:
        folder: an empty one.
        programs: the paths of postfix, sendmail and unshare.
        resolv_conf: where Postfix asks.
        domains: domain -> the port at its mail hosts.

    Returns:
        (level, domain) -> what became of it; Postfix's log is in `folder`.

    Raises:
        AssertionError: not all is known after `SECONDS`.
    """
    recipients = {(level, domain): f"{level}@{domain}" for domain in domains for level in LEVELS}
    mounts = _write(folder, recipients, domains) | {resolv_conf: "/etc/resolv.conf"}
    own = ["--pid", "--fork", "--kill-child", "--mount-proc"]
    # The message lies in the queue before Postfix starts, which finds it then.
    script = (
        'postfix="$1"; sendmail="$2"; shift 2; "$postfix" check && "$sendmail" -i -f "$@" && exec "$postfix" start-fg'
    )
    command = [*apart(programs["unshare"], mounts, *own), "sh", "-c", script, "sh"]
    command += [programs["postfix"], programs["sendmail"], SENDER, *recipients.values()]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True, cwd="/",
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    watch = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    watch.start()
    log: list[str] = []
    found: dict[tuple[str, str], Sent] = {}
    tls: dict[str, str] = {}  # process, which delivers one message at a time -> its last word
    try:
        process.stdin.write("Subject: a test\n\nhello\n")
        process.stdin.close()
        for line in process.stdout:
            log.append(line)
            if handshake := _TLS.search(line):
                tls[handshake[1]] = handshake[2]
            elif status := _STATUS.search(line.rstrip()):
                level, sender, recipient, word, reason = status.groups()
                found[level, recipient.partition("@")[2]] = Sent(word, reason, tls.pop(sender, ""))
                if len(found) == len(recipients):
                    break
    finally:
        watch.cancel()
        os.killpg(process.pid, signal.SIGKILL)  # and with the first process of the namespace end all others
        log += process.stdout  # to the end: then none of them is left
        process.stdout.close()
        process.wait()
        (folder / "log").write_text("".join(log))
    assert len(found) == len(recipients), "".join(log)[-3000:]
    return found


def _write(folder: Path, recipients: Mapping[tuple[str, str], str], domains: Mapping[str, int]) -> dict[Path, str]:
    """Write the configuration; gives what lies where in the namespace."""
    spool, data = folder / "spool", folder / "data"
    spool.mkdir()
    data.mkdir()
    shutil.chown(data, "postfix")
    transport = folder / "transport"
    transport.write_text(
        "".join(
            f"{recipient} {level}:{domain}:{domains[domain]}\n" for (level, domain), recipient in recipients.items()
        )
    )
    main, master = folder / "main.cf", folder / "master.cf"
    main.write_text(f"{MAIN}transport_maps = texthash:{transport}\n")
    services = (
        f"{level} unix - - n - - smtp\n  -o smtp_tls_security_level={level}\n  -o syslog_name={level}\n"
        for level in dict.fromkeys(level for level, _ in recipients)
    )
    master.write_text(MASTER + "".join(services))
    return {
        main: "/etc/postfix/main.cf",
        master: "/etc/postfix/master.cf",
        spool: "/var/spool/postfix",
        data: "/var/lib/postfix",
    }
