"""Looking at one command of each structure gives what looking at every one would."""

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.mongodb_shape import shape
from perfkit.formats.logs.mongodb_structures import shapes_of

SCALARS = (
    st.text(max_size=8)
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False).filter(bool)
    | st.booleans()
    | st.none()
    | st.sampled_from(["$total", "$$NOW", "a:1", '"', "\\", "{}", "$2b$12", "]"])
    | st.builds(lambda text: {"$oid": text}, st.text("abcdef0123", min_size=24, max_size=24))
    | st.builds(lambda number: {"$date": number}, st.integers(0, 10**12))
)
FIELDS = st.sampled_from(["a", "b.c", "status", "we ird", "x.3.y", "from", "é"])
CONDITION = st.one_of(
    SCALARS,
    st.lists(SCALARS, min_size=1, max_size=4).map(lambda values: {"$in": values}),
    SCALARS.map(lambda value: {"$gt": value}),
    SCALARS.map(lambda value: {"$not": {"$eq": value}}),
)
FILTER = st.recursive(
    st.dictionaries(FIELDS, CONDITION, max_size=3),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda some: {"$or": some}),
    max_leaves=4,
)
ORDER = st.dictionaries(FIELDS, st.sampled_from([1, -1, 1.0]), min_size=1, max_size=3)
STAGE = st.one_of(
    FILTER.map(lambda value: {"$match": value}),
    ORDER.map(lambda value: {"$sort": value}),
    st.dictionaries(FIELDS, SCALARS, max_size=3).map(lambda value: {"$project": value}),
    st.dictionaries(FIELDS, SCALARS, max_size=3).map(lambda value: {"$group": value}),
    st.text(max_size=5).map(lambda value: {"$out": value}),
)
COMMAND = st.one_of(
    st.builds(lambda f, s: {"find": "o", "filter": f, "sort": s}, FILTER, ORDER),
    st.lists(STAGE, min_size=1, max_size=4).map(lambda some: {"aggregate": "o", "pipeline": some}),
    st.builds(
        lambda q, u, multi: {"q": q, "u": {"$set": u}, "multi": multi},
        FILTER,
        st.dictionaries(FIELDS, SCALARS, min_size=1, max_size=3),
        st.booleans(),
    ),
)


@given(st.lists(COMMAND, max_size=12), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_shapes_of_many_are_the_shapes_of_each(commands, separators):
    texts = [json.dumps(one, separators=separators, ensure_ascii=False) for one in commands]
    found = shapes_of(pa.array(texts, pa.string()))
    assert [found.texts[which] for which in found.which] == list(map(shape, commands))


def test_commands_that_differ_in_values_only_are_looked_at_once():
    texts = [f'{{"find":"o","filter":{{"a":"{n}","b":{{"$gt":{n * 7 + 2}}}}}}}' for n in range(500)]
    assert len(shapes_of(pa.array(texts)).texts) == 1


def test_what_is_no_json_has_an_empty_shape():
    assert shapes_of(pa.array(['{"a":', None])).texts[0] == ("", "")
