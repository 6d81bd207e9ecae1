"""Write a real MariaDB slow log of any size, with a server of our own.

python benchmarks/mariadb_log.py FILE --megabytes 60
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from mariadb_server import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mariadb_server import Server

SCHEMA = """
CREATE DATABASE IF NOT EXISTS shop;
USE shop;
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(200), city VARCHAR(40), note TEXT);
CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, total DECIMAL(10, 2), KEY (user_id));
INSERT INTO users SELECT seq, CONCAT('user', seq), CONCAT('city', seq % 40), '' FROM seq_1_to_2000;
INSERT INTO orders SELECT seq, seq % 2000, seq / 7 FROM seq_1_to_5000;
"""
JOIN = """SELECT u.name,
       COUNT(*) -- how many
FROM users u
  JOIN orders o ON o.user_id = u.id
WHERE u.id = {}
GROUP BY u.name"""
UPDATE = r"UPDATE users SET note = 'it''s \'{0}\' {1}' WHERE id = {0}"
INSERT = """INSERT INTO orders VALUES ({0}, {1}, {2}.5), ({0}1, {2}, -1e3)
ON DUPLICATE KEY UPDATE total = 0"""
_AT_ONCE = 2000


def _statements(seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    while True:
        one, other = chance.randint(1, 2000), chance.randint(1, 2000)
        ids = ", ".join(str(chance.randint(1, 5000)) for _ in range(chance.randint(1, 9)))
        yield f"SELECT name, city FROM users WHERE id = {one}"
        yield f"SELECT id, total FROM orders WHERE id IN ({ids})"
        yield JOIN.format(one)
        yield UPDATE.format(other, "x" * chance.randint(0, 300))
        yield INSERT.format(one * 1000 + other + 10_000, one, other)
        yield f"SELECT no_such_column{one % 3} FROM users" if one % 50 == 0 else "SELECT 1"


def write(file: Path, megabytes: float) -> None:
    """Run statements over several connections until the log has so many megabytes."""
    with tempfile.TemporaryDirectory(prefix="perfkit-bench-") as folder:
        verbose = "--log-slow-verbosity=query_plan,innodb,explain"
        with running(Path(folder), verbose) as server:
            server.sql(SCHEMA)
            sources = [_statements(seed) for seed in range(4)]
            with ThreadPoolExecutor(4) as crew:
                while server.slow_log.stat().st_size < megabytes * 1e6:
                    list(crew.map(lambda source: _run(server, source), sources))
        shutil.copy(server.slow_log, file)


def _run(server: Server, source: Iterator[str]) -> None:
    text = ";\n".join(next(source) for _ in range(_AT_ONCE))
    server.sql(f"USE shop;\n{text};\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--megabytes", type=float, default=60)
    said = parser.parse_args()
    write(said.file, said.megabytes)
    print(said.file, f"{said.file.stat().st_size / 1e6:,.0f} MB")
