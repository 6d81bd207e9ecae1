import pytest
import sqlalchemy as sa

from perfkit.plans.candidates.usable import is_text, usable
from perfkit.plans.conditions import conditions
from perfkit.plans.facts import ColumnFacts, Facts, TableFacts

TYPES = {
    "name": "text", "code": "character varying(9)", "n": "integer", "doc": "jsonb", "old": "json",
    "at": "timestamp without time zone", "zoned": "timestamp with time zone", "d": "date",
    "mail": "citext", "u": "uuid", "mood": "public.mood", "price": "numeric(9,2)",
}  # fmt: skip
TABLE = TableFacts(
    schema="s", name="t", columns={n: ColumnFacts(name=n, type=t) for n, t in TYPES.items()}
)
FACTS = Facts(immutable=frozenset({"lower", "to_hex", "concat_ws_immutable"}))


def keys(text, table=TABLE):
    return [p.column for p in usable(conditions(text).predicates, table, FACTS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((code)::text = 'x'::text)", ["code"]),
        ("((n)::text = 'x'::text)", ["(n)::text"]),
        ("((mail)::text = 'x'::text)", ["(mail)::text"]),
        ("((mood)::text = 'x'::text)", []),  # the output of an enum is not immutable
        ("((name)::text > 'x'::text)", []),  # another collation
        ("(lower(name) = 'x'::text)", ["lower(name)"]),
        ("(lower((code)::text) = 'x'::text)", ["lower((code)::text)"]),
        ("(to_hex(n) = 'x'::text)", ["to_hex(n)"]),
        ("(my_function(n) = 'x'::text)", []),
        ("((at)::date = '2025-01-01'::date)", ["(at)::date"]),
        ("((zoned)::date = '2025-01-01'::date)", []),
        ("(date_trunc('day'::text, at) = $1)", ["date_trunc('day'::text, at)"]),
        ("(date_trunc('day'::text, zoned) = $1)", []),
        ("((at)::text = 'x'::text)", []),
        ("((zoned AT TIME ZONE 'UTC'::text) > $1)", ["zoned AT TIME ZONE 'UTC'::text"]),
        ("(EXTRACT(year FROM d) = '2025'::numeric)", ["EXTRACT(year FROM d)"]),
        ("(EXTRACT(year FROM zoned) = '2025'::numeric)", []),
        ("((doc ->> 'k'::text) = 'x'::text)", ["doc ->> 'k'::text"]),
        ("(((doc ->> 'k'::text))::integer = 5)", ["((doc ->> 'k'::text))::integer"]),
        ("(((doc ->> 'k'::text))::timestamp without time zone = $1)", []),
        ("(to_tsvector('english'::regconfig, name) @@ $1)",
         ["to_tsvector('english'::regconfig, name)"]),
        ("(to_tsvector(name) @@ $1)", []),
        ("(old = $1)", []),
        ("((n + 1) = 5)", []),
        ("((price)::double precision > 5.5)", ["(price)::double precision"]),
        ("(missing = 1)", []),
    ],
)  # fmt: skip
def test_an_index_can_hold_what_is_fixed_for_a_row(text, expected):
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(lower(name) = 'x'::text)", ["lower(name)"]),
        ("((name)::text = 'x'::text)", ["name"]),
        ("((at)::date = '2025-01-01'::date)", []),
        ("(date_trunc('day'::text, at) = $1)", []),
        ("((doc ->> 'k'::text) = 'x'::text)", ["doc ->> 'k'::text"]),
        ("(my_function(n) = 1)", []),
        ("(ctid = '(0,1)'::tid)", []),
    ],
)
def test_of_unknown_columns_only_what_people_index_is_taken(text, expected):
    assert keys(text, None) == expected


def test_text_types_compare_as_text():
    assert is_text("character varying(20)")
    assert not is_text("character(3)")
    assert not is_text("integer")


def test_the_server_agrees_on_what_is_immutable(advised_engine):
    """Every expression that is called usable can be indexed on a real table of those types."""
    columns = ", ".join(f"{n} {t}" for n, t in TYPES.items() if t not in {"citext", "public.mood"})
    texts = [
        text
        for name, params in ((m.name, m.args) for m in
                             test_an_index_can_hold_what_is_fixed_for_a_row.pytestmark)
        if name == "parametrize"
        for text, expected in params[1]
        if expected and "mail" not in text
    ]  # fmt: skip
    raw = {"no_parameters": True}
    with advised_engine.connect() as plain:
        connection = plain.execution_options(isolation_level="READ COMMITTED")
        try:
            connection.exec_driver_sql(f"create table usable_columns ({columns})", raw)
            for text in texts:
                for key in keys(text):
                    method = "gin" if "tsvector" in key else "btree"
                    connection.execute(
                        sa.text(
                            f"create index on usable_columns using {method} (({key}))".replace(
                                ":", "\\:"
                            )
                        )
                    )
        finally:
            connection.rollback()
    assert len(texts) > 10
