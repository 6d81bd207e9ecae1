r"""Infer PostgreSQL's ``log_line_prefix`` from the first lines of a log.

Candidates are the usual prefixes and those built from the lines themselves. Each becomes one
RE2 pattern over a line's head (all up to ``LOG:  ``) in which the time, found by itself, is
replaced by the character ``\x01``. The candidate that fits most lines, then the one that names
most fields, wins. RE2 takes linear time whatever the log holds.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_severities import FOREIGN, in_english
from perfkit.formats.logs.pg_templates import BACKENDS, MARK, TIME, USUAL, ZONE, candidates

__all__ = ["MAIN", "SEVERITIES", "Prefix", "infer", "read_heads", "stated"]

#: Severities that begin a message of their own, and those that belong to the one before.
MAIN = (
    *("LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO"),
    *("DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "DEBUG"),
)
SECOND = ("DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION", "BACKTRACE")
SEVERITIES = "|".join((*MAIN, *SECOND, *FOREIGN))

_HEAD = re.compile(rf"^(?![\t\n])(.{{0,500}}?)((?:{SEVERITIES}) ?:  )(.{{0,300}})", re.MULTILINE)
#: Who connects, as messages tell it.
_KNOWN = re.compile(
    r"^(?:connection authorized|disconnection): .*?user=(\S+) database=(\S+)", re.MULTILINE
)
_VERBOSE = re.compile(r"[0-9A-Z]{5}: ")
_SAMPLE = 2000
#: How wide the times of the escapes are.
_WIDTHS = {"m": 23, "t": 19, "n": 14}
_ENOUGH = 0.5
#: Shares that differ by less fit alike.
_AS_GOOD = 0.0005

_FIELDS = {
    "u": "user",
    "d": "database",
    "a": "application",
    "h": "client",
    "r": "client",
    "p": "pid",
    "c": "session",
    "l": "number",
    "e": "sqlstate",
}
_PATTERNS = {
    "p": "[0-9]+",
    "c": r"[0-9a-f]+\.[0-9a-f]+",
    "l": "[0-9]+",
    "e": "[0-9A-Z]{5}",
    "x": "[0-9]*",
    "v": "(?:[0-9-]+/[0-9]+)?",
    "Q": "-?[0-9]*",
    "P": "[0-9]*",
    "b": f"(?:{BACKENDS}|[a-z][a-z ]*?)",
    "s": rf"(?:{TIME})(?: [A-Z]{{1,6}}| [+-][0-9:]+)?",
    "r": r"[^ ,;|@]*?",
    "h": r"[^ ,;|@]*?",
}


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """A ``log_line_prefix``: RE2 pattern over heads, width of its time, share of fit.

    ``given`` says that the user stated it.
    """

    template: str
    pattern: str
    time_width: int
    verbose: bool
    fit: float
    given: bool = False

    @property
    def missing(self) -> list[str]:
        """Escapes that analyses would have liked: time, process, user and database."""
        wanted = {"%m": "%m", "%p": "%p %c", "%u": "%u", "%d": "%d"}
        return [name for name, any_of in wanted.items() if not _has(self.template, any_of)]


def stated(template: str, head: bytes) -> Prefix:
    """Return the prefix that the user says is set, such as ``"%t:%r:%u@%d:[%p]:"``."""
    found = infer(head)
    escapes = _escapes(template)
    return Prefix(
        template=template,
        pattern=_compiled(template),
        time_width=next((_WIDTHS[name] for name in escapes if name in _WIDTHS), 0),
        verbose=found is not None and found.verbose,
        fit=1.0,
        given=True,
    )


@lru_cache(maxsize=16)
def infer(head: bytes) -> Prefix | None:
    """Return the prefix of the log that begins with ``head``, or None when it is no such log."""
    lines = _HEAD.findall(head.decode("utf-8", "replace").replace("\r\n", "\n"))[:_SAMPLE]
    if not lines:
        return None
    times = [re.search(TIME, before) for before, _, _ in lines]
    widths = Counter(len(found[0]) for found in times if found)
    width = widths.most_common(1)[0][0] if widths.total() > len(lines) * _ENOUGH else 0
    heads = Counter(
        (_marked(before, found) if width else before) + severity
        for (before, severity, _), found in zip(lines, times, strict=True)
    )
    template, fit = _best(heads)
    template = _without(template, heads, _KNOWN.findall("\n".join(text for *_, text in lines)))
    verbose = sum(bool(_VERBOSE.match(text)) for _, _, text in lines) > len(lines) * 0.3
    return Prefix(
        template=_as_configured(template, width),
        pattern=_compiled(template),
        time_width=width,
        verbose=verbose,
        fit=fit,
    )


def _marked(before: str, found: re.Match[str] | None) -> str:
    return before if found is None else before[: found.start()] + MARK + before[found.end() :]


def _best(heads: Counter[str]) -> tuple[str, float]:
    texts = pa.array(list(heads), pa.string())
    weights = pa.array(list(heads.values()))
    shares = {name: _share(texts, weights, name) for name in candidates(heads)}
    most = max(shares.values())
    best = [name for name, share in shares.items() if share > most - _AS_GOOD]
    return max(best, key=lambda name: _rank(texts, name)), most


def _without(template: str, heads: Counter[str], known: list[tuple[str, str]]) -> str:
    """Return the template without the user or database that messages of connections deny.

    What stands where a user is expected may be anything: it is none when no user that is known
    to have connected stands there.
    """
    if not known:
        return template
    found = pc.extract_regex(pa.array(list(heads), pa.string()), _compiled(template))
    for escape, names in zip("ud", zip(*known, strict=True), strict=True):
        place = found.type.get_field_index(_FIELDS[escape])
        seen = set(_read("", found.field(place)).to_pylist()) - {None} if place >= 0 else set()
        if seen and not seen & set(names):
            template = template.replace(f"%{escape}", "%i")
    return template


def _share(texts: pa.Array, weights: pa.Array, template: str) -> float:
    matched = pc.match_substring_regex(texts, _compiled(template))
    return float(pc.sum(pc.if_else(matched, weights, 0)).as_py() or 0) / float(
        pc.sum(weights).as_py()
    )


def _rank(texts: pa.Array, template: str) -> tuple[int, int, int, bool, bool, int]:
    """Prefer what names fields that are there, numbers among them, no others, what is usual."""
    found = pc.extract_regex(texts, _compiled(template))
    named = zip(found.type.names, found.flatten(), strict=True)
    seen = {name for name, c in named if pc.any(pc.greater(pc.binary_length(c), 0)).as_py()}
    exact = len(seen & {"pid", "session", "number", "sqlstate"})
    beyond = len(seen) - found.type.num_fields
    return len(seen), exact, beyond, template in USUAL, "%q" in template, -len(template)


def read_heads(heads: pa.Array, prefix: Prefix) -> dict[str, pa.Array]:
    """Return the fields of marked heads by name; the severity is null where nothing fits.

    Heads that do not fit the inferred prefix are read by the usual ones: it may have been
    changed, or sessions have begun only later in the log. A time and a severity are enough.
    """
    columns: dict[str, pa.Array] = {}
    left = heads
    for pattern in (prefix.pattern, *((*_USUAL, _ANY) if prefix.time_width else ())):
        found = pc.extract_regex(left, pattern)
        for field, column in zip(found.type, found.flatten(), strict=True):
            known = columns.get(field.name)
            columns[field.name] = column if known is None else pc.coalesce(known, column)
        left = pc.if_else(columns["severity"].is_valid(), None, heads)
        if left.null_count == len(left):
            break
    return {name: _read(name, column) for name, column in columns.items()}


def _read(name: str, column: pa.Array) -> pa.Array:
    if name == "severity":
        return in_english(column)
    text = pc.ascii_trim_whitespace(column)
    if name == "client":  # %r is the host with its port: 10.0.0.1(5432)
        text = pc.replace_substring_regex(text, r"\([0-9]+\)$", "")
    return pc.if_else(pc.is_in(text, pa.array(["", "[unknown]", "00000"])), None, text)


def _escapes(template: str) -> list[str]:
    return re.findall(r"%-?[0-9]*([A-Za-z%])", template)


def _has(template: str, any_of: str) -> bool:
    return any(escape in any_of for escape in ("%" + name for name in _escapes(template))) or (
        any_of == "%m" and {"t", "n"} & set(_escapes(template)) != set()
    )


def _as_configured(template: str, width: int) -> str:
    escape = {0: "%m", 14: "%n", 19: "%t"}.get(width, "%m")
    return template.replace("%m", escape)


def _compiled(template: str) -> str:
    """Return the RE2 pattern of a template over a marked head, severity included."""
    parts = re.split(r"(%-?[0-9]*[A-Za-z%])", template)
    used: set[str] = set()
    pattern, optional = "", False
    for part in parts:
        if not re.fullmatch(r"%-?[0-9]*[A-Za-z%]", part):
            pattern += re.escape(part).replace(r"\ ", " ")
        elif part.endswith("q"):
            pattern, optional = pattern + "(?:", True
        else:
            pattern += _escape_pattern(part[-1], used, padded=len(part) > 2)  # noqa: PLR2004 - %u
    return f"^{pattern}{')?' if optional else ''}(?P<severity>{SEVERITIES}) ?:  $"


def _escape_pattern(escape: str, used: set[str], *, padded: bool) -> str:
    if escape == "%":
        return "%"
    if escape in "mtn":
        return MARK + ZONE
    name = _FIELDS.get(escape)
    inner = _PATTERNS.get(escape, ".*?")
    inner = f" *{inner} *" if padded else inner
    if name is None or name in used:
        return f"(?:{inner})"
    used.add(name)
    return f"(?P<{name}>{inner})"


_USUAL = tuple(_compiled(template) for template in USUAL if "%m" in template)
#: A time, whatever else.
_ANY = f"^.*?{MARK}{ZONE}.*?(?P<severity>{SEVERITIES}) ?:  $"
