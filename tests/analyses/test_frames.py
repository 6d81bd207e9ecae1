import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.frames import culprit, frames


def test_a_traceback_of_python_itself_is_read_outermost_first():
    text = "".join(traceback.format_stack(sys._getframe()))
    assert frames(text)[-1].function == "test_a_traceback_of_python_itself_is_read_outermost_first"
    assert len(frames(text)) > 1


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("uvicorn.server:serve:1;shop.app:report:7;time:sleep:3", "report (shop.app:7)"),
        ("json.decoder:decode:3", "decode (json.decoder:3)"),
        (
            'File "/srv/app/main.py", line 27, in slow\nFile "/v/site-packages/a.py", line 5, in b',
            "slow (/srv/app/main.py:27)",
        ),
        ("<Handle sleep(0.12) created at /srv/app/main.py:28> took", "sleep (/srv/app/main.py:28)"),
        ("/srv/app/main.py:27 in slow", "slow (/srv/app/main.py:27)"),
    ],
)
def test_the_innermost_frame_of_the_application_is_to_blame(stack, expected):
    assert str(culprit(stack)) == expected


def test_what_is_no_stack_has_no_frames():
    assert culprit("the loop was slow") is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_complaint(text):
    assert isinstance(frames(text), list)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a:", "coro=<a()", "<Handle a(", 'File "', "/x.py:1"])
def test_a_text_made_to_be_slow_is_not(part):
    frames(part * 50_000)
