from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.ingest.order import inserted


def events(lines, message):
    return tables.from_columns("events", {"line": lines, "message": [message] * len(lines)})


@given(st.lists(st.sets(st.integers(1, 60), max_size=12), max_size=5), st.data())
def test_rows_come_into_the_places_where_their_lines_belong(parts, data):
    taken, tables_ = [], []
    for offset, part in enumerate(parts):
        lines = [100 * offset + line for line in sorted(part)]
        chosen = data.draw(st.sets(st.sampled_from(lines))) if lines else set()
        taken += sorted(chosen)
        tables_.append(events([line for line in lines if line not in chosen], "many"))
    found = inserted(tables_, events(list(reversed(taken)), "few"), "events")
    lines = found["line"].to_pylist()
    assert lines == sorted(lines)
    assert len(lines) == sum(map(len, parts))
    texts = found["message"].to_pylist()
    assert [line for line, text in zip(lines, texts, strict=True) if text == "few"] == taken
