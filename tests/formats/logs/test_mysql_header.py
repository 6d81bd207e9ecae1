import pyarrow as pa
import pytest

from perfkit.formats.logs.mysql_header import (
    accounts,
    errors,
    measures,
    more,
    picked,
    weights,
    who,
)
from perfkit.formats.logs.mysql_lines import find_records


def records(*lines, user="a[a] @ b []", query="1.5  Lock_time: 0.25  Rows_sent: 3", stamp=""):
    head = f"# User@Host: {user}\n"
    session = [line for line in lines if line.startswith(("# Thread", "# Schema"))]
    after = [line for line in lines if line not in session]
    body = [*session, f"# Query_time: {query}  Rows_examined: 4", *after]
    return find_records((head + "\n".join(body) + f"\n{stamp}SET timestamp=1;\nx;\n").encode())


@pytest.mark.parametrize(
    ("text", "user", "client", "thread"),
    [
        ("app[app] @ web1 [10.0.0.1]  Id:     5", "app", "10.0.0.1", "5"),
        ("app[app] @ web1 []", "app", "web1", None),
        ("app[app] @  [10.0.0.1]", "app", "10.0.0.1", None),
        ("[] @ localhost []  Id: 12", None, "localhost", "12"),
        ("app[proxied] @ localhost []", "proxied", "localhost", None),
        ("[SQL_SLAVE] @  []  Id:    3", "SQL_SLAVE", None, "3"),
        ("app[app] @ ::1 [fe80::1%eth0]", "app", "fe80::1%eth0", None),
        ("nothing", None, None, None),
    ],
)
def test_accounts_are_who_logged_in_from_where(text, user, client, thread):
    found = accounts(pa.array([text]))
    assert {name: values.to_pylist() for name, values in found.items()} == {
        "user": [user], "client": [client], "thread": [thread],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "database", "thread", "errno"),
    [
        ("# Thread_id: 7  Schema: my shop  QC_hit: No", "my shop", "7", None),
        ("# Thread_id: 7  Schema:   QC_hit: No", "", "7", None),
        ("# Schema: shop  Last_errno: 1064  Killed: 0", "shop", "5", "1064"),
        ("# Thread_id: 7", None, "7", None),
    ],
)
def test_sessions_name_thread_and_database_in_each_servers_way(line, database, thread, errno):
    found = who(records(line, user="a[a] @ b []  Id: 5"))
    assert found["database"].to_pylist() == [database]
    assert (found["session_id"].to_pylist(), found["errno"].to_pylist()) == ([thread], [errno])


def test_measures_are_exact_to_the_microsecond():
    found = measures(records(query="0.043117  Lock_time: 1.000001  Rows_sent: 3"))
    assert (found["duration_ms"].to_pylist(), found["lock_ms"].to_pylist()) == (
        [43.117],
        [1000.001],
    )
    assert (found["rows_returned"].to_pylist(), found["rows_examined"].to_pylist()) == ([3], [4])
    assert measures(records(query="x"))["known"].to_pylist() == [False]


def test_errors_come_from_whoever_tells_them():
    def error(*lines, **options):
        found = records(*lines, **options)
        return errors(found, who(found) | measures(found)).to_pylist()

    assert error() == [None]
    assert error("# Schema: x  Last_errno: 1213  Killed: 0") == ["1213 deadlock"]
    assert error("# Schema: x  Last_errno: 4711  Killed: 1") == ["4711"]
    assert error("# Schema: x  Last_errno: 0  Killed: 1053") == ["killed: 1053 server shutdown"]
    assert error("# Warning 1 a", "# Error 2 b", "# Error 3 c") == ["2 b"]


def test_weights_are_the_rate_limit_but_for_what_is_always_logged():
    rate = "# Log_slow_rate_type: query  Log_slow_rate_limit: 20"
    assert weights(records(), pa.array([1.0])) is None
    assert weights(records(rate), pa.array([9999.0])).to_pylist() == [20.0]
    assert weights(records(rate), pa.array([10_000.0])).to_pylist() == [1.0]
    assert weights(records(rate), pa.array([None], pa.float64())).to_pylist() == [20.0]


def test_more_is_null_unless_the_comments_say_more_than_the_columns():
    assert more(records()).to_pylist() == [None]
    line = "# Full_scan: Yes  Full_join: No"
    assert more(records(line)).to_pylist()[0].endswith(line.encode())
    ids = find_records(
        b"# User@Host: a[a] @ b []\n# Query_time: 1  Lock_time: 1 Rows_sent: 1  Rows_examined: 1\n"
        b"use a;\nSET insert_id=9,timestamp=1;\nx;\n"
    )
    assert more(ids).to_pylist()[0].endswith(b"SET insert_id=9,timestamp=1;")


def test_picked_values_are_distinct_and_null_stays_null():
    found = picked(pa.array(["a", "a", None]), pa.array([2, 1, 0, None]))
    assert found.to_pylist() == [None, "a", "a", None]
    assert found.dictionary.to_pylist() == ["a"]
