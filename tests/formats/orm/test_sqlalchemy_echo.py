"""SQLAlchemy's echo, written by SQLAlchemy while the test runs."""

import asyncio
import io
import logging
import threading
import time

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import QueuePool

from perfkit.formats.orm.sqlalchemy_echo import FORMAT

DEFAULT = "%(asctime)s %(levelname)s %(name)s %(message)s"
FORMATS = [
    DEFAULT,
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "[%(asctime)s] [%(levelname)s] [%(name)s] %(message)s",
    "%(levelname)s:%(name)s:%(message)s",
    "%(asctime)s %(levelname)-8s [%(name)s] [base.py:%(lineno)d] %(message)s",
    "%(levelname)s %(asctime)s %(threadName)s %(name)s: %(message)s",
    "%(name)s %(asctime)s %(process)d %(message)s",
]
METADATA = sa.MetaData()
AUTHORS = sa.Table(
    "authors", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String)
)


@pytest.fixture
def echo():
    """Return the lines that SQLAlchemy's engine logs while a function runs."""

    def run(work, *formats, level=logging.INFO):
        stream = io.StringIO()
        logger = logging.getLogger("sqlalchemy.engine")
        handlers = [logging.StreamHandler(stream) for _ in formats or (DEFAULT,)]
        for handler, text in zip(handlers, formats or (DEFAULT,), strict=True):
            handler.setFormatter(logging.Formatter(text))
            logger.addHandler(handler)
        before = logger.level
        logger.setLevel(level)
        try:
            work()
        finally:
            logger.setLevel(before)
            for handler in handlers:
                logger.removeHandler(handler)
        return stream.getvalue().encode()

    return run


def work(engine=None, sleep=0.0):
    engine = engine or sa.create_engine("sqlite://")

    @sa.event.listens_for(engine, "connect")
    def _connect(connection, _record):
        connection.create_function("nap", 1, time.sleep)

    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(AUTHORS.insert(), [{"name": f"n{n}"} for n in range(3)])
        for number in (1, 2):
            connection.execute(AUTHORS.select().where(AUTHORS.c.id == number)).all()
        connection.exec_driver_sql("select nap(?)", (sleep,))
    engine.dispose()


def test_every_execution_is_one_row_with_its_parameters(rows, echo):
    found = rows(FORMAT, echo(work))
    assert [row["parameters"] for row in found if row["statement"].startswith("SELECT")] == [
        "(1,)", "(2,)",
    ]  # fmt: skip
    assert sum(row["statement"].startswith("INSERT") for row in found) == 1
    assert any(row["statement"].startswith("CREATE TABLE authors (\n\tid") for row in found)
    selects = {row["fingerprint_id"] for row in found if row["statement"].startswith("SELECT")}
    assert len(selects) == 1


@pytest.mark.parametrize("text", FORMATS)
def test_the_application_formats_its_lines_as_it_likes(rows, echo, text):
    data = echo(work, text)
    assert FORMAT.recognises(data).confidence >= 0.9
    found = rows(FORMAT, data)
    plain = rows(FORMAT, echo(work))
    assert [row["statement"] for row in found] == [row["statement"] for row in plain]
    assert [row["parameters"] for row in found] == [row["parameters"] for row in plain]
    timed = "asctime" in text
    assert all((row["started_at"] is not None) == timed for row in found)


def test_the_time_since_compilation_is_not_a_duration_the_gap_is_an_upper_bound(rows, echo):
    found = rows(FORMAT, echo(lambda: work(sleep=0.05)))
    slow = next(row for row in found if row["statement"].startswith("select nap"))
    assert 50 <= slow["duration_ms"] < 5000
    assert slow["duration_kind"] == "gap_upper_bound"
    assert b"raw sql" in slow["attributes"]


def test_without_times_durations_are_unknown_and_a_note_says_so(read, echo):
    result = read(FORMAT, echo(work, "%(levelname)s:%(name)s:%(message)s"))
    assert result.tables["queries"]["duration_ms"].null_count == result.tables["queries"].num_rows
    assert result.tables["queries"]["duration_kind"].null_count == result.tables["queries"].num_rows
    assert "statements_without_duration" in {note.kind for note in result.notes}


@pytest.mark.parametrize(
    "second", [DEFAULT, "%(levelname)s:%(name)s:%(message)s"], ids=["equal", "other"]
)
def test_lines_of_two_handlers_are_counted_once(read, echo, second):
    data = echo(work, second, DEFAULT)
    assert data.count(b"COMMIT") == 2 * echo(work).count(b"COMMIT")
    result = read(FORMAT, data)
    once = read(FORMAT, echo(work)).tables["queries"]
    queries = result.tables["queries"]
    assert queries["statement"].to_pylist() == once["statement"].to_pylist()
    assert queries["started_at"].null_count == 0
    assert "duplicated_lines" in {note.kind for note in result.notes}


def test_a_statement_executed_twice_is_not_a_duplicate(rows, echo):
    def twice():
        with sa.create_engine("sqlite://").connect() as connection:
            for _ in range(5):
                connection.exec_driver_sql("select 1")

    assert len(rows(FORMAT, echo(twice))) == 5


def test_name_and_token_of_an_engine_are_its_session(rows, echo):
    def named():
        engine = sa.create_engine("sqlite://", logging_name="reports")
        with engine.connect().execution_options(logging_token="job 7") as connection:
            connection.execute(sa.text("select 1"))
        engine.dispose()

    (row,) = rows(FORMAT, echo(named))
    assert (row["session_id"], row["statement"], row["parameters"]) == (
        "reports job 7", "select 1", None,
    )  # fmt: skip
    assert row["attributes"].startswith(b'{"compiled":"generated in')


def test_parameters_that_are_hidden_or_shortened_stay_text(rows, echo):
    def hidden():
        engine = sa.create_engine("sqlite://", hide_parameters=True)
        METADATA.create_all(engine)
        with engine.begin() as connection:
            connection.execute(AUTHORS.insert(), [{"name": "x"}] * 2)
        engine.dispose()

    def many():
        engine = sa.create_engine("sqlite://")
        METADATA.create_all(engine)
        with engine.begin() as connection:
            connection.execute(AUTHORS.insert(), [{"name": "x"}] * 100)
        engine.dispose()

    assert rows(FORMAT, echo(hidden))[-1]["parameters"] == (
        "[SQL parameters hidden due to hide_parameters=True]"
    )
    inserts = [row for row in rows(FORMAT, echo(many)) if row["statement"].startswith("INSERT")]
    assert len(inserts) == 1
    assert "displaying 10 of 100 total bound parameter sets" in inserts[0]["parameters"]


def test_each_batch_of_insertmanyvalues_is_an_execution_shortened_beyond_500(read, echo):
    def returning():
        engine = sa.create_engine("sqlite://", insertmanyvalues_page_size=200)
        METADATA.create_all(engine)
        with engine.begin() as connection:
            insert = AUTHORS.insert().returning(AUTHORS.c.id)
            connection.execute(insert, [{"name": f"n{n}"} for n in range(400)])
        engine.dispose()

    result = read(FORMAT, echo(returning))
    inserts = [
        row for row in result.tables["queries"].to_pylist() if row["statement"].startswith("INSERT")
    ]
    assert len(inserts) == 2
    assert all("characters truncated" in row["statement"] for row in inserts)
    assert all(b'"truncated":true' in row["attributes"] for row in inserts)
    assert "truncated_statements" in {note.kind for note in result.notes}


def test_rows_of_debug_echo_end_the_gap_and_are_no_statements(rows, echo):
    debug = echo(work, level=logging.DEBUG)
    assert b"Col (" in debug
    assert b"Row (" in debug
    statements = [row["statement"] for row in rows(FORMAT, debug)]
    assert statements == [row["statement"] for row in rows(FORMAT, echo(work))]


def test_threads_that_the_format_names_keep_their_gaps_apart(rows, echo, tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=QueuePool, pool_size=2)
    barrier = threading.Barrier(2, timeout=20)

    def one(seconds):
        with engine.connect() as connection:
            connection.connection.driver_connection.create_function("nap", 1, time.sleep)
            barrier.wait()
            connection.exec_driver_sql("select nap(?)", (seconds,))

    def both():
        threads = [threading.Thread(target=one, args=(seconds,)) for seconds in (0.15, 0.03)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    data = echo(both, "%(asctime)s %(threadName)s %(name)s %(message)s")
    engine.dispose()
    naps = [row for row in rows(FORMAT, data) if "nap" in row["statement"]]
    found = {row["parameters"]: row["duration_ms"] for row in naps}
    assert found["(0.15,)"] >= 150
    assert found["(0.03,)"] >= 30
    assert len({row["session_id"] for row in naps}) == 2


def test_a_next_line_that_begins_a_transaction_is_of_another_connection(read):
    line = "2026-11-21 11:00:00,{:03} INFO sqlalchemy.engine.Engine {}\n"
    data = "".join(
        line.format(place, text)
        for place, text in enumerate(
            ["BEGIN (implicit)", "SELECT 1", "[raw sql] ()", "BEGIN (implicit)", "SELECT 2",
             "[raw sql] ()", "COMMIT", "COMMIT"]
        )
    ).encode()  # fmt: skip
    result = read(FORMAT, data)
    assert result.tables["queries"]["duration_ms"].to_pylist() == [None, 1.0]
    assert "shared_logger" in {note.kind for note in result.notes}


def test_an_async_engine_logs_alike(rows, echo):
    aio = pytest.importorskip("sqlalchemy.ext.asyncio")
    pytest.importorskip("aiosqlite")

    async def run():
        engine = aio.create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            await connection.execute(sa.text("select 1"))
        await engine.dispose()

    assert rows(FORMAT, echo(lambda: asyncio.run(run())))[-1]["statement"] == "select 1"


def test_other_lines_between_are_irrelevant(read, echo):
    lines = echo(work).splitlines(keepends=True)
    other = b'INFO:     127.0.0.1:5000 - "GET /x HTTP/1.1" 200 OK\n'
    at = [place for place, line in enumerate(lines) if b" BEGIN" in line or b"COMMIT" in line]
    for place in reversed(at):
        lines.insert(place, other)
    result = read(FORMAT, b"".join(lines))
    plain = read(FORMAT, echo(work))
    assert result.irrelevant == plain.irrelevant + len(at)
    assert result.tables["queries"]["statement"] == plain.tables["queries"]["statement"]


@pytest.mark.parametrize("doubled", [1, 2])
def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, echo, doubled):
    same_in_chunks(FORMAT, echo(work, *[DEFAULT] * doubled))


def test_the_real_file_is_read_whole(same_in_chunks, real):
    result = same_in_chunks(FORMAT, real("orm/sqlalchemy_echo.log"), sizes=(200, 1500))
    assert result.tables["queries"].num_rows == 22
    assert result.irrelevant == 6


def test_the_logger_of_sqlalchemy_1_3_is_read_too(rows):
    prefix = "2026-01-01 00:00:00,000 INFO sqlalchemy.engine.base.Engine "
    lines = ["BEGIN (implicit)", "SELECT users.id \nFROM users \nWHERE users.id = ?", "(1,)",
             "COMMIT"]  # fmt: skip
    data = "".join(f"{prefix}{line}\n" for line in lines)
    assert FORMAT.recognises(data.encode()).confidence >= 0.9
    (row,) = rows(FORMAT, data)
    assert (row["statement"], row["parameters"]) == (
        "SELECT users.id \nFROM users \nWHERE users.id = ?", "(1,)",
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"2026-11-21 11:00:00,123 INFO app Starting sqlalchemy.engine\n",
        b"2026-11-21 11:00:00,123 INFO sqlalchemy.pool.impl.QueuePool Pool disposed\n",
        b'{"event": "sqlalchemy.engine.Engine"}\n',
        b"",
    ],
)
def test_other_logs_are_not_claimed(data):
    assert FORMAT.recognises(data).confidence == 0.0


WORDS = st.sampled_from(
    [b"sqlalchemy.engine.Engine", b" SELECT 1", b"\n", b" [raw sql] ()", b" BEGIN (implicit)",
     b"2026-11-21 11:00:00,123 INFO ", b" COMMIT", b"\r\n", b"\0", b"\xff", b"[", b"] ", b"%"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS | st.binary(max_size=6), max_size=60), st.integers(1, 200))
def test_any_bytes_are_accounted_for(read, accounts, parts, size):
    data = b"".join(parts)
    FORMAT.recognises(data)
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    accounts(read(FORMAT, data), lines)
    accounts(read(FORMAT, data, size=size), lines)
