"""`dane-check`: zone files for the DNS, real servers on loopback for the peers; what is said, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trio
from cryptography.hazmat.primitives import serialization

from resolver.cli.check import main
from resolver.testing import World
from tests.probe.certificates import make
from tests.probe.lab import (
    ISSUER,
    LEAF,
    LOOPBACK,
    ROOT,
    RSA,
    SMTP_WITHOUT_TLS,
    STRANGER,
    Background,
    rdata,
    server_context,
    smtp,
    speaking,
)  # fmt: skip
from tests.probe.peers import Peer, serving

AT = "2026-06-01T12:00:00Z"
Run = Callable[..., tuple[int, str, str]]


class Site(NamedTuple):
    """Ports of the servers, and a folder with zone files and certificates."""

    folder: Path
    tls: int
    one: int
    two: int
    plain: int
    silent: int


CONNECTED = threading.Event()  # somebody is at the silent server


async def wait_for_ever(stream: object) -> None:
    CONNECTED.set()
    await trio.sleep_forever()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    both = server_context(folder, (LEAF, ISSUER), (RSA, ISSUER))
    one = server_context(folder, (LEAF, ISSUER))
    peers: list[Peer] = [serving(one), smtp(one), smtp(both), speaking(SMTP_WITHOUT_TLS, None), wait_for_ever]
    with Background(*peers) as ports:
        site = Site(folder, *ports)
        world = World()
        zone = world.zone("example.com")
        for name in ("www", "mx", "neglected", "plain", "slow", "broken", "next", "odd", "bare", "cut"):
            zone.add(f"{name} A {LOOPBACK}")
        ee, short = rdata(LEAF.tlsa(3, 1, 1)), rdata(LEAF.tlsa(3, 1, 1))[:-1]
        for owner in (
            f"_{site.tls}._tcp.www", f"_{site.one}._tcp.mx", f"_{site.two}._tcp.neglected", f"_{site.plain}._tcp.plain",
            f"_{site.silent}._tcp.slow", f"_{site.tls}._tcp.broken", f"_{site.tls}._tcp.next",
        ):  # fmt: skip
            zone.add_rdata(owner, "TLSA", ee)
        for name in ("mx", "cut"):
            zone.add_rdata(f"_{site.one}._tcp.{name}", "TLSA", short)
        zone.add_rdata(f"_{site.tls}._tcp.next", "TLSA", rdata(STRANGER.tlsa(3, 1, 1)))
        zone.add_rdata(f"_{site.tls}._tcp.odd", "TLSA", rdata("3 1 1 " + LEAF.tlsa(3, 0, 1).split()[3]))
        zone.damage("signature-expired", f"_{site.tls}._tcp.broken TLSA")
        zone.add(
            "good MX 10 mx", "bad MX 10 mx", "null MX 0 .", "mixed MX 5 plain", "mixed MX 10 mx", "late MX 1 slow", "late MX 2 mx",
        )  # fmt: skip
        world.zone("plain.test", signed=False).add("@ MX 1 mx.example.com.", f"www A {LOOPBACK}")
        world.write(folder)
        (folder / "ca.pem").write_bytes(ROOT.pem)
        (folder / "stranger.pem").write_bytes(STRANGER.pem)
        (folder / "leaf.pem").write_bytes(LEAF.pem + ISSUER.pem)
        for name, identity in (("leaf.key", LEAF), ("other.key", STRANGER)):
            (folder / name).write_bytes(
                identity.key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        (folder / "locked.key").write_bytes(
            LEAF.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"secret"),
            )
        )
        (folder / "empty.pem").write_bytes(b"")
        (folder / "text.pem").write_text("no certificate at all\n")
        yield site


def words(site: Site) -> list[str]:
    """The options that take the DNS from the zone files."""
    found = ["--anchor", str(site.folder / "anchors.ds"), "--at", AT, "--ca", str(site.folder / "ca.pem")]
    for path in sorted(site.folder.glob("*.zone")):
        found += ["--snapshot", str(path)]
    return found


@pytest.fixture
def run(site: Site, capsys: pytest.CaptureFixture[str]) -> Run:
    def runner(*given: str) -> tuple[int, str, str]:
        code = main([*given, *words(site)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return runner


def test_a_sound_server_is_one_verdict_and_its_lines(run: Run, site: Site) -> None:
    code, out, err = run(f"www.example.com:{site.tls}")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].startswith(f"AUTHENTICATED  www.example.com:{site.tls}: 3 1 1 ")
    assert re.fullmatch(
        rf"AUTHENTICATED  www\.example\.com:{site.tls}  127\.0\.0\.1  ECDSA  3 1 1 [0-9a-f]{{16}}… .*", lines[2]
    )
    assert "  CURRENT  3 1 1 " in out
    assert "publish its record two TTLs before" in out
    assert "what a sender would do" not in out


def test_a_domain_names_the_neglected_key_and_what_senders_do(run: Run, site: Site) -> None:
    code, out, _ = run("--proto", "smtp", f"neglected.example.com:{site.two}")
    assert code == 1
    assert out.startswith(f"MISMATCH  neglected.example.com:{site.two}: 127.0.0.1 (RSA): ")
    assert "\nAUTHENTICATED  neglected.example.com" in out


@pytest.mark.parametrize(
    ("domain", "port", "code", "word", "said"),
    [
        ("good.example.com", "one", 0, "AUTHENTICATED", "UNUSABLE  3 1 1 "),
        ("null.example.com", "one", 3, "NO_DANE", "accepts no mail"),
        ("nosuch.example.com", "one", 5, "TLS_FAILED", "does not exist"),
        ("plain.test", "one", 3, "NO_DANE", "waits     the hosts are not proven to be the domain's"),
        ("plain.test", "one", 3, "NO_DANE", "returns   the hosts are not proven to be the domain's"),
        (
            "plain.test",
            "one",
            3,
            "NO_DANE",
            "Exim, hosts_try_dane      delivers  to mx.example.com, encrypted, not authenticated",
        ),
        ("bare.example.com", "one", 3, "NO_DANE", "Exim, hosts_require_dane  returns   at bare.example.com: NO_DANE"),
        ("bare.example.com", "one", 3, "NO_DANE", "Postfix, dane-only        waits "),
        (
            "cut.example.com",
            "one",
            3,
            "UNUSABLE_TLS_ONLY",
            "Exim, hosts_require_dane  may fail  at cut.example.com: no record is",
        ),
        (
            "cut.example.com",
            "one",
            3,
            "UNUSABLE_TLS_ONLY",
            "Postfix, dane             delivers  to cut.example.com, encrypted, not",
        ),
        ("plain.test", "one", 3, "NO_DANE", "encrypted; the host is authenticated, and not proven to be the domain's"),
    ],
)
def test_mail_domains(run: Run, site: Site, domain: str, port: str, code: int, word: str, said: str) -> None:
    found, out, _ = run("--smtp", f"{domain}:{getattr(site, port)}")
    assert (found, out.split()[0]) == (code, word)
    assert said in out


def test_what_senders_do_is_told_for_each_of_them(run: Run, site: Site) -> None:
    _, out, _ = run("--smtp", f"good.example.com:{site.one}")
    table = dict(line.strip().split("  ", 1) for line in out.split("what a sender would do\n")[1].splitlines())
    assert list(table) == [
        "Postfix, dane", "Postfix, dane-only", "Exim, hosts_try_dane", "Exim, hosts_require_dane", "a sender without DANE",
    ]  # fmt: skip
    assert "encrypted and authenticated" in table["Postfix, dane-only"]
    assert "encrypted, not authenticated" in table["a sender without DANE"]


@pytest.mark.parametrize(
    ("given", "code", "word", "said"),
    [
        ("--proto smtp plain.example.com:{plain}", 5, "NO_STARTTLS", "does not offer STARTTLS"),
        ("--proto https www.example.com:{tls}", 0, "AUTHENTICATED", "CURRENT"),
        ("broken.example.com:{tls}", 4, "DNS_ERROR", "dnssec-trace _{tls}._tcp.broken.example.com. TLSA shows"),
        ("www.plain.test:{tls}", 3, "NO_DANE", "not signed"),
        ("bare.example.com:{tls}", 3, "NO_DANE", "proven: no TLSA records"),
        ("nosuch.example.com", 5, "TLS_FAILED", "does not exist, and that is proven"),
        ("odd.example.com:{tls}", 1, "MISMATCH", "clue: 3 1 1 "),
        ("www.example.com:{tls} --connect 127.0.0.1:{one}", 5, "TLS_FAILED", "handshake failed"),
        ("next.example.com:{tls}", 0, "AUTHENTICATED", "NEXT?"),
        ("www.example.com:{tls} --chain {folder}/stranger.pem", 1, "MISMATCH", "/stranger.pem"),
        ("www.example.com:{tls} --chain {folder}/leaf.pem", 0, "AUTHENTICATED", "CURRENT"),
        ("broken.example.com:{tls} --chain {folder}/leaf.pem", 4, "DNS_ERROR", "expired"),
        ("www.example.com:{tls} --next {folder}/stranger.pem", 1, "AUTHENTICATED", "  NO  www.example.com"),
        ("next.example.com:{tls} --next {folder}/other.key", 0, "AUTHENTICATED", "  YES  next.example.com"),
        ("www.example.com:{tls} --next {folder}/leaf.key", 0, "AUTHENTICATED", "match: YES"),
        ("bare.example.com:{tls} --next {folder}/leaf.key", 3, "NO_DANE", "no proven records"),
    ],
)  # fmt: skip
def test_each_word_has_its_exit_code(run: Run, site: Site, given: str, code: int, word: str, said: str) -> None:
    found, out, err = run(*(part.format(**site._asdict()) for part in given.split()))
    assert (found, out.split()[0], err) == (code, word, "")
    assert said.format(**site._asdict()) in out


def test_a_dns_error_is_never_shown_as_no_records(run: Run, site: Site) -> None:
    for more in ([], ["--json"], ["--prometheus"], ["-q"]):
        code, out, _ = run(f"broken.example.com:{site.tls}", *more)
        assert code == 4
        assert "DNS_ERROR" in out
        assert "NO_DANE" not in out
        assert "no TLSA" not in out


def test_json_has_one_entry_for_each_certificate(run: Run, site: Site) -> None:
    code, out, err = run("--json", "--proto", "smtp", f"neglected.example.com:{site.two}")
    found = json.loads(out)
    assert (code, err, found["schema"], found["verdict"], found["exit_code"]) == (1, "", "dane-check/1", "MISMATCH", 1)
    assert [(entry["key_type"], entry["result"], entry["tlsrpt"]) for entry in found["hosts"]] == [
        ("ecdsa", "AUTHENTICATED", None),
        ("rsa", "MISMATCH", "validation-failure"),
    ]
    entry = found["hosts"][0]
    assert (entry["host"], entry["port"], entry["address"]) == ("neglected.example.com.", site.two, LOOPBACK)
    assert entry["records"][0]["record"] == LEAF.tlsa(3, 1, 1)
    assert entry["records"][0]["state"] == "CURRENT"
    assert entry["matched"] == {"record": LEAF.tlsa(3, 1, 1), "depth": 0, "identity": None}
    assert entry["changes"]["cause"] == "signature"
    assert found["checked_at"] == AT
    code, out, _ = run("--json", "-q", "--smtp", f"good.example.com:{site.one}")
    found = json.loads(out)
    assert out.count("\n") == 1
    assert found["mx"] | {"reason": ""} == {
        "status": "secure",
        "state": "mx",
        "secure": True,
        "reason": "",
        "notes": [],
    }
    assert [sender["does"] for sender in found["senders"]] == ["delivers"] * 5
    code, out, _ = run("--json", f"broken.example.com:{site.tls}")
    (entry,) = json.loads(out)["hosts"]
    assert (entry["address"], entry["result"], entry["tlsa"]["status"]) == (None, "DNS_ERROR", "bogus")
    assert entry["tlsrpt"] == "dnssec-invalid"


def test_nagios_has_one_line_and_its_own_codes(run: Run, site: Site) -> None:
    code, out, _ = run("--nagios", f"www.example.com:{site.tls}")
    assert code == 0
    assert re.fullmatch(
        r"DANE OK - AUTHENTICATED www\.example\.com: .* \| certificates=1 authenticated=1 valid=\d+s\n", out
    )
    assert run("--nagios", f"bare.example.com:{site.tls}")[0] == 1
    assert run("--nagios", f"broken.example.com:{site.tls}")[0] == 2
    code, out, _ = run("--nagios", "192.0.2.1")
    assert code == 3
    assert out.startswith("DANE UNKNOWN - 192.0.2.1 is an address")


def test_prometheus_has_a_sample_for_each_certificate(run: Run, site: Site) -> None:
    _, out, _ = run("--prometheus", "--proto", "smtp", f"neglected.example.com:{site.two}")
    assert len(re.findall(r"^dane_check_result\{.*\} 1$", out, re.MULTILINE)) == 2
    assert 'key_type="rsa",result="MISMATCH"' in out
    samples = [line for line in out.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+\{([a-z_]+="[^"]*",?)+\} \d+', line) for line in samples)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "give either a server or --smtp DOMAIN"),
        ("www.example.com --smtp example.com", "give either a server or --smtp DOMAIN"),
        ("192.0.2.1", "192.0.2.1 is an address"),
        ("[2001:db8::1]", "2001:db8::1 is an address"),
        ("--smtp 192.0.2.1", "is an address"),
        ("www.example.com:0", "bad port '0'"),
        ("www.example.com:65536", "bad port '65536'"),
        ("www.example.com:https", "bad port 'https'"),
        ("https://www.example.com/", "is a URL"),
        ("a..b", "a label of 0 octets"),
        ("--proto gopher www.example.com", "'gopher' is not known; choose from tls, smtp"),
        ("www.example.com --connect elsewhere", "--connect elsewhere:"),
        ("www.example.com --connect 127.0.0.1:0", "a port is a number"),
        ("www.example.com --json --nagios2", "unrecognized arguments"),
        ("www.example.com --json --prometheus", "exclude each other"),
        ("www.example.com --chain {folder}/nosuch.pem", "No such file"),
        ("www.example.com --chain {folder}/empty.pem", "it is empty"),
        ("www.example.com --chain {folder}/text.pem", "--chain"),
        ("www.example.com --chain {folder}/leaf.key", "there is no certificate in it"),
        ("www.example.com --next {folder}/locked.key", "encrypted"),
        ("www.example.com --ca {folder}/text.pem", "--ca"),
        ("www.example.com --ca {folder}/leaf.key", "--ca"),
        ("www.example.com --at yesterday", "bad time"),
        ("www.example.com --anchor {folder}/nosuch", "nosuch"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(
    site: Site, given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [part.format(folder=site.folder) for part in given.split()]
    code = main([*argv, "--snapshot", str(site.folder / "example.com.zone")])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("dane-check: ")
    assert said in captured.err


def test_ctrl_c_prints_what_is_known(site: Site, project: Path) -> None:
    """One host has answered, another is silent."""
    CONNECTED.clear()
    argv = [sys.executable, "-W", "error", "-m", "resolver", "check", "--smtp", f"late.example.com:{site.silent}"]
    process = subprocess.Popen(
        [*argv, *words(site)], cwd=project, env={**os.environ, "PYTHONPATH": str(project)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert CONNECTED.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (130, "")
    assert out.startswith("INTERRUPTED  late.example.com")
    assert "not met when the check was interrupted" in out


def test_a_key_in_der_and_a_chain_with_its_key_are_read(run: Run, site: Site, tmp_path: Path) -> None:
    der, combined = tmp_path / "leaf.der", tmp_path / "combined.pem"
    der.write_bytes(LEAF.der)
    combined.write_bytes((site.folder / "leaf.key").read_bytes() + LEAF.pem + ISSUER.pem)
    for path in (der, combined):
        assert run(f"www.example.com:{site.tls}", "--chain", str(path))[0] == 0
    two = tmp_path / "two.pem"
    two.write_bytes(LEAF.pem + make("another", names=["x"]).pem)
    code, out, err = run(f"www.example.com:{site.tls}", "--next", str(two))
    assert (code, out, err.count("\n")) == (2, "", 1)
