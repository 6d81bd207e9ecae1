import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from perfkit.analyses.sequential_scans import sequential_scans
from perfkit.recording import Recording

DATA = Path(__file__).parents[3] / "shared" / "data" / "logs" / "ae_json.log.gz"
SEARCH = (
    "select * from orders where user_id = 5 and status = 'pending' "
    "order by created_at desc limit 20"
)


def scan(ms=80.0, *, kept=10, removed=499_990, table="orders", condition=None):
    condition = condition or "((user_id = 5) AND ((status)::text = 'pending'::text))"
    return {
        "Node Type": "Seq Scan", "Relation Name": table, "Alias": table, "Actual Total Time": ms,
        "Actual Startup Time": 0.1, "Actual Loops": 1, "Actual Rows": kept, "Plan Rows": kept,
        "Filter": condition, "Rows Removed by Filter": removed,
    }  # fmt: skip


def above(kind, ms, below, **more):
    return scan(ms) | {"Node Type": kind, "Plans": [below], "Filter": None} | more


def searched(ms=80.0, **options):
    ordered = above("Sort", ms + 1, scan(ms, **options), **{"Sort Key": ["created_at DESC"]})
    return above("Limit", ms + 1, ordered)


def plans(*roots, statement=SEARCH):
    return pa.table(
        {
            "plan": [json.dumps({"Query Text": statement, "Plan": root}) for root in roots],
            "statement": [statement] * len(roots),
            "duration_ms": [root["Actual Total Time"] for root in roots],
        }
    )


def test_executions_of_one_statement_are_one_row_and_one_finding():
    result = sequential_scans(plans(searched(80.0), searched(100.0)))
    (row,) = result.table.to_dict("records")
    assert row["table"] == "orders"
    assert row["columns"] == "user_id, status, created_at"
    assert row["executions"] == 2
    assert row["self_ms"] == 180.0
    assert row["rows_read"] == 1_000_000
    assert row["read_per_kept"] == 50_000
    (finding,) = result.findings
    assert finding.saves_ms == 90.0
    assert finding.saves_basis == "per execution"
    assert finding.saves_times == 2
    assert finding.saves_total_ms == 180.0
    assert finding.keys == {"table": "orders", "fingerprint_id": row["fingerprint_id"]}
    assert (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_user_id_status_created_at_idx "
        "ON orders (user_id, status, created_at DESC);"
    ) in finding.fix.snippet.splitlines()
    assert "Not proven" in finding.fix.text
    assert finding.confidence == "medium"


def test_other_conditions_and_other_statements_are_other_rows():
    both = pa.concat_tables(
        [
            plans(searched()),
            plans(scan(condition="(user_id = 5)"), statement="select 2 from orders"),
        ]
    )
    result = sequential_scans(both)
    assert set(result.table["columns"]) == {"user_id, status, created_at", "user_id"}
    assert result.table["fingerprint_id"].nunique() == 2


@pytest.mark.parametrize(
    "root",
    [
        scan(kept=400_000, removed=100_000),
        scan(kept=500_000, removed=0),
        scan(kept=1, removed=50),
        scan(ms=3.0),
        above("Sort", 9000.0, scan(ms=80.0)),
    ],
    ids=["keeps most", "exports all", "tiny table", "quick", "share below 5 %"],
)
def test_scans_that_are_right_give_nothing(root):
    result = sequential_scans(plans(root))
    assert result.findings == ()
    assert result.table.empty
    assert result.checked


def test_a_condition_without_a_plain_column_promises_no_saving():
    (finding,) = sequential_scans(plans(scan(condition="(lower(note) ~~ '%x%'::text)"))).findings
    assert finding.saves_ms is None
    assert finding.fix.snippet == ""


def test_plans_without_times_or_in_pieces_are_counted_and_said():
    untimed = {key: value for key, value in scan().items() if not key.startswith("Actual")}
    table = pa.concat_tables(
        [
            pa.table(
                {"plan": [json.dumps({"Plan": untimed}), '{"Plan": {"Node Type": "Seq Scan"']}
            ),
            pa.table({"plan": pa.array([None], pa.string())}),
        ]
    )
    result = sequential_scans(table)
    assert result.totals["plans"] == 3
    assert any("1 plans hold no times" in note for note in result.caveats)
    assert any("1 plans are not complete" in note for note in result.caveats)


def test_a_recording_without_plans_says_where_plans_come_from():
    result = sequential_scans(Recording())
    assert result.table.empty
    assert "auto_explain" in result.headline


def test_hostile_names_reach_the_snippet_quoted():
    (finding,) = sequential_scans(plans(scan(table='x"; drop table y; --'))).findings
    assert 'ON "x""; drop table y; --" (user_id, status)' in finding.fix.snippet


def test_text_and_picture_say_the_same():
    result = sequential_scans(plans(searched(80.0), searched(100.0)))
    assert list(result.figure.data[0].x) == [180.0]
    assert "orders" in result.to_text()


@pytest.mark.skipif(not DATA.exists(), reason="the real auto_explain log is not here")
def test_a_real_log_of_quick_statements_gives_nothing():
    text = gzip.decompress(DATA.read_bytes()).decode()
    found = re.findall(r"duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)", text)
    table = pa.table(
        {"plan": [plan for _, plan in found], "duration_ms": [float(ms) for ms, _ in found]}
    )
    result = sequential_scans(table)
    assert result.totals["plans"] > 200
    assert result.findings == ()
