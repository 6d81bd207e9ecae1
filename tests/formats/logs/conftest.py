"""Records of a PostgreSQL log that a test writes line by line."""

import pytest

from perfkit.formats.logs.pg_prefix import infer
from perfkit.formats.logs.pg_records import read_records

PREFIX = "2026-11-21 02:00:{:02}.000 UTC [{}] app@shop/psql "


@pytest.fixture(scope="session")
def log():
    """Return the bytes of lines: each is a text behind ``LOG:  `` or (pid, text)."""

    def write(*lines):
        parts = []
        for second, line in enumerate(lines):
            pid, text = line if isinstance(line, tuple) else (7, line)
            severity = text.split(":  ", 1)[0]
            known = severity.isupper() and ":  " in text
            head = PREFIX.format(second % 60, pid)
            parts.append(head + ("" if known else "LOG:  ") + text.replace("\n", "\n\t") + "\n")
        return "".join(parts).encode()

    return write


@pytest.fixture(scope="session")
def records(log):
    """Return the records of such lines, or of bytes."""

    def read(*lines, zone=None, last=True):
        data = lines[0] if isinstance(lines[0], bytes) else log(*lines)
        usual = log(*["duration: 1.000 ms  statement: select 1"] * 20)
        return read_records(data, infer(usual), zone, last=last)

    return read
