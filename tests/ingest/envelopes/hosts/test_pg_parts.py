"""PostgreSQL's messages, divided as its ``write_syslog`` divides them, come back whole."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LIMIT = 900
BLANK = b" \t\r\v\f\n"

_WORD = st.one_of(
    st.text("abcxyzäü€", min_size=1, max_size=30),
    st.integers(100, 1200).map(lambda size: "w" * size),
    st.integers(290, 310).map(lambda size: "€" * size),
)
_LINE = st.lists(_WORD, min_size=1, max_size=40).map(" ".join)
_TEXT = st.lists(_LINE, min_size=1, max_size=4).map("\n\t".join)
_MESSAGE = st.builds(
    lambda text, detail: f"LOG:  {text}" + (f"\nDETAIL:  {detail}" if detail else ""),
    _TEXT,
    st.one_of(st.just(""), _LINE),
)


def _divided(message: bytes) -> list[bytes]:
    """Divide a message at its line feeds and where a line would be longer than the limit."""
    parts = []
    while message:
        if message[:1] == b"\n":
            message = message[1:]
            continue
        size = min(len(message.split(b"\n", 1)[0]), LIMIT)
        while message[size : size + 1] and message[size] & 0xC0 == 0x80:
            size -= 1
        if message[size : size + 1] and message[size] not in BLANK:
            blank = next((i for i in range(size - 1, 0, -1) if message[i] in BLANK), 0)
            size = blank or size
        parts.append(message[:size])
        message = message[size:]
    return parts


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    messages=st.lists(st.tuples(st.integers(1, 3), _MESSAGE), min_size=1, max_size=6),
    turns=st.randoms(use_true_random=False),
    size=st.integers(200, 20_000),
    numbered=st.booleans(),
)
def test_parts_of_several_processes_come_back(take, messages, turns, size, numbered):
    queues: dict[int, list[bytes]] = {}
    for number, (process, message) in enumerate(messages, 1):
        for part, text in enumerate(_divided(message.encode() + b"\n"), 1):
            mark = b"[%d-%d]" % (number, part) if numbered else b"[%d]" % part
            line = b"Nov 21 11:00:00 h postgres[%d]: %s %s\n" % (process, mark, text)
            queues.setdefault(process, []).append(line.replace(b"\t", b"#011"))
    data = b""
    while any(queues.values()):
        data += queues[turns.choice([p for p, queue in queues.items() if queue])].pop(0)
    taken = take(data, "syslog", size)
    wanted = {process: [] for process, _ in messages}
    for process, message in messages:
        wanted[process] += message.encode().split(b"\n")
    for process, lines in wanted.items():
        found = zip(taken.only, taken.process["h/postgres"], strict=True)
        assert [line for line, owner in found if owner == process] == lines
    _assert_together(taken.process["h/postgres"], taken.only)


def _assert_together(processes: list[int], lines: list[bytes]) -> None:
    """Assert that what continues a message follows a line of the same process."""
    for at, line in enumerate(lines):
        if not line.startswith(b"LOG:"):
            assert processes[at] == processes[at - 1]


def test_a_message_that_goes_on_far_behind_is_not_waited_for(take):
    lines = [b"Nov 21 11:00:00 h postgres[1]: [5-1] LOG:  begun"]
    lines += [b"Nov 21 11:00:00 h postgres[2]: [%d-1] LOG:  other" % n for n in range(2500)]
    lines += [b"Nov 21 11:00:00 h postgres[1]: [5-2] #011late"]
    whole, cut = (take(b"\n".join(lines), "syslog", size) for size in (1 << 24, 5000))
    assert whole.only == cut.only
    assert whole.only[-1] == b"\tlate"
