import pickle

from perfkit import tables
from perfkit.formats.model import KEPT_PER_REASON, BadLine, Chunk, Parsed, concatenate, kept
from perfkit.formats.registry import formats
from perfkit.recording import Note


def test_of_each_reason_the_first_thousand_are_kept():
    bad = [BadLine(line=n, reason=reason, text="") for n in range(1500) for reason in "ab"]
    found = kept(bad)
    assert len(found) == 2 * KEPT_PER_REASON
    assert found[-1].line == KEPT_PER_REASON - 1


def test_a_rejected_line_is_kept_as_text_whatever_its_bytes_are():
    assert BadLine.of(1, "r", b"a\xff\r\n").text == "a\N{REPLACEMENT CHARACTER}"
    assert len(BadLine.of(1, "r", b"x" * 9999).text) == 500


def part(line, statement):
    table = tables.from_columns("queries", {"line": [line], "statement": [statement]})
    bad = BadLine(line=line + 1, reason="r", text="")
    note = Note(kind="k", message="m")
    return Parsed(tables={"queries": table}, rejected=(bad,), rejected_lines=1, lines=3,
                  irrelevant=1, notes=(note,))  # fmt: skip


def test_chunks_are_put_behind_each_other_with_their_lines_shifted():
    whole = concatenate([part(1, "a"), part(1, "a").shifted(3)])
    assert whole.tables["queries"]["line"].to_pylist() == [1, 4]
    assert [bad.line for bad in whole.rejected] == [2, 5]
    assert (whole.lines, whole.used, whole.irrelevant, whole.rejected_lines) == (6, 2, 2, 2)
    assert len(whole.notes) == 1
    chunks = whole.tables["queries"]["statement"].chunks
    assert {tuple(chunk.dictionary.to_pylist()) for chunk in chunks} == {("a",)}


def test_formats_chunks_and_results_travel_between_processes(real):
    chunk = Chunk.whole(real("logs/ae_json.log.gz")[:20_000])
    for item in formats():
        here = item.parse(chunk)
        there = pickle.loads(pickle.dumps(item)).parse(pickle.loads(pickle.dumps(chunk)))
        back = pickle.loads(pickle.dumps(there))
        assert back.lines == here.lines
        assert {name: table.to_pylist() for name, table in back.tables.items()} == {
            name: table.to_pylist() for name, table in here.tables.items()
        }
