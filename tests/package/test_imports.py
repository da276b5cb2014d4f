"""What `import resolver` costs and offers: light, lazy, and no name that a module could overwrite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["trio", "asyncio", "ssl", "dns", "cryptography", "rich", "xml", "idna", "importlib.metadata"]


def run_python(code: str, project: Path) -> str:
    """What a fresh interpreter prints; warnings are errors there too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["resolver", "trust_anchors", "resolver.validator.anchors"])
def test_an_import_loads_nothing_heavy(module: str, project: Path) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert run_python(code, project) == "[]\n"


def test_the_anchors_of_iana_need_no_xml(project: Path) -> None:
    code = (
        "import sys; from resolver.validator.anchors import Anchors; Anchors.iana();"
        f"print([name for name in {HEAVY!r} + ['datetime'] if name in sys.modules])"
    )
    assert run_python(code, project) in ("[]\n", "['datetime']\n")


def test_an_address_needs_no_codec_of_names(project: Path) -> None:
    code = (
        "import sys; from resolver.sources.upstream.address import parse; from resolver.sources.upstream.server import target_of;"
        "print([target_of(parse(text))[1][:2] for text in ('192.0.2.1', '[2001:db8::1]:5353')], 'encodings.idna' in sys.modules)"
    )
    assert run_python(code, project) == "[('192.0.2.1', 53), ('2001:db8::1', 5353)] False\n"


def test_every_public_name_is_the_same_when_it_is_touched_again(project: Path) -> None:
    code = """
import importlib, pkgutil, types
import resolver
assert resolver.__all__ and len(set(resolver.__all__)) == len(resolver.__all__)
first = {name: getattr(resolver, name) for name in resolver.__all__}
modules = [found.name for found in pkgutil.walk_packages(resolver.__path__, "resolver.")]
for name in modules:
    if not name.startswith("resolver.__"):
        importlib.import_module(name)
for name, value in first.items():
    assert getattr(resolver, name) is value, f"importing a module changed resolver.{name}"
    if not isinstance(value, types.ModuleType):
        assert f"resolver.{name}" not in modules, f"resolver.{name} shares its name with a module"
    if isinstance(value, type):
        assert value.__module__ == "resolver", f"{value.__module__}.{name} does not say that it is public"
assert set(resolver.__all__) <= set(dir(resolver))
try:
    resolver.no_such_name
except AttributeError as refused:
    assert "no_such_name" in str(refused)
else:
    raise AssertionError("an unknown name was found")
print("sound")
"""
    assert run_python(code, project) == "sound\n"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 2, "usage: python -m resolver trace"),
        (["check"], 2, "dane-check: give either a server or --smtp DOMAIN"),
        (["make"], 2, "dane-make: no FILE; give a certificate"),
        (["nonsense"], 2, "'nonsense' is no command"),
        (["--help"], 0, "usage: python -m resolver trace"),
    ],
)
def test_the_module_hands_on_to_a_command(arguments: list[str], code: int, text: str, project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "resolver", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert text in (done.stderr if code else done.stdout)
    assert "Traceback" not in done.stderr
