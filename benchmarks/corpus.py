"""Small inputs of every format and every envelope: what is damaged on purpose, and by whom.

Real files where there are some (the sample data, what the tests have, ``../shared/data`` where
that is), others built in the exact shapes of their format.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus_built import built
from corpus_wrapped import MESSAGES, WRAPPERS

__all__ = ["Sample", "samples"]

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

#: Bytes of a longer file that are used.
_HEAD = 5000
#: Records of real envelopes are shorter.
_SHORT = 1500
#: What is put into every envelope.
_INNER = ("postgres-stderr/built", "structlog-json/requests")

_FILES = {
    "sample_data/n_plus_one/postgresql.log.gz": "postgres-stderr/n_plus_one",
    "sample_data/n_plus_one/requests.jsonl.gz": "structlog-json/requests",
    "sample_data/n_plus_one/pool.jsonl.gz": "structlog-json/pool",
    "tests/formats/logs/data/pgbouncer-1.18.log": "pgbouncer",
    "tests/formats/logs/data/redis_slowlog.csv": "redis-slowlog/csv",
    "tests/formats/logs/data/redis_slowlog.json": "redis-slowlog/json",
    "tests/formats/logs/data/redis_slowlog.raw": "redis-slowlog/raw",
    "tests/formats/logs/data/redis_slowlog.txt": "redis-slowlog/txt",
    "tests/formats/orm/data/django_braces.log": "django-db/braces",
    "tests/formats/orm/data/django_plain.log": "django-db/plain",
    "tests/formats/orm/data/django_verbose.log": "django-db/verbose",
    "tests/formats/orm/data/hibernate.log": "hibernate",
    "tests/formats/orm/data/knex_event.log": "node-queries/knex",
    "tests/formats/orm/data/node_pg.log": "node-queries/pg",
    "tests/formats/orm/data/prisma.log": "node-queries/prisma",
    "tests/formats/orm/data/p6spy_multi.log": "p6spy/multi",
    "tests/formats/orm/data/p6spy_single.log": "p6spy/single",
    "tests/formats/orm/data/rails_tagged.log": "rails/tagged",
    "tests/formats/orm/data/rails_untagged.log": "rails/untagged",
    "tests/formats/orm/data/sequelize_bench.log": "sequelize/bench",
    "tests/formats/orm/data/sequelize_debug.log": "sequelize/debug",
    "tests/formats/orm/data/sequelize_params.log": "sequelize/params",
    "tests/formats/orm/data/sqlalchemy_timing.log": "sqlalchemy-timing",
    "tests/formats/orm/data/typeorm_console.log": "typeorm/console",
    "tests/formats/orm/data/typeorm_file.log": "typeorm/file",
    "tests/formats/statements/data/pg15.csv": "pg-stat-statements/csv",
    "tests/formats/statements/data/pg15_aligned.txt": "pg-stat-statements/aligned",
    "tests/formats/statements/data/pg15_border2.txt": "pg-stat-statements/border2",
    "tests/formats/statements/data/pg15_copy.tsv": "pg-stat-statements/tsv",
    "tests/formats/statements/data/pg15_expanded.txt": "pg-stat-statements/expanded",
    "tests/formats/statements/data/pg15_json_agg.json": "pg-stat-statements/json",
    "tests/formats/statements/data/pg15_lines.json": "pg-stat-statements/lines",
    "tests/formats/statements/data/pg15_unaligned.txt": "pg-stat-statements/unaligned",
}
_SHARED = {
    "logs/ae_json.log.gz": "postgres-stderr/plans_json",
    "logs/ae_text.log.gz": "postgres-stderr/plans_text",
    "logs/mariadb_slow_start.log.gz": "mysql-slow/mariadb",
    "logs/pg15_start.csv.gz": "postgres-csvlog/real",
    "logs/pg15_start.json.gz": "postgres-jsonlog/real",
    "logs/pg15_start.log.gz": "postgres-stderr/start",
    "orm/sqlalchemy_echo.log": "sqlalchemy-echo/real",
    "traces/otlp/proto_example.json": "otlp-json/example",
}
#: Real files of envelopes: their interesting part does not begin with the first line.
_ENVELOPES = {
    "journald_export.log.gz": ("journald-export", b"\n\n"),
    "journald_json.log.gz": ("journald-json", b"\n"),
    "journald_short-iso.log.gz": ("syslog", b"\n"),
    "rsyslog_bsd.log.gz": ("syslog", b"\n"),
    "rsyslog_5424.log.gz": ("syslog-5424", b"\n"),
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One small input: its format, the envelope around it (or ""), and its bytes."""

    name: str
    format: str
    envelope: str = ""
    data: bytes


@cache
def samples() -> tuple[Sample, ...]:
    """Return the corpus; files that are not there are left out."""
    found = [*_formats(), *_wrapped(), *_real_envelopes()]
    return tuple(sorted(found, key=lambda one: one.name))


def _formats() -> list[Sample]:
    places = {ROOT / file: name for file, name in _FILES.items()}
    places |= {SHARED / file: name for file, name in _SHARED.items()}
    texts = {name: _head(_bytes(path)) for path, name in places.items() if path.exists()}
    texts |= {name: text.encode() for name, text in built().items()}
    return [Sample(name=name, format=name.split("/")[0], data=data) for name, data in texts.items()]


def _wrapped() -> list[Sample]:
    known = {one.name: one for one in _formats()}
    found = []
    for envelope, wrap in WRAPPERS.items():
        for inner in map(known.__getitem__, _INNER):
            text = inner.data.decode()
            lines = _records(text) if envelope in MESSAGES else text.splitlines()
            name, data = f"{envelope}({inner.format})", wrap(lines).encode()
            found.append(Sample(name=name, format=inner.format, envelope=envelope, data=data))
    return found


def _records(text: str) -> list[str]:
    """Return the lines, each with those that continue it."""
    return re.split(r"\n(?!\t)", text.rstrip("\n"))


def _real_envelopes() -> list[Sample]:
    folder = ROOT / "tests" / "ingest" / "envelopes" / "data"
    found = []
    for file, (envelope, end) in _ENVELOPES.items():
        records = _bytes(folder / file).split(end)
        wanted = [one for one in records if b"duration:" in one and len(one) < _SHORT][:6]
        data = end.join([*records[:2], *wanted, b""])
        name = f"{envelope}({file.split('.')[0]})"
        found.append(Sample(name=name, format="postgres-stderr", envelope=envelope, data=data))
    return found


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _head(data: bytes) -> bytes:
    """Return the first lines, at least one and no more than some bytes of them."""
    return data if len(data) <= 2 * _HEAD else data[: data.rfind(b"\n", 0, _HEAD) + 1]
