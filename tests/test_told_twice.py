"""Two logs of the same requests are told from two logs of different ones."""

import random

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.told_twice import lent, twice

S = 1_000_000_000
PATHS = [f"/orders/{n}" for n in range(300)] + ["/", "/login", "/products"] * 50


def traffic(seed, seconds=600, rate=2.0, paths=PATHS):
    """Requests of (start in ns, path, ms), Poisson."""
    chance = random.Random(seed)
    rows, now = [], 0.0
    while (now := now + chance.expovariate(rate)) < seconds:
        rows.append((int(now * S), chance.choice(paths), chance.lognormvariate(3, 0.5)))
    return rows


def table(*logs):
    """One source per log."""
    rows = [(n, *row) for n, log in enumerate(logs) for row in log]
    columns = {"source": [r[0] for r in rows], "started_at": [r[1] for r in rows]}
    columns |= {"path": [r[2] for r in rows], "duration_ms": [r[3] for r in rows]}
    columns["request_id"] = [r[4] if len(r) > 4 else None for r in rows]
    return tables.from_columns("requests", columns)


def found(requests, *formats):
    return twice(requests, formats, np.ones(requests.num_rows, np.bool_))


def seen_by_app(log, seed=9, delay_ms=3.0):
    """The same requests, logged by the application: later, shorter, clocks apart by 0.3 s."""
    chance = random.Random(seed)
    return [
        (at + int((0.3 + chance.random() / 100) * S), path, max(ms - delay_ms, 0.1))
        for at, path, ms in log
    ]


def test_a_proxy_and_its_application_tell_of_the_same_requests():
    log = traffic(1)
    (pair,) = found(table(log, seen_by_app(log)), "nginx", "structlog-json")
    assert (pair.outer, pair.inner, pair.certain) == ("nginx", "structlog-json", True)
    assert pair.drop.tolist() == [False] * len(log) + [True] * len(log)
    assert "count once, as nginx has them" in str(pair)


def test_static_files_that_only_the_proxy_serves_do_not_speak_against_it():
    log, files = traffic(1), traffic(2, paths=["/static/site.css", "/favicon.ico"])
    (pair,) = found(table(sorted(log + files), seen_by_app(log)), "nginx", "app")
    assert pair.certain
    assert pair.drop.sum() == len(log)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("paths", [PATHS, ["/orders"], ["/", "/login", "/health"]])
def test_two_machines_of_one_application_are_two(seed, paths):
    logs = traffic(seed, paths=paths), traffic(seed + 100, paths=paths)
    assert not [pair for pair in found(table(*logs), "nginx", "apache") if pair.certain]


def test_probes_of_two_services_are_not_the_same_requests():
    probes = [(n * 10 * S, "/health", 1.0) for n in range(100)]
    logs = traffic(1, paths=["/orders", "/carts"]), traffic(2, paths=["/users", "/groups"])
    assert found(table(*(log + probes for log in logs)), "nginx", "app") == []
    assert found(table(probes, probes), "nginx", "app") == []


def test_files_of_one_format_are_never_compared():
    log = traffic(1)
    assert found(table(log, log), "nginx", "nginx") == []


def test_other_days_and_other_paths_are_other_requests():
    log = traffic(1)
    later = [(at + 86_400 * S, path, ms) for at, path, ms in log]
    other = [(at, f"/v2{path}", ms) for at, path, ms in log]
    assert found(table(log, later), "nginx", "app") == []
    assert found(table(log, other), "nginx", "app") == []


def test_request_ids_tell_it_for_certain():
    log = [(*row, f"id-{n}") for n, row in enumerate(traffic(1))]
    renamed = [(at + 40 * S, f"/internal{path}", ms, name) for at, path, ms, name in log]
    (pair,) = found(table(log, renamed), "alb", "app")
    assert pair.certain
    assert pair.drop.tolist() == [False] * len(log) + [True] * len(log)


def test_in_doubt_both_count_and_a_sentence_says_so():
    busy, calm = traffic(1, rate=20, paths=["/a", "/b"]), traffic(2, rate=2, paths=["/a", "/b"])
    (pair,) = found(table(busy, calm), "nginx", "app")
    assert not pair.certain
    assert str(pair).endswith("both count")


@pytest.mark.parametrize(
    ("formats", "outer"),
    [
        (("app", "nginx"), "nginx"),
        (("gunicorn-access", "structlog-json"), "gunicorn-access"),
        (("gunicorn-access", "nginx-access"), "nginx-access"),
        (("aws-cloudfront-access", "some-access"), "aws-cloudfront-access"),
        (("nginx-combined", "aws-alb"), "aws-alb"),
        (("aws-alb", "aws-cloudfront"), "aws-cloudfront"),
    ],
)
def test_the_log_nearer_to_the_client_counts(formats, outer):
    log = traffic(1)
    (pair,) = found(table(seen_by_app(log), log), *formats)
    assert pair.outer == outer


def test_among_applications_the_longer_durations_are_the_outer_ones():
    log = traffic(1)
    (pair,) = found(table(seen_by_app(log), log), "one", "two")
    assert pair.outer == "two"


def test_a_log_without_durations_gives_way():
    log = traffic(1)
    bare = [(at, path, None) for at, path, _ in log]
    (pair,) = found(table(bare, seen_by_app(log)), "nginx", "app")
    assert pair.outer == "app"


def test_of_three_logs_one_counts():
    log = traffic(1)
    logs = table(seen_by_app(log), log, seen_by_app(log, 3, 1.0))
    pairs = found(logs, "app", "alb", "nginx")
    gone = np.logical_or.reduce([pair.drop for pair in pairs if pair.certain])
    assert (~gone).sum() == len(log)
    assert {pair.outer for pair in pairs} == {"alb"}


def test_too_few_requests_tell_nothing():
    assert found(table(traffic(1)[:9], traffic(1)[:9]), "nginx", "app") == []


def rows(route, path, request_id):
    return tables.from_columns("requests", {"route": route, "path": path, "request_id": request_id})


def test_routes_are_lent_by_id_and_by_pattern():
    kept = rows(
        [None, None, "/own", None], ["/api/x", "/orders/7?a=1", "/o", None], ["a", "b", "c", None]
    )
    dropped = rows(["/x/{y}", "/orders/{order_id}", None], [None, None, "/z"], ["a", None, "b"])
    assert lent(kept, dropped).cast(pa.string()).to_pylist() == [
        "/x/{y}", "/orders/{order_id}", "/own", None,
    ]  # fmt: skip


def test_nothing_is_lent_where_nothing_is_known():
    kept = rows([None], ["/a"], [None])
    assert lent(kept, rows([None], ["/a"], ["x"])).null_count == 1
