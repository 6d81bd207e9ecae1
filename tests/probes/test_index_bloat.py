import pytest

from perfkit.probes.index_bloat import density_function, leaf_density, packings
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back

SEED = """
create extension pgstattuple;
create table t (id bigint primary key, name text, kind text, maybe int, day date);
insert into t select i, 'name ' || i, 'kind ' || i % 5, nullif(i % 3, 0), date '2020-01-01' + i
from generate_series(1, 60000) i;
create index by_name on t (name); create index by_kind on t (kind);
create index by_expression on t (upper(name)); create index by_two on t (day, id);
create index partial on t (id, name) where kind = 'kind 1';
create index full_pages on t (id, day) with (fillfactor = 100);
create index nulls on t (maybe, id);
vacuum analyze t;
"""
EXACT = ("t_pkey", "by_name", "by_expression", "by_two", "partial", "full_pages", "nulls")


@pytest.fixture
def seeded(plain_database):
    with plain_database.connect() as connection:
        for statement in SEED.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
    return plain_database


def found(engine, least_bytes=8192 * 10):
    with rolled_back("test", engine, timeout_s=20) as connection:
        packed = packings(connection, identify(connection), least_bytes=least_bytes)
    return {one.name: one for one in packed}


@pytest.mark.parametrize("name", EXACT)
def test_an_index_just_built_is_estimated_to_be_full(seeded, name):
    assert found(seeded)[name].air < 0.08
    packed = found(seeded)[name]
    assert packed.packed_bytes == pytest.approx(packed.size_bytes, rel=0.10)


def test_equal_keys_are_stored_once_and_nothing_is_estimated_for_them(seeded):
    by_kind = found(seeded)["by_kind"]
    assert by_kind.blind
    assert by_kind.air is None


def test_deleted_rows_leave_air_that_estimate_and_measurement_agree_on(seeded):
    with seeded.connect() as connection:
        connection.exec_driver_sql("delete from t where mod(id, 10) <> 0")
        connection.exec_driver_sql("vacuum analyze t")
    by_name = found(seeded)["by_name"]
    with rolled_back("test", seeded, timeout_s=20) as connection:
        density = leaf_density(connection, density_function(connection), by_name)
    assert by_name.air == pytest.approx(0.9, abs=0.03)
    assert density.air(by_name.fillfactor) == pytest.approx(by_name.air, abs=0.05)


def test_small_indexes_are_left_out(seeded):
    assert found(seeded, least_bytes=1 << 30) == {}


def test_without_the_extension_nothing_is_measured(plain_database):
    with rolled_back("test", plain_database, timeout_s=10) as connection:
        assert density_function(connection) is None


def test_a_role_without_the_right_measures_nothing(seeded):
    with seeded.connect() as connection:
        connection.exec_driver_sql("drop role if exists perfkit_nobody")
        connection.exec_driver_sql("create role perfkit_nobody")
        connection.exec_driver_sql("set role perfkit_nobody")
        assert density_function(connection) is None
        connection.exec_driver_sql("reset role")
        connection.exec_driver_sql("drop role perfkit_nobody")
