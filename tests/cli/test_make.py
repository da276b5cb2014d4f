"""`dane-make` in process: records in every format, comparisons with a zone file, plans, and what it refuses."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization

from resolver.cli.make import main
from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text
from resolver.data.types import TLSA
from resolver.data.zonefile import scan
from tests.dane.pki import issue, record, usual
from tests.dane.test_making import pem, request

LEAF, MIDDLE, ROOT = usual()
NEXT = issue("next", MIDDLE, dns=["mx.example.com"])
AT = "2026-11-24T12:00:00Z"
PLACE = ["--host", "mx.example.com", "--port", "25"]
HEAD = "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns root 1 2 3 4 600\n"
TEXT_311 = f"3 1 1 {hashlib.sha256(LEAF.spki).hexdigest()}"


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates, keys and zone files."""
    made = tmp_path_factory.mktemp("make")
    (made / "mx.pem").write_bytes(pem(LEAF, MIDDLE))
    (made / "leaf.pem").write_bytes(pem(LEAF))
    (made / "full.pem").write_bytes(pem(LEAF, MIDDLE, ROOT))
    (made / "root.pem").write_bytes(pem(ROOT))
    (made / "next.pem").write_bytes(pem(NEXT, MIDDLE))
    (made / "next.csr").write_bytes(request(NEXT.key))
    (made / "two.pem").write_bytes(pem(LEAF, NEXT))
    secret = serialization.BestAvailableEncryption(b"open sesame")
    form = serialization.PrivateFormat.PKCS8
    (made / "secret.key").write_bytes(LEAF.key.private_bytes(serialization.Encoding.PEM, form, secret))
    (made / "password").write_text("open sesame\r\nanother line\n")
    (made / "no-password").write_text("\n")
    (made / "empty").write_bytes(b"")
    zone(made / "good.zone", record(3, 1, 1, LEAF), record(2, 0, 1, MIDDLE))
    wrong = f"3 1 1 {hashlib.sha256(LEAF.der).hexdigest()}"
    zone(made / "wrong.zone", wrong, f"3 1 1 {hashlib.sha256(b'').hexdigest()}", record(2, 0, 1, ROOT), "3 1 1 abcd")
    zone(made / "pkix.zone", record(1, 1, 1, LEAF))
    zone(made / "both.zone", record(3, 1, 1, LEAF), record(3, 1, 1, NEXT))
    zone(made / "odd.zone", "3 1 1 abc")
    (made / "none.zone").write_text(HEAD)
    (made / "alias.zone").write_text(HEAD + f"_25._tcp.mx CNAME dane\ndane TLSA {TEXT_311}\n")
    (made / "alias-to-nowhere.zone").write_text(HEAD + f"_25._tcp.mx CNAME a..b\nx TLSA {TEXT_311}\n")
    (made / "bad-rrsig.zone").write_text(HEAD + f"x TLSA {TEXT_311}\nx RRSIG TLSA 13 soon\n")
    (made / "loop.zone").write_text(HEAD + f"_25._tcp.mx CNAME _25._tcp.mx\nx TLSA {TEXT_311}\n")
    (made / "several.zone").write_text(HEAD + f"_25._tcp.mx TLSA {TEXT_311}\n_443._tcp.www TLSA {TEXT_311}\n")
    return made


def zone(path: Path, *records: object) -> None:
    path.write_text(HEAD + "".join(f"_25._tcp.mx TLSA {one}\n" for one in records))


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run the command in the folder."""
    monkeypatch.chdir(folder)

    def runner(*words: str) -> Done:
        code = main(list(words))
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return runner


class TestMaking:
    """Records on standard output, advice on standard error."""

    def test_3_1_1_is_what_is_made_unless_something_else_is_asked_for(self, run: Any) -> None:
        assert run("mx.pem") == Done(0, f"IN TLSA {TEXT_311}\n", "")
        assert run("mx.pem", "--port", "25") == Done(0, f"_25._tcp 3600 IN TLSA {TEXT_311}\n", "")
        assert run("mx.pem", *PLACE) == Done(0, f"_25._tcp.mx.example.com. 3600 IN TLSA {TEXT_311}\n", "")

    def test_words_of_rfc_7218_and_numbers_mean_the_same(self, run: Any) -> None:
        words = run("mx.pem", "--usage", "DANE-TA", "--selector", "Cert", "--matching-type", "SHA2-512")
        numbers = run("mx.pem", "--usage", "2", "--selector", "0", "--matching-type", "2")
        assert words == numbers
        assert words.out == f"IN TLSA 2 0 2 {hashlib.sha512(MIDDLE.der).hexdigest()}\n"
        assert words.err.startswith("dane-make: warning: SHA2-512 without SHA2-256 of 2 0: ")

    def test_a_name_in_letters_of_another_script_is_written_as_dns_has_it(self, run: Any) -> None:
        assert run("mx.pem", "--host", "mx.bücher.example", "--port", "25").out.startswith(
            "_25._tcp.mx.xn--bcher-kva.example. "
        )

    def test_the_zone_line_and_the_generic_one_are_the_same_record(self, run: Any) -> None:
        for options in ([], ["--all"]):
            lines = run("mx.pem", *PLACE, "--ttl", "300", *options).out.splitlines()
            generic = run("mx.pem", *PLACE, "--ttl", "300", "--format", "generic", *options).out
            assert run("mx.pem", *PLACE, "--ttl", "300", "--format", "TYPE52", *options).out == generic
            assert all(" TYPE52 \\# " in line for line in generic.splitlines())
            read = list(scan(generic, origin=Name.from_text("elsewhere.example.")))
            assert [one.owner for one in read] == [Name.from_text("_25._tcp.mx.example.com.")] * len(lines)
            assert {one.ttl for one in read} == {300}
            plain = [rdata_from_text(TLSA, line.split(" TLSA ")[1]) for line in lines]
            assert [rdata_from_text(TLSA, one.text) for one in read] == plain

    def test_all_makes_24_records_of_a_chain_and_12_of_a_key(self, run: Any) -> None:
        made = run("mx.pem", "--all").out.splitlines()
        assert made[0] == f"IN TLSA {TEXT_311}"
        assert len(set(made)) == len(made) == 24
        ours = {
            str(record(u, s, m, LEAF if u in (1, 3) else MIDDLE)) for u in range(4) for s in (0, 1) for m in range(3)
        }
        assert {line.removeprefix("IN TLSA ") for line in made} == ours
        assert len(run("next.csr", "--all").out.splitlines()) == 12
        assert len(run("full.pem", "--all").out.splitlines()) == 36  # two issuers
        assert len(run("leaf.pem", "--all").out.splitlines()) == 24

    def test_several_files_give_a_record_each_and_equal_ones_once(self, run: Any) -> None:
        assert run("mx.pem", "next.csr", "leaf.pem").out.splitlines() == [
            f"IN TLSA {one}" for one in (record(3, 1, 1, LEAF), record(3, 1, 1, NEXT))
        ]

    def test_with_many_records_each_fault_is_said_once(self, run: Any) -> None:
        lines = run("mx.pem", "--all", *PLACE).err.splitlines()
        codes = [line.split("(")[-1].split(",")[0] for line in lines]
        assert len(set(codes)) == len(codes) > 3
        assert "dane-make: warning: 1 1 1, 1 1 2, 1 1 0, 1 0 1, 1 0 2, 1 0 0, 0 1 1, 0 1 2, 0 1 0, 0 0 1" in "\n".join(
            lines
        )

    def test_advice_can_be_silenced(self, run: Any) -> None:
        loud = run("leaf.pem", "--selector", "0", "--matching-type", "0")
        assert [line.partition(" (")[2].rstrip(")") for line in loud.err.splitlines()] == [
            "326 octets) makes replies large; use a digest (WHOLE_CERTIFICATE, RFC 7671 §10.1",
            "CERTIFICATE_OF_SERVER, RFC 7671 §5.1",
        ]
        assert run("leaf.pem", "--selector", "0", "--matching-type", "0", "-q") == Done(0, loud.out, "")

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["leaf.pem", "--usage", "2", "--selector", "0"], "ANCHOR_IS_NO_CA"),
            (["root.pem", "--usage", "2", "--selector", "0"], "SEND_THE_ANCHOR"),
            (["mx.pem", "--usage", "1", *PLACE], "USAGE_NOT_FOR_MAIL"),
            (["mx.pem", "--usage", "2"], "KEY_OF_ANCHOR"),
            (["mx.pem", "--usage", "2", "--selector", "0"], None),
            (["mx.pem", "--usage", "1"], None),
        ],
    )
    def test_what_the_rfcs_discourage_is_said(self, words: list[str], code: str | None, run: Any) -> None:
        done = run(*words)
        assert done.code == 0
        assert [line.split("(")[-1].split(",")[0] for line in done.err.splitlines()] == ([] if code is None else [code])

    def test_json(self, run: Any) -> None:
        done = run("mx.pem", *PLACE, "--usage", "3", "--selector", "0", "--json")
        assert done.err == ""
        told = json.loads(done.out)
        assert {key: told[key] for key in ("schema", "verdict", "owner", "ttl")} == {
            "schema": "dane-make/1",
            "verdict": "MADE",
            "owner": "_25._tcp.mx.example.com.",
            "ttl": 3600,
        }
        (made,) = told["records"]
        assert (made["usage"], made["selector"], made["matching_type"], made["file"]) == (3, 0, 1, "mx.pem")
        assert (made["data"], made["words"]) == (hashlib.sha256(LEAF.der).hexdigest(), "DANE-EE Cert SHA2-256")
        assert [finding["code"] for finding in made["findings"]] == ["CERTIFICATE_OF_SERVER"]

    def test_a_password_is_the_first_line_of_a_file(self, run: Any) -> None:
        assert run("secret.key", "--password-file", "password").out == f"IN TLSA {TEXT_311}\n"

    def test_standard_input_is_a_file_too(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pem(LEAF))))
        assert run("-").out == f"IN TLSA {TEXT_311}\n"

    def test_a_script_is_what_nsupdate_reads(self, run: Any) -> None:
        done = run("mx.pem", "next.csr", *PLACE, "--format", "nsupdate")
        lines = done.out.splitlines()
        assert lines[0] == f"update add _25._tcp.mx.example.com. 3600 IN TLSA {TEXT_311}"
        assert (len(lines), lines[-1]) == (3, "send")
        if shutil.which("nsupdate") is None:
            pytest.skip("nsupdate is not installed")
        script = "server 127.0.0.1\nzone example.com\n" + "\n".join(lines[:-1]) + "\nshow\nquit\n"
        shown = subprocess.run(["nsupdate"], input=script, capture_output=True, text=True, check=True, timeout=20)
        packed = "".join(shown.stdout.split()).lower()
        for line in lines[:-1]:
            assert line.split()[-1] in packed


class TestComparing:
    """`--match-zone`."""

    def compare(self, run: Any, file: str, zone_file: str, *options: str) -> Done:
        done: Done = run(file, *PLACE, "--at", AT, "--match-zone", zone_file, *options)
        assert done.err == ""
        return done

    def test_a_sound_zone_authenticates_and_nothing_is_said_against_it(self, run: Any) -> None:
        done = self.compare(run, "mx.pem", "good.zone")
        assert done.code == 0
        lines = done.out.splitlines()
        assert lines[0] == f"AUTHENTICATED _25._tcp.mx.example.com.: {TEXT_311} fits certificate 0"
        assert [line.split()[4:5] for line in lines[1:]] == [["CURRENT"], ["CURRENT"]]
        assert len(lines) == 3
        assert self.compare(run, "mx.pem", "good.zone", "-q").out == lines[0] + "\n"

    def test_a_wrong_zone_is_explained_record_by_record(self, run: Any) -> None:
        done = self.compare(run, "mx.pem", "wrong.zone", "--other", "root.pem")
        assert done.code == 1
        lines = done.out.splitlines()
        assert lines[0].startswith("MISMATCH _25._tcp.mx.example.com.: ")
        assert [line.split()[4] for line in lines[1:4]] == ["NEXT?", "NEXT?", "NEXT?"]
        assert lines[4].split()[4] == "UNUSABLE"
        said = {line.split(":")[0] for line in lines[5:]}
        assert {
            "error NO_RECORD_MATCHES",
            "error ANCHOR_NOT_SENT",
            "warning UNUSABLE_RECORD",
            "clue OTHER_SELECTOR",
            "clue DIGEST_OF_NOTHING",
            "clue OTHER_CERTIFICATE",
        } <= said
        assert f"     publish {TEXT_311} or 3 0 1 {hashlib.sha256(LEAF.der).hexdigest()}\n" in done.out
        assert "note MATCHES_NOTHING" not in done.out  # the clues say more

    @pytest.mark.parametrize(
        ("file", "zone_file", "code", "word"),
        [
            ("next.csr", "both.zone", 0, "WILL_MATCH"),
            ("next.csr", "good.zone", 1, "UNKNOWN"),
            ("secret.key", "good.zone", 0, "WILL_MATCH"),
            ("next.csr", "pkix.zone", 1, "WILL_NOT_MATCH"),
            ("next.pem", "good.zone", 0, "AUTHENTICATED"),
            ("mx.pem", "pkix.zone", 1, "UNUSABLE_TLS_ONLY"),
            ("mx.pem", "alias.zone", 0, "AUTHENTICATED"),
        ],
    )
    def test_the_verdict_and_its_code(self, file: str, zone_file: str, code: int, word: str, run: Any) -> None:
        options = ["--password-file", "password"] if file == "secret.key" else []
        done = self.compare(run, file, zone_file, *options)
        assert (done.code, done.out.split()[0]) == (code, word)

    def test_of_several_keys_each_has_to_match(self, run: Any) -> None:
        for zone_file, code in (("both.zone", 0), ("alias.zone", 1)):
            done = run("mx.pem", "next.csr", *PLACE, "--at", AT, "--match-zone", zone_file)
            assert done.code == code
        assert [line.split(": ")[0] for line in done.out.splitlines()[:2]] == ["mx.pem", "next.csr"]

    def test_a_record_that_fits_is_current_even_if_something_else_is_wrong(self, run: Any, folder: Path) -> None:
        (folder / "aside.zone").write_text(HEAD)
        zone(folder / "aside.zone", record(3, 1, 1, LEAF), record(3, 1, 2, NEXT))
        done = self.compare(run, "next.csr", "aside.zone")
        assert (done.code, done.out.split()[0]) == (0, "WILL_MATCH")
        done = run("next.csr", "mx.pem", *PLACE, "--at", AT, "--match-zone", "aside.zone")
        rows = [line.split(maxsplit=5)[4:] for line in done.out.splitlines() if line.startswith("  3 1 ")]
        assert done.code == 1
        assert rows[0][0] == rows[1][0] == "CURRENT"
        assert rows[0][1].startswith("set aside: SHA2-512")  # RFC 7671 §9
        zone(folder / "web.zone", record(1, 1, 1, NEXT))
        done = run("next.csr", "--at", AT, "--match-zone", "web.zone", "--host", "mx.example.com", "--port", "25")
        assert [line.split()[4] for line in done.out.splitlines()[1:2]] == ["UNUSABLE"]
        text = (folder / "web.zone").read_text().replace("_25._tcp", "_443._tcp")
        (folder / "web.zone").write_text(text)
        done = run("next.csr", "--at", AT, "--match-zone", "web.zone")
        assert (done.code, done.out.split()[0], done.out.splitlines()[1].split()[4]) == (1, "UNKNOWN", "CURRENT")

    def test_roots_make_usage_1_useful_for_the_web(self, run: Any, folder: Path) -> None:
        text = (folder / "pkix.zone").read_text().replace("_25._tcp", "_443._tcp")
        (folder / "web.zone").write_text(text)
        words = ["mx.pem", "--match-zone", "web.zone", "--at", AT]
        assert run(*words).code == 1
        assert run(*words, "--ca", "root.pem").code == 0

    def test_json(self, run: Any) -> None:
        done = self.compare(run, "mx.pem", "wrong.zone", "--json")
        told = json.loads(done.out)
        assert (done.code, told["schema"], told["verdict"]) == (1, "dane-make/1", "MISMATCH")
        assert [one["state"] for one in told["published"]] == ["NEXT?", "NEXT?", "NEXT?", "UNUSABLE"]
        assert {one["code"] for one in told["clues"]} == {"OTHER_SELECTOR", "DIGEST_OF_NOTHING"}
        assert told["files"][0]["answer"] == "NO"
        assert told["plan"] is None

    def test_dates_of_the_signatures_in_the_file_count(self, run: Any, folder: Path) -> None:
        rrsig = "_25._tcp.mx RRSIG TLSA 13 5 3600 20261124180000 20261110000000 1 example.com. AAAA\n"
        (folder / "signed.zone").write_text((folder / "good.zone").read_text() + rrsig)
        assert "warning SIGNATURE_ENDS_SOON" in self.compare(run, "mx.pem", "signed.zone").out

    def test_what_the_command_writes_it_reads_without_an_origin(self, run: Any, folder: Path) -> None:
        (folder / "lines").write_text(run("mx.pem", *PLACE).out + run("next.pem", *PLACE, "--format", "generic").out)
        assert run("mx.pem", "next.pem", *PLACE, "--at", AT, "--match-zone", "lines").code == 0
        (folder / "relative").write_text(run("mx.pem", "--port", "25").out)
        done = run("mx.pem", "--match-zone", "relative")
        assert (done.code, done.err) == (
            2,
            "dane-make: relative:1: no origin is known here; give one, or start the file with $ORIGIN\n",
        )
        assert run("mx.pem", "--at", AT, "--match-zone", "mx.example.com=relative").code == 0

    def test_a_terminal_that_knows_only_ascii_gets_ascii(self, folder: Path, project: Path) -> None:
        words = [sys.executable, "-m", "resolver", "make", "mx.pem", "--match-zone", "wrong.zone"]
        env = {"PYTHONPATH": str(project), "PYTHONIOENCODING": "ascii"}
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"NEXT?" in done.stdout

    def test_a_plan_tells_each_step_with_its_time(self, run: Any) -> None:
        done = self.compare(run, "next.pem", "alias.zone", "--plan", "--current", "mx.pem")
        lines = [line.strip() for line in done.out.splitlines()]
        assert done.code == 0
        new = f"3 1 1 {hashlib.sha256(NEXT.spki).hexdigest()}"
        assert f"update add dane.example.com. 3600 IN TLSA {new}" in lines
        assert f"update delete dane.example.com. IN TLSA {TEXT_311}" in lines
        assert any(line.startswith("3. 2026-11-24T14:00:00Z  switch: ") for line in lines)
        told = json.loads(self.compare(run, "next.pem", "alias.zone", "--plan", "--current", "mx.pem", "--json").out)
        assert [step["action"] for step in told["plan"]["steps"]] == ["publish", "wait", "switch", "remove"]


ZONE = ["--match-zone", "good.zone"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "no FILE; give a certificate, a certificate request or a key, as in dane-make fullchain.pem"),
        (["absent.pem"], "absent.pem: cannot be read (No such file or directory); check the path and its permissions"),
        (["."], ".: cannot be read (Is a directory)"),
        (["empty"], "empty: it is empty; give a certificate"),
        (["good.zone"], "good.zone: neither a certificate nor"),
        (["two.pem"], "2 certificates where one is wanted (two.pem, CERTIFICATE 1, "),
        (["full.pem", "--usage", "2"], "2 issuers where DANE-TA wants one"),
        (["secret.key"], "secret.key: the private key is encrypted; --password-file FILE gives its password"),
        (["secret.key", "--password-file", "empty"], "empty: its first line is empty"),
        (["secret.key", "--password-file", "good.zone"], "the password does not open the private key"),
        (["next.csr", "--selector", "0"], "selector 0 is about a certificate, and this is a certificate request"),
        (["mx.pem", "--host", "192.0.2.1", "--port", "25"], "--host 192.0.2.1 is an address"),
        (["mx.pem", "--host", "[2001:db8::1]", "--port", "25"], "is an address, and TLSA records belong to names"),
        (["mx.pem", "--host", "mx.example.com"], "--host needs a port beside it: --port 25 for mail"),
        (["mx.pem", "--host", "mx.example.com", "--port", "0"], "bad port 0: a whole number from 1 to 65535"),
        (["mx.pem", "--host", "a..b", "--port", "25"], "a..b"),
        (["mx.pem", *PLACE, "--protocol", "icmp"], "bad protocol 'icmp': one of tcp, udp, sctp"),
        (["mx.pem", "--ttl", "-1"], "a TTL of -1 is no number of seconds"),
        (["mx.pem", "--usage", "DANE"], "bad usage 'DANE': a number from 0 to 255 or one of PKIX-TA, PKIX-EE"),
        (["mx.pem", "--usage", "4"], "bad usage 4: a number from 0 to 3"),
        (["mx.pem", "--format", "nsupdate"], "--format nsupdate makes records for one service; give --host and --port"),
        (["mx.pem", "--json", "--format", "zone"], "--json and --format zone exclude each other"),
        (["mx.pem", "--json", "--format", "generic"], "--json and --format generic exclude each other"),
        (["mx.pem", "--all", "--usage", "3"], "--all makes every combination; leave out --usage"),
        (["-", "-"], "standard input can be read once"),
        (["mx.pem", "--at", AT], "--at needs --match-zone FILE"),
        (["mx.pem", "--plan", "--other", "x"], "--other and --plan needs --match-zone FILE"),
        (["mx.pem", *ZONE, "--usage", "3"], "--match-zone compares all published records; leave out"),
        (["mx.pem", *ZONE, "--format", "generic"], "--match-zone makes no records"),
        (["mx.pem", *ZONE, "--current", "mx.pem"], "--current needs --plan"),
        (["mx.pem", "next.pem", *ZONE, "--plan"], "--plan is about one next certificate"),
        (["mx.pem", *ZONE, "--ca", "next.csr"], "next.csr: no certificate in it; --ca wants roots"),
        (["mx.pem", "--match-zone", "odd.zone"], "odd.zone:4: bad TLSA record: an odd number of hexadecimal digits (3)"),
        (["mx.pem", "--match-zone", "none.zone"], "none.zone: there is no TLSA record in this zone file"),
        (["mx.pem", "--match-zone", "loop.zone", *PLACE], "form a loop"),
        (["mx.pem", "--match-zone", "several.zone"], "TLSA records of several services (_25._tcp.mx.example.com., _443"),
        (["mx.pem", *ZONE, "--host", "www.example.com", "--port", "443"], "no TLSA record at _443._tcp.www.example.com., "),
        (["mx.pem", "--match-zone", "absent.zone"], "absent.zone: cannot be read"),
        (["mx.pem", "--match-zone", "mx.pem"], "mx.pem:1: "),
        (["mx.pem", "--match-zone", "alias-to-nowhere.zone", *PLACE], "alias-to-nowhere.zone:4: "),
        (["mx.pem", "--match-zone", "bad-rrsig.zone"], "bad-rrsig.zone:5: bad RRSIG data"),
        (["mx.pem", "--format", "bind"], "argument --format: invalid choice: 'bind'"),
        (["mx.pem", "--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_that_says_what_to_do(words: list[str], text: str, run: Any) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("dane-make: ")
    assert text in done.err
    assert done.err.count("\n") == 1


def test_a_bug_is_one_line_too(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise RuntimeError("of the program")

    monkeypatch.setattr("resolver.cli.make._make", fail)
    done = run("mx.pem")
    assert (done.code, done.out, done.err.count("\n")) == (70, "", 1)
    assert "an error of this program, RuntimeError: of the program; please report it" in done.err

    def interrupt(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("resolver.cli.make._make", interrupt)
    assert run("mx.pem") == Done(130, "", "")


def test_help_is_help(run: Any) -> None:
    done = run("--help")
    assert done.code == 0
    assert "--match-zone" in done.out
    assert run("--version").out.startswith("dane-make ")


def test_a_plain_making_needs_neither_trio_nor_rich(folder: Path, project: Path) -> None:
    code = (
        "import sys; from resolver.cli.make import main; status = main(['mx.pem']);"
        "print(sorted({'trio', 'rich', 'asyncio', 'ssl', 'dns'} & set(sys.modules)), status)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[] 0", done.stderr


@pytest.mark.skipif(shutil.which("danetool") is None, reason="danetool (GnuTLS) is not installed")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], []),
        (["--hash", "sha512"], ["--matching-type", "2"]),
        (["--x509"], ["--selector", "0"]),
        (["--ca"], ["--usage", "2"]),
        (["--no-domain"], ["--usage", "1"]),
    ],
)
def test_danetool_makes_the_same_record_and_its_lines_are_understood(
    options: list[str], words: list[str], run: Any, folder: Path
) -> None:
    place = ["--host", "mx.example.com", "--port", "25"]
    file = "leaf.pem"
    theirs = subprocess.run(
        ["danetool", "--tlsa-rr", *place, "--load-certificate", file, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
    (folder / "theirs").write_text("$TTL 300\n" + theirs)
    told = json.loads(run(file, *place, "--at", AT, "--match-zone", "theirs", "--json").out)
    ours = json.loads(run(file, *place, "--json", *words).out)
    assert [one["text"] for one in told["published"]] == [one["text"] for one in ours["records"]]
