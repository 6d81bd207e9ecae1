import pytest
import sqlalchemy as sa

from perfkit.errors import QueryFailed
from perfkit.probes.explain_run import Asked
from perfkit.probes.statement import one_statement
from perfkit.tasks.explaining import observed
from perfkit.tasks.explaining.observed import observe

HEAVY = "select count(*) from orders o where md5(md5(note)) <> :x"


def seen(engine, sql, values=None, *, generic=False, **how):
    asked = Asked(statement=one_statement(sql), values=values or {}, **how)
    return observe(engine, asked, timeout_s=20, generic=generic)


def test_what_reads_is_executed_in_a_transaction_that_cannot_write(keep):
    sent = []
    engine = sa.create_engine(keep.url)
    sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    def modes():
        found = [text for text in sent if text.startswith("set transaction ")]
        sent.clear()
        return [text.removeprefix("set transaction read ") for text in found]

    assert not seen(engine, "select count(*) from keep.t", writes=True).measured.writing
    assert sum("EXPLAIN (ANALYZE" in text for text in sent) == 1
    assert modes() == ["only"]
    found = seen(engine, "update keep.t set a = 1 where id = 1", writes=True)
    assert found.measured.writing
    assert found.measured.plan.analyzed
    assert modes() == ["only", "write"]
    assert not seen(engine, "update keep.t set a = 1 where id = 1").measured.plan.analyzed
    assert modes() == ["only"]
    engine.dispose()


def test_the_catalogue_is_read_for_what_took_time(keep):
    found = seen(keep, HEAVY, {"x": "x"})
    facts = found.facts.tables["public", "orders"]
    assert facts.rows == pytest.approx(60_000, rel=0.05)
    assert "user_id" in facts.columns
    assert seen(keep, "select 1").facts.tables == {}
    planned = seen(keep, HEAVY, {"x": "x"}, execute=False)
    assert planned.facts.tables  # an index may be proposed for what costs much
    assert seen(keep, "select * from keep.free", execute=False).facts.tables == {}


def test_a_catalogue_that_cannot_be_read_is_a_caveat(keep, monkeypatch):
    def broken(connection, server, pairs):
        connection.exec_driver_sql("select * from nowhere")

    monkeypatch.setattr(observed, "table_facts", broken)
    found = seen(keep, HEAVY, {"x": "x"})
    assert found.facts.tables == {}
    assert "The catalogue could not be read" in found.notes[0]
    assert 'relation "nowhere" does not exist' in found.notes[0]


def test_the_generic_plan_comes_beside_that_for_the_values(keep):
    sql = "select * from keep.t where id = :id and note = :note"
    found = seen(keep, sql, {"id": 3, "note": "n"}, generic=True)
    assert found.notes == ()
    assert not found.generic.analyzed
    assert "$1" in str([node.properties for node in found.generic.tree])
    assert "$1" not in str([node.properties for node in found.measured.plan.tree])


def test_why_there_is_no_generic_plan_is_said(keep, monkeypatch):
    found = seen(keep, "select 1", generic=True)
    assert found.generic is None
    assert "the statement has no parameters" in found.notes[0]
    monkeypatch.setattr(observed, "generic_plan", lambda *_: None)
    found = seen(keep, "select :a::int", {"a": 1}, generic=True)
    assert "makes no generic plan" in found.notes[0]


def test_an_error_of_the_statement_is_told(keep):
    with pytest.raises(QueryFailed, match="does not exist"):
        seen(keep, "select * from keep.nowhere")
