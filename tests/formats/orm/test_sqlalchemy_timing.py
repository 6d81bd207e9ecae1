"""The profiling recipe of SQLAlchemy's FAQ: run here, its output read."""

import io
import logging
import time

import sqlalchemy as sa

from perfkit.formats.orm.sqlalchemy_timing import FORMAT


def _recipe(engine, logger):
    @sa.event.listens_for(engine, "before_cursor_execute")
    def _before(conn, cursor, statement, parameters, context, executemany):
        conn.info.setdefault("query_start_time", []).append(time.time())
        logger.debug("Start Query: %s", statement)

    @sa.event.listens_for(engine, "after_cursor_execute")
    def _after(conn, cursor, statement, parameters, context, executemany):
        total = time.time() - conn.info["query_start_time"].pop(-1)
        logger.debug("Query Complete!")
        logger.debug("Total Time: %f", total)


def test_the_recipe_gives_real_durations(rows):
    stream, logger = io.StringIO(), logging.getLogger("myapp.sqltime")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    engine = sa.create_engine("sqlite://")
    _recipe(engine, logger)
    with engine.connect() as connection:
        connection.connection.driver_connection.create_function("nap", 1, time.sleep)
        connection.exec_driver_sql("select nap(?)", (0.03,))
        connection.execute(sa.text("select 1\nwhere 2 = 2"))
    engine.dispose()
    logger.removeHandler(handler)
    nap, one = rows(FORMAT, stream.getvalue())
    assert 30 <= nap["duration_ms"] < 1000
    assert (one["statement"], one["duration_kind"]) == ("select 1\nwhere 2 = 2", "client")


def test_chunks_of_any_size_give_the_same_tables(same_in_chunks, data_file):
    result = same_in_chunks(FORMAT, data_file("sqlalchemy_timing.log"))
    assert result.tables["queries"]["duration_ms"].to_pylist() == [2.063, 500.0]
    assert result.irrelevant == 1


def test_a_total_alone_is_not_claimed():
    assert FORMAT.recognises(b"Total Time: 0.5\n").confidence == 0.0
