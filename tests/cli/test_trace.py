"""`dnssec-trace` in process: offline lookups, what it prints, what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from resolver.cli.trace import main
from resolver.testing import World

AT = "2026-06-01T12:00:00Z"


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed zone files and their anchors."""
    folder = tmp_path_factory.mktemp("zones")
    world = World()
    world.zone("com", denial="opt-out")
    world.zone("example.com").add(
        "_25._tcp.mx TLSA 3 1 1 " + 32 * "ab",
        "mx A 192.0.2.1",
        "both A 192.0.2.1",
        "both AAAA 2001:db8::1",
        "_x TXT hello",
    )
    broken = world.zone("broken.com").add("www A 192.0.2.1", "www AAAA 2001:db8::1")
    broken.damage("signature-expired", "www AAAA")
    world.zone("unsigned.com", signed=False).add("www A 192.0.2.1")
    world.zone("elsewhere.com", signed=False)
    world.write(folder)
    (folder / "elsewhere.com.zone").unlink()
    return folder


@pytest.fixture
def run(zones: Path, capsys: pytest.CaptureFixture[str]):
    """Run the command on the zone files; give back exit code, standard output and standard error."""

    def runner(*words: str, source: bool = True) -> tuple[int, str, str]:
        argv = list(words)
        if source:
            for path in sorted(zones.glob("*.zone")):
                argv += ["--snapshot", str(path)]
        if source or "--replay" in words:
            argv += ["--anchor", str(zones / "anchors.ds")]
            argv += [] if "--at" in words else ["--at", AT]
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return runner


class TestVerdicts:
    """Text, JSON and exit code of every verdict."""

    def test_a_proven_answer(self, run):
        code, out, err = run("_25._tcp.mx.example.com")
        lines = out.splitlines()
        assert (code, err) == (0, "")
        assert lines[0].startswith("✔ SECURE _25._tcp.mx.example.com. TLSA: 3 1 1 abab")
        assert lines[1].startswith("  . ")
        assert lines[2].startswith("  └─ com. ")
        assert lines[3].startswith("     └─ example.com.")
        assert "(7d 0h ago … in 21d 0h)" in lines[3]
        assert "✔ _25._tcp.mx.example.com. 3600 TLSA 3 1 1 abab" in lines[4]

    def test_a_proven_denial(self, run):
        code, out, _ = run("nothing.example.com", "TXT")
        assert code == 0
        assert out.startswith("✔ ABSENT nothing.example.com. TXT: NXDOMAIN")
        assert "covers nothing.example.com." in out

    def test_an_unsigned_zone(self, run):
        code, out, _ = run("www.unsigned.com", "A")
        assert code == 10
        assert out.startswith("○ INSECURE www.unsigned.com. A: ")
        assert "unverified" in out

    def test_an_expired_signature(self, run):
        code, out, _ = run("www.broken.com", "AAAA")
        assert code == 31
        assert out.startswith("✖ BOGUS www.broken.com. AAAA: the signature expired")
        assert "fix: the operator of broken.com. must sign it again; it is not your clock" in out

    def test_a_name_below_an_unsigned_zone_that_is_not_there(self, run):
        code, out, _ = run("www.elsewhere.com", "A")
        assert code == 20
        first = out.splitlines()[0]
        assert first.startswith("◌ NO VERDICT www.elsewhere.com. A: ")
        assert "elsewhere.com., proven to be insecure" in first
        code, out, _ = run("www.elsewhere.com", "A", "--json")
        assert code == 20
        assert json.loads(out)["enclosing"]["cut"] == "elsewhere.com."

    def test_a_stale_anchor(self, run, zones: Path, tmp_path: Path):
        other = tmp_path / "anchors"
        other.write_text(World(seed="another").anchor_text)
        words = ["com", "DS", "--snapshot", str(zones / "root.zone"), "--anchor", str(other), "--at", AT]
        code, out, _ = run(*words, source=False)
        assert code == 22
        assert "anchors" in out.splitlines()[0]
        code, _, _ = run(*words, "--anchor", str(zones / "anchors.ds"), source=False)
        assert code == 0  # any anchor is enough

    def test_a_year_later_all_is_expired(self, run):
        code, out, _ = run("com", "DS", "--at", "2027-06-01T12:00:00Z")
        assert code == 31
        assert "expired" in out.splitlines()[0]
        assert "your clock" in out

    @pytest.mark.parametrize(
        ("words", "verdict", "code"),
        [
            (("_25._tcp.mx.example.com",), "secure", 0),
            (("nothing.example.com", "TXT"), "absent", 0),
            (("www.unsigned.com", "A"), "insecure", 10),
            (("www.broken.com", "AAAA"), "bogus", 31),
            (("www.elsewhere.com", "A"), "indeterminate", 20),
            (("example.com", "RRSIG"), "indeterminate", 20),
        ],
    )
    def test_json_is_there_for_every_verdict(self, run, words: tuple[str, ...], verdict: str, code: int):
        got, out, err = run(*words, "--json")
        found = json.loads(out)
        assert (got, err, found["verdict"]) == (code, "", verdict)
        assert found["now"] == AT
        assert (found["cause"] is None) == (code == 0)
        assert "also" not in found
        assert out.isascii()


class TestTwoTypes:
    """A name without a type is asked for A and AAAA."""

    def test_both_are_printed(self, run):
        code, out, _ = run("both.example.com")
        assert code == 0
        assert [line.split()[2:4] for line in out.splitlines() if line.startswith("✔")] == [
            ["both.example.com.", "A:"],
            ["both.example.com.", "AAAA:"],
        ]

    def test_the_worse_one_decides_and_comes_first(self, run):
        code, out, _ = run("www.broken.com")
        assert code == 31
        assert out.startswith("✖ BOGUS www.broken.com. AAAA")
        assert "✔ SECURE www.broken.com. A:" in out
        code, out, _ = run("www.broken.com", "--json")
        found = json.loads(out)
        assert (code, found["verdict"], found["query"]["type"]) == (31, "bogus", "AAAA")
        assert (found["also"]["verdict"], found["also"]["query"]["type"]) == ("secure", "A")

    def test_no_address_of_one_family_counts_as_secure(self, run):
        code, out, _ = run("mx.example.com", "--json")
        found = json.loads(out)
        assert (code, found["verdict"], found["also"]["verdict"]) == (0, "secure", "absent")

    def test_minus_q_is_one_line(self, run):
        code, out, _ = run("www.broken.com", "-q")
        assert (code, out.count("\n")) == (31, 1)

    def test_other_underscores_mean_txt(self, run):
        assert run("_x.example.com")[1].startswith('✔ SECURE _x.example.com. TXT: "hello"')


class TestRecordings:
    """--record and --replay."""

    def test_a_recording_replays_to_the_same_output(self, run, tmp_path: Path):
        saved = tmp_path / "kept.jsonl"
        for words in (("www.broken.com",), ("_25._tcp.mx.example.com",), ("nothing.example.com", "A")):
            first = run(*words, "--record", str(saved))
            assert run(*words, "--replay", str(saved), source=False)[:2] == first[:2]

    def test_a_recording_is_judged_at_its_own_time(self, run, zones: Path, tmp_path: Path):
        saved = str(tmp_path / "kept.jsonl.gz")
        run("com", "DS", "--record", saved)
        anchor = ["--anchor", str(zones / "anchors.ds")]
        assert main(["com", "DS", "--replay", saved, *anchor]) == 0
        assert main(["com", "DS", "--replay", saved, *anchor, "--at", "2027-06-01T12:00:00Z"]) == 31

    def test_what_was_not_recorded_has_no_verdict(self, run, tmp_path: Path):
        saved = str(tmp_path / "kept.jsonl")
        run("com", "DS", "--record", saved)
        code, out, _ = run("org", "DS", "--replay", saved, source=False)
        assert code == 20
        assert "recording" in out.splitlines()[0]

    def test_a_recording_that_cannot_be_saved_leaves_nothing(self, run, tmp_path: Path):
        code, out, err = run("com", "DS", "--record", str(tmp_path / "no" / "such.jsonl"))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "no/such.jsonl: cannot be written" in err
        assert list(tmp_path.iterdir()) == []


class TestBadInput:
    """One line that says what, where and what to do; exit code 2; nothing half-written."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "no name"),
            (("a..b", "A"), "bad name"),
            (("a" * 64 + ".com", "A"), "63"),
            (("example.com", "NONSENSE"), "unknown type"),
            (("example.com", "TYPE70000"), "type"),
            (("example.com", "A", "--at", "yesterday"), "--at"),
            (("example.com", "A", "--server", "not an address"), "not an address"),
            (("example.com", "A", "--anchor", "/no/such/file"), "/no/such/file"),
            (("example.com", "A", "--replay", "/no/such/file"), "/no/such/file"),
            (("example.com", "A", "--snapshot", "/no/such/file"), "/no/such/file"),
            (("example.com", "A", "--snapshot", "bad..name=/dev/null"), "bad name"),
        ],
    )
    def test_it_is_refused_in_one_line(self, run, words: tuple[str, ...], said: str):
        code, out, err = run(*words, source=False)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("dnssec-trace: ")
        assert said in err

    @pytest.mark.parametrize(
        ("option", "content", "place"),
        [
            ("--snapshot", "$ORIGIN com.\n@ 300 IN SOA a. b. 1 2 3 4 5\nwww 300 IN A (", ":3"),
            ("--snapshot", "@ 300 IN SOA a. b. 1 2 3 4 5\n", ""),
            ("--snapshot", "", ""),
            ("--anchor", ". DS 20326 8 2 E06D\n. nonsense\n", ":"),
            ("--anchor", "", ""),
            ("--replay", "not a recording\n", ":1"),
            ("--replay", '{"format": "dnssec-recording/1"}\n{"question": 5}\n', ":2"),
        ],
    )
    def test_a_malformed_file_is_named_with_its_line(self, run, tmp_path: Path, option: str, content: str, place: str):
        path = tmp_path / "file"
        path.write_text(content)
        code, out, err = run("www.com", "A", option, str(path), source=False)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"{path}{place}" in err

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_an_unreadable_file_is_named(self, run, tmp_path: Path):
        path = tmp_path / "file"
        path.write_text("")
        path.chmod(0)
        assert run("com", "A", "--snapshot", str(path), source=False)[0] == 2

    def test_control_characters_in_a_complaint_are_escaped(self, run):
        code, _, err = run("example.com", "A", "--anchor", "/no/\x1b[31m/file", source=False)
        assert code == 2
        assert "\x1b" not in err


class TestProgram:
    """Versions, help, and errors of the program itself."""

    def test_version_names_dependencies_and_anchors(self, run):
        code, out, _ = run("--version", source=False)
        assert code == 0
        for word in (
            "dnssec-trace ",
            "dnspython ",
            "cryptography ",
            "trio ",
            "ML-DSA-44",
            "KSK-2017  20326/8",
            "2017-02-02",
        ):
            assert word in out

    def test_help_is_exit_code_0(self, run):
        code, out, _ = run("--help", source=False)
        assert code == 0
        assert "exit codes:" in out

    def test_an_error_of_the_program_is_one_line(self, run, monkeypatch: pytest.MonkeyPatch):
        def fail(*_: object) -> None:
            raise RuntimeError("a bug\nof two lines")

        monkeypatch.setattr("resolver.cli.trace.look_up", fail)
        code, out, err = run("example.com")
        assert (code, out, err.count("\n")) == (70, "", 1)
        assert "please report it" in err
        code, _, err = run("example.com", "-vv")
        assert code == 70
        assert "Traceback" in err

    def test_an_interrupt_is_quiet(self, run, monkeypatch: pytest.MonkeyPatch):
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("resolver.cli.trace.look_up", interrupt)
        assert run("example.com") == (130, "", "")

    def test_ascii_is_ascii(self, run):
        for name in ("www.broken.com", "www.unsigned.com", "both.example.com"):
            code, out, _ = run(name, "--ascii", "-v")
            assert out.isascii()
            assert code == run(name)[0]
