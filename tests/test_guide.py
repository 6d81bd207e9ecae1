from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import perfkit
from perfkit import guide
from perfkit.errors import LabError, UsageError
from perfkit.recording import Recording, as_recording
from perfkit.results import Result

RESULT = Result(
    analysis="baseline",
    question="?",
    headline="!",
    arrow=pa.table({"route": ["/orders", "/x"], "p95_ms": [412.0, 3.0]}),
    noun="routes",
)
RESULT_WITHOUT_ROWS = Result(
    analysis="n_plus_one", question="?", headline="!", noun="r", arrow=RESULT.arrow.slice(0, 0)
)


def said(capsys):
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("01.1", "/orders", "right"),
        ("01.1", "/x", "not quite"),
        ("01.2", 410, "right"),
        ("01.2", "0.41 s", "right"),
        ("01.2", 300, "close"),
        ("01.2", 3, "no; look at"),
        ("01.2", "many", "a number is asked"),
        ("01.1", ..., "not answered yet"),
    ],
)
def test_an_answer_is_right_close_or_told_where_to_look(capsys, question, answer, verdict):
    guide.check(question, answer, RESULT)
    assert verdict in said(capsys)


def test_a_recording_without_the_answer_says_so(capsys):
    guide.check("01.1", "/orders", RESULT_WITHOUT_ROWS)
    assert "holds no answer" in said(capsys)


def test_an_unknown_question_lists_the_known_ones():
    with pytest.raises(UsageError, match="99"):
        guide.hint("99")


def test_without_a_lab_the_notebook_is_told_why_and_goes_on(capsys, monkeypatch):
    def refuse():
        raise LabError("no PostgreSQL", hint="pip install 'perfkit[lab]'")

    monkeypatch.setattr("perfkit.lab.start", refuse)
    assert guide.shop() is None
    assert "no PostgreSQL" in said(capsys)


def repeated(*lists):
    """A result of ``n_plus_one``: requests with (repeats, milliseconds saved)."""
    route, text = "/orders", "select ? from items"
    seen = [(route, text, None, n, saves_ms) for n, saves_ms in lists]
    other = [("/other", text, None, 100, 900.0), (route, "select ? from users", None, 80, 1.0)]
    names = ["route", "fingerprint", "url", "repeats", "saves_ms"]
    rows = [dict(zip(names, row, strict=True)) for row in [*seen, *other]]
    return Result(
        analysis="n_plus_one",
        question="?",
        headline="!",
        noun="patterns",
        arrow=pa.Table.from_pylist(rows[:1]),
        series={"occurrences": pa.Table.from_pylist(rows)},
    )


@pytest.mark.parametrize(("answer", "verdict"), [(1.0, "right (1)"), (1.4, "close"), (3, "no;")])
def test_what_each_further_item_costs_is_the_slope_between_short_and_long_lists(
    capsys, answer, verdict
):
    grown = repeated((5, 7.0), (5, 5.0), (5, 6.0), (20, 99.0), (40, 40.0), (40, 41.0), (40, 42.0))
    guide.check("02.4", answer, grown)
    assert said(capsys).startswith(f"02.4: {verdict}")


def test_lists_of_one_length_tell_nothing_about_growth(capsys):
    guide.check("02.4", 1.0, repeated((40, 39.0), (40, 41.0)))
    assert "holds no answer" in said(capsys)


def test_nothing_that_repeats_tells_nothing_about_growth(capsys):
    guide.check("02.4", 1.0, RESULT_WITHOUT_ROWS)
    assert "holds no answer" in said(capsys)


START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NS = pa.timestamp("ns", "UTC")


def requests(durations):
    """One request a second on one route."""
    at = [START + timedelta(seconds=n) for n in range(len(durations))]
    columns = {"started_at": pa.array(at, NS), "duration_ms": durations, "route": ["/a"] * len(at)}
    return as_recording(pa.table(columns), "requests")


def steady(count=600):
    return np.random.default_rng(1).lognormal(3, 0.2, count)


@pytest.fixture
def stepped():
    """Ten minutes that become three times as slow at 10:05:00."""
    return requests(steady() * np.where(np.arange(600) < 300, 1, 3))


def test_the_route_furthest_over_its_budget_is_not_that_with_most_to_blame(capsys):
    many, far = [300.0] * 200, [20.0] * 150 + [2000.0] * 50
    table = pa.table({"route": ["/many"] * 200 + ["/far"] * 200, "duration_ms": many + far})
    judged = perfkit.slo(table, "p95<200ms")
    assert judged.arrow["route"][0].as_py() == "/many"
    guide.check("01.3", "/far", judged)
    guide.check("01.3", "/many", judged)
    guide.check("01.3", "/far", perfkit.slo(table, "p95<1h"))
    right, wrong, none = said(capsys).splitlines()
    assert right == "01.3: right"
    assert "not quite" in wrong
    assert "holds no answer" in none


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("10:05:00", "right (10:0"),
        ("10:05", "right (10:0"),
        ("2026-11-21 10:05:00", "right (10:0"),
        (START + timedelta(minutes=5), "right (10:0"),
        ("10:02:00", "no; look at"),
        ("2026-11-22 10:05:00", "no; look at"),
        ("at noon", "a time is asked"),
        (300, "a time is asked"),
    ],
)
def test_a_time_is_as_exact_as_it_is_written(capsys, stepped, answer, verdict):
    guide.check("01.4", answer, perfkit.since_when(stepped))
    assert said(capsys).startswith(f"01.4: {verdict}")


def test_without_a_change_there_is_no_time_to_name(capsys):
    guide.check("01.4", "10:05", perfkit.since_when(requests(steady())))
    assert "holds no answer" in said(capsys)


def test_changes_are_what_got_slower_or_faster(capsys):
    verdicts = ["slower", "no change detected", "faster", "too few samples", "new"]
    compared = Result(
        analysis="compare", question="?", headline="!", noun="routes",
        arrow=pa.table({"verdict": verdicts}),
    )  # fmt: skip
    guide.check("01.5", 2, compared)
    guide.check("01.5", 5, compared)
    assert said(capsys).splitlines()[0] == "01.5: right (2)"


def test_a_percentile_that_is_unknown_is_no_answer(capsys):
    unknown = Result(
        analysis="baseline", question="?", headline="!", noun="routes",
        arrow=pa.table({"p95_ms": [float("nan")]}),
    )  # fmt: skip
    guide.check("01.2", 3.0, unknown)
    assert "holds no answer" in said(capsys)


def test_before_ends_where_one_says_else_at_the_deploy_the_change_or_half_time(capsys, stepped):
    changes = perfkit.since_when(stepped)
    marked = stepped.mark("10:02", "shop 7").mark("11:30", "after the recording")
    flat = requests(steady())
    assert guide.moment(marked, changes, "10:03") == START + timedelta(minutes=3)
    assert guide.moment(marked, changes) == START + timedelta(minutes=2)
    found = guide.moment(stepped, changes)
    assert found is not None
    assert abs(found - START - timedelta(minutes=5)) < timedelta(seconds=5)
    assert guide.moment(flat, perfkit.since_when(flat)) == START + timedelta(seconds=299.5)
    said_so = said(capsys).splitlines()
    reasons = ["as you say", "the last deploy mark (shop 7)", "most costly change", "the middle"]
    assert all(reason in line for reason, line in zip(reasons, said_so, strict=True))


@pytest.mark.parametrize("rec", [Recording(), requests([3.0])], ids=["nothing", "one request"])
def test_without_two_times_there_is_no_before_and_after(capsys, rec):
    assert guide.moment(rec, perfkit.since_when(rec)) is None
    assert "no times" in said(capsys)


def test_a_time_that_is_none_is_refused(stepped):
    with pytest.raises(UsageError):
        guide.moment(stepped, perfkit.since_when(stepped), "noon")


def plan_of(text):
    return perfkit.read_plan(text)


LOOPS = """
Nested Loop  (cost=0.4..9.0 rows=9 width=8) (actual time=0.1..130.0 rows=9 loops=1)
  ->  Seq Scan on users  (cost=0..1 rows=1 width=8) (actual time=0.1..20.0 rows=9000 loops=1)
  ->  Index Scan using i on orders  (cost=0..1 rows=1 width=8) (actual time=0.01..0.01 rows=1 loops=9000)
Execution Time: 131.0 ms
"""  # noqa: E501 - as EXPLAIN prints it
SEARCH = """
Limit  (cost=1..9 rows=8 width=8) (actual time=39.1..39.2 rows=8 loops=1)
  ->  Sort  (cost=1..9 rows=8 width=8) (actual time=39.1..39.1 rows=8 loops=1)
        Sort Key: created_at DESC
        ->  Seq Scan on orders  (cost=0..1 rows=8 width=8) (actual time=0.1..39.0 rows=8 loops=1)
              Filter: ((user_id = 7) AND (status = 'paid'::text))
              Rows Removed by Filter: 499992
Execution Time: 39.3 ms
"""
EXPORT = """
Seq Scan on orders  (cost=0..1 rows=500000 width=8) (actual time=0.1..90.0 rows=500000 loops=1)
Execution Time: 110.0 ms
"""


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("03.1", 2, "right"),
        ("03.1", "2", "right"),
        ("03.1", 1, "not quite; look at self_ms"),
        ("03.2", 90, "right (90)"),
        ("03.2", "0.09 s", "right (90)"),
        ("03.2", 0.01, "no; look at"),
    ],
)
def test_the_node_that_took_the_time_is_the_one_with_most_of_its_own(
    capsys, question, answer, verdict
):
    guide.check(question, answer, plan_of(LOOPS))
    assert said(capsys).startswith(f"{question}: {verdict}")


@pytest.mark.parametrize(
    ("text", "answer", "verdict"),
    [(EXPORT, True, "right"), (EXPORT, False, "not quite"), (SEARCH, False, "right")],
)
def test_a_scan_that_every_row_is_needed_of_is_right(capsys, text, answer, verdict):
    guide.check("03.3", answer, plan_of(text))
    assert said(capsys).startswith(f"03.3: {verdict}")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("user_id, status, created_at DESC", "right"),
        ("(status, user_id, created_at)", "right"),
        ("CREATE INDEX ON orders (user_id, status, created_at DESC)", "right"),
        ("create index i on orders (user_id, created_at) where status = 'paid'", "right"),
        ("created_at DESC, user_id, status", "the right columns in another order"),
        ("user_id, created_at, status", "the right columns in another order"),
        ("user_id", "not quite"),
        ("user_id, status", "not quite"),
        ("user_id, status, total", "not quite"),
        ("user_id, status, created_at, total", "not quite"),
        ("", "columns are asked"),
        ("drop table orders; --", "columns are asked"),
        (17, "columns are asked"),
    ],
)
def test_columns_of_an_index_may_stand_in_any_order_that_serves(capsys, answer, verdict):
    guide.check("03.4", answer, plan_of(SEARCH))
    assert said(capsys).startswith(f"03.4: {verdict}")


def test_a_plan_that_no_index_helps_has_no_columns_to_name(capsys):
    guide.check("03.4", "id", plan_of(EXPORT))
    assert "holds no answer" in said(capsys)


def test_what_may_go_is_what_is_proven(capsys):
    audit = Result(
        analysis="index_audit", question="?", headline="!", noun="indexes",
        arrow=pa.table({"action": ["drop", "drop", "keep"], "proven": [True, False, True]}),
    )  # fmt: skip
    guide.check("03.5", 1, audit)
    guide.check("03.5", 2, audit)
    right, wrong = said(capsys).splitlines()
    assert right == "03.5: right (1)"
    assert wrong.startswith("03.5: no; look at keys")


def test_a_step_that_could_not_run_says_so_instead_of_judging(capsys):
    guide.check("03.5", 3, None)
    assert "could not run here" in said(capsys)
