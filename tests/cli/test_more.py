"""`dnssec-trace`: forecast, what if, expectations, formats, overlay, diff, audit, watch; and what makes no sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.cli import arguments as command_line
from resolver.cli import watch
from resolver.cli.trace import main
from resolver.testing import World
from tests.trace.schema import faults

AT = "2026-06-01T12:00:00Z"
DAY = 86400


def make(folder: Path, *, seed: int = 0) -> Path:
    """A world in files; other seeds give other keys."""
    world = World(seed)
    world.zone("com")
    short = (world.now - DAY, world.now + 5 * DAY)
    example = world.zone("example.com", keys="split", validity=short, algorithm=15)
    example.add("www A 192.0.2.1", "both A 192.0.2.1", "both AAAA ::1")
    broken = world.zone("broken.com").add("www A 192.0.2.1")
    broken.damage("signature-expired", "www A")
    world.zone("unsigned.com", signed=False).add("www A 192.0.2.1")
    world.write(folder)
    return folder


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("zones"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same zones with other keys, all of them."""
    return make(tmp_path_factory.mktemp("others"), seed=1)


@pytest.fixture
def run(zones: Path, capsys: pytest.CaptureFixture[str]):
    """Run the command on the zone files."""

    def runner(*words: str) -> tuple[int, str, str]:
        argv = list(words)
        for path in sorted(zones.glob("*.zone")):
            argv += ["--snapshot", str(path)]
        code = main([*argv, "--anchor", str(zones / "anchors.ds"), "--at", AT])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return runner


class TestForecast:
    """When which link fails, and what then."""

    def test_the_next_break_is_the_first_end_that_changes_the_verdict(self, run):
        code, out, _ = run("www.example.com", "A", "--forecast")
        assert code == 0
        assert "next break: 2026-06-06 (in 5d 0h) → bogus (EXPIRATION_IN_PAST at example.com./DNSKEY)" in out
        assert "still bogus (EXPIRATION_IN_PAST at ./DNSKEY)" in out

    def test_json_has_the_moments_in_order_and_fits_the_schema(self, run):
        _, out, _ = run("www.example.com", "A", "--forecast", "--json")
        found = json.loads(out)
        assert faults(found) == []
        assert [event["changes"] for event in found["forecast"]] == [True, False]
        assert found["forecast"] == sorted(found["forecast"], key=lambda event: event["at"])

    def test_what_will_be_mended_by_time_alone_is_seen(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        world = World()
        world.zone("late.com").add("www A 192.0.2.1").damage("signature-not-yet-valid", "www A")
        words = ["www.late.com", "A", "--forecast", "--anchor", str(tmp_path / "anchors.ds"), "--at", AT]
        for _, path in world.write(tmp_path):
            words += ["--snapshot", str(path)]
        assert main(words) == 31
        assert "next break: 2026-06-02T12:00Z (in 1d 0h) → secure" in capsys.readouterr().out


class TestWhatIf:
    """The same evidence, judged otherwise."""

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (["--drop-ds", "example.com"], 10, "worse: from secure to insecure"),
            (["--without-algorithm", "15"], 10, "worse: from secure to insecure"),
            (["--without-algorithm", "8,10"], 0, "no change: still secure"),
            (["--clock", "+30d"], 31, "worse: from secure to bogus"),
            (["--clock=-30d"], 31, "worse: from secure to bogus"),
            (["--clock", "+1d"], 0, "no change: still secure"),
            (["--clock", "+1d", "--drop-ds", "com"], 10, "and without a DS for com.|without a DS for com. and at"),
        ],
    )
    def test_the_difference_is_said_in_words(self, run, words: list[str], code: int, says: str):
        found, out, _ = run("www.example.com", "A", *words)
        assert found == code
        assert "what if, " in out
        assert any(each in out for each in says.split("|"))

    def test_an_anchor_that_is_the_only_one_cannot_go(self, run, zones: Path):
        tag = (zones / "anchors.ds").read_text().split()[3]
        code, _, err = run("www.example.com", "A", "--without-anchor", tag)
        assert code == 2
        assert "the only trust anchor" in err
        code, _, err = run("www.example.com", "A", "--without-anchor", "1")
        assert (code, err.count("\n")) == (2, 1)

    def test_one_of_two_anchors_may_go(self, zones: Path, others: Path, capsys: pytest.CaptureFixture[str]):
        tag = (zones / "anchors.ds").read_text().split()[3]
        words = ["com", "DS", "--snapshot", str(zones / "root.zone"), "--at", AT, "--without-anchor", tag]
        words += ["--anchor", str(zones / "anchors.ds"), "--anchor", str(others / "anchors.ds")]
        assert main(words) == 22
        assert "from secure to bogus" in capsys.readouterr().out

    def test_new_keys_need_their_ds_first(self, run, others: Path, tmp_path: Path, zones: Path):
        def keys(folder: Path) -> str:
            lines = (folder / "example.com.zone").read_text().splitlines()
            return "".join(line + "\n" for line in lines if " IN DNSKEY 257" in line)

        file = tmp_path / "new.key"
        file.write_text(keys(others))
        _, out, _ = run("www.example.com", "A", "--replace-key", str(file))
        assert "validators will say bogus (NO_SEP)" in out
        (ds,) = [line for line in (others / "com.zone").read_text().splitlines() if line.startswith("example.com.") and " DS " in line and "RRSIG" not in line]  # fmt: skip
        assert ds.lower() in out.lower()
        file.write_text(keys(zones))
        _, out, _ = run("www.example.com", "A", "--replace-key", str(file))
        assert "validators will accept example.com." in out

    def test_json_has_both_verdicts_and_fits_the_schema(self, run):
        _, out, _ = run("www.example.com", "A", "--clock", "+30d", "--json")
        found = json.loads(out)
        assert faults(found) == []
        assert (found["verdict"], found["what_if"]["verdict"], found["what_if"]["changed"]) == ("secure", "bogus", True)

    def test_a_policy_file_decides(self, run, tmp_path: Path):
        file = tmp_path / "policy"
        file.write_text('{"algorithms": {"15": false}, "limits": {"queries": 32}}')
        assert run("www.example.com", "A", "--policy", str(file))[0] == 10
        assert run("www.example.com", "A", "--policy", "strict")[0] == 0
        for bad in ("", "[]", '{"algorithm": 1}', '{"algorithms": {"x": 1}}', '{"limits": {"x": 1}}'):
            file.write_text(bad)
            code, _, err = run("www.example.com", "A", "--policy", str(file))
            assert (code, err.count("\n")) == (2, 1)


class TestChecks:
    """Exit codes for CI systems and monitors."""

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["www.example.com", "A", "--expect", "secure"], 0),
            (["www.example.com", "A", "--expect", "bogus"], 1),
            (["nothing.example.com", "A", "--expect", "absent"], 0),
            (["nothing.example.com", "A", "--expect", "secure"], 1),
            (["www.broken.com", "A", "--expect", "bogus"], 0),
            (["www.unsigned.com", "A", "--expect", "insecure"], 0),
            (["www.example.com", "A", "--warn", "7d"], 40),
            (["www.example.com", "A", "--warn", "7d", "--expect", "secure"], 40),
            (["www.example.com", "A", "--warn", "4d", "--expect", "secure"], 0),
            (["www.example.com", "A", "--warn", "4d"], 0),
            (["www.broken.com", "A", "--warn", "7d"], 31),
            (["www.broken.com", "A", "--nagios"], 2),
            (["www.example.com", "A", "--nagios"], 0),
            (["www.example.com", "A", "--nagios", "--warn", "7d"], 1),
        ],
    )
    def test_the_exit_code(self, run, words: list[str], code: int):
        assert run(*words)[0] == code

    def test_many_names_one_object_a_line(self, run, tmp_path: Path):
        file = tmp_path / "names"
        file.write_text("# ours\nwww.example.com A\n\nwww.broken.com A # bad\nboth.example.com\n")
        code, out, _ = run("--input", str(file), "--json-lines")
        found = [json.loads(line) for line in out.splitlines()]
        assert code == 31
        assert [each["verdict"] for each in found] == ["secure", "bogus", "secure", "secure"]
        assert all(faults(each) == [] for each in found)
        assert run("--input", str(file), "-q")[1].count("\n") == 3
        assert len(json.loads(run("--input", str(file), "--json")[1])) == 3

    def test_a_bad_name_among_many_is_told_by_file_and_line(self, run, tmp_path: Path):
        file = tmp_path / "names"
        for line, said in (("bad..name", "bad name 'bad..name'"), ("www.example.com FOO", "unknown type 'FOO'")):
            file.write_text(f"www.example.com A\n\n{line}\n")
            code, out, err = run("--input", str(file), "-q")
            assert (code, out) == (2, "")
            assert err.startswith(f"dnssec-trace: {file}:3: {said}")

    def test_a_policy_that_cannot_be_read_is_not_called_bad_json(self, run):
        err = run("www.example.com", "A", "--policy", "/nowhere")[2]
        assert err.startswith("dnssec-trace: --policy /nowhere: cannot be read (")

    def test_a_monitor_says_for_how_long(self, run):
        out = run("www.example.com", "A", "--nagios")[1]
        assert "secure, good for 5d 0h | seconds_left=" in out

    def test_pictures_and_metrics_are_written(self, run, tmp_path: Path):
        svg, html, metrics = (str(tmp_path / name) for name in ("a.svg", "a.html", "a.prom"))
        assert run("www.example.com", "A", "--svg", svg, "--html", html, "--prometheus", metrics, "-q")[0] == 0
        assert Path(svg).read_text().startswith("<?xml")
        assert "<html" in Path(html).read_text()
        assert 'dnssec_verdict{name="www.example.com.",type="A",verdict="secure"} 1' in Path(metrics).read_text()
        code, _, err = run("www.example.com", "A", "--svg", "/nowhere/at/all.svg")
        assert (code, err.count("\n")) == (2, 1)


class TestOverlay:
    """A zone file before it is published."""

    def test_new_keys_without_a_new_ds_will_be_bogus(self, run, others: Path):
        code, out, _ = run("--overlay", str(others / "example.com.zone"))
        assert code == 30
        assert out.startswith("after publishing, validators will say (worse: from secure to bogus")
        assert "publish in com.:" in out
        assert "now they say: ✔ SECURE example.com. SOA" in out

    def test_the_same_zone_changes_nothing(self, run, zones: Path):
        code, out, _ = run("www.example.com", "A", "--overlay", str(zones / "example.com.zone"), "--json")
        found = json.loads(out)
        assert code == 0
        assert faults(found) == []
        assert found["published"]["says"] == "no change: still secure"

    def test_a_recording_will_do_for_the_parent(self, run, zones: Path, others: Path, tmp_path: Path, capsys):
        kept = str(tmp_path / "kept")
        run("www.example.com", "A", "--record", kept)
        words = ["www.example.com", "A", "--overlay", str(others / "example.com.zone"), "--replay", kept]
        assert main([*words, "--anchor", str(zones / "anchors.ds")]) == 30
        assert "now they say: ✔ SECURE" in capsys.readouterr().out


class TestDiff:
    """Two states, and what is remembered of the first."""

    def test_a_rollover_without_overlap_is_bogus_for_those_who_remember(self, zones: Path, tmp_path: Path, capsys):
        world = World()
        world.zone("com")
        world.zone("example.com").add("www A 192.0.2.1")
        world.write(tmp_path)
        words = ["diff", str(zones), str(tmp_path), "www.example.com", "A", "--at", AT]
        assert main([*words, "--anchor", str(zones / "anchors.ds")]) == 0
        out = capsys.readouterr().out
        assert "+ example.com. DS " in out
        assert "- example.com. DNSKEY key " in out
        assert "✖ validators that remember the old example.com./DS (for up to 1h 0m) say bogus" in out
        assert main([*words, "--anchor", str(zones / "anchors.ds"), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {each["verdict"] for each in found["remembered"]} == {"bogus"}
        assert faults(found["old"]) == faults(found["new"]) == []

    def test_two_recordings_know_what_they_are_about(self, run, zones: Path, tmp_path: Path, capsys):
        kept = str(tmp_path / "kept")
        run("www.example.com", "A", "--record", kept)
        assert main(["diff", kept, kept, "--anchor", str(zones / "anchors.ds")]) == 0
        out = capsys.readouterr().out
        assert "www.example.com. A" in out
        assert "the chains hold the same records" in out

    def test_zone_files_need_a_name(self, zones: Path, capsys):
        assert main(["diff", str(zones), str(zones)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_record_and_replay_give_the_same_octets(run, zones: Path, tmp_path: Path, capsys):
    kept = str(tmp_path / "kept.gz")
    for words in (["www.example.com", "A"], ["www.broken.com", "A"], ["nothing.example.com"]):
        for form in ([], ["-vv"], ["--json"], ["--forecast"]):
            recorded = run(*words, *form, "--record", kept)
            code = main([*words, *form, "--replay", kept, "--anchor", str(zones / "anchors.ds")])
            captured = capsys.readouterr()
            if form != ["-vv"]:  # which names where the replies come from and their size
                assert (code, captured.out, captured.err) == recorded
            again = main([*words, *form, "--replay", kept, "--anchor", str(zones / "anchors.ds")])
            assert (again, capsys.readouterr().out) == (code, captured.out)


class TestProof:
    """An authentication chain, out and in."""

    @pytest.mark.parametrize(
        ("words", "code"),
        [(["www.example.com", "A"], 0), (["nothing.example.com", "A"], 0), (["www.unsigned.com", "A"], 10)],
    )
    def test_a_proof_is_judged_alike_by_somebody_else(self, run, zones: Path, tmp_path: Path, capsys, words, code):
        kept = str(tmp_path / "proof")
        assert run(*words, "--proof", kept)[0] == code
        anchors = ["--anchor", str(zones / "anchors.ds")]
        assert main(["verify", kept, *words, *anchors, "--at", AT, "-q"]) == code
        assert words[0] in capsys.readouterr().out
        if code == 0:
            assert main(["verify", kept, *words, *anchors, "--at", "2026-07-01T12:00:00Z", "-q"]) == 31

    def test_what_is_not_proven_has_none_and_says_so(self, run, tmp_path: Path):
        code, out, err = run("www.broken.com", "A", "--proof", str(tmp_path / "proof"))
        assert code == 31
        assert out.startswith("✖ BOGUS")
        assert err.count("\n") == 1
        assert not (tmp_path / "proof").exists()

    def test_trailing_octets_and_other_files_are_one_line(self, run, tmp_path: Path, capsys):
        kept = tmp_path / "proof"
        run("www.example.com", "A", "--proof", str(kept))
        kept.write_bytes(kept.read_bytes() + b"x")
        for words in (
            ["verify", str(kept), "www.example.com", "A"],
            ["verify", "/nowhere", "a"],
            ["verify"],
            ["verify", "x"],
        ):
            assert main(words) == 2
            assert capsys.readouterr().err.count("\n") == 1


class TestWatch:
    """Only what changes is printed."""

    def test_an_unchanged_verdict_is_printed_once(self, zones: Path, capsys, tmp_path: Path):
        given = command_line.parse(["www.example.com", "A", "--watch", "--prometheus", str(tmp_path / "metrics")])
        given.snapshot = [str(path) for path in sorted(zones.glob("*.zone"))]
        given.anchor, given.at = [str(zones / "anchors.ds")], 1780315200.0
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:
                given.at = 1780315200.0 + 10 * DAY

        assert watch.looks(given, sleep, 4) == 31
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[:3:2] for line in lines] == [[AT, "SECURE"], ["2026-06-11T12:00:00Z", "BOGUS"]]
        assert all(watch.SHORTEST <= seconds <= watch.LONGEST for seconds in slept)
        assert 'verdict="bogus"' in (tmp_path / "metrics").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "--sarif"],
        ["--junit", "--nagios"],
        ["--watch", "--replay", "x"],
        ["--watch", "--at", AT],
        ["--watch", "--clock", "+1d"],
        ["--all-servers", "1.1.1.1,9.9.9.9", "--server", "1.1.1.1"],
        ["--all-servers", "1.1.1.1,9.9.9.9", "--drop-ds", "x"],
        ["--all-servers", "1.1.1.1"],
        ["--all-servers", "1.1.1.1,9.9.9.9", "--junit"],
        ["--watch", "--nagios"],
        ["--watch", "--expect", "secure"],
        ["--proof", "x", "--input", "y"],
        ["--all-servers", "1.1.1.1,nonsense"],
        ["--nagios", "--forecast"],
        ["--sarif", "--forecast"],
        ["--junit", "--clock", "+1d"],
        ["-q", "--forecast"],
        ["--open"],
        ["--expect", "fine"],
        ["--warn", "soon"],
        ["--warn", "-1d"],
        ["--clock", "tomorrow"],
        ["--clock", "999999y"],
        ["--without-anchor", "99999999"],
        ["--without-algorithm", "x"],
        ["--without-algorithm", "200"],
        ["--policy", "/nowhere"],
        ["--overlay", "/nowhere"],
        ["--input", "/nowhere"],
        ["--drop-ds", ".."],
        ["--replace-key", "/nowhere"],
    ],
)
def test_what_makes_no_sense_is_one_line(zones: Path, words: list[str], capsys: pytest.CaptureFixture[str]):
    argv = ["www.example.com", "A", *words]
    if not {"--server", "--replay", "--all-servers", "--watch", "--input"} & set(words):
        argv += ["--snapshot", str(zones / "root.zone"), "--snapshot", str(zones / "com.zone")]
        argv += ["--snapshot", str(zones / "example.com.zone"), "--anchor", str(zones / "anchors.ds"), "--at", AT]
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("dnssec-trace: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("word", ["explain", "diff", "audit", "verify"])
def test_a_domain_that_is_called_like_a_command_is_reached_with_a_dot(zones: Path, word: str, capsys):
    words = [f"{word}.", "A", "--snapshot", str(zones / "root.zone"), "--anchor", str(zones / "anchors.ds"), "--at", AT]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith(f"✔ ABSENT {word}. A: NXDOMAIN")
