import mariadb_shop
import pytest

from perfkit.probes.mysql_functions import EFFECTS

#: What the server's own functions do by their names; the rest computes.
SUSPICIOUS = (
    "lock",
    "wait",
    "load",
    "sleep",
    "benchmark",
    "nextval",
    "setval",
    "exec",
    "last_insert",
)
HARMLESS = {"is_free_lock", "is_used_lock", "sleep", "benchmark", "service_locks"}


def test_every_suspicious_built_in_of_the_server_was_decided_upon():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    with mariadb_shop.engine().connect() as connection:
        names = connection.exec_driver_sql(
            "select lower(function) from information_schema.sql_functions"
        )
        known = {name for (name,) in names}
    suspicious = {name for name in known if any(part in name for part in SUSPICIOUS)}
    assert suspicious - set(EFFECTS) <= HARMLESS
    assert {"get_lock", "load_file", "release_all_locks", "master_pos_wait"} <= suspicious


def test_every_effect_has_a_reason_and_a_lower_case_name():
    assert all(name == name.lower() and reason for name, reason in EFFECTS.items())
