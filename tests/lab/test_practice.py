"""The practice database: what may go in it goes, what looks alike stays."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import perfkit
from perfkit.errors import NotConnected
from perfkit.lab import practice, server


@pytest.fixture(scope="module")
def invoices():
    with server.start() as lab:
        try:
            yield practice.make(lab)
        finally:
            practice.drop(lab)


@pytest.fixture(scope="module")
def audit(invoices):
    return perfkit.index_audit(invoices)


def test_each_redundant_index_or_its_mirror_image_is_dropped_and_nothing_else(audit):
    dropped = set(audit.table.query("action == 'drop'")["index"])
    mirrored = {"invoices_customer_due_backwards_idx", "invoices_customer_due_idx"}
    assert len(dropped & mirrored) == 1, "one of the two has to stay"
    assert dropped - mirrored == practice.REDUNDANT - mirrored


def test_all_that_is_dropped_is_proven_and_nothing_looks_unused(audit):
    assert audit.table.query("action == 'drop'")["proven"].all()
    assert not audit.table["kind"].eq("unused-index").any()


def test_what_only_looks_alike_is_kept_with_a_reason(audit):
    kept = audit.table.query("action == 'keep'").set_index("index")["reason"]
    assert "operator class" in kept["invoices_number_pattern_idx"]
    assert "WHERE" in kept["invoices_open_idx"]


def test_the_plan_depends_on_the_status(invoices):
    sql = "SELECT id, total_cents FROM invoices WHERE status = :status"
    shapes = {
        status: perfkit.explain(
            sql, invoices, params={"status": status}, analyze=False
        ).plan.root.node_type
        for status in ("draft", "paid")
    }
    assert "Index" in shapes["draft"] or "Bitmap" in shapes["draft"]
    assert shapes["paid"] == "Seq Scan"


def test_made_again_it_is_as_at_first_and_dropped_it_is_gone():
    with server.start() as lab:
        for _ in range(2):
            with practice.make(lab).begin() as connection:
                count = connection.execute(text("select count(*) from invoices")).scalar_one()
                connection.execute(text("delete from invoices"))
            assert count == 100_000
        practice.drop(lab)
        with pytest.raises(NotConnected, match=practice.DATABASE):
            perfkit.index_audit(lab.url(practice.DATABASE))
