import html
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.errors import InputError
from perfkit.formats.model import Chunk
from perfkit.formats.plans.explain import FORMAT
from perfkit.ingest.recognise import recognise
from perfkit.plans.read import read_plan

DATA = Path(__file__).parent / "data"
FILES = sorted(path.name for path in DATA.iterdir())


def confidence(text):
    return FORMAT.recognises(text.encode()).confidence


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_loaded_with_its_plans(name):
    rec = perfkit.load(DATA / name)
    assert rec.sources["format"].tolist() == ["explain-plan"]
    assert not len(rec.rejected)
    for row in rec.plans.itertuples():
        plan = read_plan(row.plan)
        assert not plan.lost
        assert row.shape_id == plan.shape_id


def test_times_and_statements_are_those_of_the_plan():
    rec = perfkit.load(DATA / "pg_lines.jsonl")
    assert rec.plans["duration_ms"].tolist()[0] == 9.6
    assert rec.plans["duration_ms"].isna().tolist() == [False, True]  # planned only
    assert rec.plans["statement"].tolist()[0] == "select * from orders where user_id = 42"
    assert rec.plans["at"].isna().all()
    assert any(note.kind == "no_time_of_day" for note in rec.quality)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("copies", [2, 5])
def test_several_in_one_file_are_as_many_rows_and_lines_add_up(name, copies):
    one = FORMAT.parse(Chunk.whole((DATA / name).read_bytes()))
    many = FORMAT.parse(Chunk.whole((DATA / name).read_bytes() * copies))
    assert many.tables["plans"].num_rows == copies * one.tables["plans"].num_rows
    assert many.lines == many.used + many.irrelevant + many.rejected_lines
    assert many.rejected_lines == 0


@pytest.mark.parametrize("name", FILES)
def test_where_it_is_cut_no_plan_is_lost(name):
    data = (DATA / name).read_bytes() * 3
    place = FORMAT.cut(data)
    whole = FORMAT.parse(Chunk.whole(data)).tables["plans"].num_rows
    parts = [FORMAT.parse(Chunk.whole(part)) for part in (data[:place], data[place:])]
    assert 0 < place < len(data)
    assert sum(part.tables["plans"].num_rows for part in parts) == whole


PREFIX = "2026-11-21 10:00:00.000 UTC [7] app@shop LOG:  duration: 9.6 ms  plan:\n"
PLAN = (DATA / "pg_depesz.txt").read_text()


@pytest.mark.parametrize(
    "text",
    [
        PREFIX + "\t" + PLAN.replace("\n", "\n\t"),
        "\t" + PLAN.replace("\n", "\n\t") + "\n" + PREFIX + "\t" + PLAN.replace("\n", "\n\t"),
        "2026-11-21 10:00:00 UTC [7] LOG:  statement: explain analyze select 1\n" + PLAN,
        '{"operation": "GET /a", "duration_ms": 5, "level": "info"}\n' * 3,
        '{"plan": "gold", "Plan": {"name": "x"}}\n',
        '{"Plan": [1, 2]}',
        '[{"traceId": "a", "tags": [{"key": "plan", "value": "Seq Scan  (cost=0.00..1 rows=1"}]}]',
        "how to explain (cost=1..2 rows=3 width=4)\n",
        "Dear all,\n\nI explain: Seq Scan on t is bad.\n",
        "id,plan,cost\n1,Seq Scan,5\n",
        "",
        "\n\n",
    ],
)
def test_what_is_no_file_of_plans_is_left_to_others(text):
    assert confidence(text) < 0.4


def test_a_log_with_plans_in_it_stays_a_log():
    text = PREFIX + "\tQuery Text: select 1\n\t" + PLAN.strip().replace("\n", "\n\t") + "\n"
    assert recognise((text * 3).encode(), "log")[0].name == "postgres-stderr"


def test_xml_and_yaml_are_refused_with_what_to_do():
    for text in ('- Plan: \n    Node Type: "Result"\n', "<explain><Query><Plan>"):
        assert confidence(text) == 0


def test_a_plan_that_is_cut_off_is_read_as_far_as_it_goes_and_said(tmp_path):
    path = tmp_path / "cut.json"
    path.write_text((DATA / "pg.json").read_text()[:300])
    rec = perfkit.load(path)
    assert len(rec.plans) == 1
    assert any(note.kind == "truncated_plans" for note in rec.quality)


def test_a_broken_one_between_others_costs_itself_alone(tmp_path):
    good = json.dumps(json.loads((DATA / "pg.json").read_text()))
    path = tmp_path / "plans.jsonl"
    path.write_text(f'{good}\n{{"Plan": {{"Node Type": 5}}}}\n{good}\n')
    rec = perfkit.load(path)
    assert len(rec.plans) == 2
    assert rec.rejected["line"].tolist() == [2]


@given(
    st.text(alphabet=st.sampled_from('{}[]":,-> \n(cost=1.rows)PlanQUERYNodeTyp|'), max_size=200)
)
def test_any_text_is_parsed_without_a_fault_and_its_lines_add_up(text):
    FORMAT.recognises(text.encode())
    parsed = FORMAT.parse(Chunk.whole(text.encode()))
    assert parsed.lines == parsed.used + parsed.irrelevant + parsed.rejected_lines
    assert 0 <= FORMAT.cut(text.encode()) <= len(text.encode())


def test_nothing_but_a_heading_is_an_error(tmp_path):
    path = tmp_path / "plan.txt"
    path.write_text(" QUERY PLAN\n------------\n(0 rows)\n")
    with pytest.raises(InputError):
        perfkit.load(path)


@pytest.mark.parametrize("style", ["|-+", "│─┼", "║═╬"])
def test_a_frame_above_the_heading_hides_no_plan(style):
    bar, dash, corner = style
    rule = corner + dash * 60 + corner
    lines = ["QUERY PLAN", "Limit  (cost=0.00..1.00 rows=1 width=4)",
             "  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)"]  # fmt: skip
    rows = [f"{bar} {line:58} {bar}" for line in lines]
    assert confidence("\n".join([rule, rows[0], rule, *rows[1:], rule, ""])) > 0.9


LINES = """Limit  (cost=0.00..5.00 rows=20 width=8) (actual time=0.100..98.200 rows=20 loops=1)
  ->  Seq Scan on orders  (cost=0.00..9.00 rows=26 width=8) (actual time=0.1..98.0 rows=20 loops=1)
        Filter: (user_id = 42)
Planning Time: 0.100 ms
Execution Time: 98.300 ms""".splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"> {line}" for line in LINES),
        "\n".join(f"{number}: {line}" for number, line in enumerate(LINES, 1)),
        "\n".join(f"-[ RECORD {n} ]---\nQUERY PLAN | {line}" for n, line in enumerate(LINES, 1)),
        "<table>"
        + "".join(f"<tr><td>{html.escape(one)}</td></tr>\n" for one in LINES)
        + "</table>",
        repr([(line,) for line in LINES]),
        json.dumps([[line] for line in LINES]),
        json.dumps({"rows": [[line] for line in LINES]}),
        "Hi all,\nthis is slow:\n\n" + "\n".join(LINES) + "\nAny ideas?\n",
    ],
    ids=["mail", "numbered", "records", "page", "python", "lists", "rows", "prose"],
)
def test_a_plan_in_a_frame_is_one_plan(tmp_path, text):
    (tmp_path / "plan.txt").write_text(text)
    rec = perfkit.load(tmp_path / "plan.txt")
    assert rec.plans["duration_ms"].tolist() == [98.3]
    kinds = [node.kind for node in read_plan(rec.plans["plan"][0]).tree]
    assert kinds == ["Limit", "Seq Scan"]
