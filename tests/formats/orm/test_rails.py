"""Rails' log, tagged and untagged."""

import pytest

from perfkit.formats.orm.rails import FORMAT

IDS = ["5f0c6b1e-7c4f-4c43-9d55-0a3a3ec5d3c1", "6f0c6b1e-7c4f-4c43-9d55-0a3a3ec5d3c1"]


def test_statements_have_milliseconds_and_binds(rows, data_file):
    found = {row["line"]: row for row in rows(FORMAT, data_file("rails_untagged.log"))}
    assert (found[8]["duration_ms"], found[8]["parameters"]) == (0.2, '[["id", 1], ["LIMIT", 1]]')
    assert found[12]["statement"] == "SELECT count(*)\n    FROM posts\n    WHERE id > 3"
    assert "/*action='index'" in found[6]["statement"]
    assert found[16]["duration_ms"] == 4.2


def test_what_the_query_cache_answered_took_no_database_time_yet_repeats(read, data_file):
    result = read(FORMAT, data_file("rails_untagged.log"))
    loads = [
        row
        for row in result.tables["queries"].to_pylist()
        if row["fingerprint"] == 'select "users".* from "users" where "users"."id" = ? limit ?'
    ]
    assert [row["duration_ms"] for row in loads] == [0.2, None, 0.3]
    assert [b'"cached":true' in row["attributes"] for row in loads] == [False, True, False]
    assert "cached_statements" in {note.kind for note in result.notes}


def test_requests_have_route_path_status_and_their_statements(rows, data_file):
    data = data_file("rails_untagged.log")
    found = rows(FORMAT, data, table="requests")
    assert [(r["method"], r["path"], r["status"], r["duration_ms"], r["route"]) for r in found] == [
        ("GET", "/posts", 200, 12.0, "PostsController#index"),
        ("POST", "/posts?x=1", 422, 3.0, "PostsController#create"),
        ("GET", "/nope", None, None, None),
    ]
    assert b'"queries":"4","cached":"1"' in found[0]["attributes"]
    assert {row["request_id"] for row in rows(FORMAT, data)} == {found[0]["request_id"]}


def test_a_tag_joins_the_lines_of_requests_that_overlap(rows, data_file):
    data = data_file("rails_tagged.log")
    requests = rows(FORMAT, data, table="requests")
    assert [(row["request_id"], row["path"]) for row in requests] == [
        (IDS[0], "/posts"), (IDS[1], "/users/5"),
    ]  # fmt: skip
    assert [row["request_id"] for row in rows(FORMAT, data)] == [IDS[1], IDS[0]]
    hours = {f"{row['started_at']:%H}" for row in [*requests, *rows(FORMAT, data)]}
    assert hours == {"10"}  # the offset that Started names holds for Ruby's Logger too


def test_statements_between_requests_belong_to_none(rows):
    data = (
        'Started GET "/a" for ::1 at 2026-11-21 11:00:00 +0000\n'
        "Completed 200 OK in 3ms (ActiveRecord: 0.0ms)\n"
        "  Job Load (0.5ms)  SELECT 1\n"
    )
    assert rows(FORMAT, data)[0]["request_id"] is None


@pytest.mark.parametrize("name", ["rails_tagged.log", "rails_untagged.log"])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(name))
    same_in_chunks(FORMAT, data_file(name) * 3, sizes=(150, 700))


@pytest.mark.parametrize(
    "line",
    [b"Started GET something\n", b"Completed 200 tests in 5ms\n", b"  (0.5ms)  done\n", b"x\n"],
)
def test_other_logs_are_not_claimed(line):
    assert FORMAT.recognises(line).confidence == 0.0
