"""What a web page, a terminal or a word processor made of a plan -> plain characters."""

from __future__ import annotations

import html
import re

__all__ = ["plain_characters"]

#: What typesetters make of "->".
_ARROWS = ("\u2212>", "\u2013>", "\u2014>", "\u2192")
_BLANKS = dict.fromkeys(
    [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "
) | dict.fromkeys([0xFEFF, 0x200B, 0x2060, 0x00], "")
_COLOURS = re.compile(r"\x1b\[[0-9;]*+[mK]")
_ENTITIES = ("-&gt;", "-&#62;", "&nbsp;", "-&amp;gt;")
_SPECIAL = ("&gt;", "&lt;", "&#39;", "&#x27;", "&quot;")
_NAMES = r"(?:p|pre|br|hr|td|tr|th|tbody|thead|table|div|code|span|samp|blockquote|li|b)"
_TAG = rf"</?+{_NAMES}\b[^<>\n]{{0,200}}+>"
_BEGINS = re.compile(rf"^[ \t]*+(?:{_TAG})++", re.MULTILINE)
_ENDS = re.compile(rf"(?:{_TAG})+[ \t]*$", re.MULTILINE)
_BREAK = re.compile(r"<br *+/?>\n?")
#: Rows of a table that stand on one line.
_ROWS = re.compile(r"</t[dh]> *(?:</tr> *)?(?:</?t(?:head|body)> *)*+(?=<tr[ >])")
_SIGNS = ("<br", "<td", "<pre", "<p>", "<div", "<code", "<span", "<li")


def plain_characters(text: str) -> str:
    r"""Return ``text`` with plain blanks, arrows and line ends, without tags and entities.

    Entities are undone where an arrow or a blank is written as one, or where no ``<``, ``>`` and
    quote stand beside them: otherwise ``&gt;`` may be data.

    Example:
        >>> plain_characters("Limit\r\n\u00a0 -&gt;\u00a0 Result")
        'Limit\n  ->  Result'
    """
    if any(sign in text for sign in _SIGNS):
        text = _ROWS.sub("\n", text)
        text = _ENDS.sub("", _BEGINS.sub("", _BREAK.sub("\n", text)))
    for _ in range(2):  # a page within a page
        if "&" in text and _is_escaped(text):
            text = html.unescape(text)
    if not text.isascii():
        text = text.translate(_BLANKS)
        for arrow in _ARROWS:
            text = text.replace(arrow, "->")
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return _COLOURS.sub("", text) if "\x1b" in text else text


def _is_escaped(text: str) -> bool:
    if any(sign in text for sign in _ENTITIES):
        return True
    return any(sign in text for sign in _SPECIAL) and not any(sign in text for sign in "<>'\"")
