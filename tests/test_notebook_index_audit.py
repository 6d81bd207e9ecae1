"""Notebook 03 runs where there is no lab, on the sample and on what people bring along."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from perfkit.lab import practice, server
from perfkit.lab.notebooks import execute, slim, with_parameters
from perfkit.shipped import folder

pytestmark = pytest.mark.timeout(120)

NOTEBOOK = folder("notebooks") / "03_index_audit.ipynb"
NO_LAB = """
import perfkit
from perfkit.errors import LabError


def refuse():
    raise LabError("no PostgreSQL")


perfkit.lab.start = refuse
"""
PASTED = """
 Index Scan using orders_pkey on orders  (cost=0.4..8.4 rows=1 width=8) (actual time=0.01..0.02 rows=1 loops=1)
   Index Cond: (id = 7)
 Execution Time: 0.050 ms
"""  # noqa: E501 - as EXPLAIN prints it
PLAN = {
    "Query Text": "select * from orders where lower(email) = 'a'",
    "Plan": {
        "Node Type": "Seq Scan", "Relation Name": "orders", "Alias": "orders",
        "Filter": "(lower(email) = 'a'::text)", "Rows Removed by Filter": 99999,
        "Plan Rows": 500, "Actual Rows": 1, "Actual Loops": 1, "Total Cost": 900.0,
        "Startup Cost": 0.0, "Actual Startup Time": 1.0, "Actual Total Time": 80.0,
        "Plan Width": 8,
    },
}  # fmt: skip
LOGGED = "2026-03-02 08:00:{:02d}.000 UTC [7] shop@shop LOG:  duration: 80.{:03d} ms  plan:\n"


@pytest.fixture
def run(tmp_path):
    """Execute the notebook; return all that its cells print and show as text."""

    def executed(*, lab=False, **parameters):
        made = nbformat.read(NOTEBOOK, as_version=4)
        if not lab:
            made.cells.insert(0, new_code_cell(NO_LAB))
        done = slim(execute(with_parameters(made, parameters), tmp_path))
        outputs = [one for cell in done.cells for one in cell.get("outputs", ())]
        return "\n".join(one.get("text") or one["data"]["text/plain"] for one in outputs)

    return executed


def test_without_a_lab_the_sample_and_the_pasted_plan_tell_their_story(run):
    shown = run()
    assert "The lab cannot run here" in shown
    assert "orders is read from end to end" in shown
    assert "in Bitmap Heap Scan on orders" in shown
    assert "03.1: node 4, Bitmap Heap Scan: 222 ms" in shown
    assert "03.3: True" in shown
    assert "(user_id, status, created_at DESC)" in shown
    assert "No database to try it on, so this stays unproven" in shown
    assert "03.5: this step could not run here" in shown


def test_a_pasted_plan_that_is_quick_has_nothing_to_fix(run):
    assert "nothing to fix" in run(pasted=PASTED)


def test_a_log_with_plans_is_read_to_the_index_that_it_lacks(run, tmp_path):
    document = json.dumps(PLAN, indent=2).replace("\n", "\n\t")
    (tmp_path / "postgresql.log").write_text(
        "".join(f"{LOGGED.format(n, n)}\t{document}\n" for n in range(9))
    )
    shown = run(data=[str(tmp_path / "postgresql.log")])
    assert "9 plans" in shown
    assert "lower(email)" in shown


def test_a_log_without_plans_runs_through(run, tmp_path):
    line = "2026-03-02 08:00:00.000 UTC [7] shop@shop LOG:  duration: 9.1 ms  statement: select 1\n"
    (tmp_path / "postgresql.log").write_text(line * 5)
    shown = run(data=[str(tmp_path / "postgresql.log")])
    assert "03.4: this step could not run here" in shown


def test_an_own_database_is_audited_and_left_as_it_was(run):
    with server.start() as lab:
        engine = practice.make(lab)
        try:
            shown = run(
                lab=True,
                database=lab.url(practice.DATABASE),
                statement="SELECT id FROM invoices WHERE total_cents = :cents",
                values={"cents": 531},
                indexes=["CREATE INDEX ON invoices (total_cents)"],
            )
            with engine.connect() as connection:
                count = "select count(*) from pg_indexes where tablename = 'invoices'"
                left = connection.exec_driver_sql(count).scalar_one()
        finally:
            practice.drop(lab)
    assert left == 11
    assert "(total_cents)" in shown
    assert "3 to drop" in shown
    assert "The shop runs at" not in shown


def test_in_the_lab_what_is_advised_is_proven_and_nothing_of_the_trial_remains(
    run, tmp_path_factory, monkeypatch
):
    monkeypatch.setenv("PERFKIT_LAB_HOME", str(tmp_path_factory.mktemp("own") / "lab"))
    shown = run(lab=True)
    assert shown.count("built: helps") == 3
    assert "built: not used" in shown
    flat = " ".join(shown.split())
    assert re.search(r"up to a share of 2\.\d % of the rows .*Index Scan", flat)
    assert re.search(r"indexes: 1 to create\b.*first orders \(user_id, status, created_at", flat)
    assert "built and measured" in flat
    assert "\nCREATE INDEX CONCURRENTLY IF NOT EXISTS orders_user_id_status_created_at_idx" in shown
    assert re.search(r"\n-- DROP INDEX CONCURRENTLY (IF EXISTS )?public\.orders_note_idx;", shown)
    assert "invoices_customer_due" in shown
    assert "What differs between the plans of before and after?" in shown
    after = shown.rpartition("indexes: ")[2]
    assert "to create" not in after
