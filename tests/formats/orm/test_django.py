"""Django's statement log: files that Django wrote."""

import pytest

from perfkit.formats.orm.django import FORMAT


@pytest.fixture(scope="session")
def log(data_file):
    return data_file("django_plain.log")


def test_statements_have_arguments_alias_and_no_placeholder(rows, log):
    found = rows(FORMAT, log)
    assert len(found) == 28
    by_line = {row["line"]: row for row in found}
    select = by_line[21]
    assert select["statement"].endswith('WHERE "shop_author"."id" = 1 LIMIT 21')
    assert (select["parameters"], select["database"]) == ("(1,)", "default")
    assert {row["database"] for row in found} == {"default", "other"}
    assert by_line[1]["parameters"] is None
    assert len({by_line[line]["fingerprint_id"] for line in (21, 22, 23)}) == 1


def test_a_value_that_looks_like_the_end_does_not_end_the_statement(rows, log):
    by_line = {row["line"]: row for row in rows(FORMAT, log)}
    assert by_line[14]["statement"].startswith('INSERT INTO "shop_author" ("name") VALUES (\'multi')
    assert by_line[14]["statement"].endswith('RETURNING "shop_author"."id"')
    assert by_line[14]["parameters"] == r"('multi\nline; args=(1,)',)"
    assert by_line[27]["statement"].endswith("-- a comment; args=none\nWHERE id > 1")
    assert by_line[27]["parameters"] == "[1]"


def test_seconds_become_milliseconds_and_the_time_is_that_of_the_start(rows):
    line = "2026-11-21 11:00:01,000 DEBUG django.db.backends (0.250) SELECT 1; args=(); alias=x\n"
    (row,) = rows(FORMAT, line)
    assert (row["duration_ms"], row["duration_kind"]) == (250.0, "client")
    assert f"{row['started_at']:%H:%M:%S.%f}" == "11:00:00.750000"


def test_the_zone_asked_for_is_used_and_noted(read):
    line = b"[21/Nov/2026 11:00:00] DEBUG (0.000) SELECT 1; args=()\n"
    result = read(FORMAT, line, zone="Europe/Berlin")
    (at,) = result.tables["queries"]["started_at"].to_pylist()
    assert f"{at:%d %H:%M}" == "21 10:00"
    assert [note.kind for note in result.notes] == ["timezone_assumed"]


@pytest.mark.parametrize("name", ["django_verbose.log", "django_braces.log"])
def test_process_and_thread_of_the_usual_formats_are_the_session(rows, data_file, name):
    found = rows(FORMAT, data_file(name))
    assert len({row["session_id"] for row in found}) == 1
    assert all(len(row["session_id"].split()) == 2 for row in found)
    assert all(row["started_at"] is not None for row in found)


def test_a_statement_without_its_end_is_rejected(read, accounts):
    data = b"(0.001) SELECT 1; args=(); alias=default\n(0.001) SELECT 2 FROM\nx"
    result = read(FORMAT, data)
    accounts(result, 3)
    assert (result.rejected_lines, result.rejected[0].line) == (1, 2)


def test_schema_statements_before_they_run_are_irrelevant(read, log):
    assert read(FORMAT, log).irrelevant == log.count(b"; (params None)")


@pytest.mark.parametrize("name", ["django_plain.log", "django_verbose.log"])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file, name):
    same_in_chunks(FORMAT, data_file(name))
