"""The zones of these tests: one content, signed once by `resolver.testing.World` and once by BIND's own tools."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from resolver.testing import World
from resolver.testing.world import NOW
from tests.interoperability.servers import nsd_configuration

INCEPTION, EXPIRATION = "20260525120000", "20260622120000"  # around NOW, as World signs
PAST = ("20260401120000", "20260501120000")  # of the zone that nobody signed again
AT = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
FORGED_FROM, FORGED_TO = "192.0.2.66", "192.0.2.67"  # changed in bogus.test. after it was signed
BIG_ANSWER = [f"3 1 1 {number:064x}" for number in range(60)]  # over 2 kB: more than any UDP answer may have here

CONTENT: dict[str, tuple[str, ...]] = {
    ".": (),
    "test.": (),
    "secure.test.": (
        "www A 192.0.2.1",
        "www A 192.0.2.2",
        "mx A 192.0.2.25",
        "_25._tcp.mx TLSA 3 1 1 " + 32 * "ab",
        *(f"_443._tcp.big TLSA {rdata}" for rdata in BIG_ANSWER),
        "*.wild TXT from-a-wildcard",
        "alias CNAME www.nsec3.test.",
        "unsafe CNAME www.unsigned.test.",
        "away DNAME nsec3.test.",
    ),
    "nsec3.test.": ("www A 192.0.2.3", "*.wild TXT from-a-wildcard", "deep.er.host A 192.0.2.4"),
    "optout.test.": ("www A 192.0.2.5",),
    "child.optout.test.": ("www A 192.0.2.6",),
    "unsigned.test.": (
        "www A 192.0.2.7",
        "_25._tcp.www TLSA 3 1 1 " + 32 * "cd",
        "alias CNAME www.secure.test.",
    ),
    "rsa.test.": ("www A 192.0.2.8",),
    "ed25519.test.": ("www A 192.0.2.9",),
    "expired.test.": ("www A 192.0.2.10",),
    "bogus.test.": (f"www A {FORGED_FROM}", "mx A 192.0.2.12"),
    "mismatch.test.": ("www A 192.0.2.13",),
}
UNSIGNED = {"unsigned.test.", "child.optout.test."}
DENIAL = {"nsec3.test.": "nsec3", "optout.test.": "opt-out"}
ALGORITHM = {"rsa.test.": "RSASHA256", "ed25519.test.": "ED25519"}  # the others: ECDSAP256SHA256


class Tree(NamedTuple):
    """Signed zones on disk."""

    folder: Path
    zones: list[tuple[str, str]]  # origin, file name
    world: World | None

    @property
    def anchors(self) -> Path:
        """DS lines of the root."""
        return self.folder / "anchors.ds"

    def nsd_conf(self, port: int) -> str:
        """What NSD needs to serve it."""
        if self.world is not None:
            return self.world.nsd_conf(self.folder, port=port)
        return nsd_configuration(self.folder, self.zones, port)


def written_by_world(folder: Path) -> Tree:
    """The zones as `resolver.testing.World` signs them."""
    world = World("interoperability")
    for origin, lines in CONTENT.items():
        zone = world.zone(
            origin,
            signed=origin not in UNSIGNED,
            denial=DENIAL.get(origin, "nsec"),
            algorithm=ALGORITHM.get(origin, "ECDSAP256SHA256"),
            keys="split" if origin in (".", "rsa.test.") else "csk",
        )
        zone.add(*lines)
    world.zone("expired.test").damage("signature-expired")
    world.zone("bogus.test").damage("data-altered", "www A")
    world.zone("mismatch.test").damage("ds-mismatch")
    return Tree(folder, [(origin, path.name) for origin, path in world.write(folder)], world)


def written_by_bind(folder: Path, keygen: str, signzone: str) -> Tree:
    """The same zones as dnssec-signzone signs them, the children first: each leaves its DS for its parent."""

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    files = []
    for origin in reversed(CONTENT):
        name = origin.removesuffix(".") or "root"
        path = folder / f"{name}.zone"
        delegations = [f"{child} NS ns.invalid." for child in CONTENT if _parent(child) == origin]
        soa = "@ SOA ns.invalid. hostmaster.invalid. 1 3600 900 604800 300"
        lines = [f"$ORIGIN {origin}", "$TTL 3600", soa, "@ NS ns.invalid.", *CONTENT[origin], *delegations]
        path.write_text("\n".join(lines) + "\n")
        if origin in UNSIGNED:
            files.append((origin, path.name))
            continue
        algorithm = ["-a", ALGORITHM.get(origin, "ECDSAP256SHA256")]
        algorithm += ["-b", "2048"] if "RSA" in algorithm[1] else []
        keys = [run(keygen, "-q", *algorithm, *flags, origin).strip() for flags in (["-f", "KSK"], [])]
        with path.open("a") as zone:
            zone.writelines(f"$INCLUDE {key}.key\n" for key in keys)
        denial = {"nsec3": ["-3", "-"], "opt-out": ["-3", "-", "-A"]}.get(DENIAL.get(origin, ""), [])
        inception, expiration = PAST if origin == "expired.test." else (INCEPTION, EXPIRATION)
        # Not verified after signing (-P): the tool would do so by the machine's clock.
        run(
            signzone, "-q", "-P", "-g", "-x", *denial, "-s", inception, "-e", expiration, "-o", origin, path.name, *keys
        )
        files.append((origin, f"{path.name}.signed"))
        if origin == "mismatch.test.":  # its parent gets a DS that fits no key
            _forge_digest(folder / f"dsset-{origin}")
    forged = folder / "bogus.test.zone.signed"
    forged.write_text(forged.read_text().replace(FORGED_FROM, FORGED_TO))
    (folder / "anchors.ds").write_text((folder / "dsset-.").read_text())
    return Tree(folder, files, None)


def _parent(origin: str) -> str | None:
    """The zone above a zone; all are listed, with every level."""
    return None if origin == "." else origin.partition(".")[2] or "."


def _forge_digest(path: Path) -> None:
    """Alter the last hexadecimal digit of the digest."""
    text = path.read_text().rstrip()
    path.write_text(text[:-1] + ("0" if text[-1] != "0" else "1") + "\n")
