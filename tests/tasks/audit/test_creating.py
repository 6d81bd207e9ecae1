from dataclasses import replace

import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.facts import IndexFacts, Partition
from perfkit.plans.read import read_plan
from perfkit.probes.catalog import Index, Key
from perfkit.probes.slow_statements import Write
from perfkit.tasks.audit.creating import apart, creates, worth_it
from perfkit.tasks.audit.missing import Served, Wanted, Wished
from perfkit.tasks.audit.workload import Asked, Load
from perfkit.tasks.proofs import Proof, Question
from perfkit.tasks.proofs.model import WriteCost

PLAN = read_plan(
    '[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Schema": "s", "Alias": "t",'
    '"Startup Cost": 0, "Total Cost": 60, "Plan Rows": 9, "Plan Width": 1}}]'
)
INDEX = Candidate(
    schema="s", table="t", keys=(SortKey(column="a"), SortKey(column="b", descending=True,
                                                              nulls_first=True)),
)  # fmt: skip
PROOF = Proof(
    candidate=INDEX, question=Question(statement="select 1", mean_ms=10.0), method="built",
    verdict="helps", used=True, before_ms=8.0, after_ms=2.0, before_blocks=900, after_blocks=4,
    before_cost=100.0, after_cost=8.0, size_bytes=1 << 20, size_basis="measured",
    write_cost=WriteCost(wal_bytes_per_1000_inserts=80_000.0, insert_ms_per_1000=2.0),
)  # fmt: skip


def wanted(index=INDEX, proof=PROOF, times=1):
    asked = Asked(text="select 1", calls=10, mean_ms=10.0)
    wished = Wished(asked=asked, plan=PLAN, candidates=[index])
    return Wanted(served=(Served(wished=wished, candidate=index, proof=proof),) * times)


def load(*writes):
    return Load(statements=(), caveats=(), source="", writes=[Write(*write) for write in writes])


@pytest.mark.parametrize(
    ("rows", "kept"),
    [(0, 1), (30_000, 1), (37_500, 0), (10**9, 0)],  # saves 75 ms; 2 ms per 1,000 rows
)
def test_an_index_is_worth_it_while_it_saves_more_than_it_costs_the_inserts(rows, kept):
    writes = [("insert into s.t values ($1)", 5, rows)] if rows else []
    left, notes = worth_it([wanted()], load(*writes))
    assert len(left) == kept
    assert len(notes) == 1 - kept
    assert all("in 10 calls and cost the inserts" in note for note in notes)


def test_without_a_measured_price_nothing_is_left_out():
    cheap = replace(PROOF, write_cost=WriteCost(wal_bytes_per_1000_inserts=9.0))
    for proof in (cheap, None, replace(PROOF, write_cost=None)):
        left, _ = worth_it([wanted(proof=proof)], load(("insert into t values (1)", 5, 10**9)))
        assert len(left) == 1


def test_what_was_measured_is_told_with_its_units_and_price():
    (advice,) = creates([wanted(times=2)])
    assert (advice.action, advice.proven, advice.confidence) == ("create", True, "high")
    assert advice.columns == "a, b DESC"
    assert advice.reason.startswith("2 slow statements would use it; built and measured: ")
    assert "8.00 ms before, 2.00 ms after; 900 blocks before, 4 after" in advice.reason
    assert "Its size: 1.00 MB (measured)." in advice.fix
    assert "2.0 ms per 1,000 inserts" in advice.write_cost
    assert (advice.saves_ms, advice.calls) == (7.5, 20)
    assert advice.before_ms == 8.0


@pytest.mark.parametrize(
    ("changes", "said", "confidence"),
    [
        ({"method": "hypopg"}, "planned with a hypothetical index: cost 100 before, 8", "medium"),
        ({"method": "built"}, "built and planned, not executed: cost 100 before, 8", "medium"),
        ({"method": "sample"}, "on a sample copy and planned, not executed", "medium"),
    ],
)
def test_what_was_only_planned_is_not_called_measured(changes, said, confidence):
    nothing = dict.fromkeys(("before_ms", "after_ms", "before_blocks", "after_blocks"))
    (advice,) = creates([wanted(proof=replace(PROOF, **nothing, **changes))])
    assert said in advice.reason
    assert advice.confidence == confidence


def test_without_a_proof_it_says_so():
    (advice,) = creates([wanted(proof=None)])
    assert not advice.proven
    assert "estimated" in advice.reason
    assert advice.fix.startswith("Not proven")


@pytest.mark.parametrize(
    ("partitions", "how"), [((), "CONCURRENTLY "), ((Partition("s", "t1"),), "")]
)
def test_what_is_replaced_goes_after_the_new_one_is_built(partitions, how):
    old = IndexFacts(name='o"ld', method="btree", keys=("a",),
                     definition='CREATE INDEX "o""ld" ON s.t USING btree (a)')  # fmt: skip
    (advice,) = creates([wanted(index=replace(INDEX, replaces=old, partitions=partitions))])
    statements = advice.do.split("\n")
    assert advice.action == "replace"
    assert statements[-1] == f'DROP INDEX {how}IF EXISTS s."o""ld";'
    assert "CREATE INDEX" in statements[1]
    assert advice.undo.split("\n")[0].startswith("CREATE INDEX")
    assert advice.undo.split("\n")[-1].startswith("DROP INDEX")


def test_two_indexes_that_differ_in_directions_only_have_names_of_their_own():
    other = replace(INDEX, keys=(SortKey(column="a"), SortKey(column="b")))
    assert other.name == INDEX.name
    first, second = apart([wanted(), wanted(other, times=2)])
    assert first.candidate.name == INDEX.name
    assert second.candidate.name != INDEX.name
    assert len({one.candidate.name for one in second.served}) == 1


def test_names_on_partitions_are_told_apart_as_well():
    parts = (Partition(schema="s", name="t_a", parts=()),)
    one = replace(INDEX, keys=(SortKey(column="b"),), partitions=parts)  # t_a_b_idx on t_a
    found = apart(
        [wanted(one), wanted(replace(INDEX, keys=(SortKey(column="a"), SortKey(column="b"))))]
    )
    assert len({each.candidate.name for each in found} | {"t_a_b_idx"}) == 3


def test_before_the_old_index_goes_the_new_one_is_checked_and_undo_has_the_old_one_whole():
    old = IndexFacts(
        name="t_a",
        method="btree",
        keys=("a",),
        definition="CREATE INDEX t_a ON s.t USING btree (a)",
    )
    known = Index(
        schema="s", table="t", name="t_a", method="btree", unique=False, nulls_not_distinct=False,
        valid=True, constrained=False, replica_identity=False, exclusion=False,
        supports_foreign_key=False, keys=(Key("a", 1, 0, 0),), included=(), predicate=None,
        definition=old.definition, size_bytes=9, scans=1, last_scan=None, comment="mine",
    )  # fmt: skip
    (advice,) = creates([wanted(replace(INDEX, replaces=old))], [known])
    *_, check, drop = advice.do.split("\n")
    assert check.startswith("SELECT 1 / coalesce((SELECT indisvalid")
    assert drop == "DROP INDEX CONCURRENTLY IF EXISTS s.t_a;"
    assert advice.undo.split("\n") == [
        "CREATE INDEX CONCURRENTLY t_a ON s.t USING btree (a);",
        "COMMENT ON INDEX s.t_a IS 'mine';",
        "DROP INDEX CONCURRENTLY IF EXISTS s.t_a_b_idx;",
    ]
