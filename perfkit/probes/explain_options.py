"""The options of EXPLAIN that a server has, and those it does not have yet."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Options", "options"]

_NEWEST = 999999
#: Option -> server_version_num of the first release that has it with and without ANALYZE
#: (release notes of PostgreSQL 9.0 to 19; never: it needs ANALYZE, or goes without saying).
_SINCE = {
    "VERBOSE": (0, 0),
    "BUFFERS": (0, 130000),
    "SETTINGS": (120000, 120000),
    "SUMMARY": (_NEWEST, 100000),  # prints the planning time
    "WAL": (130000, _NEWEST),
    "SERIALIZE": (170000, _NEWEST),
    "MEMORY": (170000, 170000),
    "IO": (190000, _NEWEST),
}
#: What the oldest servers and forks with a parser of their own understand.
_FEWEST = {"VERBOSE": (0, 0), "BUFFERS": (0, _NEWEST)}


class Options(NamedTuple):
    """``text`` goes into the parentheses; ``missing`` are (release, option) not yet there."""

    text: str
    missing: tuple[tuple[int, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The options that are asked for."""
        return tuple(self.text.split(", "))

    @property
    def dropped(self) -> str:
        """``not available before 17: SERIALIZE, MEMORY``, "" if nothing is missing."""
        releases = sorted({release for release, _ in self.missing})
        parts = (
            f"before {release}: {', '.join(name for at, name in self.missing if at == release)}"
            for release in releases
        )
        return f"not available {'; '.join(parts)}" if releases else ""


def options(number: int, *, analyze: bool, timing: bool = True, fewest: bool = False) -> Options:
    """Return what a server of release ``number`` (server_version_num) is asked for.

    ``timing`` False measures rows and the whole alone, without a clock around every node.
    """
    table = _FEWEST if fewest else _SINCE
    releases = {name: since[not analyze] for name, since in table.items()}
    known = {name: since for name, since in releases.items() if since < _NEWEST}
    chosen = [name for name, since in known.items() if since <= number]
    wanted = ["ANALYZE"] * analyze + ["TIMING OFF"] * (analyze and not timing) + chosen
    missing = tuple((since // 10000, name) for name, since in known.items() if since > number)
    return Options(", ".join([*wanted, "FORMAT JSON"]), missing)
