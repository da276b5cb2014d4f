"""`docs/rules.md` stays true: every rule is in it, every function and every test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "rules.md"

# The numbers of the design's rules; they leave gaps.
RULES = [*range(1, 72), *range(84, 88), *range(90, 99), *range(100, 104), *range(110, 138), *range(139, 147)]
LATER = {93, 141}  # nothing of them is here yet
ELSEWHERE = {12}  # nothing to enforce


def rows() -> dict[int, tuple[str, list[str], list[str], bool]]:
    """The table: rule -> what it asks, its functions, its tests, and whether a part of it is named as not done."""
    found = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if not re.match(r"\| R\d+ \|", line):
            continue
        rule, what, functions, tests = (cell.strip() for cell in line.strip("|").split(" | "))
        named = re.findall(r"`([^`]+)`", functions)
        found[int(rule[1:])] = (what, named, re.findall(r"`([^`]+)`", tests), "*" in functions)
    return found


ROWS = rows() if TABLE.exists() else {}


@cache
def names_in(file: str) -> frozenset[str]:
    """The tests of a file, as pytest names them."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    found = set()
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for each in inner:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                found.add(before + each.name)
    return frozenset(found)


def test_every_rule_is_in_the_table_once_and_in_order() -> None:
    assert list(ROWS) == RULES
    lines = re.findall(r"^\| R(\d+) \|", TABLE.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == len(set(lines))


def test_every_rule_says_what_it_asks() -> None:
    assert [rule for rule, row in ROWS.items() if len(row[0]) < 10] == []


def test_only_what_is_named_as_not_done_has_no_function_and_no_test() -> None:
    assert {rule for rule, (_, functions, tests, _) in ROWS.items() if not functions and not tests} == (
        LATER | ELSEWHERE
    )
    assert [rule for rule in LATER | ELSEWHERE if not ROWS[rule][3]] == []
    assert [rule for rule, (_, functions, tests, _) in ROWS.items() if functions and not tests] == []


@pytest.mark.parametrize("rule", ROWS)
def test_every_function_that_is_named_exists(rule: int) -> None:
    for name in ROWS[rule][1]:
        layer, module, *rest = name.split(".")
        found: object = import_module(f"resolver.{layer}.{module}")
        for part in rest:
            if isinstance(found, ModuleType) and not hasattr(found, part):
                import_module(f"{found.__name__}.{part}")  # a module in a folder of a layer
            found = getattr(found, part)
        assert callable(found), name


@pytest.mark.parametrize("rule", ROWS)
def test_every_test_that_is_named_exists(rule: int) -> None:
    for test in ROWS[rule][2]:
        file, _, name = test.partition("::")
        names = names_in(file)
        assert names if name == "*" else name in names, test


def test_every_test_with_a_rules_number_is_of_a_rule_that_exists() -> None:
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in names_in(str(file.relative_to(ROOT / "tests"))):
            number = re.search(r"test_r(\d+)_", name)
            assert number is None or int(number[1]) in RULES, f"{file.name}: {name}"
