"""What the tests of these logs share: their files, and rows of lines."""

from pathlib import Path

import pytest
from hypothesis import strategies as st

from perfkit.formats.model import Chunk

DATA = Path(__file__).parent / "data"

#: Printable characters without the quote and the backslash, which each program escapes otherwise.
PLAIN = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\')


@pytest.fixture(scope="session")
def written():
    """Read a file of lines as a server wrote them, or as its documentation shows them."""
    return lambda name: (DATA / name).read_bytes()


@pytest.fixture(scope="session")
def rows():
    """Parse lines; return the rows of requests."""

    def parse(item, *lines, zone=None):
        raw = b"".join(
            (line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines
        )
        found = item.parse(Chunk.whole(raw, zone)).tables
        return found["requests"].to_pylist() if found else []

    return parse


@pytest.fixture(scope="session")
def asked():
    """Random requests: method, path, status, size, milliseconds, client."""
    return st.tuples(
        st.sampled_from(["GET", "POST", "DELETE", "PATCH", "PROPFIND"]),
        st.text(PLAIN, max_size=60).map("/{}".format),
        st.sampled_from([0, 101, 200, 304, 404, 499, 503]),
        st.integers(0, 10**12),
        st.integers(0, 10**7),
        st.ip_addresses().map(str),
    )
