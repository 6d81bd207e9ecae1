"""Read logs: the pieces of all inputs are one stream of work."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError
from perfkit.ingest.gather import Heap
from perfkit.ingest.pieces import Pieces, Text
from perfkit.ingest.work import Job, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from perfkit.ingest.crew import Crew
    from perfkit.ingest.look import Input
    from perfkit.ingest.pieces import Piece, Terms
    from perfkit.ingest.progress import Progress

__all__ = ["Log", "Reducer", "read"]


@dataclass(kw_only=True)
class Log:
    """One log: an input, or several that were rotated, oldest first.

    ``heaps`` has the results of each input, ``error`` what stopped them.
    """

    inputs: Sequence[Input]
    heaps: list[Heap] = field(default_factory=list)
    error: InputError | None = None


@dataclass(frozen=True, kw_only=True)
class Reducer:
    """What to keep of the rows instead of the rows.

    ``reduce`` says what is done with the tables of a piece (of one input of a log), where the
    piece is parsed; ``take`` gets what became of them, here, in order. Rows of what was wrapped
    are not yet chosen by time.
    """

    reduce: Callable[[Log, int, Piece | Whole], Callable[[Mapping[str, pa.Table]], Any]]
    take: Callable[[Any], None]


def read(
    logs: Sequence[Log],
    terms: Terms,
    crew: Crew,
    progress: Progress,
    *,
    encoding: str | None = None,
    reducer: Reducer | None = None,
) -> None:
    """Fill the heaps of ``logs``.

    Raises:
        InputError: an input cannot be read that the user named itself.
    """
    for (log, place), done in crew.each(_calls(logs, terms, crew, encoding, reducer)):
        log.heaps[place].add(done)
        if reducer is not None:
            reducer.take(done.reduced)
        progress.add(log.inputs[place].found.name, done.size)


def _calls(
    logs: Sequence[Log],
    terms: Terms,
    crew: Crew,
    encoding: str | None,
    reducer: Reducer | None,
) -> Iterator[tuple[tuple[Log, int], Job, Piece | Whole]]:
    for log in logs:
        try:
            for place, piece in _pieces(log, terms, crew, encoding):
                reduce = reducer.reduce(log, place, piece) if reducer else None
                job = Job(parse=log.inputs[place].item.parse, source=place, reduce=reduce)
                yield (log, place), job, piece
        except InputError as error:
            if log.inputs[0].found.given:
                raise
            log.error = error


def _pieces(
    log: Log, terms: Terms, crew: Crew, encoding: str | None
) -> Iterator[tuple[int, Piece | Whole]]:
    alone = log.inputs[0] if len(log.inputs) == 1 else None
    if crew.is_given and alone is not None and alone.found.remote is not None:
        log.heaps.append(Heap())
        yield (
            0,
            Whole(
                found=alone.found,
                item=alone.item,
                terms=terms,
                encoding=encoding,
                size=alone.found.size,
            ),
        )
        return
    before = None
    with ExitStack() as stack:
        for place, (one, text, tail) in enumerate(_linked(log, encoding, stack)):
            log.heaps.append(Heap(text.line))
            wanted = terms if one.wrapping is None else _for_wrapped(terms)
            cut = Pieces(text, one.item, wanted, size=crew.piece_bytes, before=before, tail=tail)
            for piece in cut:
                yield place, piece.in_hand() if crew.is_far else piece
            before = cut.before


def _linked(
    log: Log, encoding: str | None, stack: ExitStack
) -> Iterator[tuple[Input, Text, bytes]]:
    """Yield the inputs of a log, each with the end of its last record from the next file."""
    text = log.inputs[0].opened(encoding, stack)
    for one, after in zip(log.inputs, [*log.inputs[1:], None], strict=True):
        following = after.opened(encoding, stack) if after is not None else None
        begins = one.item.begins
        tail = b""
        if following is not None and begins is not None:
            tail = following.skip(begins(following.head))
        yield one, text, tail
        if following is not None:
            text = following


def _for_wrapped(terms: Terms) -> Terms:
    """Leave times to be judged later: the envelope may have to supply them."""
    return replace(terms, keep=replace(terms.keep, since=None, until=None))
