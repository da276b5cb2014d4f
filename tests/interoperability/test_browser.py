"""The page of a verdict in a real browser: drawn at three widths, light and dark, and its slider and keys at work."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from resolver import trace
from tests.trace.test_picture import case

WIDTHS = (400, 900, 1600)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("DNSSEC_RESOLVER_REQUIRE_SERVERS") != "1",
    reason="Chromium is not installed (apt-get install chromium)",
)


def browse(folder: Path, page: str, *options: str) -> str:
    """Open a page; what the browser prints."""
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    assert CHROMIUM is not None, "CI installs Chromium"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run([*command, *options, path.as_uri()], check=True, capture_output=True, timeout=120)
    return done.stdout.decode()


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_drawn_at_three_widths(tmp_path: Path, dark: bool) -> None:
    shots = []
    for width in WIDTHS:
        shot = tmp_path / f"{width}.png"
        theme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        browse(
            tmp_path,
            trace.html(case("six zones and an alias")),
            f"--window-size={width},900",
            f"--screenshot={shot}",
            *theme,
        )
        octets = shot.read_bytes()
        assert octets[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(octets[16:20]) == width
        shots.append(octets)
    assert len(set(shots)) == len(WIDTHS)


def acted(tmp_path: Path, script: str) -> str:
    """The page after a script ran in it, as the browser sees it then."""
    page = trace.html(case("secure")).replace("</body>", f"<script>{script}</script></body>")
    return browse(tmp_path, page, "--dump-dom")


def test_the_slider_scrubs_the_verdict(tmp_path: Path) -> None:
    move = 't.value = {}; t.dispatchEvent(new Event("input"));'
    assert 'role="status">bogus then: the signature of' in acted(tmp_path, move.format(1000))
    assert "begins 2026-05-25T12:00:00Z" in acted(tmp_path, move.format(0))
    assert "secure then, if nothing is signed anew" in acted(tmp_path, move.format(600))


def test_the_box_with_the_focus_is_described(tmp_path: Path) -> None:
    page = acted(tmp_path, 'document.querySelector("svg .box").focus();')
    assert 'id="told" role="status">trust anchor' in page


def test_the_embedded_json_is_shown(tmp_path: Path) -> None:
    assert '"schema": "dnssec-trace' in acted(tmp_path, "").split('<pre id="shown">')[1]
