import pytest

from perfkit.plans.candidates import candidates
from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.plans.read import read_plan

TYPES = {
    "doc": "jsonb",
    "tags": "text[]",
    "words": "tsvector",
    "during": "tstzrange",
    "note": "text",
}
COLUMNS = {name: ColumnFacts(name=name, type=kind) for name, kind in TYPES.items()}


def found(text, *, known=True, extensions=(), indexes=()):
    node = {"Node Type": "Seq Scan", "Schema": "s", "Relation Name": "t", "Alias": "t",
            "Filter": text, "Plan Rows": 50, "Total Cost": 5000.0}  # fmt: skip
    table = TableFacts(schema="s", name="t", rows=1e5, columns=COLUMNS, indexes=indexes)
    facts = Facts(tables={("s", "t"): table}, extensions=frozenset(extensions))
    return candidates(read_plan({"Plan": node}), facts if known else None)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("(t.doc @> '{\"a\": 1}'::jsonb)", "USING gin (doc jsonb_path_ops)"),
        ("(t.tags @> '{a}'::text[])", "USING gin (tags)"),
        ("(t.tags && ARRAY['a'::text, 'b'::text])", "USING gin (tags)"),
        ("(t.words @@ '''a'''::tsquery)", "USING gin (words)"),
        ("(t.words @@ to_tsquery('a'::text))", "USING gin (words)"),
        ("(t.during && '[2025-01-01,2025-01-02)'::tstzrange)", "USING gist (during)"),
        ("(t.note ~~ '%abc%'::text)", "USING gin (note gin_trgm_ops)"),
        ("(t.note % 'abc'::text)", "USING gin (note gin_trgm_ops)"),
        ("(to_tsvector('english'::regconfig, t.note) @@ '''a'''::tsquery)",
         "USING gin ((to_tsvector('english'::regconfig, note)))"),
    ],
)  # fmt: skip
def test_what_a_column_contains_is_found_by_an_index_of_its_kind(text, body, known):
    assert [one.body for one in found(text, known=known)] == [body]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("(t.doc ? 'a'::text)", "USING gin (doc)"),
        ("(t.during @> '2025-01-01 00:00:00+00'::timestamp with time zone)", "USING gist (during)"),
    ],
)
def test_where_the_value_does_not_tell_the_column_does(text, body):
    assert [one.body for one in found(text)] == [body]
    assert found(text, known=False) == []


@pytest.mark.parametrize(
    "text", ["(t.doc <@ '{}'::jsonb)", "(t.note ~~ '%a%'::text)", "(t.note << 'a'::text)"]
)
def test_operators_that_no_such_index_serves(text):
    assert found(text) == []


def test_the_extension_is_said_and_made_first_where_it_is_missing():
    (missing,) = found("(t.note ~~ '%abc%'::text)")
    (there,) = found("(t.note ~~ '%abc%'::text)", extensions=["pg_trgm"])
    assert missing.statements[0] == "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    assert any("pg_trgm" in note for note in missing.notes)
    assert there.extension == ""


def test_an_index_of_the_kind_that_exists_is_enough():
    old = IndexFacts(name="i", method="gin", keys=("doc",), classes=("",))
    assert found("(t.doc @> '{\"a\": 1}'::jsonb)", indexes=(old,)) == []
