import pytest
import sqlalchemy as sa

from perfkit.errors import UsageError
from perfkit.tasks.explain import explain

SEED = """
create table swept (id int primary key, kind text, at timestamptz, tags text[], empty text);
insert into swept
select i, case when i %% 1000 = 0 then 'rare' when i %% 100 = 7 then 'some' else 'usual' end,
       timestamptz '2025-01-01' + i * interval '1 min', array['x'], null
from generate_series(1, 60000) i;
create index on swept (kind);
create index on swept (at);
create table never (a int);
"""
BY_KIND = "select max(tags) from swept where kind = :kind"
GENERIC = "The generic plan, which prepared statements may get,"


@pytest.fixture(scope="module")
def swept(shop):
    with shop.connect() as connection:
        connection.exec_driver_sql(SEED)
        connection.exec_driver_sql("vacuum analyze swept")
    yield shop
    with shop.connect() as connection:
        connection.exec_driver_sql("drop table swept, never")


def rows(result):
    return result.sweep.arrow.to_pylist()


def test_common_and_rare_values_show_where_the_plan_flips(swept):
    result = explain(BY_KIND, swept, params={"kind": "rare"}, sweep="kind")
    found = {row["value"]: row for row in rows(result)}
    assert set(found) == {"rare", "some", "usual", None}
    assert "using swept_kind_idx on swept" in found["rare"]["shape"]
    assert found["usual"]["shape"].startswith("Seq Scan on swept")
    assert found["usual"]["share"] == pytest.approx(0.989, abs=0.01)
    assert found[None]["kind"] == "generic"
    assert {row["execution_ms"] for row in rows(result)} == {None}
    assert "; from 9" in result.sweep.headline
    assert result.headline.startswith(result.sweep.headline)
    assert result.series["sweep"].equals(result.sweep.arrow)
    ranges = result.sections["plans over the values of :kind"].to_pylist()
    assert [row["values"] for row in ranges] == [2, 1]
    assert ranges[0]["most_share"] < ranges[1]["least_share"]


def test_values_are_executed_only_where_that_is_asked_for(swept):
    result = explain(BY_KIND, swept, params={"kind": "rare"}, sweep=":kind", analyze=True)
    assert all(row["execution_ms"] > 0 for row in rows(result) if row["value"])


def test_of_a_range_points_of_the_histogram_are_taken(swept):
    sql = "select max(kind) from swept where at > :since"
    result = explain(sql, swept, params={"since": "2025-01-02"}, sweep="since", analyze=False)
    found = [row for row in rows(result) if row["kind"] == "bound"]
    assert len(found) == 11
    shares = [row["share"] for row in found]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] > 0.99
    assert all(row["plan_rows"] == pytest.approx(row["share"] * 60_000, abs=1500) for row in found)
    assert found[0]["shape_id"] != found[-1]["shape_id"]


def test_unique_values_are_all_rare_and_have_one_plan(swept):
    result = explain("select kind from swept where id = :id", swept, params={"id": 5}, sweep="id")
    assert {row["kind"] for row in rows(result)} == {"rare", "generic"}
    assert "one plan for all of 3 values, Index Scan using swept_pkey" in result.sweep.headline
    assert not any(caveat.startswith(GENERIC) for caveat in result.caveats)


def test_a_list_is_swept_with_one_value_at_a_time(swept):
    sql = "select max(tags) from swept where kind = any(:kinds)"
    result = explain(sql, swept, params={"kinds": ["rare"]}, sweep="kinds")
    assert '{"usual"}' in {row["value"] for row in rows(result)}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select * from swept limit :x", "it is compared with no column of a table"),
        ("select :x::int", "it is compared with no column of a table"),
        ("select id from swept where lower(kind) = :x", "it is compared with an expression"),
        ("select * from never where a = :x", "nothing is known of its values: ANALYZE never"),
        ("select id from swept where empty = :x", "nothing is known of its values"),
    ],
)
def test_what_cannot_be_swept_is_said_in_a_sentence(swept, sql, why):
    result = explain(sql, swept, params={"x": "1"}, sweep="x")
    assert result.sweep is None
    (said,) = [caveat for caveat in result.caveats if "cannot be swept" in caveat]
    assert why in said


def test_the_generic_plan_is_compared_with_those_of_the_values(swept):
    result = explain(BY_KIND, swept, params={"kind": "rare"}, sweep="kind")
    assert any(caveat.startswith(GENERIC) for caveat in result.caveats)


def test_a_parameter_that_is_not_there_is_a_mistake(swept):
    with pytest.raises(UsageError, match="no parameter :nope to sweep") as caught:
        explain(BY_KIND, swept, params={"kind": "rare"}, sweep="nope")
    assert ":kind" in caught.value.hint


def test_a_value_that_cannot_be_executed_in_time_is_planned(swept):
    sql = (
        "select count(*) from swept where kind = :kind "
        "and (kind <> 'usual' or pg_sleep(0.001) is not null)"
    )
    values = {"kind": "rare"}
    result = explain(sql, swept, params=values, sweep="kind", analyze=True, timeout_s=2)
    found = {row["value"]: row for row in rows(result)}
    assert found["usual"]["execution_ms"] is None
    assert found["usual"]["cost"] > 0
    assert any("gave up" in caveat for caveat in result.caveats)


def test_a_write_is_swept_without_being_executed(swept):
    sql = "delete from swept where kind = :kind"
    result = explain(sql, swept, params={"kind": "rare"}, sweep="kind", analyze=True)
    assert {row["execution_ms"] for row in rows(result)} == {None}
    with swept.connect() as connection:
        left = connection.execute(sa.text("select count(*) from swept")).scalar_one()
    assert left == 60_000
