"""Every file that tests have, asked of every format: one is sure, and no other comes close."""

import fnmatch
import gzip
from pathlib import Path

import pytest

from perfkit.formats.model import HEAD_BYTES
from perfkit.formats.registry import formats
from perfkit.ingest.recognise import CLOSE, recognise

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
SHARED = PROJECT.parent / "shared" / "data"

#: Files by their place and name -> the format that they are in.
BELONG = {
    "requests/apps/data/gunicorn_custom.log": "access-log",
    "requests/apps/data/*.log": "application-log",
    "requests/apps/data/*.jsonl": "structlog-json",
    "load_tests/data/k6_points*.json": "k6-json",
    "load_tests/data/k6_points.csv": "k6-csv",
    "load_tests/data/k6_*.json": "k6-summary",
    "load_tests/data/locust*.json": "locust-json",
    "load_tests/data/locust_stats*.csv": "locust-stats",
    "load_tests/data/locust_history.csv": "locust-history",
    "load_tests/data/locust_*.csv": "locust-errors",
    "load_tests/data/wrk*": "wrk",
    "metrics/data/cloudwatch.csv": "cloudwatch-metrics-csv",
    "metrics/data/cloudwatch_*.json": "cloudwatch-metrics-json",
    "metrics/data/docker_*": "docker-stats",
    "metrics/data/grafana.csv": "grafana-csv",
    "metrics/data/prometheus_*.json": "prometheus-json",
    "metrics/data/sadf*.csv": "sadf-csv",
    "metrics/data/sadf.json": "sadf-json",
    "metrics/data/sar_*": "sar",
    "metrics/data/vmstat_*": "vmstat",
    "logs/data/pgbouncer*": "pgbouncer",
    "logs/data/redis_slowlog.*": "redis-slowlog",
    "plans/data/*": "explain-plan",
    "orm/data/django_*": "django-db",
    "orm/data/hibernate.log": "hibernate",
    "orm/data/knex_event.log": "node-queries",
    "orm/data/node_pg.log": "node-queries",
    "orm/data/p6spy_*": "p6spy",
    "orm/data/prisma.log": "node-queries",
    "orm/data/rails_*": "rails",
    "orm/data/sequelize_*": "sequelize",
    "orm/data/sqlalchemy_timing.log": "sqlalchemy-timing",
    "orm/data/typeorm_*": "typeorm",
    "requests/access/data/*_js.log": "structlog-json",
    "requests/access/data/*": "access-log",
    "requests/cloud/data/aws_alb*.log": "aws-alb",
    "requests/cloud/data/aws_elb.log": "aws-elb",
    "requests/cloud/data/cloudflare.jsonl": "cloudflare",
    "requests/cloud/data/cloudfront.log": "cloudfront",
    "requests/cloud/data/envoy_*.log": "envoy",
    "requests/cloud/data/haproxy.log": "haproxy",
    "requests/cloud/data/heroku_router.log": "heroku-router",
    "requests/cloud/data/iis.log": "iis",
    "requests/cloud/data/traefik.log": "traefik",
    "statements/data/pg15*": "pg-stat-statements",
    "sample_data/*/postgresql.log.gz": "postgres-stderr",
    "sample_data/*/requests.jsonl.gz": "structlog-json",
    "sample_data/*/pool.jsonl.gz": "structlog-json",
    "sample_data/*/traces.jsonl.gz": "otlp-json",
    "sample_data/*/access.log.gz": "access-log",
    "sample_data/*/deploys.jsonl.gz": "structlog-json",
    "sample_data/*/locust_failures.csv.gz": "locust-errors",
    "sample_data/*/locust_stats.csv.gz": "locust-stats",
    "sample_data/*/locust_stats_history.csv.gz": "locust-history",
    "sample_data/*/wrk_*.txt.gz": "wrk",
    "logs/ae_json.json.gz": "postgres-jsonlog",
    "logs/ae_*.log.gz": "postgres-stderr",
    "logs/mariadb_slow_start.log.gz": "mysql-slow",
    "logs/pg15_start.csv.gz": "postgres-csvlog",
    "logs/pg15_start.json.gz": "postgres-jsonlog",
    "logs/pg15_start.log.gz": "postgres-stderr",
    "orm/asyncio_debug.log": "asyncio-debug",
    "orm/sqlalchemy_echo.log": "sqlalchemy-echo",
    "traces/chrome/*": "chrome-trace",
    "traces/datadog/*": "datadog-agent",
    "traces/elastic/*": "elastic-apm-intake",
    "traces/jaeger/domain_01.json": "jaeger-proto-json",
    "traces/jaeger/es_01.json": "jaeger-elasticsearch",
    "traces/jaeger/otlp2jaeger-in.json": "otlp-json",
    "traces/jaeger/otlp2jaeger-out.json": "jaeger-ui",
    "traces/jaeger/ui_*": "jaeger-ui",
    "traces/otlp/*": "otlp-json",
    "traces/zipkin/*": "zipkin-v2",
}
#: Lines of a second format stand in these files; the first tells more of them. Any layout with a
#: time, a request and a status may be an access log, to half.
ALSO = {
    "orm/data/sqlalchemy_timing.log": {"application-log"},
    "requests/cloud/data/aws_alb.log": {"access-log"},
    "requests/cloud/data/aws_elb.log": {"access-log"},
    "requests/cloud/data/envoy_default.log": {"access-log"},
    "requests/cloud/data/heroku_router.log": {"access-log"},
}
#: What no format reads.
NONE = {
    "requests/access/data/*_own.log",
    "requests/access/data/*_sent.json",
    "requests/apps/data/morgan_custom.log",
    "orm/queuepool_timeout.txt",
    "*/README.md",
    "README.md",
    "sample_data/*/story.json",
}


def found(folder, pattern, base):
    """Return the files below a folder by how :data:`BELONG` names them."""
    files = (path for path in sorted(folder.glob(pattern)) if path.is_file())
    return {path.relative_to(base).as_posix(): path for path in files}


OURS = found(HERE, "**/data/*", HERE) | found(PROJECT / "sample_data", "**/*", PROJECT)
REAL = found(SHARED, "**/*", SHARED)


def expected(name):
    """Return the format that a file is in; None: it is in none."""
    if any(fnmatch.fnmatch(name, pattern) for pattern in NONE):
        return None
    matching = [form for pattern, form in BELONG.items() if fnmatch.fnmatch(name, pattern)]
    assert matching, f"{name}: say in BELONG which format it is in"
    return matching[0]


def head_of(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data)[:HEAD_BYTES]


def confidences(head):
    return {item.name: item.recognises(head).confidence for item in formats()}


@pytest.mark.parametrize("name", [*OURS, *REAL])
def test_each_file_is_recognised_by_the_format_it_belongs_to(name):
    head, form = head_of((OURS | REAL)[name]), expected(name)
    sure = confidences(head)
    if form is None:
        assert max(sure.values()) < 0.4
        return
    assert recognise(head, name)[0].name == form
    others = {other: value for other, value in sure.items() if other != form}
    closest = max(others, key=others.__getitem__)
    assert sure[form] - others[closest] >= CLOSE, (closest, others[closest])


@pytest.mark.parametrize("name", [*OURS, *REAL])
def test_a_head_that_ends_within_a_record_misleads_no_format(name):
    head, form = head_of((OURS | REAL)[name]), expected(name)
    for end in (len(head) // 2, len(head) - 7):
        sure = confidences(head[:end])
        known = {form} | ALSO.get(name, set())
        assert {other for other, value in sure.items() if value >= 0.4} <= known


#: The header and a row of exports that formats or envelopes with other columns could be taken for.
NEIGHBOURS = {
    "datadog-csv": b"Date,Service,Resource,Duration,Method\n2024-05-01,s,GET /a,5 ms,GET\n",
    "newrelic-spans": b"timestamp,trace.id,id,name,duration.ms,service.name\n"
    b"1714557600123,a,b,x,5,s\n",
    "newrelic-transactions": b"timestamp,name,duration,appName\n"
    b"1714557600123,WebTransaction/Go/GET /a,0.5,s\n",
    "honeycomb-events": b"Timestamp,service.name,duration_ms,trace.trace_id,trace.span_id\n"
    b"2024-05-01T10:00:00Z,s,5,a,b\n",
    "structlog-json": b'{"timestamp":1714557600,"duration_ms":5,"path":"/a","method":"GET",'
    b'"trace.trace_id":"a","service.name":"s"}\n',
    "zipkin-v2": b'[{"traceId":"a1","id":"b1","name":"get","timestamp":1714557600123000,'
    b'"duration":5000,"localEndpoint":{"serviceName":"s"}}]',
}


@pytest.mark.parametrize("form", NEIGHBOURS)
def test_neighbours_are_told_apart(form):
    assert recognise(NEIGHBOURS[form], "export")[0].name == form
    sure = confidences(NEIGHBOURS[form])
    assert [name for name, value in sure.items() if value >= 0.4] == [form]


@pytest.mark.skipif(not REAL, reason="the real files are not beside the project (../shared/data)")
def test_every_kind_of_real_trace_is_there():
    kinds = {expected(name) for name in REAL}
    assert {"otlp-json", "jaeger-ui", "zipkin-v2", "datadog-agent", "chrome-trace"} <= kinds
