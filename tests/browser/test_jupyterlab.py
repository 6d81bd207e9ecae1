"""One notebook in a real JupyterLab in a real browser: does a user see the plot?"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

ROOT = Path(__file__).parent.parent.parent
TOKEN = "for-this-test-only"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
SHOWN = """text => [...document.querySelectorAll('.jp-Cell:has(.widget-dropdown) .perfkit')]
    .some(output => output.innerText.includes(text))"""
TITLED = """text => [...document.querySelectorAll('.jp-Cell:has(.widget-dropdown) .js-plotly-plot')]
    .some(plot => plot.layout.title.text.startsWith(text))"""
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].filter(
    plot => plot.data && plot.data.length && plot.querySelector('.trace .point, .trace path')
).length >= 1"""


@pytest.fixture
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "Chromium is not installed here (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture
def jupyterlab(tmp_path):
    """A JupyterLab of its own: own settings, own port, the notebooks in its root."""
    root = tmp_path / "notebooks"
    root.mkdir()
    shutil.copy(ROOT / "notebooks" / "01_baseline.ipynb", root)
    for name, settings in SETTINGS.items():
        plugin, _, file = name.partition(":")
        folder = tmp_path / "settings" / plugin
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{file}.jupyterlab-settings").write_text(json.dumps(settings))
    port = _free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
        f"--ServerApp.root_dir={root}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
    }
    environment = os.environ | {name: str(tmp_path / part) for name, part in folders.items()}
    log = (tmp_path / "jupyter.log").open("w")
    with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/api?token={TOKEN}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            log.close()


def test_run_all_draws_the_plot_and_asks_nobody_outside(jupyterlab, chromium):
    from playwright.sync_api import sync_playwright

    outside: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1600})
        page.on("request", lambda request: _note_outside(request.url, outside))
        page.goto(f"{jupyterlab}/lab/tree/01_baseline.ipynb?token={TOKEN}", timeout=60_000)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        page.wait_for_selector('[data-status="idle"], [title*="Idle"]', timeout=60_000)
        page.wait_for_timeout(3_000)  # "Run All" right after the first idle is lost at times
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(DRAWN, timeout=150_000)
        page.wait_for_timeout(1_000)
        title = page.evaluate("() => document.querySelector('.js-plotly-plot').layout.title.text")
        buttons = page.evaluate(
            "() => [...document.querySelectorAll('.modebar-btn')].map(b => b.dataset.title)"
        )
        page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        (ROOT / "build").mkdir(exist_ok=True)
        page.screenshot(path=ROOT / "build" / "01_baseline.png")
        _choose(page)
        page.screenshot(path=ROOT / "build" / "01_baseline_explore.png")
        browser.close()
    assert any(character.isdigit() for character in title), "the title states a conclusion"
    assert not any("share" in (name or "").lower() for name in buttons)
    assert outside == []


def _choose(page: Page) -> None:
    """Choose another route, then mistype a budget: the outputs follow, the picture too."""
    cell = page.locator(".jp-Cell:has(.widget-dropdown)")
    cell.scroll_into_view_if_needed()
    cell.locator("select").select_option(label="/checkout")
    page.wait_for_function(SHOWN, arg="Shown: /checkout", timeout=60_000)  # the cells below first
    page.wait_for_function(TITLED, arg="/checkout: p95", timeout=20_000)
    cell.locator("input[type=text]").fill("p95<")
    cell.locator("input[type=text]").press("Enter")
    page.wait_for_function(SHOWN, arg="budget 'p95<' is not understood", timeout=20_000)


def _note_outside(url: str, outside: list[str]) -> None:
    if url.startswith(("http", "ws")) and "//127.0.0.1:" not in url:
        outside.append(url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "JupyterLab ended at once; see its log"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    pytest.fail("JupyterLab did not come up within 90 s")
