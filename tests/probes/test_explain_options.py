import pytest
import sqlalchemy as sa

from perfkit.probes.explain_options import options


@pytest.mark.parametrize(
    ("number", "analyze", "text"),
    [
        (90600, True, "ANALYZE, VERBOSE, BUFFERS, FORMAT JSON"),
        (90600, False, "VERBOSE, FORMAT JSON"),
        (100000, False, "VERBOSE, SUMMARY, FORMAT JSON"),
        (120000, True, "ANALYZE, VERBOSE, BUFFERS, SETTINGS, FORMAT JSON"),
        (120000, False, "VERBOSE, SETTINGS, SUMMARY, FORMAT JSON"),
        (130000, True, "ANALYZE, VERBOSE, BUFFERS, SETTINGS, WAL, FORMAT JSON"),
        (160002, False, "VERBOSE, BUFFERS, SETTINGS, SUMMARY, FORMAT JSON"),
        (180006, False, "VERBOSE, BUFFERS, SETTINGS, SUMMARY, MEMORY, FORMAT JSON"),
        (190000, True,
         "ANALYZE, VERBOSE, BUFFERS, SETTINGS, WAL, SERIALIZE, MEMORY, IO, FORMAT JSON"),
    ],
)  # fmt: skip
def test_each_release_is_asked_for_what_it_has(number, analyze, text):
    assert options(number, analyze=analyze).text == text


@pytest.mark.parametrize(
    ("number", "analyze", "dropped"),
    [
        (130000, True, "not available before 17: SERIALIZE, MEMORY; before 19: IO"),
        (120000, False, "not available before 13: BUFFERS; before 17: MEMORY"),
        (150018, True, "not available before 17: SERIALIZE, MEMORY; before 19: IO"),
        (150018, False, "not available before 17: MEMORY"),
        (180000, True, "not available before 19: IO"),
        (180000, False, ""),
        (190000, True, ""),
    ],
)  # fmt: skip
def test_what_a_release_does_not_have_is_named(number, analyze, dropped):
    assert options(number, analyze=analyze).dropped == dropped


def test_the_clock_can_be_left_out_and_everything_but_the_oldest():
    assert options(150000, analyze=True, timing=False).names[:2] == ("ANALYZE", "TIMING OFF")
    fewest = options(150000, analyze=True, fewest=True)
    assert fewest.names == ("ANALYZE", "VERBOSE", "BUFFERS", "FORMAT JSON")
    assert options(150000, analyze=False, fewest=True).names == ("VERBOSE", "FORMAT JSON")
    assert "TIMING OFF" not in options(150000, analyze=False, timing=False).text


@pytest.mark.parametrize("analyze", [True, False])
def test_the_server_understands_what_it_is_asked_for(postgres, analyze):
    engine = sa.create_engine(postgres.url("postgres"))
    with engine.connect() as connection:
        number = int(connection.exec_driver_sql("show server_version_num").scalar())
        for timing in (True, False):
            text = options(number, analyze=analyze, timing=timing).text
            found = connection.exec_driver_sql(f"explain ({text}) select 1").scalar()
            assert found[0]["Plan"]["Node Type"] == "Result"
    engine.dispose()
