"""How fast ``perfkit.load`` reads access logs beside goaccess.

    python benchmarks/access_logs.py [--folder build/access] [--megabytes 200] [--rounds 3]

Whole processes in turn, so that drift of the machine meets both alike; medians are compared.
perfkit fills ``requests``, one row per line, with the line itself; goaccess counts, and writes its
report as JSON. The log is nginx's combined format with ``$request_time``: 5,000 paths with ids,
20,000 clients, 300 user agents of which some have escaped quotes, in order of time. What must hold:

=======================  =============================================
nginx combined, 200 MB   10 times goaccess, by the clock on two cores
the same                 4 times, CPU for CPU
memory of all processes  700 MB
=======================  =============================================
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import time
from pathlib import Path

from measured import Took, measured

LOAD = """
import perfkit, sys
if __name__ == "__main__":
    print(perfkit.load(sys.argv[1]).arrow("requests", ["line"]).num_rows)
"""
FORMAT = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %T'
MOZILLA, WEBKIT = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"
#: Lines that are made, and written, at a time.
_BATCH = 2000
_PER_SECOND = 60


def log(file: Path, megabytes: float) -> Path:
    """Write a log, the same every time, unless it is there."""
    if file.exists():
        return file
    chance = random.Random(5)
    parts = paths(chance), clients(chance), agents(chance)
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as stream:
        number = 0
        while stream.tell() < megabytes * 1e6:
            stream.write(
                "".join(line(chance, parts, n) for n in range(number, number + _BATCH)).encode()
            )
            number += _BATCH
    unfinished.rename(file)
    return file


def line(chance: random.Random, parts: tuple[list[str], ...], number: int) -> str:
    """Return one line as nginx writes it."""
    path, client, agent = (chance.choice(part) for part in parts)
    at = time.strftime(
        "%d/%b/%Y:%H:%M:%S +0000", time.gmtime(1_795_000_000 + number // _PER_SECOND)
    )
    method = chance.choice(("GET", "GET", "GET", "POST"))
    protocol = chance.choice(("1.1", "1.1", "2.0"))
    status = chance.choice((200, 200, 200, 200, 200, 201, 304, 404, 499, 502))
    referer = chance.choice(("-", "https://shop.example/start?from=mail"))
    return (
        f'{client} - - [{at}] "{method} {path} HTTP/{protocol}" {status} '
        f'{chance.randrange(90, 60_000)} "{referer}" "{agent}" {chance.lognormvariate(-3, 1):.3f}\n'
    )


def paths(chance: random.Random) -> list[str]:
    """Return 5,000 paths with ids."""
    nouns = ("orders", "users", "carts", "items", "invoices")
    ends = ("", "/lines", "?page={0}", "?sort=price&page={0}&q=caf%C3%A9")
    return [
        f"/api/v2/{chance.choice(nouns)}/{chance.randrange(10**6)}"
        + chance.choice(ends).format(chance.randrange(50))
        for _ in range(5000)
    ]


def clients(chance: random.Random) -> list[str]:
    """Return 20,000 addresses, some of them IPv6."""
    plain = [".".join(str(chance.randrange(1, 255)) for _ in range(4)) for _ in range(18_000)]
    return plain + [f"2001:db8::{chance.randrange(65536):x}:{n:x}" for n in range(2000)]


def agents(chance: random.Random) -> list[str]:
    """Return 300 user agents; some have quotes, escaped as nginx escapes them."""
    forms = (
        f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/{{0}}.0.{{1}}.0 Safari/537.36",
        f"{MOZILLA} (iPhone; CPU iPhone OS 17_{{0}} like Mac OS X) {WEBKIT} Mobile/15E{{1}}",
        "python-requests/2.{0}.{1}",
        r"Acme \x22Crawler\x22 {0}.{1} (+https://acme.example/bot)",
    )
    weights = (50, 30, 17, 3)
    return [
        chance.choices(forms, weights)[0].format(chance.randrange(99), number)
        for number in range(300)
    ]


def median(times: list[Took], name: str) -> float:
    """Return the median of one figure."""
    return float(statistics.median(getattr(one, name) for one in times))


def said(title: str, file: Path, times: list[Took]) -> None:
    """Print what reading took."""
    size = file.stat().st_size / 1e6
    wall, cpu = median(times, "wall"), median(times, "cpu")
    memory, worker = (
        max(getattr(one, name) for one in times) / 1e6 for name in ("total", "worker")
    )
    print(
        f"{title:12} {size:5,.0f} MB  {wall:7.2f} s  {cpu:7.2f} CPU s  {size / cpu:5.1f} MB a CPU s"
        f"  {memory:6,.0f} MB in all, {worker:5,.0f} MB a worker",
        flush=True,
    )


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("build/access"))
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    goaccess = shutil.which("goaccess")
    if goaccess is None:
        parser.error("goaccess is not installed: apt-get install goaccess")
    options.folder.mkdir(parents=True, exist_ok=True)
    file = log(options.folder / f"{options.megabytes:g}-access.log", options.megabytes)
    report = options.folder / "report.json"
    formats = (f"--log-format={FORMAT}", "--date-format=%d/%b/%Y", "--time-format=%H:%M:%S")
    peer = [goaccess, file, *formats, "-o", report, "--no-progress"]
    mine: list[Took] = []
    theirs: list[Took] = []
    for _ in range(options.rounds):
        mine.append(measured([sys.executable, "-c", LOAD, file]))
        theirs.append(measured(peer))
    said("perfkit.load", file, mine)
    said("goaccess", file, theirs)
    for what, name, least in (("by the clock", "wall", 10), ("CPU", "cpu", 4)):
        ratio = median(theirs, name) / median(mine, name)
        print(f"    -> {what}: {ratio:.2f} times (at least {least})")
    print(f"    -> {max(one.total for one in mine) / 1e6:,.0f} MB in all (at most 700)")


if __name__ == "__main__":
    main()
