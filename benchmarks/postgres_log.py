"""Write real PostgreSQL logs of any size: a server of our own, and pgbench with every habit.

    python benchmarks/postgres_log.py FOLDER --megabytes 60 [--all-formats]

Simple, extended and prepared statements, multi-line SQL, long literals, lists of every length,
errors, deadlocks, lock waits, temporary files, checkpoints. Nothing is written by hand.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.lab import binaries, identity
from perfkit.lab.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "%m [%p] %q%u@%d/%a "
SETTINGS = f"""
shared_preload_libraries = ''
log_destination = '{{destination}}'
log_filename = 'pg.log'
log_line_prefix = '{PREFIX}'
log_min_duration_statement = 0
log_lock_waits = on
deadlock_timeout = 50ms
log_temp_files = 0
work_mem = '256kB'
"""
LONG = "lorem ipsum dolor sit amet, it''s " * 40
SCRIPTS = {
    "lists.sql": """
\\set a random(1, 100000)
\\set b random(1, 100000)
\\set n random(1, 5)
\\if :n = 1
SELECT aid, abalance FROM pgbench_accounts WHERE aid IN (:a);
\\elif :n = 2
SELECT aid, abalance FROM pgbench_accounts WHERE aid IN (:a, :b, 3);
\\else
SELECT aid, abalance FROM pgbench_accounts WHERE aid IN (:a, :b, 17, 18, 19, 20, -4, 5.5);
\\endif
""",
    "lines.sql": """
\\set a random(1, 100000)
SELECT a.aid,
       b.bbalance -- the balance of its branch
FROM pgbench_accounts a
  JOIN pgbench_branches b ON b.bid = a.bid
WHERE a.aid = :a /* one account */
  AND a.filler <> 'it''s x :a';
""",
    "long.sql": f"""
\\set a random(1, 100000)
UPDATE pgbench_tellers SET filler = left('{LONG}', 80) WHERE tid = 1 + :a % 10;
""",
    "deadlock.sql": """
\\set a random(1, 6)
\\set b random(1, 6)
BEGIN;
UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = :a;
UPDATE pgbench_branches SET bbalance = bbalance - 1 WHERE bid = :b;
COMMIT;
""",
    "sort.sql": """
SELECT aid FROM pgbench_accounts ORDER BY abalance, filler LIMIT 5;
""",
}
#: pgbench's options, a second or two of each in turn.
ROUNDS = (
    ("-M", "simple", "-c", "6", "-b", "tpcb-like"),
    ("-M", "extended", "-c", "4", "-f", "lists.sql", "-f", "lines.sql@2", "-f", "long.sql"),
    ("-M", "prepared", "-c", "4", "-b", "select-only"),
    ("-M", "simple", "-c", "4", "-f", "lists.sql", "-f", "lines.sql", "-f", "long.sql"),
    ("-M", "simple", "-c", "4", "-f", "deadlock.sql", "--max-tries", "5"),
    ("-M", "simple", "-c", "1", "-t", "3", "-f", "sort.sql"),
)
LITTLE = 30  # megabytes
ERRORS = (
    "SELECT 1 / 0",
    "SELECT * FROM no_such_table",
    "SELECT 'x'::int",
    "INSERT INTO pgbench_branches VALUES (1)",
    "CHECKPOINT",
)


@contextmanager
def server(destination: str) -> Iterator[Cluster]:
    """Run a throw-away server that logs every statement."""
    found = binaries.find()
    root = Path(tempfile.gettempdir()) / f"perfkit-bench-{secrets.token_hex(3)}"
    cluster = Cluster(root, found, identity.choose(found))
    try:
        cluster.create()
        with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(SETTINGS.format(destination=destination))
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        cluster.remove()


def run(cluster: Cluster, tool: str, *arguments: str) -> None:
    """Run one of the server's programs against it; what it fails at is in the log."""
    subprocess.run(
        [
            cluster.binaries.bin / tool,
            *("-h", str(cluster.root), "-U", "postgres", *arguments, "postgres"),
        ],
        check=False,
        capture_output=True,
    )


def write(folder: Path, megabytes: float, *, all_formats: bool = False) -> list[Path]:
    """Write ``pg.log`` (and ``pg.csv``, ``pg.json``) of at least so many megabytes."""
    destination = "stderr,csvlog,jsonlog" if all_formats else "stderr"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
    with server(destination) as cluster:
        run(cluster, "pgbench", "-i", "-q", "-s", "6")
        log = cluster.log / "pg.log"
        seconds = "2" if megabytes > LITTLE else "1"
        while log.stat().st_size < megabytes * 1e6:
            for options in ROUNDS:
                placed = [str(folder / o) if ".sql" in o else o for o in options]
                length = () if "-t" in options else ("-T", seconds)
                run(cluster, "pgbench", "-n", *placed, *length)
            for statement in ERRORS:
                run(cluster, "psql", "-X", "-c", statement)
        cluster.stop()
        written = [Path(shutil.copy(path, folder)) for path in sorted(cluster.log.glob("pg.*"))]
    for name in SCRIPTS:
        (folder / name).unlink()
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--all-formats", action="store_true")
    said = parser.parse_args()
    for path in write(said.folder, said.megabytes, all_formats=said.all_formats):
        print(path, f"{path.stat().st_size / 1e6:,.0f} MB")
