"""Which PostgreSQL messages are events: their first word, a pattern, the values in it.

The texts are those of ``ereport`` and ``ereport_log`` calls of PostgreSQL 9.4 to 18, checked in
the servers' message catalogues. A rule is only tried on messages that begin with its word, so
that what a log is full of costs one look at a word. Kinds:

===================== =====================================================================
lock_wait             ``log_lock_waits``: waits beyond ``deadlock_timeout``
lock_failed           ``log_lock_failures`` (18): NOWAIT found a lock taken
deadlock              the statement that was given up to end a deadlock
cancelled             a statement or session ended by a timeout, a user or a standby's replay
temp_file             a temporary file, when it is deleted
checkpoint_starting   why a checkpoint or restartpoint begins
checkpoint            one that is complete
checkpoint_frequent   WAL fills faster than ``checkpoint_warning``
autovacuum            one table vacuumed; ``autoanalyze`` likewise
vacuum_skipped        autovacuum did not get its lock
autovacuum_interrupted a lock was wanted that autovacuum held (9.4 to 13)
connection            one session authorised; ``disconnection`` its end
connection_lost       a client that went away, or never said who it is
replication           streaming, slots, standbys, promotion, conflicts with replay
server                start, stop, crash, recovery
configuration         a reload and what it changed
wraparound            transaction ids run out
archiving             WAL that could not be archived
corruption            a page whose checksum is wrong
error                 any other ERROR, FATAL or PANIC
===================== =====================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Container

    from perfkit.formats.lines import Ints

__all__ = ["ANY_WORD", "ERROR_RULES", "LOG_RULES", "Rule", "by_first_word"]


class Rule(NamedTuple):
    """A kind of event and the RE2 pattern of its messages.

    Groups: ``ms``, ``s``, ``min``, ``h`` (summed) -> duration_ms; ``bytes``; ``user``;
    ``database``.
    """

    kind: str
    pattern: str


#: No word of the rules is longer.
_WORD_BYTES = 16
#: Stands for every first word that has no rules of its own.
ANY_WORD = ""

# A name with a dot in it would be cut at the wrong place: then the database is unknown.
_TABLE = r'table "(?:(?P<database>[^".]+)\.[^".]+\.[^".]+")?(?:.*elapsed:? (?P<s>[0-9.]+) s)?'
_TABLE = rf"(?:to prevent wraparound )?(?:of|for) {_TABLE}"
_WHO = r"user=(?P<user>.*?)(?: database=(?P<database>.*?))?"
_EXTRA = r"(?: application_name=.*| (?:SSL|SSL/TLS|GSS) .*)?$"
_MS = r"(?P<ms>[0-9.]+) ms"

#: First word -> rules for LOG and WARNING, first match counts.
LOG_RULES: dict[str, tuple[Rule, ...]] = {
    "process": (
        Rule(
            "lock_wait",
            r"^process [0-9]+ (?:still waiting for|acquired|failed to acquire|avoided deadlock for|"
            rf"detected deadlock while waiting for) .* after {_MS}",
        ),
        Rule("lock_failed", r"^process [0-9]+ could not obtain \w+ on "),
    ),
    "temporary": (Rule("temp_file", r"^temporary file: path .*, size (?P<bytes>[0-9]+)"),),
    "checkpoint": (
        Rule("checkpoint_starting", r"^checkpoint starting:"),
        Rule("checkpoint", r"^checkpoint complete:(?:.* total=(?P<s>[0-9.]+) s)?"),
    ),
    "restartpoint": (
        Rule("checkpoint_starting", r"^restartpoint starting:"),
        Rule("checkpoint", r"^restartpoint complete:(?:.* total=(?P<s>[0-9.]+) s)?"),
    ),
    "checkpoints": (Rule("checkpoint_frequent", r"^checkpoints are occurring too frequently"),),
    "automatic": (
        Rule("autovacuum", rf"^automatic (?:aggressive )?vacuum {_TABLE}"),
        Rule("autoanalyze", rf"^automatic analyze {_TABLE}"),
    ),
    "skipping": (Rule("vacuum_skipped", r"^skipping (?:vacuum|analyze) of "),),
    "sending": (Rule("autovacuum_interrupted", r"^sending cancel to blocking autovacuum PID "),),
    "bypassing": (Rule("wraparound", r"^bypassing nonessential maintenance of table "),),
    "oldest": (Rule("wraparound", r"^oldest (?:xmin|multixact) is far in the past"),),
    "cutoff": (Rule("wraparound", r"^cutoff for (?:removing|freezing) .* is far in the past"),),
    "MultiXact": (Rule("wraparound", r"^MultiXact member wraparound protections are disabled"),),
    "database": (
        Rule("wraparound", r"^database (?:\"|with OID ).* must be vacuumed "),
        Rule("server", r"^database system (?:is |was |shutdown )"),
    ),
    "connection": (Rule("connection", rf"^connection authorized: {_WHO}{_EXTRA}"),),
    "replication": (
        Rule("connection", rf"^replication connection authorized: {_WHO}{_EXTRA}"),
        Rule("replication", r"^replication terminated by primary server"),
    ),
    "disconnection": (
        Rule(
            "disconnection",
            r"^disconnection: session time: (?P<h>[0-9]+):(?P<min>[0-9]+):(?P<s>[0-9:.]+)"
            rf" {_WHO}(?: host=.*)?$",
        ),
    ),
    "could": (
        Rule("connection_lost", r"^could not (?:(?:receive|send) data (?:from|to)|flush.*) client"),
        Rule("connection_lost", r"^could not accept (?:SSL|GSSAPI) "),
        Rule("server", r"^could not fork "),
    ),
    "unexpected": (Rule("connection_lost", r"^unexpected EOF (?:on client|within message)"),),
    "incomplete": (Rule("connection_lost", r"^incomplete (?:startup packet|message from client)"),),
    "invalid": (Rule("connection_lost", r"^invalid length of startup packet"),),
    "starting": (
        Rule("server", r"^starting (?:PostgreSQL |(?:backup|archive|point-in-time) recovery)"),
        Rule("replication", r"^starting logical decoding for slot "),
    ),
    "received": (
        Rule("configuration", r"^received SIGHUP, reloading configuration files"),
        Rule("server", r"^received (?:smart|fast|immediate) shutdown request"),
        Rule("replication", r"^received (?:promote request|replication command: )"),
    ),
    "terminating": (
        Rule("server", r"^terminating (?:any other active|connection because of crash)"),
        Rule(
            "replication",
            r"^terminating (?:walsender|walreceiver|logical replication|process [0-9]+ .* slot)",
        ),
    ),
    "aborting": (Rule("server", r"^aborting any active transactions"),),
    "shutting": (Rule("server", r"^shutting down$"),),
    "all": (Rule("server", r"^all server processes terminated; reinitializing"),),
    "redo": (Rule("server", r"^redo (?:starts|done|is not required)"),),
    "autovacuum": (
        Rule("server", r"^autovacuum launcher (?:started|shutting down)"),
        Rule("server", r"\(PID [0-9]+\) (?:was terminated by|exited with)"),
    ),
    "using": (Rule("server", r"^using stale statistics instead of current ones"),),
    "recovery": (
        Rule("replication", rf"^recovery (?:still|finished) waiting after {_MS}"),
        Rule("server", r"^recovery (?:stopping|has paused|restart point|ended)"),
    ),
    "archive": (
        Rule("server", r"^archive recovery complete"),
        Rule("archiving", r"^archive command (?:failed|was terminated)"),
    ),
    "archiving": (Rule("archiving", r"^archiving .* failed too many times"),),
    "parameter": (
        Rule(
            "configuration",
            r"^parameter \".*\" (?:changed to|removed from configuration|cannot be changed)",
        ),
    ),
    "configuration": (Rule("configuration", r"^configuration file .* contains errors"),),
    "started": (Rule("replication", r"^started streaming WAL from primary"),),
    "restarted": (Rule("replication", r"^restarted WAL streaming"),),
    "fetching": (Rule("replication", r"^fetching timeline history file"),),
    "primary": (Rule("replication", r"^primary server contains no more WAL"),),
    "entering": (Rule("replication", r"^entering standby mode"),),
    "consistent": (Rule("replication", r"^consistent recovery state reached"),),
    "standby": (Rule("replication", r"^standby \".*\" (?:is now|has now)"),),
    "logical": (
        Rule("replication", r"^logical (?:replication|decoding) "),
        Rule("server", r"\(PID [0-9]+\) (?:was terminated by|exited with)"),
    ),
    "invalidating": (Rule("replication", r"^invalidating (?:obsolete replication )?slot "),),
    "promote": (Rule("replication", r"^promote trigger file found"),),
    "trigger": (Rule("replication", r"^trigger file found"),),
    "selected": (Rule("replication", r"^selected new timeline ID"),),
    "acquired": (Rule("replication", r"^acquired (?:logical|physical) replication slot"),),
    "released": (Rule("replication", r"^released (?:logical|physical) replication slot"),),
    "completed": (Rule("server", r"^completed backup recovery"),),
    "restored": (Rule("replication", r"^restored log file "),),
    "canceling": (Rule("replication", r"^canceling (?:the )?wait for synchronous replication"),),
    "page": (Rule("corruption", r"^page verification failed"),),
    # "server process (PID 7) was terminated by signal 9: Killed", and the other processes
    ANY_WORD: (Rule("server", r"\(PID [0-9]+\) (?:was terminated by|exited with)"),),
}

#: First word -> rules for ERROR, FATAL and PANIC; what fits none is kind ``error``.
ERROR_RULES: dict[str, tuple[Rule, ...]] = {
    "deadlock": (Rule("deadlock", r"^deadlock detected"),),
    "canceling": (
        Rule("cancelled", r"^canceling (?:statement|authentication) due to |^canceling autovac"),
    ),
    "terminating": (
        Rule(
            "cancelled",
            r"^terminating connection due to (?:[a-z-]+ timeout|conflict with recovery)",
        ),
        Rule("replication", r"^terminating (?:walsender|walreceiver|logical replication)"),
    ),
    "could": (
        Rule(
            "replication",
            r"^could not (?:(?:receive|send|start) .*WAL stream|connect to the (?:primary|publ)"
            r"|receive .* from the primary server)",
        ),
    ),
    "streaming": (Rule("replication", r"^streaming replication receiver "),),
    "requested": (Rule("replication", r"^requested (?:WAL segment|starting point|timeline) "),),
    "replication": (Rule("replication", r"^replication terminated by primary server"),),
    "highest": (Rule("replication", r"^highest timeline .* behind recovery timeline"),),
    "database": (Rule("wraparound", r"^database is not accepting commands "),),
}


def by_first_word(messages: pa.Array, words: Container[str]) -> list[tuple[str, Ints]]:
    """Return each of ``words`` that begins messages, with their places; the others as one."""
    short = pc.binary_slice(messages.cast(pa.binary()), 0, _WORD_BYTES)
    letters = pc.replace_substring_regex(short, r"(?s)[^A-Za-z].*", "")
    first = letters.cast(pa.string()).dictionary_encode()
    known = [word if word in words else ANY_WORD for word in first.dictionary.to_pylist()]
    names = list(dict.fromkeys(known))
    number = np.array([names.index(word) for word in known], np.int64)
    codes = number[first.indices.to_numpy(zero_copy_only=False)]
    return [(name, np.flatnonzero(codes == code)) for code, name in enumerate(names)]
