import pytest

from perfkit.plans.facts import ColumnFacts, IndexFacts, TableFacts
from perfkit.plans.rules.obstacles import cast_type, leads_an_index, obstacle


def rule(scans_made, text, table=None):
    found = obstacle(scans_made(Filter=text, Alias="e").root, table)
    return None if found is None else (found.rule, *found.columns)


def table(type_name, *indexes):
    columns = {"id": ColumnFacts(name="id", type=type_name)}
    return TableFacts(schema="public", name="events", columns=columns, indexes=indexes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((e.id)::numeric = 5.0)", ("implicit-cast", "id")),
        ("((e.id)::double precision = '5'::double precision)", ("implicit-cast", "id")),
        ("((e.code)::bpchar = 'x'::bpchar)", ("implicit-cast", "code")),
        ("(lower(e.email) = 'x'::text)", ("function-on-column", "email")),
        ("((e.created_at)::date = '2025-01-01'::date)", ("function-on-column", "created_at")),
        ("(EXTRACT(year FROM e.at) = '2025'::numeric)", ("function-on-column", "at")),
        ("((e.id + 1) = 5)", ("function-on-column", "id")),
        ("(length(e.note) > 5)", ("function-on-column", "note")),
        ("((e.data ->> 'k'::text) = 'v'::text)", ("function-on-column", "data")),
        ("(lower(e.a || e.b) = 'x'::text)", ("function-on-column", "a", "b")),
        ("(e.note ~~ '%x%'::text)", ("leading-wildcard", "note")),
        ("((e.kind)::text ~~* 'x%'::text)", ("leading-wildcard", "kind")),
        ("(e.note ~ 'x'::text)", ("leading-wildcard", "note")),
        ("((e.note ~~ '_x'::text) AND (e.id > 3))", ("leading-wildcard", "note")),
        ("((e.a = 1) OR (e.b = 2))", ("or-over-columns", "a", "b")),
        ("((e.a = 1) OR ((e.kind)::text = 'x'::text))", ("or-over-columns", "a", "kind")),
        ("(((e.a = 1) AND (e.c = 2)) OR (e.b = 2))", ("or-over-columns", "a", "b")),
    ],
)
def test_what_keeps_an_index_from_serving(scans_made, text, expected):
    assert rule(scans_made, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(e.id = 5)",
        "(e.id > 5)",
        "((e.kind)::text = 'x'::text)",
        "(e.note ~~ 'x%'::text)",
        "(e.note ~ '^x'::text)",
        "(e.note ~~ $1)",
        "(e.note !~~ '%x%'::text)",
        "((e.a = 1) OR (e.a = 2))",
        "((e.a = 1) OR (u.b = 2))",
        "((e.a = 1) OR (lower(e.b) = 'x'::text))",
        "((e.id = 5) AND (lower(e.email) = 'x'::text))",
        "((e.id = ANY ('{1,2}'::integer[])) AND (e.note ~~ '%x%'::text))",
        "(e.x <> 5)",
        "(NOT (hashed SubPlan 1))",
        "(e.amount > random())",
        "",
    ],
)
def test_what_an_index_serves_or_nothing_does_is_no_obstacle(scans_made, text):
    assert rule(scans_made, text) is None


def test_a_lookup_goes_before_a_pattern_and_a_pattern_before_a_range(scans_made):
    lookup = "((lower(e.a) = 'x'::text) AND (e.b ~~ '%x%'::text))"
    assert rule(scans_made, lookup) == ("function-on-column", "a")
    pattern = "((length(e.a) > 5) AND (e.b ~~ '%x%'::text))"
    assert rule(scans_made, pattern) == ("leading-wildcard", "b")


def test_a_cast_to_text_is_harmless_for_text_only(scans_made):
    text = "((e.id)::text = '5'::text)"
    assert rule(scans_made, text, table("bigint")) == ("implicit-cast", "id")
    assert rule(scans_made, text, table("character varying(20)")) is None
    assert rule(scans_made, text) is None


def test_the_type_of_a_cast_is_read_from_a_plain_cast_alone(scans_made):
    def read(text):
        found = obstacle(scans_made(Filter=text, Alias="e").root)
        return cast_type(found.predicates[0])

    assert read("((e.id)::double precision = '5'::double precision)") == "double precision"
    assert read("((e.id)::numeric(10,2) = 5.00)") == "numeric"
    assert read("(lower((e.id)::text) = '5'::text)") == ""


def test_an_index_leads_with_a_column_whatever_its_quotes():
    quoted = IndexFacts(name="i", method="btree", keys=('"Id"', "x"))
    assert leads_an_index("Id", table("bigint", quoted))
    assert not leads_an_index("x", table("bigint", quoted))
    assert not leads_an_index("Id", None)
    broken = IndexFacts(name="i", method="btree", keys=("id",), valid=False)
    assert not leads_an_index("id", table("bigint", broken))
