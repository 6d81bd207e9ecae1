r"""What :mod:`perfkit.redact` looks for: one rule each, in the order in which they are applied.

The patterns are linear: each starts at a fixed text, at a lookbehind that lets only one start
per run of characters succeed, or repeats at most some dozen times; and what may be missing at
an end (a closing quote) is optional, so that nothing is tried twice.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QUERY_SECRET", "RULES", "URL_PASSWORD", "Rule"]

_SECRET = "***"  # noqa: S105 - the mask, not a secret


class Rule(NamedTuple):
    """One thing to mask: its kind, how it is found, what stands in its place."""

    kind: str
    pattern: re.Pattern[str]
    mask: Callable[[re.Match[str]], str]

    def apply(self, text: str) -> tuple[str, int]:
        """Return the masked text and the number of places where it changed."""
        changed = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal changed
            masked = self.mask(match)
            changed += masked != match.group()
            return masked

        return self.pattern.sub(replace, text), changed


def _rule(kind: str, pattern: str, mask: Callable[[re.Match[str]], str] | str) -> Rule:
    if isinstance(mask, str):
        template = mask
        return Rule(kind, re.compile(pattern), lambda match: match.expand(template))
    return Rule(kind, re.compile(pattern), mask)


# -- values behind a key that says they are secret --------------------------------------------

# The word may be part of a longer name (DB_PASSWORD, accessToken, token_hash), not of a
# longer word (secretary).
_KEY = (
    r"(?:(?i:pass(?:word|wd|phrase|code)|pwd|secret|token|api[_-]?key|access[_-]?key|"
    r"private[_-]?key|signature|credential|sessionid|jsessionid|phpsessid|connect\.sid)"
    r"s?(?![a-z])[\w-]{0,30})"
)
_HEADER = r"(?i:(?:proxy-)?authorization|(?:set-)?cookie)"
_SEPARATOR = (
    r"""(?:\\{0,3}["'][ \t]{0,8}(?:=>|={1,3}|,|:)|[ \t]{0,8}(?::?={1,3}>?|:(?!:|//)))"""
    r"""[ \t]{0,8}(?:[bBrRuUeEnN]{1,2}(?=\\{0,3}["']))?"""
)
# A value in quotes, which the logger of the logger may have escaped: \"...\".
_QUOTED = (
    r"""(?P<open>(?P<slashes>\\{1,7})(?P<quote>["']))(?:(?!(?<!\\)(?P=slashes)(?P=quote))[^\n])*"""
    r"""|"[^"\\\n]*(?:\\.?[^"\\\n]*)*"?"""
    r"""|'[^'\\\n]*(?:(?:\\.?|'')[^'\\\n]*)*'?"""
)
# What is no value: the mask, a placeholder of a statement, the start of a nested document.
_NO_VALUE = (
    r"""(?!(?:\*\*\*|\?|\$[0-9]+|%s|%\([^()\s]{1,60}\)s)(?:[&\s#"'<>,;:)\]}\\]|\Z))"""
    r"""(?![{\[][\s"'{\[\]}])"""
)
_QUOTE_AT_END = re.compile(r"""\\{0,3}["'](?=[\s,:;&}\])>]|\Z)""")


def _mask_value(match: re.Match[str]) -> str:
    key, value = match["key"], match["value"]
    if match["open"]:
        return f"{key}{match['open']}{_SECRET}"
    if value[0] in "\"'":
        return f"{key}{value[0]}{_SECRET}{value[0]}"
    # Not in quotes itself, but perhaps inside of some: "... token=abc", next
    end = _QUOTE_AT_END.search(value)
    kept = value[end.start() :] if end else ""
    value = value[: len(value) - len(kept)]
    trailing = value[len(value.rstrip(",;)]}>")) :]
    return f"{key}{_SECRET}{trailing if trailing != value else ''}{kept}"


URL_PASSWORD = _rule(
    "password",
    # Up to the last @ of the authority; a raw slash in a password, which SQLAlchemy accepts,
    # up to the first @, unless the colon is that of a port.
    r"""(://[^\s/:@"'<>?#]*:)(?:[^\s/?#"'<>]+(?=@)|(?![0-9]{1,5}[/?#])(?:(?!://)[^\s@"'<>])+(?=@))""",
    rf"\g<1>{_SECRET}",
)
QUERY_SECRET = _rule(
    "secret", rf"""([?&;#][\w.-]{{0,40}}?{_KEY}=)[^&\s#"'<>]+""", rf"\g<1>{_SECRET}"
)
_LABELLED = [
    URL_PASSWORD,
    _rule(
        "secret",
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?",
        _SECRET,
    ),
    QUERY_SECRET,
    _rule(
        "secret",
        rf"(?P<key>{_HEADER}{_SEPARATOR}){_NO_VALUE}(?P<value>{_QUOTED}|[^\s\"'][^\n\r]*)",
        _mask_value,
    ),
    _rule(
        "secret", rf"(?P<key>{_KEY}{_SEPARATOR}){_NO_VALUE}(?P<value>{_QUOTED}|\S+)", _mask_value
    ),
    # --password hunter2, PASSWORD 'hunter2', IDENTIFIED BY 'hunter2', curl -u user:hunter2
    _rule(
        "password",
        rf"(?P<key>(?<![\w-])--[\w-]{{0,30}}?{_KEY}[ \t]+){_NO_VALUE}"
        rf"(?P<value>{_QUOTED}|[^\s-]\S*)",
        _mask_value,
    ),
    _rule(
        "password",
        rf"(?P<key>(?i:password|identified[ ]by)\s{{1,8}}){_NO_VALUE}"
        rf"(?P<value>(?=['\"\\]){_QUOTED})",
        _mask_value,
    ),
    _rule("password", r"(?<!\S)((?:-u|--user)[ =]?[\"']?[^\s:\"']+:)[^\s\"']+", rf"\1{_SECRET}"),
]

# -- values that are secret by their looks -----------------------------------------------------

_HEX = re.compile(r"[0-9a-fA-F]{1,32}(?:[-_][0-9a-fA-F]{1,32})*")
_CHANGES = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_DIGIT_GROUPS = re.compile(r"[0-9]+")


def _looks_random(run: str) -> bool:
    """Whether a run of 20 and more letters, digits, ``_`` and ``-`` is rather a key than a name.

    In random base 62 every second character is of another class than the one before and one
    in six is a digit; names in CamelCase change less often and hold few digits; the parts of
    snake_case and of names of pods are short.
    """
    if _HEX.fullmatch(run):
        return False
    changes = len(_CHANGES.findall(run))
    groups = len(_DIGIT_GROUPS.findall(run))
    if run.lower() != run and run.upper() != run:
        return changes >= len(run) / 2 or (groups > 1 and changes >= len(run) / 4)
    longest = max(re.split(r"[-_]", run), key=len)
    return len(longest) >= 20 and len(_DIGIT_GROUPS.findall(longest)) >= 3  # noqa: PLR2004


def _mask_random(match: re.Match[str]) -> str:
    return "<token>" if _looks_random(match["run"]) else match.group()


_TOKENS = [
    # First, because the name before the @ can look random.
    _rule(
        "email",
        r"(?<![\w.+%-])(?:[\w.+-]+)(?:@|%40)[\w-]+(?:\.[\w-]+)+",
        "<email>",
    ),
    _rule("token", r"(\b(?i:bearer)[ \t]+)[A-Za-z0-9._~+/=-]{6,}", r"\1<token>"),
    _rule(
        "token",
        r"(\b(?i:basic)[ \t]+)(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{6,}={0,2}",
        r"\1<token>",
    ),
    _rule("token", r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?", "<token>"),
    _rule(
        "token",
        r"\b(?:gh[pousr]_|github_pat_|glpat-|sk-|sk_|rk_|pk_live_|whsec_|xox[a-z]-|npm_|pypi-|hf_|"
        r"dop_v1_|shpat_|AIza|ya29\.|(?=A[KS]IA[0-9A-Z]{16})A)[\w-]{12,}",
        "<token>",
    ),
    _rule("token", r"(?<![\w-])(?P<run>[A-Za-z0-9_-]{20,})={0,2}", _mask_random),
]

# -- people and addresses ------------------------------------------------------------------------


def _mask_ipv6(match: re.Match[str]) -> str:
    found = match.group()
    if _CAST.fullmatch(found):
        return found
    try:
        address = ipaddress.IPv6Address(found)
    except ValueError:  # a time, a MAC address, a slice
        return found
    return found if address.is_loopback else "<ip>"


def _mask_card(match: re.Match[str]) -> str:
    """Mask digits that satisfy Luhn's check (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in match.group() if character.isdigit()][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return "<card>" if (sum(digits[::2]) + sum(doubled)) % 10 == 0 else match.group()


_CAST = re.compile(r"[A-Za-z]+::[A-Za-z]*")  # a::dec is an address as well, but hardly one here
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PEOPLE = [
    _rule(
        "ip",
        r"""(?<![\w:.?)\]"'$])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{1,45}(?:[0-9A-Fa-f]|(?<=[0-9A-Fa-f])::)(?!\w|:\w)""",
        _mask_ipv6,
    ),
    # loopback names nobody, and says that a call stayed on the machine
    _rule("ip", rf"(?<![\w.])(?!127\.)(?:{_BYTE}\.){{3}}{_BYTE}(?!\w|\.\w)", "<ip>"),
    _rule("ip", rf"\bip-(?:{_BYTE}-){{3}}{_BYTE}\b", "<ip>"),
    _rule("user", r"""(/(?:home|Users)/)[^/\s"':,;)]+""", r"\1<user>"),
    _rule(
        "user",
        r"""((?i:\b[a-z]:(?:\\{1,4}|/)Users)(?:\\{1,4}|/))"""
        r"""(?:[^\\/:*?"|\r\n]{1,64}(?=[\\/])|[^\\/\s:*?"'|,;)]+)""",
        r"\1<user>",
    ),
    _rule(
        "card",
        r"(?<![\w.-])(?:3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"
        r"|[3-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,4})(?!\w|[.-]\w)",
        _mask_card,
    ),
    _rule(
        "phone",
        r"(?<![\w.-])(?:\([0-9]{3}\) ?|[0-9]{3}-)[0-9]{3}-[0-9]{4}(?![\w-])",
        "<phone>",
    ),
    _rule("phone", r"(?<![.+-])\+[1-9](?:[ .()-]{0,2}[0-9]){7,14}(?!\w)", "<phone>"),
]

#: All rules. Labelled secrets come first: a label also covers what no other rule would see.
RULES: tuple[Rule, ...] = (*_LABELLED, *_TOKENS, *_PEOPLE)
