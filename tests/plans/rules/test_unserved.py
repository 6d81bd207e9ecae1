import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.unserved import unserved

GUILTY = {
    "code = 77::numeric": ("implicit-cast", "code is cast to numeric"),
    "code = 77.5::double precision": ("implicit-cast", "code is cast to double precision"),
    "lower(email) = 'user7@example.com'": ("function-on-column", "computes lower(email)"),
    "at::date = '2025-02-03'": ("function-on-column", "computes (at)::date"),
    "date_trunc('day', seen) = '2025-02-03'": ("function-on-column", "computes date_trunc"),
    "note like '%abcdef%'": ("leading-wildcard", "may match anywhere"),
    "email ilike 'USER77@%'": ("leading-wildcard", "may match anywhere"),
    "account = 5 or seen = '2025-03-01'": ("or-over-columns", "one of account, seen"),
}


@pytest.mark.parametrize("where", GUILTY)
def test_what_no_index_serves_as_written_is_told_once(scans_told, scans_plan, scans_facts, where):
    rule, because = GUILTY[where]
    plan = scans_plan(f"select * from events where {where}")
    for facts in (None, scans_facts("events")):
        (finding,) = scans_told(plan, facts)
        assert finding.rule == rule
        assert because in finding.title
        assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]
        assert "200,000 rows" in finding.title


@pytest.mark.parametrize(
    "where",
    [
        "code = 77",
        "email = 'user7@example.com'",
        "at >= '2025-02-03' and at < '2025-02-04'",
        "note like 'abcdef%' and code = 3",
        "lower(kind) = 'usual'",
        "note like '%a%'",
        "owner = 5 or owner = 6",
        "account % 2 = 0 or owner = 3",
    ],
)
def test_conditions_that_an_index_serves_or_that_keep_most_are_right(scans_told, scans_plan, where):
    assert scans_told(scans_plan(f"select * from events where {where}")) == []


def test_a_value_of_another_type_is_told_with_the_columns_own(scans_told, scans_plan, scans_facts):
    plan = scans_plan("select * from events where code = 77::numeric")
    (finding,) = scans_told(plan, scans_facts("events"))
    assert finding.fix.snippet == "code = CAST(:value AS bigint)"
    assert finding.confidence == "high"  # the index is there and was not used
    assert "attname = 'code'" in finding.fix.test
    (offline,) = scans_told(plan)
    assert (offline.confidence, offline.fix.snippet) == ("medium", "")
    assert "an index on (code) as well" in offline.fix.text


def test_the_expression_is_indexed_where_that_is_possible(scans_told, scans_plan, scans_facts):
    known = scans_facts("events")
    lower = scans_plan("select * from events where lower(email) = 'user7@example.com'")
    assert "(lower(email))" in scans_told(lower, known)[0].fix.snippet
    # A date depends on the time zone: its expression cannot be indexed.
    day = scans_plan("select * from events where at::date = '2025-02-03'")
    (finding,) = scans_told(day, known)
    assert finding.fix.snippet == ""
    assert "Compare at itself" in finding.fix.text


def test_a_pattern_is_looked_up_by_trigrams_if_it_has_three_letters(scans_told, scans_plan):
    plan = scans_plan("select * from events where note like '%abcdef%'")
    assert "gin_trgm_ops" in scans_told(plan)[0].fix.snippet
    short = scans_plan("select * from events where email like '%7@e%' and email like '%zz'")
    assert scans_told(short)[0].fix.snippet
    tiny = scans_plan("select * from events where email like '%zz'")
    (finding,) = scans_told(tiny)
    assert finding.fix.snippet == ""
    assert "three characters" in finding.fix.text


def test_an_or_takes_an_index_for_each_side(scans_told, scans_plan):
    plan = scans_plan("select * from events where account = 5 or seen = '2025-03-01'")
    (finding,) = scans_told(plan)
    assert "(account)" in finding.fix.snippet
    assert "(seen)" in finding.fix.snippet


def test_an_index_scan_whose_filter_calls_a_function_is_found_too(scans_told, scans_plan):
    sql = "select * from events where owner = 7 and lower(email) = 'user1@example.com'"
    plan = scans_plan(sql, "enable_seqscan = off", "enable_bitmapscan = off")
    assert [one.rule for one in scans_told(plan)] == ["function-on-column"]


def test_a_rule_says_nothing_about_the_obstacles_of_others(scans_made):
    plan = scans_made(
        Filter="(e.note ~~ '%xyz%'::text)", Alias="e", Relation_Name="e",
        Rows_Removed_by_Filter=90_000,
    )  # fmt: skip
    assert unserved("or-over-columns", plan, Facts()) == []
    assert len(unserved("leading-wildcard", plan, Facts())) == 1
