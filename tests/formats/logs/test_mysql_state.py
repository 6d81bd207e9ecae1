import pytest

from perfkit.formats.logs.mysql_lines import find_records
from perfkit.formats.logs.mysql_state import Held, databases, holds

OPENED = (
    "/usr/sbin/mysqld, Version: 5.6.51 (x). started with:\n"
    "Tcp port: 0  Unix socket: /tmp/s\nTime                 Id Command    Argument\n"
)


def record(text="select 1", use="", time=""):
    head = "# User@Host: a[a] @ b []\n# Query_time: 1.0  Lock_time: 0.0 Rows_sent: 1\n"
    return f"{time}{head}{use}SET timestamp=1795258812;\n{text};\n"


@pytest.mark.parametrize(
    ("log", "use"),
    [
        (record(), ""),
        (record(use="use shop;\n"), "use shop;"),
        (record(use="use shop;\n") + record() * 3, "use shop;"),
        (record(use="use shop;\n") + record(text="x\nuse no;\nSET timestamp=1;"), "use shop;"),
        (record(use="use shop;\n") + record(text="use no"), "use shop;"),
        (record(use="use shop;\n") + OPENED, ""),
        (record(use="use shop;\n") + OPENED + record(), ""),
        (record(use="use shop;\n") + record(text="select '" + "x\n" * 200_000), "use shop;"),
    ],
)
def test_the_last_use_of_a_header_holds(log, use):
    assert holds(log.encode(), None).use == use
    assert holds(log.replace("\n", "\r\n").encode(), None).use == use


def test_what_held_before_holds_on_until_a_server_opens_the_log():
    before = Held(use="use a;", time="# Time: 261121 11:00:12")
    assert holds(record().encode(), before) == before
    assert holds((record() + OPENED).encode(), before) == Held()
    assert holds(b"", before) == before
    later = holds(record(time="# Time: 261121 11:00:13\n").encode(), before)
    assert later == Held(use="use a;", time="# Time: 261121 11:00:13")


def test_databases_are_filled_forward_and_unquoted():
    log = record() + record(use="use a;b;\n") + record() + OPENED + record()
    log += record(use="use `odd``name`;\n")
    records = find_records(log.encode())
    assert databases(records, "use z;").to_pylist() == ["z", "a;b", "a;b", None, "odd`name"]
