import pytest

from perfkit.formats.logs.mysql_general import FORMAT
from perfkit.formats.model import Chunk

OPENED = (
    "/usr/sbin/mysqld, Version: {} (x). started with:\n"
    "Tcp port: 3306  Unix socket: /tmp/s\nTime                 Id Command    Argument\n"
)
OLD = OPENED.format("5.6.51") + (
    "261121 11:00:12\t    1 Connect\troot@localhost on shop\n"
    "\t\t    1 Query\tselect 1,\n2\n\t\t    1 Quit\t\n"
)
NEW = OPENED.format("8.0.36") + (
    "2026-11-21T11:00:12.123456Z\t    8 Connect\troot@localhost on  using Socket\n"
    "2026-11-21T12:00:12.123456+01:00\t    8 Query\tselect 1\n"
)


@pytest.mark.parametrize("log", [OLD, NEW, NEW.split("Argument\n")[1]])
def test_general_logs_are_recognised_and_say_what_to_do(log):
    assert FORMAT.recognises(log.encode()).confidence >= 0.9
    result = FORMAT.parse(Chunk.whole(log.encode()))
    assert (result.lines, result.irrelevant, result.used) == (log.count("\n"), log.count("\n"), 0)
    assert "slow_query_log=ON and long_query_time=0" in result.missing


@pytest.mark.parametrize(
    "text",
    [
        "",
        OPENED.format("8.0.36"),
        "2026-11-21T11:00:12.123456Z\tINFO\tQuery took 3 ms\n",
        "\t\tat java.lang.Query\n",
        NEW + "# Query_time: 1.0  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 1\n",
        "".join(f"line {n}\n" for n in range(50)) + "\t\t    1 Query\tselect 1\n",
    ],
)
def test_other_texts_are_not(text):
    assert FORMAT.recognises(text.encode()).confidence == 0.0
