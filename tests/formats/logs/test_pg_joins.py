"""log_statement with log_duration and auto_explain: each statement once, as psycopg sends it."""

from perfkit.formats.logs.postgres_stderr import FORMAT
from perfkit.formats.model import Chunk

AT = "2026-11-21 09:20:45.100 UTC [54] a@b/c LOG:  "
SEARCH = "SELECT * FROM crm.comments WHERE author = $1"


def read(*messages):
    data = "".join(f"{AT}{message}\n" for message in messages).encode()
    chunk = Chunk(data=data, head=data, last=True)
    return FORMAT.combine([FORMAT.parse(chunk)]).tables


def test_a_plan_that_follows_the_next_statement_is_no_second_execution():
    tables = read(
        "duration: 0.05 ms",
        "duration: 0.06 ms",
        f"execute <unnamed>: {SEARCH}",
        "duration: 20.122 ms",
        "statement: ROLLBACK",
        f"duration: 20.101 ms  plan:\n\tQuery Text: {SEARCH}\n\tQuery Parameters: $1 = 'x'"
        "\n\tSeq Scan on comments  (cost=0.00..9.00 rows=2 width=4)",
        "duration: 0.2 ms",
    )
    assert tables["plans"].num_rows == 1
    queries = tables["queries"].select(["phase", "statement", "duration_ms"]).to_pylist()
    assert [tuple(row.values()) for row in queries] == [
        ("bind", None, 0.05),
        ("bind", None, 0.06),
        ("execute", SEARCH, 20.122),
        ("simple", "ROLLBACK", 0.2),
    ]


def test_durations_that_no_statement_follows_stay_unknown():
    phases = read("duration: 0.05 ms", "duration: 0.06 ms")["queries"]["phase"]
    assert phases.to_pylist() == [None, None]
