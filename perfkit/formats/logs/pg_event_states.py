"""SQLSTATEs that follow from PostgreSQL's messages, for logs whose prefix has no ``%e``.

A message is listed only where every place in the server that reports it uses one SQLSTATE
(``errcodes.txt`` of PostgreSQL 9.4 to 18); of all others it stays unknown.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_event_rules import by_first_word

__all__ = ["derived_states"]


class _State(NamedTuple):
    pattern: str
    sqlstate: str
    severity: str = ""
    #: what its DETAIL must not say
    unless: str = ""


_NUMERIC = "(?:type )?(?:bigint|boolean|double precision|integer|numeric|oid|real|smallint|uuid)"

#: First word -> states, first match counts. A trailing position ("at character 15") is allowed.
_STATES: dict[str, tuple[_State, ...]] = {
    "deadlock": (_State("^deadlock detected", "40P01"),),
    "canceling": (
        _State("^canceling statement due to (?:statement timeout|user request)", "57014"),
        _State("^canceling (?:autovacuum task|authentication due to timeout)", "57014"),
        _State("^canceling statement due to lock timeout", "55P03"),
        _State(
            "^canceling statement due to conflict with recovery",
            "40001",
            unless="caused buffer deadlock with recovery",
        ),
    ),
    "terminating": (
        _State("^terminating connection due to idle-in-transaction timeout", "25P03"),
        _State("^terminating connection due to transaction timeout", "25P04"),
        _State("^terminating connection due to idle-session timeout", "57P05"),
        _State("^terminating connection due to administrator command", "57P01"),
        _State("^terminating connection because of crash of another server", "57P02"),
    ),
    "duplicate": (_State("^duplicate key value violates unique constraint", "23505"),),
    "insert": (_State("^insert or update on table .* violates foreign key", "23503"),),
    "update": (
        _State("^update or delete on table .* violates foreign key", "23503"),
        _State("^update or delete on table .* violates RESTRICT setting", "23001"),
    ),
    "new": (_State("^new row for relation .* violates check constraint", "23514"),),
    "value": (
        _State("^value for domain .* violates check constraint", "23514"),
        _State("^value too long for type", "22001"),
        _State('^value ".*" is out of range for type', "22003"),
    ),
    "null": (_State("^null value in column .* violates not-null constraint", "23502"),),
    "conflicting": (_State("^conflicting key value violates exclusion constraint", "23P01"),),
    "could": (
        _State("^could not serialize access due to ", "40001"),
        _State("^could not obtain lock on (?:row in )?relation ", "55P03"),
        _State("^could not extend file .*: No space left on device", "53100"),
    ),
    "current": (_State("^current transaction is aborted, commands ignored", "25P02"),),
    "division": (_State("^division by zero", "22012"),),
    "syntax": (_State("^syntax error at (?:or near|end of input)", "42601"),),
    "unterminated": (_State("^unterminated quoted (?:string|identifier)", "42601"),),
    "relation": (
        _State('^relation ".*" does not exist', "42P01"),
        _State('^relation ".*" already exists', "42P07"),
    ),
    "missing": (_State("^missing FROM-clause entry for table", "42P01"),),
    "column": (
        _State('^column reference ".*" is ambiguous', "42702"),
        _State('^column ".*" must appear in the GROUP BY clause', "42803"),
        _State("^column .* does not exist", "42703"),
        _State('^column ".*" of relation ".*" already exists', "42701"),
    ),
    "function": (_State(r"^function .*\(.*\) does not exist", "42883"),),
    "operator": (_State("^operator does not exist: ", "42883"),),
    "schema": (
        _State('^schema ".*" does not exist', "3F000"),
        _State('^schema ".*" already exists', "42P06"),
    ),
    "database": (
        _State('^database ".*" does not exist', "3D000"),
        _State("^database is not accepting commands", "54000"),
    ),
    "type": (_State('^type ".*" does not exist', "42704"),),
    "role": (
        _State('^role ".*" does not exist', "28000", "FATAL"),
        _State('^role ".*" is not permitted to log in', "28000"),
    ),
    "permission": (_State("^permission denied ", "42501"),),
    "must": (_State("^must be owner of ", "42501"),),
    "password": (_State("^password authentication failed for user", "28P01"),),
    "no": (_State("^no pg_hba.conf entry for", "28000"),),
    "sorry": (_State("^sorry, too many clients already", "53300"),),
    "too": (_State("^too many connections for (?:database|role)", "53300"),),
    "remaining": (_State("^remaining connection slots are reserved", "53300"),),
    "out": (_State("^out of (?:shared )?memory", "53200"),),
    "temporary": (_State('^temporary file size exceeds "?temp_file_limit', "53400"),),
    "the": (
        _State(
            "^the database system is (?:starting up|shutting down|in recovery|not )",
            "57P03",
        ),
    ),
    "invalid": (
        _State(f"^invalid input syntax for {_NUMERIC}: ", "22P02"),
        _State("^invalid input syntax for type jsonb?(?: at character [0-9]+)?$", "22P02"),
        _State("^invalid input syntax for type (?:date|interval|time|timestamp)", "22007"),
        _State("^invalid byte sequence for encoding", "22021"),
        _State("^invalid page in block", "XX001"),
    ),
    "integer": (_State("^integer out of range", "22003"),),
    "bigint": (_State("^bigint out of range", "22003"),),
    "smallint": (_State("^smallint out of range", "22003"),),
    "numeric": (_State("^numeric field overflow", "22003"),),
    "cannot": (
        _State("^cannot execute .* in a read-only transaction", "25006"),
        _State("^cannot drop .* because other objects depend on it", "2BP01"),
    ),
    "prepared": (
        _State('^prepared statement ".*" does not exist', "26000"),
        _State('^prepared statement ".*" already exists', "42P05"),
    ),
    "unrecognized": (_State('^unrecognized configuration parameter "', "42704"),),
    "stack": (_State("^stack depth limit exceeded", "54001"),),
    "more": (_State("^more than one row returned by a subquery", "21000"),),
}


def derived_states(messages: pa.Array, severity: pa.Array, raws: pa.Array) -> pa.Array:
    """Return the SQLSTATE that each message determines, else null.

    ``severity`` is ERROR, FATAL and so on: only those and PANIC have a state. ``raws`` are the
    bytes of the messages with their DETAIL.
    """
    known = pa.nulls(len(messages), pa.string())
    failed = pc.is_in(severity, pa.array(["ERROR", "FATAL", "PANIC"]))
    for word, place in by_first_word(messages, _STATES):
        taken = pa.array(place)
        for state in _STATES.get(word, ()):
            fits = pc.match_substring_regex(messages.take(taken), state.pattern)
            if state.severity:
                fits = pc.and_(fits, pc.equal(severity.take(taken), state.severity))
            if state.unless:
                other = pc.match_substring(raws.take(taken), state.unless)
                fits = pc.and_(fits, pc.invert(other))
            mask = np.zeros(len(messages), np.bool_)
            mask[place[fits.fill_null(fill_value=False).to_numpy(zero_copy_only=False)]] = True
            known = pc.coalesce(known, pc.if_else(pa.array(mask), state.sqlstate, None))
    return pc.if_else(failed, known, None)
