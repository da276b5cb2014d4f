"""libunbound behind JSON lines: `/usr/bin/python3 unbound_worker.py`, run by Debian's Python, which has `unbound`.

One line in: {"port", "at", "anchors": [DS lines], "questions": [[name, type], …]}; one line out: the results in order.
Each question gets a context of its own, so that no answer depends on what was asked before it.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import unbound

OPTIONS = {
    "val-sig-skew-min:": "0",
    "val-sig-skew-max:": "0",
    "val-nsec3-keysize-iterations:": "1024 50 2048 50 4096 50",  # RFC 9276 §3.2; its own default is 150
    "val-max-restart:": "0",  # there is one upstream, which says the same again
    "harden-algo-downgrade:": "no",  # RFC 6840 §5.11: any single path suffices
    "do-not-query-localhost:": "no",
    "qname-minimisation:": "no",
    "target-fetch-policy:": "0 0 0 0 0",
    "aggressive-nsec:": "no",
    "trust-anchor-signaling:": "no",
    "root-key-sentinel:": "no",
    "edns-buffer-size:": "4096",
    "do-ip6:": "no",
}


def context(request: dict[str, Any]) -> Any:
    """A fresh libunbound that forwards to the loopback server and judges at the world's time."""
    made = unbound.ub_ctx()
    for option, value in {**OPTIONS, "val-override-date:": str(request["at"])}.items():
        if made.set_option(option, value):
            raise RuntimeError(f"libunbound refuses {option} {value}")
    for line in request["anchors"]:
        if made.add_ta(line):
            raise RuntimeError(f"libunbound refuses the anchor {line}")
    if made.set_fwd(f"127.0.0.1@{request['port']}"):
        raise RuntimeError("libunbound refuses the forwarder")
    made.zone_add("invalid.", "transparent")  # RFC 6761 §6.4 is not about worlds made up for a test
    return made


def ask(request: dict[str, Any], name: str, rdtype: int) -> dict[str, Any]:
    """One question's result."""
    status, result = context(request).resolve(name, rdtype, unbound.RR_CLASS_IN)
    if status or result is None:
        return {"error": unbound.ub_strerror(status)}
    return {
        "secure": bool(result.secure),
        "bogus": bool(result.bogus),
        "data": sorted({octets.hex() for octets in result.data.raw}) if result.havedata else [],
        "rcode": result.rcode,
        "why": result.why_bogus or "",
    }


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            results = [ask(request, name, rdtype) for name, rdtype in request["questions"]]
        except Exception:  # noqa: BLE001
            # The reader of stdout has to hear of it: stderr is full of what libunbound says.
            print(json.dumps({"failed": traceback.format_exc()}), flush=True)
            return
        print(json.dumps({"version": unbound.ub_version(), "results": results}), flush=True)


if __name__ == "__main__":
    main()
