from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.read import read_plan
from perfkit.probes.catalog import Index, Key, StatisticsAge
from perfkit.probes.slow_statements import SlowStatement
from perfkit.tasks.audit_report import (
    Create,
    Survey,
    caveats,
    findings,
    joined,
    table,
    with_proofs,
)
from perfkit.tasks.index_creates import Proposal
from perfkit.tasks.audit.drops import Drop
from perfkit.tasks.index_proof import Proof

PLAN = read_plan({"Plan": {"Node Type": "Seq Scan"}})
OLD = StatisticsAge(datetime(2025, 1, 1, 9, 30, tzinfo=UTC), known=True, seconds=90 * 86_400)
YOUNG = OLD._replace(seconds=60.0)
PRIMARY, STANDBY = SimpleNamespace(standby=False), SimpleNamespace(standby=True)
HELPS = Proof(
    before_ms=10.0, after_ms=0.5, before_blocks=1200, after_blocks=4, size_bytes=1 << 20, used=True
)


def proposal(column="user_id", *, calls=10, mean_ms=50.0, share=0.9, **where):
    wanted = Candidate(
        **({"table": "orders", "schema": "public"} | where),
        keys=(SortKey(column=column),),
        equality=1,
    )
    statement = SlowStatement(f"select * from orders where {column} = $1", calls, mean_ms)
    return Proposal(
        candidate=wanted, statement=statement, plan=PLAN, cost_share=share, table_rows=60_000
    )


def index(name="i", **changes):
    facts = {
        "schema": "public", "table": "orders", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": True, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "keys": (Key("note", 1, 0, 0),), "included": (), "predicate": None,
        "definition": f"CREATE INDEX {name} ON public.orders USING btree (note)",
        "size_bytes": 1 << 20, "scans": 0, "last_scan": None,
    }  # fmt: skip
    return Index(name=name, **(facts | changes))


def drop(kind="unused", **changes):
    facts = {"index": index(), "reason": "because", "proven": kind != "unused"}
    return Drop(kind=kind, **(facts | changes))


def survey(**changes):
    facts = {
        "indexes": [index()], "age": OLD, "drops": [], "creates": [], "statements": 5,
        "without_plan": 0,
    }  # fmt: skip
    return Survey(**(facts | changes))


def test_proposals_for_one_index_are_joined_and_weighed_by_their_calls():
    often, slow = proposal(calls=300, mean_ms=10.0), proposal(calls=100, mean_ms=50.0)
    (create,) = joined([often, slow])
    assert create.calls == 400
    assert create.saves_ms == pytest.approx((300 * 9.0 + 100 * 45.0) / 400)
    assert create.main is slow  # 4.5 s in all against 2.7 s


def test_indexes_of_other_schemas_tables_and_columns_are_others_the_dearest_first():
    found = [
        proposal(calls=1), proposal(calls=2, schema="b"), proposal("total", calls=4),
        proposal(calls=3, table="orders2"),
    ]  # fmt: skip
    assert [create.calls for create in joined(found)] == [4, 3, 2, 1]


def test_a_statement_never_called_divides_by_nothing():
    assert Create(proposals=[proposal(calls=0)]).saves_ms == 0.0


def test_a_measured_saving_replaces_the_estimate():
    create = Create(proposals=[proposal(mean_ms=1000.0)], proof=HELPS)
    assert create.saves_ms == 9.5


def test_what_helps_is_proven_what_does_not_is_left_out_and_said():
    creates = joined([proposal("a", calls=3), proposal("b", calls=2), proposal("c", calls=1)])
    proofs = {
        "orders_a_idx": HELPS,
        "orders_b_idx": Proof(before_ms=10.0, after_ms=9.0, used=True),
        "orders_c_idx": Proof(refused="the statement writes"),
    }
    got = with_proofs(survey(creates=creates, caveats=("first",)), proofs)
    assert [(c.candidate.name, c.proof) for c in got.creates] == [
        ("orders_a_idx", HELPS),
        ("orders_c_idx", None),
    ]
    assert got.caveats == (
        "first",
        "orders_b_idx was built and did not help (10 ms before, 9.00 ms after): not proposed.",
        "orders_c_idx could not be proven: the statement writes.",
    )


def test_the_table_has_creates_before_drops_with_unknown_as_null():
    creates = [Create(proposals=[proposal()]), Create(proposals=[proposal("b")], proof=HELPS)]
    rows = table(survey(creates=creates, drops=[drop("duplicate")])).to_pylist()
    assert [(r["action"], r["index"], r["proven"], r["confidence"]) for r in rows] == [
        ("create", "orders_user_id_idx", False, "medium"),
        ("create", "orders_b_idx", True, "high"),
        ("drop", "i", True, "high"),
    ]
    assert [(r["before_ms"], r["after_ms"], r["size_bytes"]) for r in rows] == [
        (50.0, None, None),
        (10.0, 0.5, 1 << 20),
        (None, None, 1 << 20),
    ]
    assert rows[2]["saves_ms"] is None
    assert rows[2]["columns"] == "note"


def test_nothing_found_is_a_table_without_rows_and_no_finding():
    assert table(survey()).num_rows == 0
    assert table(survey()).schema.names[0] == "action"
    assert findings(survey()) == []


def test_a_missing_index_is_said_to_be_estimated_or_measured():
    guessed, proven = findings(
        survey(
            creates=[Create(proposals=[proposal()]), Create(proposals=[proposal()], proof=HELPS)]
        )
    )
    assert "1 slow statement(s) scan the whole table" in guessed.title
    assert guessed.fix.text.startswith("Not proven")
    assert "10 ms and 1,200 blocks before, 500 µs and 4 after" in proven.title
    assert proven.fix.text.startswith("Proven by building it")
    assert proven.fix.snippet == guessed.fix.snippet
    assert (guessed.saves_ms, guessed.saves_times, guessed.confidence) == (45.0, 10, "medium")
    assert proven.confidence == "high"


@pytest.mark.parametrize(
    ("found", "severity", "confidence", "advice"),
    [
        (drop("duplicate"), "warning", "high", "Drop it: the other index"),
        (drop("redundant"), "warning", "high", "Drop it: the other index"),
        (drop("unused"), "info", "medium", "Drop it if no standby uses it"),
        (drop("unused", enough=False), "info", "low", "Do not drop it yet"),
    ],
)
def test_how_sure_a_drop_is_decides_what_is_advised(found, severity, confidence, advice):
    (finding,) = findings(survey(drops=[found]))
    assert (finding.severity, finding.confidence) == (severity, confidence)
    assert finding.fix.text.startswith(advice)
    assert finding.rule == f"{found.kind}-index"


def test_the_way_back_stays_behind_its_comment_mark_whatever_the_definition_holds():
    evil = index(
        'x"; drop table users; --', definition="CREATE INDEX x ON t (a)\n; drop table users"
    )
    (finding,) = findings(survey(drops=[drop(index=evil)]))
    first, second = finding.fix.snippet.splitlines()
    assert first == 'DROP INDEX CONCURRENTLY public."x""; drop table users; --";'
    assert second.startswith("-- to bring it back: CREATE INDEX x ON t (a) ; drop")


def test_old_statistics_of_a_primary_need_no_caveat():
    assert caveats(PRIMARY, survey()) == []


@pytest.mark.parametrize(
    ("server", "found", "said"),
    [
        (PRIMARY, survey(age=YOUNG), "reach back to 2025-01-01 09:30 only"),
        (PRIMARY, survey(drops=[drop()]), "may be used on a standby"),
        (PRIMARY, survey(indexes=[index(scans=None)]), "GRANT pg_monitor"),
        (PRIMARY, survey(statements=1200, without_plan=7), "7 of 1,200 slow statements"),
        (STANDBY, survey(), "This is a standby"),
        (PRIMARY, survey(caveats=("as found",)), "as found"),
    ],
)
def test_what_limits_the_conclusions_is_said_once(server, found, said):
    (note,) = caveats(server, found)
    assert said in note
