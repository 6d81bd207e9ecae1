import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.candidates.script import script, statement, statements, undo
from perfkit.plans.conditions import SortKey
from perfkit.plans.facts import IndexFacts, Partition

KEYS = (SortKey(column="a"), SortKey(column="b", descending=True, nulls_first=True))


def wanted(**changes):
    return Candidate(**{"schema": "s", "table": "t", "keys": KEYS, "equality": 1} | changes)


def test_the_script_says_what_has_to_be_known_before_and_afterwards():
    lines = script(wanted()).splitlines()
    code = [line for line in lines if not line.startswith("--")]
    assert code == [
        "SET lock_timeout = '5s';",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a_b_idx ON s.t (a, b DESC);",
    ]
    assert "Not inside a transaction" in lines[0]
    assert "-- SELECT indisvalid FROM pg_index WHERE indexrelid = 's.t_a_b_idx'::regclass;" in lines


def test_to_try_it_there_is_one_plain_statement():
    assert statement(wanted()) == "CREATE INDEX t_a_b_idx ON s.t (a, b DESC);"


def test_an_extension_comes_first():
    assert statements(wanted(extension="pg_trgm"))[0] == "CREATE EXTENSION IF NOT EXISTS pg_trgm;"


def test_a_replaced_index_is_dropped_last_and_built_again_first():
    old = IndexFacts(
        name="Old",
        method="btree",
        keys=("a",),
        definition='CREATE INDEX "Old" ON s.t USING btree (a)',
    )
    assert script(wanted(replaces=old)).endswith('\nDROP INDEX CONCURRENTLY IF EXISTS s."Old";')
    assert undo(wanted(replaces=old)).splitlines() == [
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "Old" ON s.t (a);',
        "DROP INDEX CONCURRENTLY IF EXISTS s.t_a_b_idx;",
    ]


def test_a_definition_that_is_not_understood_is_not_pasted():
    old = IndexFacts(name="o", method="btree", keys=("a",), definition="CREATE INDEX; DROP TABLE t")
    assert undo(wanted(replaces=old)) == "DROP INDEX CONCURRENTLY IF EXISTS s.t_a_b_idx;"


@pytest.mark.parametrize("name", ["a\nDROP TABLE x; --", "a'; drop table x; --", 'a"; drop'])
def test_hostile_names_stay_inside_quotes_and_comments(name):
    made = script(wanted(table=name, given_name=name))
    from perfkit.plans.postgres_sql import code

    words = [token.text for token in code(made) if token.kind == "word"]
    assert "DROP" not in words
    assert "drop" not in words


PARTS = (Partition("public", "logs_a"), Partition("public", "logs_b"))


def test_partitions_are_indexed_one_by_one_and_attached(advised_engine):
    index = Candidate(
        schema="public", table="logs", keys=(SortKey(column="host"),), partitions=PARTS
    )
    raw = {"no_parameters": True}
    with advised_engine.connect() as connection:
        for one in statements(index):
            connection.exec_driver_sql(one, execution_options=raw)
        valid = connection.exec_driver_sql(
            "select indisvalid from pg_index where indexrelid = 'logs_host_idx'::regclass"
        ).scalar_one()
        for one in undo(index).splitlines():
            connection.exec_driver_sql(one, execution_options=raw)
        left = connection.exec_driver_sql(
            "select count(*) from pg_class where relname like 'logs%%host%%'"
        ).scalar_one()
    assert valid  # the index of the whole is valid once all its parts are attached
    assert left == 0


def test_partitions_of_partitions_are_attached_from_below():
    nested = (Partition("s", "p", (Partition("s", "p_1"),)),)
    made = statements(wanted(partitions=nested))[1:]
    assert [one.split(" (")[0] for one in made] == [
        "CREATE INDEX IF NOT EXISTS t_a_b_idx ON ONLY s.t",
        "CREATE INDEX IF NOT EXISTS p_a_b_idx ON ONLY s.p",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS p_1_a_b_idx ON s.p_1",
        "ALTER INDEX s.p_a_b_idx ATTACH PARTITION s.p_1_a_b_idx;",
        "ALTER INDEX s.t_a_b_idx ATTACH PARTITION s.p_a_b_idx;",
    ]


def test_indexes_that_belong_together_are_built_and_taken_back_together():
    other = Candidate(schema="s", table="u", keys=(SortKey(column="c"),))
    both = wanted(companions=(other,))
    assert [line.split()[0] for line in statements(both)] == ["SET", "CREATE", "CREATE"]
    assert undo(both).splitlines() == [
        "DROP INDEX CONCURRENTLY IF EXISTS s.t_a_b_idx;",
        "DROP INDEX CONCURRENTLY IF EXISTS s.u_c_idx;",
    ]
    assert "u_c_idx" not in script(both)
