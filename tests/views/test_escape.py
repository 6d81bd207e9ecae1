from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from perfkit.views.escape import code_lines, markup
from perfkit.visible import visible


@given(st.text())
def test_a_browser_reads_the_text_and_no_element(text):
    class Reader(HTMLParser):
        seen = ""

        def handle_starttag(self, tag, attrs):
            raise AssertionError(tag)

        def handle_data(self, data):
            self.seen += data

    reader = Reader()
    reader.feed(f"{markup(text)} ")
    reader.close()
    assert reader.seen == f"{visible(text)} "


def test_lines_of_code_stay_lines():
    assert code_lines("if a:\n\tb\x1b()") == ["if a:", "    b\\x1b()"]
    assert code_lines("") == []
