import pytest

from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit import bloat

SEED = """
create table t (id bigint primary key, kind int);
insert into t select i, mod(i, 3) from generate_series(1, 40000) i;
create index by_kind on t (kind);
"""


def judged(engine):
    with rolled_back("test", engine, timeout_s=20) as connection:
        return bloat.bloated(connection, identify(connection), least_bytes=80 * 1024)


@pytest.fixture
def emptied(audited):
    engine = audited(SEED)
    with engine.connect() as connection:
        connection.exec_driver_sql("delete from t where mod(id, 10) <> 0")
        connection.exec_driver_sql("vacuum analyze t")
    return engine


def of(advices):
    return {advice.index: advice for advice in advices if advice.table == "t"}


def test_an_estimate_is_said_to_be_one_and_what_is_blind_is_named(emptied):
    advices, notes = judged(emptied)
    advice = of(advices)["t_pkey"]
    assert (advice.action, advice.proven, advice.enough) == ("rebuild", False, False)
    assert "estimated" in advice.reason
    assert advice.do == "REINDEX INDEX CONCURRENTLY public.t_pkey;"
    assert "by_kind" in notes[0]
    assert "pgstattuple" in notes[0]


def test_with_the_extension_it_is_measured(emptied):
    with emptied.connect() as connection:
        connection.exec_driver_sql("create extension pgstattuple")
    advices, notes = judged(emptied)
    assert set(of(advices)) == {"t_pkey", "by_kind"}
    assert all(advice.proven for advice in advices)
    assert "measured by pgstatindex" in of(advices)["by_kind"].reason
    assert notes == []


def test_full_indexes_and_small_ones_are_left_alone(audited):
    advices, _ = judged(audited(SEED))
    assert advices == []


def test_a_measurement_that_takes_too_long_ends_no_audit_and_is_the_last(emptied, monkeypatch):
    asked = []

    def slowly(connection, function, packing):
        asked.append(packing.name)
        connection.exec_driver_sql("set local statement_timeout = 50")
        connection.exec_driver_sql("select pg_sleep(5)")

    with emptied.connect() as connection:
        connection.exec_driver_sql("create extension pgstattuple")
    monkeypatch.setattr(bloat, "leaf_density", slowly)
    advices, notes = judged(emptied)
    assert len(asked) == 1
    assert not of(advices)["t_pkey"].proven
    assert "pgstatindex did not come to its end" in notes[0]
