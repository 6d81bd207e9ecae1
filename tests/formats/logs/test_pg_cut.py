"""A log is cut where no DETAIL is parted from its message, however processes mix their lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_cut import NEAR_RECORDS, last_message
from perfkit.formats.logs.postgres_stderr import FORMAT

SELECT = "duration: 1.000 ms  execute x: select $1"
AFTER = [(5, SELECT)] * (NEAR_RECORDS + 2)


def rest(data, count):
    """Return the data behind its first records."""
    return b"".join(data.splitlines(keepends=True)[count:])


def test_a_log_is_cut_before_the_last_message_that_is_surely_whole(log):
    data = log((5, SELECT), (6, SELECT), (6, "DETAIL:  Parameters: $1 = '1'"), *AFTER)
    assert data[last_message(data) :] == rest(data, 3)
    assert last_message(data[:-9]) == last_message(data)
    shorter = data.removesuffix(rest(data, 12))
    assert shorter[last_message(shorter) :] == rest(shorter, 1)
    assert last_message(log(*AFTER)) == 0
    assert last_message(b"") == 0
    assert last_message(b"no record\n" * 99) == 0


def test_a_detail_that_others_parted_from_its_message_goes_with_it(log):
    torn = [(6, "ERROR:  no"), *[(5, SELECT)] * 3, (6, "DETAIL:  why"), *AFTER[1:]]
    data = log((5, SELECT), *torn)
    assert last_message(data) == 0
    data += rest(log(*torn, *AFTER), len(torn))
    assert data[last_message(data) :] == rest(data, 15)


def test_a_counter_that_goes_on_is_no_other_process():
    line = "2026-11-21 02:00:00 UTC [7]: [{}-1] user=u,db=d {}:  {}\n"
    data = "".join(
        line.format(n, *(("DETAIL", "x") if n % 2 else ("LOG", SELECT))) for n in range(40)
    ).encode()
    assert data[last_message(data) :].startswith(b"2026-11-21 02:00:00 UTC [7]: [30-1]")


def test_a_log_that_is_mixed_throughout_is_cut_in_the_end(log):
    mixed = log(*[(6, "ERROR:  no"), (5, SELECT), (6, "DETAIL:  why"), (5, "DETAIL:  x")] * 9)
    assert last_message(mixed) == 0
    many = mixed * (20_000_000 // len(mixed))
    assert len(many) - last_message(many) < 1000


def test_a_huge_record_is_cut_off_once_it_is_whole(log):
    huge = log((6, "duration: 1.000 ms  statement: " + "x" * 300_000))
    data = log(*AFTER, (5, SELECT)) + huge
    assert last_message(data) == len(log(*AFTER))


_MESSAGES = st.lists(
    st.tuples(
        st.sampled_from([5, 6, 77]),
        st.sampled_from(
            [SELECT, "statement: select 1", "duration: 2.000 ms", "ERROR:  no", "WARNING:  x",
             "DETAIL:  Parameters: $1 = 'ä'", "HINT:  try", "STATEMENT:  a\nb", "CONTEXT:  c",
             "duration: 1.000 ms  plan:\nQuery Text: select 1\nResult  (cost=0.00..1.00 rows=1)"]
        ),
    ),
    max_size=60,
)  # fmt: skip


@pytest.mark.parametrize("template", ["%m [%p] ", "%m [%p]: [%l-1] %u@%d "])
@given(messages=_MESSAGES, size=st.integers(1, 4000), garbage=st.integers(0, 60))
def test_chunks_of_mixed_lines_hold_what_the_whole_holds(
    parsed, accounts, template, messages, size, garbage
):
    lines = []
    for number, (pid, text) in enumerate([*AFTER[:3], *messages]):
        known = text.split(":  ", 1)[0].isupper()
        fields = {"%m": f"2026-11-21 02:00:{number % 60:02}.000 UTC", "%p": str(pid)}
        fields |= {"%l": str(number), "%u": "u", "%d": "d"}
        head = template
        for name, value in fields.items():
            head = head.replace(name, value)
        lines.append(head + ("" if known else "LOG:  ") + text.replace("\n", "\n\t") + "\n")
    lines.insert(garbage, "of another program\n\n")
    data = "".join(lines).encode()
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    accounts(cut, data.count(b"\n"))
    assert cut.rejected == whole.rejected
    assert cut.irrelevant == whole.irrelevant
    for name in {*whole.tables, *cut.tables}:
        assert cut.tables[name].to_pylist() == whole.tables[name].to_pylist()
