import sqlalchemy as sa

from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.schemas import seeing_all
from perfkit.tasks.index_audit import index_audit

APPLICATION = """
create extension if not exists pg_stat_statements;
create schema "my app"; set search_path to "my app";
create table tickets (id int primary key, owner int, body text);
insert into tickets select i, i % 500, repeat('x', 80) from generate_series(1, 40000) i;
analyze tickets; reset search_path;
create schema one; create schema two;
create table one.twice (a int); create table two.twice (a int);
select pg_stat_statements_reset();
"""


def bare(engine, name):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return connection.execute(sa.text("select to_regclass(:n)::text"), {"n": name}).scalar()


def test_tables_of_other_schemas_are_found_and_ambiguous_names_are_not(audited):
    engine = audited(APPLICATION)
    seeing = seeing_all(engine, timeout_s=10)
    assert bare(engine, "tickets") is None
    assert bare(seeing, "tickets") == "tickets"
    assert bare(seeing, "orders") == "orders"
    assert bare(seeing, "twice") is None


def test_the_search_path_of_the_session_stays(audited):
    engine = audited(APPLICATION)
    seeing = seeing_all(engine, timeout_s=10)
    bare(seeing, "tickets")
    with engine.connect() as connection:
        assert "my app" not in connection.exec_driver_sql("show search_path").scalar()


def test_without_other_schemas_nothing_is_done(audited):
    engine = audited()
    assert seeing_all(engine, timeout_s=10) is engine


def test_statements_without_a_schema_get_their_index(audited, monkeypatch):
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.1)
    engine = audited(APPLICATION)
    with engine.connect() as connection:
        connection.exec_driver_sql('set search_path to "my app"')
        for owner in range(8):
            connection.exec_driver_sql("select * from tickets where owner = %s", (owner,)).all()
        connection.exec_driver_sql("reset search_path")
    result = index_audit(engine, prove=True, expendable=True)
    created = result.table[result.table["action"] == "create"]
    assert list(created["schema"]) == ["my app"]
    assert created["proven"].all()
    assert not any("could not be planned" in note for note in result.caveats)
