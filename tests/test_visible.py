import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from perfkit.visible import visible

anything = st.text(st.characters(codec=None) | st.sampled_from("\x1b\x07\x9b\u202e\ud800\u200b\n"))


@given(anything)
def test_no_control_or_format_character_is_left(text):
    bad = [c for c in visible(text) if unicodedata.category(c) in {"Cc", "Cs"}]
    assert bad == []
    assert "\u202e" not in visible(text)
    visible(text).encode()


@given(anything, st.integers(1, 40))
def test_the_limit_is_kept(text, limit):
    assert len(visible(text, limit)) <= limit


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_not_changed(text):
    assert visible(text) == text


def test_umlauts_kanji_and_wide_blanks_are_not_changed():
    assert visible("Größe 注文\u3000é\u00a0…") == "Größe 注文\u3000é\u00a0…"


def test_a_cut_is_marked():
    assert visible("abcdef", 4) == "abc…"
    assert visible("abcd", 4) == "abcd"
