"""What the command line can ask: for every verb its options, and the call that answers it."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["VERBS", "Verb", "read"]

#: Logs of more bytes are read without keeping their rows, where the question allows it.
_LARGE = 256 << 20
_SAID = ("prefix", "log_format", "since", "until", "database", "user", "application")


@dataclass(frozen=True)
class Verb:
    """One analysis: its help, how it is asked, and the options of its own."""

    summary: str
    ask: Callable[[argparse.Namespace], Result]
    add_options: Callable[[argparse.ArgumentParser], None] = lambda _: None


def read(options: argparse.Namespace) -> Recording:
    """Load the files that were named."""
    said = _said(options)
    import perfkit

    return perfkit.load(*_files(options.files), **said, routes=options.routes)


def _files(names: Iterable[str]) -> list[Any]:
    return [sys.stdin.buffer if name == "-" else name for name in names]


def _said(options: argparse.Namespace) -> dict[str, Any]:
    from perfkit.pandas_later import postpone_pandas

    postpone_pandas()
    said = {name: getattr(options, name) for name in (*_SAID, "min_duration_ms")}
    return said | {"tz": options.zone, "format": options.input_format}


def _is_large(options: argparse.Namespace) -> bool:
    from perfkit.ingest.found import find

    files = [found for name in _files(options.files) for found in find(name)]
    return sum(found.size for found in files) > _LARGE


def _diagnose(options: argparse.Namespace) -> Result:
    rec = read(options)
    import perfkit

    rec = rec.mark(options.mark, "the deploy") if options.mark else rec
    return perfkit.diagnose(rec, incident=options.incident, budget=options.budget)


def _diagnose_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--incident", nargs=2, metavar=("START", "END"))
    verb.add_argument("--mark", metavar="TIME", help="when it was deployed")
    verb.add_argument("--budget", default="p95<300ms", help="good enough (%(default)s)")


def _digest(options: argparse.Namespace) -> Result:
    """Digest rows where they are few; of large logs none are kept."""
    said = _said(options)
    import perfkit

    if _is_large(options):
        with suppress(UsageError):  # a time without a day needs the rows
            return perfkit.scan(*_files(options.files), **said).digest(options.group_by)
    rec = read(options)
    return perfkit.digest(rec, group_by=options.group_by)


def _digest_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--group-by",
        default="fingerprint",
        metavar="COLUMN[,COLUMN]",
        help="user, database, application, client, session_id, hour, minute, ... (%(default)s)",
    )


def _baseline(options: argparse.Namespace) -> Result:
    said, thresholds = _said(options), dict(map(_threshold, options.threshold))
    import perfkit

    if options.stream:
        _keeps_no_rows(options)
        return perfkit.scan(*_files(options.files), **said).baseline(budget=options.budget)
    rec = read(options)
    return perfkit.baseline(rec, budget=options.budget, thresholds=thresholds)


def _keeps_no_rows(options: argparse.Namespace) -> None:
    """Refuse what needs the rows, rather than answer as if it had not been asked."""
    needs = {"--routes": options.routes, "--threshold": options.threshold}
    if asked := [name for name, value in needs.items() if value]:
        raise UsageError(
            f"baseline: {' and '.join(asked)}: not with --stream, which keeps no rows",
            hint="leave out one or the other",
        )


def _baseline_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--budget", metavar="BUDGET", help='what is good enough: "p95<200ms"')
    verb.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="RULE=NUMBER",
        help="of an alert rule, such as error_rate=0.02; may be repeated",
    )
    verb.add_argument(
        "--stream",
        action="store_true",
        help="keep no rows: percentiles within 1 %%, no alert rules",
    )


def _threshold(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise UsageError(
            f"--threshold: {text!r} is not RULE=NUMBER", hint="--threshold error_rate=0.02"
        ) from None


def _slo(options: argparse.Namespace) -> Result:
    rec = read(options)
    import perfkit

    return perfkit.slo(rec, options.budget, route=options.route)


def _slo_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--budget",
        default="p95<300ms",
        help='such as "p95<200ms and error_rate<1%%" (%(default)s)',
    )
    verb.add_argument("--route", help="only this one")


def _since_when(options: argparse.Namespace) -> Result:
    rec = read(options)
    import perfkit

    return perfkit.since_when(rec, by=options.by)


def _since_when_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--by", choices=("route", "fingerprint"), default="route")


def _plan_history(options: argparse.Namespace) -> Result:
    rec = read(options)
    import perfkit

    return perfkit.plan_history(rec)


def _compare(options: argparse.Namespace) -> Result:
    before, after = _cut(options) if options.at else _sides(options)
    import perfkit

    return perfkit.compare(before, after, options.by, min_effect_pct=options.min_effect)


def _compare_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--by", choices=("route", "fingerprint", "category"), default="route")
    verb.add_argument("--at", metavar="TIME", help="before and after are in the same files")
    verb.add_argument(
        "--runs", action="store_true", help="each file of BEFORE and of AFTER is a run of its own"
    )
    verb.add_argument(
        "--min-effect",
        type=float,
        default=5.0,
        metavar="PERCENT",
        help="the smallest change that matters (%(default)s)",
    )


def _cut(options: argparse.Namespace) -> tuple[Recording, Recording]:
    rec = read(options)
    sides = rec.between(None, options.at), rec.between(options.at, None)
    for side, said in zip(sides, ("before", "after"), strict=True):
        if side.span is None and rec.span is not None:
            first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in rec.span)
            raise UsageError(
                f"compare: nothing was recorded {said} {options.at!r} (--at)",
                hint=f"a time from {first} to {last} UTC",
            )
    return sides


def _sides(options: argparse.Namespace) -> tuple[Any, Any]:
    if len(options.files) != 2:  # noqa: PLR2004 - before and after
        raise UsageError(
            f"compare: {len(options.files)} inputs, not before and after",
            hint="perfkit compare BEFORE AFTER: files, folders or quoted patterns;"
            " or --at TIME for a change within the files",
        )
    before, after = (_side(name, options) for name in options.files)
    return before, after


def _side(name: str, options: argparse.Namespace) -> Recording | Sequence[Recording]:
    said: dict[str, Any] = _said(options) | {"routes": options.routes}
    import perfkit
    from perfkit.ingest.found import find

    if not options.runs:
        return perfkit.load(*_files([name]), **said)
    return [perfkit.load(found.name, **said) for found in find(name)]


VERBS = {
    "diagnose": Verb(
        "everything that applies, as chains symptom, cause, fix: start here",
        _diagnose,
        _diagnose_options,
    ),
    "digest": Verb("statements by total time", _digest, _digest_options),
    "baseline": Verb("routes by total time, with percentiles", _baseline, _baseline_options),
    "slo": Verb("who breaks the budget, and how fast it burns", _slo, _slo_options),
    "since-when": Verb("when routes got slower or faster", _since_when, _since_when_options),
    "compare": Verb("before and after: what changed, and is it real", _compare, _compare_options),
    "plan-history": Verb("from auto_explain: who got slower by another plan", _plan_history),
}
