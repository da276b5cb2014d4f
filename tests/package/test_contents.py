"""What is in the tree and in the wheel: exactly what belongs there, and written as the house rules say."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

LOCK_FILES = re.compile(r"(.*\.lock|.*-lock\.(json|yaml)|pylock.*\.toml)")
# In two halves, so that this file does not name them either.
REGISTRY_HOSTS = [
    "".join(halves)
    for halves in [
        ("pypi", ".org"), ("python", "hosted.org"), ("pypi.", "python.org"), ("npm", "js.org"), ("npm", "js.com"),
        ("crates", ".io"), ("deb.", "debian.org"), ("proxy.", "golang.org"), ("ana", "conda.org"),
    ]
]  # fmt: skip
# A wrong form of `RFC 4035 §5.3.1`: no space, a space too many, or the word instead of the sign. RFC822Name is a class.
BAD_CITATION = re.compile(r"\bRFC[-_]?\d(?!22Name)|\bRFC  \d|\bRFC \d+§|\bRFC \d+ § |\bRFC \d+,? ?[Ss]ec")
MAX_MODULE_LINES = 400
TABLES = {"findings.py", "algorithms.py"}  # style.md: tables are exempt
SKIPPED_FOLDERS = {"build", "dist", "__pycache__"}


def tracked(project: Path) -> list[Path]:
    """The files of the repository, new ones that are not ignored among them; without git every file that is not hidden."""
    if shutil.which("git") and (project / ".git").exists():
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=project,
            capture_output=True,
            check=False,
        )
        if listed.returncode == 0:
            paths = [project / name for name in listed.stdout.decode().split("\0") if name]
            return [path for path in paths if path.is_file()]
    return [
        path
        for path in project.rglob("*")
        if path.is_file()
        and not any(part in SKIPPED_FOLDERS or part.startswith(".") for part in path.relative_to(project).parts[:-1])
    ]


def sources(project: Path, *folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((project / folder).rglob("*.py"))]
    assert found
    return found


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def declared(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_run_time_dependencies_are_exactly_five(declared: dict[str, Any]) -> None:
    names = [re.split(r"[ <>=!~;\[]", line)[0] for line in declared["project"]["dependencies"]]
    assert names == ["dnspython", "cryptography", "cachetools", "trio", "idna"]
    assert all(re.fullmatch(r"\w+ >= [\d.]+", line) for line in declared["project"]["dependencies"])


def test_the_wheel_is_told_to_hold_two_packages(declared: dict[str, Any], project: Path) -> None:
    assert declared["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["resolver", "trust_anchors"]}
    for needed in ("resolver/py.typed", "trust_anchors/root-anchors.xml", "LICENSE"):
        assert (project / needed).is_file()


@pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed: .[dev] brings it"
)
def test_the_wheel_holds_nothing_else(project: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=project,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"resolver", "trust_anchors", "dnssec_resolver-0.1.0.dist-info"}
    kinds = {Path(name).suffix for name in names if ".dist-info/" not in name}
    assert kinds <= {".py", ".typed", ".xml", ".md"}
    assert "trust_anchors/root-anchors.xml" in names
    assert "resolver/py.typed" in names


def test_no_file_names_a_package_registrys_host(project: Path) -> None:
    hosts = re.compile("|".join(re.escape(host) for host in REGISTRY_HOSTS).encode(), re.IGNORECASE)
    assert [path for path in tracked(project) if hosts.search(path.read_bytes())] == []


def test_there_is_no_lock_file(project: Path) -> None:
    assert [path for path in tracked(project) if LOCK_FILES.fullmatch(path.name)] == []


def test_names_are_never_compared_as_text(project: Path) -> None:
    # The final dot of a text that is being read is the one thing that may be looked at so.
    pattern = re.compile(r"""\.(endswith|removesuffix)\((?!"[."]"\))""")
    assert lines_with(pattern, sources(project, "resolver/data", "resolver/validator", "resolver/dane")) == []


def test_a_citation_has_the_one_form_that_can_be_searched_for(project: Path) -> None:
    paths = sources(project, "resolver", "trust_anchors", "fuzz")
    paths += [path for path in tracked(project) if path.suffix == ".md"]
    assert lines_with(BAD_CITATION, paths) == []


def test_no_except_is_bare(project: Path) -> None:
    assert lines_with(re.compile(r"\bexcept\s*:"), sources(project, "resolver", "trust_anchors")) == []


def test_a_module_is_no_longer_than_400_lines(project: Path) -> None:
    long = {
        str(path): count
        for path in sources(project, "resolver", "trust_anchors")
        if path.name not in TABLES and (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_MODULE_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_for(project: Path) -> None:
    assert [
        path
        for path in sources(project, "resolver", "trust_anchors", "fuzz")
        if not path.read_text(encoding="utf-8").startswith(('"""', 'r"""', "#!"))
    ] == []


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install -q '.[cli]' && .venv/bin/dnssec-trace --demo",
        "python3 -m venv .venv && .venv/bin/pip install -q '.[cli,test]' && .venv/bin/python -m pytest -q",
    ],
)
def test_the_readme_has_its_two_commands_each_in_a_block_of_one_line(command: str, project: Path) -> None:
    text = (project / "README.md").read_text(encoding="utf-8")
    assert text.count(f"\n```\n{command}\n```\n") == 1


def test_the_readmes_example_is_python(project: Path) -> None:
    blocks = re.findall(r"\n```python\n(.*?)\n```\n", (project / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")


def test_the_readmes_links_lead_somewhere(project: Path) -> None:
    for document in [path for path in tracked(project) if path.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document} links to {target}"
