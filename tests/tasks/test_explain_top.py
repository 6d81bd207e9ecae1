import pandas as pd
import pytest

from perfkit.errors import NotConnected, UsageError
from perfkit.recording import Recording
from perfkit.tasks import explain_top as module
from perfkit.tasks.explain_top import explain_top

AT = pd.Timestamp("2026-01-05 10:00", tz="UTC")
HEAVY = "select count(*) from orders where total = 7 and md5(md5(note)) <> ''"
STATEMENTS = [
    (HEAVY, None, 90.0),
    ("select * from orders where id = $1", "$1 = '7'", 80.0),
    ("select * from orders where user_id = $1", None, 70.0),
    ("select * from gone", None, 60.0),
    ("vacuum", None, 50.0),
    ("select pg_advisory_lock(1)", None, 40.0),
    ("update orders set total = 0", None, 30.0),
    ("select * from orders where id = $1", "$1 = 'no number'", 20.0),
    ("selec 1", None, 10.0),
]


def recording(rows=STATEMENTS):
    frame = pd.DataFrame(
        [
            {"started_at": AT, "duration_ms": ms, "statement": text, "parameters": given}
            for text, given, ms in rows
        ]
    )
    return Recording.from_frames(queries=frame.assign(system="postgresql"))


def by_start(result):
    return {row["fingerprint"][:22]: row for row in result.arrow.to_pylist()}


def test_each_statement_is_explained_or_has_its_reason_and_none_stops_the_others(
    shop_engine, contents
):
    before = contents()
    result = explain_top(recording(), shop_engine, n=20)
    assert result.arrow["total_ms"].to_pylist() == sorted(
        result.arrow["total_ms"].to_pylist(), reverse=True
    )
    assert result.question.startswith("PostgreSQL ")
    rows = by_start(result)
    assert rows["select count(*) from o"]["executed"]
    assert rows["select * from gone"]["verdict"] == 'relation "gone" does not exist'
    assert rows["vacuum"]["verdict"] == "VACUUM has no plan"
    assert "pg_advisory_lock() may have effects" in rows["select pg_advisory_loc"]["verdict"]
    assert not rows["update orders set tota"]["executed"]
    assert rows["update orders set tota"]["cost"] > 0
    planned = [row for row in result.arrow.to_pylist() if row["shape_id"] is not None]
    assert set(result.plans) == {row["fingerprint_id"] for row in planned}
    assert contents() == before


def test_without_values_the_plan_is_the_generic_one_and_the_row_says_so(shop_engine):
    rows = [("select * from orders where user_id = $1", None, 70.0)]
    result = explain_top(recording(rows), shop_engine)
    (row,) = result.arrow.to_pylist()
    assert (row["example"], row["executed"]) == ("none: generic plan", False)
    assert any("log_parameter_max_length" in caveat for caveat in result.caveats)


def test_n_limits_how_many_and_the_display_holds_them(shop_engine):
    result = explain_top(recording(), shop_engine, n=2, analyze=False)
    assert result.arrow.num_rows == 2
    assert not any(row["executed"] for row in result.arrow.to_pylist())
    assert "how are the 2 statements executed that cost most?" in result.to_text()
    assert result.to_dict()["schema"] == "perfkit.explain_top/1"
    assert len(result.to_dict()["statements"]) == 2


def test_when_the_time_is_used_up_the_rest_is_listed(shop_engine):
    result = explain_top(recording(), shop_engine, n=3, total_s=0)
    assert set(result.arrow["verdict"].to_pylist()) == {"not looked at: the time was used up"}
    assert result.plans == {}


def test_a_slow_statement_is_cancelled_and_the_next_one_runs(shop_engine):
    rows = [("select pg_sleep(30)", None, 9.0), ("select 1 from users limit 1", None, 5.0)]
    result = explain_top(recording(rows), shop_engine, timeout_s=0.3)
    slow, quick = result.arrow["verdict"].to_pylist()
    assert "timeout" in slow
    assert quick == "nothing to fix"


@pytest.mark.parametrize(
    ("rec", "how", "said"),
    [
        (recording(), {"n": 0}, "is not a number of statements"),
        (Recording.from_frames(), {}, "has no statements"),
    ],
)
def test_mistakes_are_told(shop_engine, rec, how, said):
    with pytest.raises(UsageError, match=said):
        explain_top(rec, shop_engine, **how)


def test_a_server_that_is_not_there_is_one_error_not_ten_rows():
    with pytest.raises(NotConnected, match="explain_top: "):
        explain_top(recording(), "postgresql://nobody:sekrit@127.0.0.1:1/none")
    with pytest.raises(UsageError, match="sqlite"):
        explain_top(recording(), "sqlite://")


def test_an_interrupt_ends_it_at_once(shop_engine, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "explain_example", interrupted)
    with pytest.raises(KeyboardInterrupt):
        explain_top(recording(), shop_engine)
    with shop_engine.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar() == 1


def test_what_is_of_the_connection_takes_no_place():
    from perfkit.analyses.recorded_statements import Recorded
    from perfkit.tasks.explain_top import _is_control

    def one(fingerprint):
        return Recorded(
            fingerprint_id="a", fingerprint=fingerprint, statement="", values=None, calls=1,
            total_ms=1.0, mean_ms=1.0, share=1.0,
        )  # fmt: skip

    assert all(map(_is_control, map(one, ("rollback", "begin", "set local a = ?"))))
    assert not any(map(_is_control, map(one, ("select ?", "endless ?", ""))))
