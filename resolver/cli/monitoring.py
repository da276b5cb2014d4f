"""`dane-check` for monitoring: one line as plug-ins of Nagios and its kin print it, and metrics for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.dane.reports import AUTHENTICATED, NAGIOS_CODES
from resolver.trace.page import clean

if TYPE_CHECKING:
    from resolver.cli.checking import Checked

_WORDS = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}
UNKNOWN = 3


def nagios(checked: Checked) -> tuple[str, int]:
    """The line with performance data, and the exit code."""
    code = UNKNOWN if checked.interrupted else NAGIOS_CODES[checked.exit_code]
    peers = [peer for host in checked.hosts for peer in host.peers]
    good = sum(peer.result == AUTHENTICATED for peer in peers)
    data = [f"certificates={len(peers)}", f"authenticated={good}"]
    if checked.valid_until is not None:
        data.append(f"valid={max(0, int(checked.valid_until - checked.at))}s")
    return f"{_line(code, f'{checked.verdict} {checked.target.text}: {checked.reason}')} | {' '.join(data)}\n", code


def nagios_refusal(message: str) -> str:
    """The line for a check that could not be made."""
    return f"{_line(UNKNOWN, message)}\n"


def _line(code: int, message: str) -> str:
    return f"DANE {_WORDS[code]} - {clean(' '.join(message.split())).replace('|', '/')}"


def prometheus(checked: Checked) -> str:
    """Metrics in the text format 0.0.4."""
    target = _labels(target=checked.target.text, target_port=checked.target.port)
    lines = [
        "# HELP dane_check_exit_code The exit code of dane-check; 0 means that all is authenticated.",
        "# TYPE dane_check_exit_code gauge",
        f"dane_check_exit_code{{{target}}} {checked.exit_code}",
        "# HELP dane_check_timestamp_seconds When it was checked.",
        "# TYPE dane_check_timestamp_seconds gauge",
        f"dane_check_timestamp_seconds{{{target}}} {int(checked.at)}",
        "# HELP dane_check_result 1 for the result of each certificate, or of a host that was not met.",
        "# TYPE dane_check_result gauge",
    ]
    for host in checked.hosts:
        about = {"host": str(host.host).removesuffix("."), "port": host.port}
        cells = [(peer.address, peer.key_type, peer.result) for peer in host.peers] or [("", "", host.result)]
        for address, key_type, result in cells:
            labels = _labels(**about, address=address, key_type=key_type, result=result)
            lines.append(f"dane_check_result{{{target},{labels}}} 1")
    dated = [host for host in checked.hosts if host.valid_until is not None]
    if dated:
        lines.append("# HELP dane_check_valid_until_seconds When the verdict about a host ends at the latest.")
        lines.append("# TYPE dane_check_valid_until_seconds gauge")
    for host in dated:
        labels = _labels(host=str(host.host).removesuffix("."), port=host.port)
        lines.append(f"dane_check_valid_until_seconds{{{target},{labels}}} {int(host.valid_until or 0)}")
    return "\n".join(lines) + "\n"


def _labels(**labels: object) -> str:
    return ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return clean(value).replace("\\", "\\\\").replace('"', '\\"')
