r"""Mask what must not leave the machine: secrets, people, addresses.

============================================================= ===========
found                                                         printed as
============================================================= ===========
password in a URL; value of ``password=``, ``"token":``,      ``***``
``Authorization:``, ``Cookie:``, ``api_key=`` and the like;
private key
JWT, bearer token, key with a known prefix (``ghp_``,         ``<token>``
``AKIA``), long run of letters and digits that looks random
e-mail address                                                ``<email>``
IPv4 and IPv6 address                                         ``<ip>``
name in ``/home/...``, ``/Users/...``, ``C:\Users\...``       ``<user>``
card number (13 to 16 digits that satisfy Luhn's check)       ``<card>``
telephone number                                              ``<phone>``
============================================================= ===========

Kept, because they join one file to another and open nothing: UUIDs, and runs of up to 32
hexadecimal digits (trace, span and fingerprint ids). In SQL, :func:`redact_sql` masks those
too, like every literal. Masking is a guess: it errs towards masking, yet a password that is
neither labelled nor random-looking stays. Redacting twice changes nothing, and the time is
linear in the length of the text.
"""

from __future__ import annotations

from collections import Counter

from perfkit.redact_rules import QUERY_SECRET, RULES, URL_PASSWORD
from perfkit.sql_tokens import tokens

__all__ = ["redact", "redact_counted", "redact_sql", "redact_url"]

# A mask can uncover what its neighbour hid (two telephone numbers without a blank), so the
# rules are applied until nothing changes. Twice is the rule; the bound keeps hostile text cheap.
_PASSES = 8

_BLANKED = {"string": "?", "number": "?", "placeholder": "?"}


def redact(text: str) -> str:
    """Return ``text`` with secrets, people and addresses masked (table above).

    Example:
        >>> redact("postgresql://shop:hunter2@10.0.0.7/shop failed for ann@example.org")
        'postgresql://shop:***@<ip>/shop failed for <email>'
    """
    return redact_counted(text)[0]


def redact_counted(text: str) -> tuple[str, dict[str, int]]:
    """Return the masked text, and how often each kind of thing was masked in it.

    The kinds: ``password secret email token ip user card phone``.
    """
    counts: Counter[str] = Counter()
    for _ in range(_PASSES):
        before = text
        for rule in RULES:
            text, count = rule.apply(text)
            counts[rule.kind] += count
        if text == before:
            break
    return text, {kind: count for kind, count in counts.items() if count}


def redact_sql(text: str) -> str:
    """Return SQL with every literal and placeholder as ``?``, and the rest redacted.

    Case and blanks stay as they are; comments go, because they carry data as well.
    Quoted identifiers stay, unless :func:`redact` finds something in them.

    Example:
        >>> redact_sql("SELECT 'x' FROM  T -- for ann")
        'SELECT ? FROM  T '
    """
    for _ in range(_PASSES):
        before = text
        text = redact("".join(_without_value(kind, token) for kind, token in tokens(text)))
        if text == before:
            break
    return text


def _without_value(kind: str, text: str) -> str:
    if kind == "comment":
        return " " if text.startswith("/*") else ""  # a line comment leaves its line break
    return _BLANKED.get(kind, text)


def redact_url(url: str) -> str:
    """Return ``url`` with its password and the values of secret parameters masked.

    User, host and path stay; for a text that others read use :func:`redact`.

    Example:
        >>> redact_url("redis://:pw@cache:6379/0?ssl=1&api_key=k")
        'redis://:***@cache:6379/0?ssl=1&api_key=***'
    """
    return QUERY_SECRET.apply(URL_PASSWORD.apply(url)[0])[0]
