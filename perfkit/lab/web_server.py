"""Record nginx's access log in front of the shop: a deployment, and what else a day brings.

A real nginx writes every line; the times are real, nothing is made to look like a day. Customers
come from several loopback addresses. ``story.json`` says what was planted, as the clients counted
it and as the shop's own log measured it: neither read nginx's log.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError
from perfkit.lab.drive import Load, drive
from perfkit.lab.recordings import STORY, WARM_UP, alone, own_folder
from perfkit.lab.releases import medians, work_kept
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.slices import Slice
from perfkit.lab.visitors import Visit, burst, customers, scanner, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.lab.lab import Lab

__all__ = ["record_web_server"]

#: The usual extension of ``combined``. An address may ask 20 times a second: more is a 503.
CONFIG = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
events {{ worker_connections 256; }}
http {{
    log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status '
                     '$body_bytes_sent "$http_referer" "$http_user_agent" '
                     'rt=$request_time uct="$upstream_connect_time" '
                     'uht="$upstream_header_time" urt="$upstream_response_time"';
    access_log {folder}/access.log timed;
    limit_req_zone $binary_remote_addr zone=each:1m rate=20r/s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    proxy_max_temp_file_size 0;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            limit_req zone=each burst=10 nodelay;
            proxy_pass {shop};  # Host: 127.0.0.1, as the shop demands it
        }}
    }}
}}
"""
LOG, SHOP_LOG = "access.log", "requests.jsonl"
READY_S, POLL_S = 10.0, 0.05
#: Customers' requests per second.
RATE = 25.0
NORMAL = {"render_ms": 80.0, "spread": 0.2}
#: The release that goes wrong draws /report ten times as long, until it is rolled back.
SLOW = {"render_ms": 800.0, "spread": 0.2}
PLANTED = {
    "slower": {"/report": "release 842 draws 800 ms long instead of 80, release 843 does not"},
    "impatient": "three of ten customers give up after 0.6 s: status 499",
    "burst": "127.0.0.66 asks 100 times a second, 20 are allowed: status 503",
    "scanner": "127.0.0.99 looks for what is not there: status 404, one malformed: 400",
}


def record_web_server(lab: Lab, directory: Path, *, seconds: float = 40.0) -> dict[str, Any]:
    """Run the story on ``lab``; write ``access.log``, ``deploys.jsonl``, ``story.json``.

    Three phases: calm with a scanner and one client that asks too often; a release with a slow
    ``/report`` that some customers do not wait for; the time after it was rolled back.

    Args:
        lab: the lab; nobody else should use it meanwhile.
        directory: made if needed; an earlier recording in it is replaced.
        seconds: the length of each phase.

    Returns:
        The story, as ``story.json`` has it.

    Raises:
        UsageError: the folder holds something else.
        LabError: nginx is not installed or does not start, or another recording is being made.
    """
    target = own_folder(directory)
    deploys = target / "deploys.jsonl"
    with alone(lab), work_kept(lab), _nginx(lab.url) as (url, folder):
        lab.set_faults(all=False)
        drive(lab.url, Load(requests=WARM_UP, concurrency=8))
        (folder / LOG).write_bytes(b"")  # the answer to "are you there?"
        phases = [_phase(lab, url, "calm", _visits(1, seconds, strangers=True))]
        deploys.write_text(_deployed("842"))
        lab.set_work(**SLOW)
        phases.append(_phase(lab, url, "slow release", _visits(2, seconds)))
        with deploys.open("a") as lines:
            lines.write(_deployed("843"))
        lab.set_work(**NORMAL)
        phases.append(_phase(lab, url, "rolled back", _visits(3, seconds)))
        shutil.copyfile(folder / LOG, target / LOG)
    # no marks: deploys.jsonl has them
    story = {"schema": "perfkit.web-server/1", "marks": [], "phases": phases, "planted": PLANTED}
    (target / STORY).write_text(json.dumps(story, indent=2) + "\n", encoding="utf-8")
    return story


def _visits(seed: int, seconds: float, *, strangers: bool = False) -> list[Visit]:
    found = customers(seed, Sizes.at(1.0), seconds=seconds, rate=RATE)
    return [*found, *burst(seconds / 2), *scanner(seconds / 4)] if strangers else found


def _phase(lab: Lab, url: str, name: str, visits: list[Visit]) -> dict[str, Any]:
    """Pay the visits; return when that was, and what clients and shop say of it."""
    lab.flush()
    log = Slice.from_now(lab.recordings / SHOP_LOG)
    started_at = datetime.now(UTC)
    answers = visit(url, visits)
    ended_at = datetime.now(UTC)
    lab.flush()
    return {
        "name": name,
        "started_at": started_at.isoformat(timespec="microseconds"),
        "ended_at": ended_at.isoformat(timespec="microseconds"),
        "answers": answers,
        "median_ms": medians([log]),
    }


def _deployed(version: str) -> str:
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "event": "deployed",
        "service": "shop",
        "version": version,
    }
    return json.dumps(line) + "\n"


@contextmanager
def _nginx(shop: str) -> Iterator[tuple[str, Path]]:
    """Run nginx in front of ``shop`` for the block; give its base URL and its folder."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise LabError("lab: nginx is not installed", hint="apt-get install nginx-light")
    with tempfile.TemporaryDirectory(prefix="perfkit-nginx-") as name:
        folder, port = Path(name), _free_port()
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, shop=shop))
        errors = folder / "error.log"
        with subprocess.Popen([program, "-c", config, "-e", errors]) as server:
            try:
                _wait_for(server, port, errors)
                yield f"http://127.0.0.1:{port}", folder
            finally:
                server.terminate()


def _wait_for(server: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    deadline = time.monotonic() + READY_S
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(POLL_S)
    said = errors.read_text() if errors.exists() else ""
    raise LabError(f"lab: nginx does not start: {said.strip()[-200:]}", hint="nginx -V")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
