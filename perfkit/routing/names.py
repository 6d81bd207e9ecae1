"""What can be told from a section's text alone about whether it names a route or is a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.shapes import EXTENSION, PLACEHOLDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

__all__ = ["CATCH_ALL", "NAME", "Names"]

#: The place of a parameter that was found by evidence.
NAME = "{name}"
#: The place of one that is told by its shape.
ID = "{id}"
#: All that follows, where a prefix leads to too many templates.
CATCH_ALL = "{path}"

# The languages of most sites (ISO 639-1), with or without a country.
_LANGUAGES = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nb nl no pl pt ro"
    " ru sk sl sr sv th tr uk ur vi zh"
)
_LOCALE = f"^(?:{'|'.join(_LANGUAGES.split())})(?:[-_][A-Za-z]{{2,4}})?$"
_VERSION = "^v[0-9]+$"
# What operations of remote procedure calls begin (getUser, list_orders) or end with (users.list).
_VERBS = (
    "accept activate add apply approve archive assign auth begin build calculate call cancel change"
    " check claim clear close commit complete compute confirm connect convert copy count create"
    " deactivate delete deny describe disable disconnect do download edit enable end execute export"
    " fetch filter find finish generate get handle has import info init insert invite invoke is"
    " issue join kick leave list load lock login logout lookup make mark merge modify move notify"
    " open patch pause ping poll post process publish pull push put query read rebuild refresh"
    " register reject release reload remove rename render replace report request reset resolve"
    " restart restore resume retry revoke run save scan schedule search select send set share show"
    " sign start stop submit subscribe suspend switch sync tag test toggle track transfer trigger"
    " unlock unregister unsubscribe update upload upsert validate verify view watch write"
)
_ANY_CASE = "|".join(f"[{verb[0].upper()}{verb[0]}]{verb[1:]}" for verb in _VERBS.split())
_OPERATION = f"^(?:{_ANY_CASE})(?:[A-Z_.:-]|$)|[._:-](?:{_ANY_CASE})$"
#: ``2024-01``: a version of an interface, or the month of a report.
_MONTH = "^(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])$"
#: Parts of titles, user names with numbers, encoded text: values rather than names of routes.
_VALUED = "[0-9]|%[0-9A-Fa-f]{2}|[^-]-[^-]+-[^-]"


@dataclass(frozen=True)
class Names:
    """Facts about ``texts[code]``, one array each; the last codes are those of templates.

    Attributes:
        texts: the sections' texts, then the templates that they may become.
        plain: neither empty nor with a placeholder: a name or a value.
        named: is, or holds, :data:`NAME`.
        counted: holds another placeholder.
        folded: the code of the section as a value: ``{name}``, with its extension.
        pooled: the code by which places are told apart; languages have one, versions as well.
        name: the code of ``{name}`` as values become it; -1 where none does.
        id: the code of ``{id}``; -1 where there is none.
    """

    texts: pa.Array
    plain: Flags
    named: Flags
    counted: Flags
    folded: Ints
    pooled: Ints
    name: int
    id: int

    @classmethod
    def of(cls, texts: pa.Array) -> Names:
        """Return the facts about distinct texts."""
        folded = _folded(texts).dictionary_encode()
        extra = ["\0language", "\0version"]
        everything = pa.concat_arrays([texts, folded.dictionary, pa.array(extra, pa.string())])
        size, count = len(everything), len(texts)
        pooled = np.arange(size)
        locale, version = _has(everything, _LOCALE), _has(everything, _VERSION)
        pooled[locale], pooled[version] = size - 2, size - 1
        placeholder, named = _has(everything, PLACEHOLDER), _has(everything, r"\{name\}")
        empty = np.asarray(pc.equal(pc.binary_length(everything), 0))
        values = np.arange(size)
        values[:count] = count + folded.indices.to_numpy()
        return cls(
            texts=everything,
            plain=~placeholder & ~empty & ~locale & ~version,
            named=named,
            counted=placeholder & ~named,
            folded=values,
            pooled=pooled,
            name=_code(folded.dictionary, NAME, count),
            id=_code(texts, ID, 0),
        )

    def valued(self, codes: Ints) -> Flags:
        """Say which sections look like values: digits, encoded text, three words."""
        return self._have(codes, _VALUED)

    def months(self, codes: Ints) -> Flags:
        """Say which sections are a year and a month: of few, versions; of many, dates."""
        return self._have(codes, _MONTH)

    def operations(self, codes: Ints) -> Flags:
        """Say which sections look like operations (``getUser``, ``users.list``)."""
        return self._have(codes, _OPERATION)

    def hyphened(self, codes: Ints) -> Flags:
        """Say which sections have a hyphen."""
        return self._have(codes, "-")

    def _have(self, codes: Ints, pattern: str) -> Flags:
        return np.asarray(_has(self.texts.take(pa.array(codes)), pattern), np.bool_)

    def skeletons(self, codes: Ints) -> Ints:
        """Number codes by how their texts are made: runs of letters and of digits as one each."""
        texts = self.texts.take(pa.array(codes))
        letters = pc.replace_substring_regex(texts, r"[\pL]+", "a")
        made = pc.replace_substring_regex(letters, "[0-9]+", "0")
        return np.asarray(made.dictionary_encode().indices.to_numpy(), np.int64)


def _code(texts: pa.Array, text: str, first: int) -> int:
    place = int(pc.index(texts, text).as_py())
    return place if place < 0 else first + place


def _folded(texts: pa.Array) -> pa.Array:
    """Return what the sections become as values: ``{name}`` and the extension of a file."""
    extension = f"(?i)(?P<extension>(?:{EXTENSION}){{1,3}})$"
    found = pc.struct_field(pc.extract_regex(texts, extension), "extension")
    return pc.binary_join_element_wise(NAME, pc.fill_null(pc.utf8_lower(found), ""), "")


def _has(texts: pa.Array, pattern: str) -> Any:
    return np.asarray(pc.match_substring_regex(texts, pattern))
