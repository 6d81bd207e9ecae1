from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.sql_shape import shape

PARTS = {
    "t_?": "t_286 t_286000 t_2024_01_31 t_p0 t_p12 t_p2024_01 t_y2024m05 t_y2024m05d01 t_2024w05"
    " t_2024_q1 t_2024q1 t_20240131 t_d20240131 t_000123",
    "pg_toast_?": "pg_toast_16384",
    "pg_temp_?": "pg_temp_3 pg_temp_12",
    "_hyper_?_chunk": "_hyper_1_23_chunk",
    "orders_shard_?": "orders_shard_3 orders_shard17",
    "part_?": "part_7 part_000123",
    "log_?_idx": "log_2024_01_idx log_2024_02_28_idx",
}
KEPT = """address2 sha256 users_1 t0_ param_1 int4 utf8_bin md5 col_1 s3 oauth2_token iso_3166 e164
    base64 depart_7 part7 p0 v2024 aes_256_keys rfc_2616 _286 t_12 t_v2 latin_1252 t286"""


@pytest.mark.parametrize(
    ("folded", "name"),
    [(folded, name) for folded, group in PARTS.items() for name in group.split()],
)
def test_a_part_of_a_table_is_folded(folded, name):
    expected = f"select {folded}.a from {folded} where b_286 = ?"
    assert shape(f"select {name}.a from {name} where b_286 = 1") == expected
    assert shape(expected) == expected
    assert shape(f'insert into s."{name}" values (1)') == f'insert into s."{folded}" values (?)'


@pytest.mark.parametrize("name", KEPT.split())
def test_digits_that_number_no_part_are_kept(name):
    assert shape(f"select {name}.a from {name}") == f"select {name}.a from {name}"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select p_286, t_286.p_286 from t_286", "select p_286, t_?.p_286 from t_?"),
        ("select latency_p95 from m", "select latency_p95 from m"),
        ("select 1 from a_001 x, only b_002, c_03", "select ? from a_? x, only b_?, c_03"),
        ("update t_286 set c_100 = c_100 + 1", "update t_? set c_100 = c_100 + ?"),
        ("drop table if exists a_286, b_287", "drop table if exists a_?, b_?"),
        ("delete from a_286 where a_286.x > 1", "delete from a_? where a_?.x > ?"),
        (
            "insert into t_286 (c_100, c_101) values (1, 2)",
            "insert into t_?(c_100, c_101) values (?, ?)",
        ),
        ("select extract(day from c_286) from t", "select extract(? from c_286) from t"),
        ("select a is distinct from c_286, d_287", "select a is distinct from c_286, d_287"),
        ("on duplicate key update c_286 = 1", "on duplicate key update c_286 = ?"),
        ("select 1 from s.t_286 join s_001.t on a", "select ? from s.t_? join s_?.t on a"),
        ("select c_2024 from (select 1 from t_2024) x", "select c_2024 from (select ? from t_?) x"),
        ("savepoint sa_savepoint_1", "savepoint sa_savepoint_?"),
        ('SAVEPOINT "s140269_x12"', 'savepoint "s?_x?"'),
        ("rollback to savepoint sp_12;", "rollback to savepoint sp_?"),
        ("deallocate pdo_stmt_00000001", "deallocate pdo_stmt_?"),
        ("execute plan_7 (1, 2)", "execute plan_?(?, ?)"),
        (
            'declare "_django_curs_140_sync_1" cursor for select c_1 from t',
            'declare "_django_curs_?_sync_?" cursor for select c_1 from t',
        ),
        ('fetch forward 100 from "curs_140_1"', 'fetch forward ? from "curs_?"'),
        ("select x_ ? 'k', y_?|z from t_?", "select x_ ? ?, y_ ?| z from t_?"),
    ],
)
def test_names_are_folded_where_they_name_tables(statement, expected):
    assert shape(statement) == expected
    assert shape(expected) == expected


@given(st.integers(100, 10**9), st.integers(100, 10**9), st.sampled_from(["t", '"T', "`t", "a.t"]))
def test_parts_of_one_table_meet(one, other, name):
    end = name[0] if name[0] in '"`' else ""
    statement = "select a from {0} where {0}.b = 1"
    first, second = (statement.format(f"{name}_{number}{end}") for number in (one, other))
    assert shape(first) == shape(second)
