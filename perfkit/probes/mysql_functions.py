"""What the built-in functions of MariaDB and MySQL may do to the world.

A function is run only if it is known: on this list and without an effect, or allowed by name.
What stands in front of a parenthesis and is neither a function that is stored or loaded on the
server nor on :data:`EFFECTS` is SQL's own (``IN (``, ``VARCHAR(``) or a built-in that computes.
"""

from __future__ import annotations

__all__ = ["EFFECTS"]

_LOCK = "it takes or releases a lock that belongs to the session"
_WAIT = "it waits for another server"
_SEQUENCE = "it changes a sequence"
_STATE = "it changes what the session remembers"
_PLUGIN = "it changes the server's state"

#: Built-in functions with effects that no rollback undoes -> why. ``sleep`` and ``benchmark``
#: only take time, which the time limit bounds; ``uuid_short`` counts, which nobody sees.
EFFECTS = {
    "get_lock": _LOCK,
    "release_lock": _LOCK,
    "release_all_locks": _LOCK,
    "service_get_read_locks": _LOCK,
    "service_get_write_locks": _LOCK,
    "service_release_locks": _LOCK,
    "master_pos_wait": _WAIT,
    "source_pos_wait": _WAIT,
    "master_gtid_wait": _WAIT,
    "wait_for_executed_gtid_set": _WAIT,
    "wait_until_sql_thread_after_gtids": _WAIT,
    "wsrep_sync_wait_upto_gtid": _WAIT,
    "nextval": _SEQUENCE,
    "setval": _SEQUENCE,
    "load_file": "it reads a file of the server's machine",
    "last_insert_id": _STATE,
    "sys_exec": "it runs a program on the server's machine",
    "sys_eval": "it runs a program on the server's machine",
    "sys_set": "it changes the environment of the server",
    "set_firewall_mode": _PLUGIN,
    "set_firewall_group_mode": _PLUGIN,
    "audit_log_filter_set_filter": _PLUGIN,
    "audit_log_rotate": _PLUGIN,
    "version_tokens_set": _PLUGIN,
    "keyring_key_store": _PLUGIN,
    "keyring_key_remove": _PLUGIN,
    "group_replication_set_as_primary": _PLUGIN,
}
