"""What is to be read: every input looked at, before the first is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfkit import archive
from perfkit.errors import InputError, UsageError
from perfkit.ingest.found import Found, find, unzipped
from perfkit.ingest.look import Said, is_archive, look
from perfkit.ingest.own_table import read_table
from perfkit.ingest.reading import Log
from perfkit.ingest.rotated import chains

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import ExitStack

    from perfkit.ingest.look import Input
    from perfkit.ingest.options import Options
    from perfkit.recording import Recording

__all__ = ["Chosen", "choose"]

#: What a packed log is taken to expand to; 16 was measured.
_PACKED_RATIO = 10


@dataclass(kw_only=True)
class Chosen:
    """Logs to read, recordings that were read at once, and why inputs were skipped.

    ``places`` and the keys of ``recordings`` say in which order they were named; ``total`` is
    how many bytes of text they hold, as far as that can be told.
    """

    logs: list[Log] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    recordings: dict[int, Recording] = field(default_factory=dict)
    skipped: list[InputError] = field(default_factory=list)
    total: int = 0


def choose(inputs: Iterable[Any], options: Options, stack: ExitStack) -> Chosen:
    """Look at everything that was named.

    Raises:
        InputError: an input that was named itself cannot be used.
        UsageError: nothing was named.
    """
    found = [one for item in _flat(inputs) for one in find(item)]
    if not found:
        raise UsageError("load: nothing to read was named", hint='perfkit.load("my.log")')
    chosen = Chosen()
    said = Said(item=options.item, encoding=options.encoding, zone=options.terms.zone)
    seen: list[tuple[int, Input]] = []
    for place, one in enumerate(member for whole in found for member in _members(whole)):
        try:
            recording = _at_once(one, options)
            if recording is not None:
                chosen.recordings[place] = recording
            else:
                within = look(one, said, stack)
                seen += [(place, input_) for input_ in within]
        except InputError as error:
            if one.given:
                raise
            chosen.skipped.append(error)
    _group(seen, chosen)
    return chosen


def _group(seen: list[tuple[int, Input]], chosen: Chosen) -> None:
    """Make one log of the files of a rotated one."""
    places = {id(one): place for place, one in seen}
    for chain in chains([one for _, one in seen]):
        chosen.logs.append(Log(inputs=chain))
        chosen.places.append(min(places[id(one)] for one in chain))
    chosen.total = sum(_size(one) for _, one in seen)


def _at_once(one: Found, options: Options) -> Recording | None:
    """Return the recording of what needs no parsing: a saved one, or a table of the user's."""
    keep = options.terms.keep
    if is_archive(one.first_bytes(512), one):
        assert one.path is not None
        part = archive.reopen(one.path)
        contents = {name: keep.rows(table, name) for name, table in part.contents.items()}
        return replace(part, contents=contents)
    if options.layout is not None:
        return read_table(one, options.layout, options.encoding, keep)
    return None


def _members(found: Found) -> list[Found]:
    try:
        first = found.first_bytes(512)
    except InputError:
        return [found]  # looking at it says the same, where it is handled
    return [found] if is_archive(first, found) else unzipped(found)


def _flat(inputs: Iterable[Any]) -> list[Any]:
    return [one for item in inputs for one in (item if isinstance(item, list | tuple) else [item])]


def _size(one: Input) -> int:
    """Return about how many bytes of text an input holds, 0 when that cannot be known."""
    size = 0 if one.found.member else one.found.size
    return size * (_PACKED_RATIO if one.packed else 1)
