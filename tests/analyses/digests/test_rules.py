"""Every rule: what it finds, and the innocent neighbour that it leaves alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.digest import digest
from perfkit.analyses.digests.rules.trend import mann_kendall, theil_sen
from perfkit.recording import Note, Recording

START = datetime(2026, 1, 1, tzinfo=UTC)


def findings(queries, events=(), quality=()):
    contents = {"queries": queries}
    if events:
        names = dict.fromkeys(name for row in events for name in row)
        columns = {name: [row.get(name) for row in events] for name in names}
        contents["events"] = tables.from_columns("events", columns)
    return digest(Recording(contents=contents, quality=tuple(quality))).findings


def rules(*arguments):
    return [finding.rule for finding in findings(*arguments)]


def record(kind, text, *, at=0.0, **more):
    return {
        "at": START + timedelta(seconds=at),
        "kind": kind,
        "message": text.partition("\n")[0],
        "attributes": f"LOG:  {text}".encode(),
        **more,
    }


def loop(runs, each, *, text="select name from item where id = {n}", gap=2.0, ms=1.0):
    """Return a session that reads a list and then its items, one by one."""
    rows, at = [], 0.0
    for run in range(runs):
        at += 60_000.0
        parent = {"statement": "select id from orders where page = 1", "at": at}
        rows.append(parent | {"duration_ms": 3.0, "session_id": "7"})
        for n in range(each):
            at += gap
            item = {"statement": text.format(n=run * each + n), "at": at}
            rows.append(item | {"duration_ms": ms, "session_id": "7"})
    return rows


def test_a_statement_in_runs_behind_another_is_an_n_plus_one(table_of):
    (finding,) = findings(table_of(loop(6, 20)))
    assert finding.rule == "repeated-statement"
    assert "20 times in a row in one session, 6 times" in finding.title
    assert "orders" in finding.title
    assert finding.evidence[0]["total_ms"] == pytest.approx(120.0)
    assert finding.evidence[0]["calls_in_runs"] == 120


@pytest.mark.parametrize(
    "rows",
    [
        loop(4, 20),  # too few times
        loop(6, 9),  # too short
        loop(6, 20, gap=150.0),  # somebody thinks in between
        loop(6, 20, ms=6.0),  # not cheap: slow rather than many
        loop(6, 20, text="insert into item values ({n})"),
        loop(6, 20, text="commit"),
        loop(6, 20, text="select 1"),
        loop(6, 20, text="select a from t order by id limit 10 offset {n}"),
        [row | {"session_id": None} for row in loop(6, 20)],
        [row | {"session_id": str(n % 30)} for n, row in enumerate(loop(6, 20))],
        [row | {"request_id": "r"} for row in loop(6, 20)],  # n_plus_one knows better
        [row | {"weight": 10.0} for row in loop(6, 20)],
        loop(1, 4000),  # the loop of a batch
    ],
)
def test_what_only_looks_like_an_n_plus_one_is_left_alone(table_of, rows):
    assert "repeated-statement" not in rules(table_of(rows))


def course(means, *, calls=20, growing_calls=False, noise=0.05):
    rng = np.random.default_rng(3)
    rows = []
    for minute, mean in enumerate(means):
        count = calls + minute * 4 if growing_calls else calls
        rows += [
            {
                "statement": "select a from queue where done = false",
                "at": minute * 60_000.0 + n * 100,
                "duration_ms": float(mean * (1 + noise * rng.standard_normal())),
            }
            for n in range(count)
        ]
    return rows


def test_a_statement_that_becomes_slower_and_slower_is_told(table_of):
    (finding,) = findings(table_of(course(np.linspace(2, 8, 30))))
    assert finding.rule == "growing-statement"
    assert finding.evidence[0]["mean_ms at first"] == pytest.approx(2, abs=0.3)
    assert finding.evidence[0]["mean_ms at last"] == pytest.approx(8, abs=0.3)


@pytest.mark.parametrize(
    "rows",
    [
        course(np.full(30, 5.0)),
        course(np.repeat([2.0, 8.0], 15)),  # a step
        course(np.linspace(2, 8, 30), growing_calls=True),  # load
        course(np.linspace(5, 6, 30)),  # too little
        course(np.linspace(2, 8, 8)),  # too short
        course(np.linspace(8, 2, 30)),
        course(5 + 3 * np.sin(np.arange(30))),
    ],
)
def test_what_does_not_grow_steadily_is_left_alone(table_of, rows):
    assert "growing-statement" not in rules(table_of(rows))


def test_mann_kendall_and_theil_sen_are_those_of_the_textbook():
    # Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987: S = 10 of 5 rises
    assert mann_kendall(np.arange(5.0)) == pytest.approx((10 - 1) / np.sqrt(5 * 4 * 15 / 18))
    assert mann_kendall(np.ones(9)) == 0.0
    line = 3 + 0.5 * np.arange(10.0)
    line[4] = 1000
    assert theil_sen(np.arange(10.0), line) == pytest.approx(0.5)


SPILL = 'temporary file: path "base/pgsql_tmp/1.0", size 9\nSTATEMENT:  select a from t order by a'


@pytest.mark.parametrize(("size", "told"), [(5 << 20, True), (1 << 20, False)])
def test_temporary_files_are_told_by_their_statement(table_of, size, told):
    table = table_of([{"statement": "select a from t order by a", "duration_ms": 9.0}])
    events = [record("temp_file", SPILL, bytes=size)] * 9
    found = [f for f in findings(table, events) if f.rule == "temp-file-spill"]
    assert bool(found) is told
    if told:
        assert "45 MB" in found[0].title
        assert found[0].keys["fingerprint_id"] == table["fingerprint_id"][0].as_py()
        assert "work_mem = '16MB'" in found[0].fix.snippet


WAIT = (
    "process 11 still waiting for ShareLock on transaction 5 after 1000.1 ms\n"
    "DETAIL:  Process holding the lock: 12. Wait queue: 11.\n"
    "STATEMENT:  update t set a = 1 where id = 2"
)


def test_lock_waits_name_who_waits_and_who_holds(table_of):
    holder = {"statement": "update t set b = 1 where id = 2", "session_id": "12", "source": 0}
    table = table_of(
        [
            {**holder, "statement": "begin", "at": 0.0, "duration_ms": 0.1, "line": 1},
            {**holder, "at": 1.0, "duration_ms": 1.0, "line": 2},
            {**holder, "statement": "commit", "at": 9000.0, "duration_ms": 0.1, "line": 3},
        ]
    )
    events = [record("lock_wait", WAIT, at=2.0, duration_ms=5000.0, session_id="11", source=0)]
    (finding,) = [f for f in findings(table, events) if f.rule == "lock-wait"]
    assert "update t set a = ? where id = ? waited 5.00 s" in finding.title
    assert "held by update t set b = ?" in finding.title
    assert finding.saves_total_ms == 5000.0
    assert "lock-wait" not in rules(table, [events[0] | {"duration_ms": 1001.0}])


DEADLOCK = (
    "deadlock detected\nDETAIL:  Process 1 waits for ShareLock on transaction 5; blocked by process"
    " 2.\nProcess 2 waits for ShareLock on transaction 6; blocked by process 1.\n"
    "Process 1: update a set x = 1\nProcess 2: update b set x = 1"
)


def test_a_deadlock_names_both_statements(table_of):
    (finding,) = findings(table_of([]), [record("deadlock", DEADLOCK)])
    assert finding.rule == "deadlock"
    assert "update a set x = ? / update b set x = ?" in finding.title


@pytest.mark.parametrize(
    ("text", "calls", "told"),
    [
        ("select * from t where id = 1", 100, True),
        ("select t.* from t where id = 1", 100, True),
        ("select * from t where id = 1", 99, False),
        ("select count(*) from t where id = 1", 100, False),
    ],
)
def test_every_column_often_is_a_hint(table_of, text, calls, told):
    table = table_of([{"statement": text, "duration_ms": 1.0}] * calls)
    assert ("select-star" in rules(table)) is told


@pytest.mark.parametrize(
    ("text", "parameters", "told"),
    [
        ("select a from t order by a limit 10 offset 5000", None, True),
        ("select a from t limit 5000, 10", None, True),
        ("select a from t order by a limit $1 offset $2", "$1 = '10', $2 = '5000'", True),
        ("select a from t order by a limit $1 offset $2", "$1 = '5000', $2 = '10'", False),
        ("select a from t order by a limit 10 offset 999", None, False),
    ],
)
def test_far_pages_are_told(table_of, text, parameters, told):
    row = {"statement": text, "parameters": parameters, "duration_ms": 20.0}
    assert ("large-offset" in rules(table_of([row]))) is told


def test_a_statement_without_end_is_told_unless_some_are_cancelled(table_of):
    row = {"statement": "select a from t", "duration_ms": 31_000.0, "user": 'o"hara'}
    (finding,) = [f for f in findings(table_of([row])) if f.rule == "no-statement-timeout"]
    assert 'alter role "o""hara" set statement_timeout' in finding.fix.snippet
    cancelled = [record("cancelled", "canceling statement due to statement timeout")]
    for rows, events in (
        ([row], cancelled),
        ([row | {"duration_ms": 29_000.0}], []),
        ([row | {"statement": "vacuum full t"}], []),
        ([row | {"statement": "create index on t (a)"}], []),
    ):
        assert "no-statement-timeout" not in rules(table_of(rows), events)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([record("checkpoint_frequent", "checkpoints are occurring too frequently (9 s)")], True),
        ([record("checkpoint_starting", "checkpoint starting: wal")] * 5, True),
        ([record("checkpoint_starting", "checkpoint starting: wal")] * 4, False),
        ([record("checkpoint_starting", "checkpoint starting: time")] * 50, False),
    ],
)
def test_checkpoints_that_wal_forces_are_told(table_of, events, told):
    assert ("frequent-checkpoints" in rules(table_of([]), events)) is told


@pytest.mark.parametrize(("ms", "told"), [(700_000.0, True), (500_000.0, False)])
def test_long_autovacuum_names_the_table(table_of, ms, told):
    text = 'automatic vacuum of table "shop.public.big": index scans: 1'
    found = findings(table_of([]), [record("autovacuum", text, duration_ms=ms)])
    assert bool(found) is told
    if told:
        assert 'alter table "public"."big"' in found[0].fix.snippet


def begins(gap, count=5):
    rows = []
    for n in range(count):
        base = {"session_id": "7", "duration_ms": 1.0}
        rows.append(base | {"statement": "begin", "at": n * 100_000.0})
        rows.append(base | {"statement": "select a from t", "at": n * 100_000.0 + 1 + gap})
    return rows


@pytest.mark.parametrize(("gap", "told"), [(3000.0, True), (900.0, False)])
def test_transactions_left_alone_are_told(table_of, gap, told):
    assert ("idle-in-transaction" in rules(table_of(begins(gap)))) is told


def test_a_gap_to_another_session_is_none(table_of):
    rows = [row | {"session_id": str(n)} for n, row in enumerate(begins(3000.0))]
    assert "idle-in-transaction" not in rules(table_of(rows))


def test_sessions_ended_for_idling_are_told(table_of):
    event = record("error", "terminating connection due to idle-in-transaction timeout")
    assert rules(table_of([]), [event | {"sqlstate": "25P03"}]) == ["idle-in-transaction"]


@pytest.mark.parametrize(("errors", "told"), [(30, True), (19, False)])
def test_many_errors_are_told_with_the_most_frequent(table_of, errors, told):
    table = table_of([{"statement": "select 1", "duration_ms": 1.0}] * 100)
    event = record("error", 'relation "x1" does not exist', sqlstate="42P01")
    found = [f for f in findings(table, [event] * errors) if f.rule == "many-errors"]
    assert bool(found) is told
    if told:
        assert "relation … does not exist" in found[0].title


def connections(count, apart):
    text = "connection authorized: user=anna database=shop"
    return [
        record("connection", text, at=n * apart, user="anna", database="shop") for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "apart", "statements", "quality", "told"),
    [
        (300, 0.5, 300, (), True),
        (300, 5.0, 300, (), False),  # rare
        (99, 0.1, 99, (), False),  # few
        (300, 0.5, 9000, (), False),  # each is used
        (300, 0.5, 300, (Note(kind="threshold", message="from 5 ms"),), False),
    ],
)
def test_connections_for_few_statements_are_told(table_of, count, apart, statements, quality, told):
    table = table_of([{"statement": "select a from t", "duration_ms": 1.0}] * statements)
    found = rules(table, connections(count, apart), quality)
    assert ("connection-churn" in found) is told


def test_an_innocent_day_has_no_finding(table_of):
    rng = np.random.default_rng(8)
    texts = [f"select a from t{'x' * n} where id = 1" for n in range(12)]
    rows = [
        {
            "statement": texts[int(rng.integers(12))],
            "duration_ms": float(rng.lognormal(0.5, 0.8)),
            "at": float(at),
            "session_id": str(rng.integers(20)),
            "user": "app",
        }
        for at in np.sort(rng.integers(0, 8 * 3_600_000, 8000))
    ]
    events = [
        *connections(40, 600.0),
        record("checkpoint_starting", "checkpoint starting: time"),
        record("error", 'duplicate key value violates unique constraint "t_pkey"'),
        record("autovacuum", 'automatic vacuum of table "shop.public.t": ', duration_ms=300.0),
    ]
    assert rules(table_of(rows), events) == []


def test_grouped_by_user_only_events_are_told(table_of):
    table = table_of([{"statement": "select * from t", "duration_ms": 40_000.0, "user": "anna"}])
    contents = {"queries": table}
    assert digest(Recording(contents=contents), group_by="user").findings == ()
    assert digest(Recording(contents=contents)).findings != ()


def test_hostile_records_are_counted_and_never_raise(table_of):
    rng = np.random.default_rng(1)
    kinds = ["error", "lock_wait", "deadlock", "temp_file", "autovacuum", "checkpoint_starting"]
    events = [
        {"kind": str(rng.choice([*kinds, "other"])), "attributes": rng.bytes(50), "at": START}
        for _ in range(300)
    ]
    events += [{"kind": None, "attributes": None}]
    names = dict.fromkeys(name for row in events for name in row)
    columns = {name: [row.get(name) for row in events] for name in names}
    contents = {"queries": table_of([]), "events": tables.from_columns("events", columns)}
    result = digest(Recording(contents=contents))
    named = sum(
        table["count"].to_numpy().sum()
        for name, table in result.series.items()
        if name in {"errors", "lock_waits", "temp_files", "autovacuum", "checkpoints"}
    )
    assert named == sum(e["kind"] in kinds for e in events)
    assert isinstance(result.to_text(), str)
    assert pa.types.is_int64(result.series["errors"].schema.field("count").type)
