"""Functions known by name: harmless though marked VOLATILE, or dangerous though not."""

from __future__ import annotations

__all__ = ["HARMLESS", "HARMLESS_IN_EXTENSIONS", "HARMLESS_TRIGGERS", "RUNS_TEXT", "UNDONE"]

#: Volatile in pg_catalog, yet without an effect: they look, sleep, or draw random numbers.
#: Not here: what reads files (opening a FIFO or a device is an effect), ``setseed``,
#: ``pg_nextoid``, ``set_config`` (it could lift the time limit of the session).
HARMLESS = frozenset(
    """array_sample array_shuffle bernoulli clock_timestamp current_query currval
    gen_random_uuid lastval pg_available_wal_summaries pg_blocking_pids
    pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery
    pg_control_system pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
    pg_database_collation_actual_version pg_database_size pg_get_aios
    pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members
    pg_get_sequence_data pg_get_shmem_allocations pg_get_wait_events
    pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_get_wal_summarizer_state
    pg_hba_file_rules pg_ident_file_mappings pg_indexes_size pg_is_in_recovery
    pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_last_committed_xact
    pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
    pg_lock_status pg_notification_queue_usage pg_partition_ancestors pg_partition_tree
    pg_prepared_xact pg_relation_size pg_replication_origin_progress
    pg_replication_origin_session_is_setup pg_replication_origin_session_progress
    pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_show_all_file_settings
    pg_show_replication_origin_status pg_sleep pg_sleep_for pg_sleep_until
    pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io
    pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched
    pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
    pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
    pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted
    pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
    pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
    pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats
    pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_commit_timestamp
    pg_xact_commit_timestamp_origin pg_xact_status random random_normal system timeofday
    txid_status uuidv4 uuidv7""".split()  # noqa: SIM905 - reads as a list
)

#: The same in extensions: they look into tables, pages and counters, or draw random numbers.
HARMLESS_IN_EXTENSIONS = frozenset(
    """gen_random_bytes gen_random_uuid gen_salt int_agg_final_array int_agg_state
    normal_rand pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts
    pg_freespace pg_relpages pg_stat_statements pg_stat_statements_info pg_visibility
    pg_visibility_map pg_visibility_map_summary pgp_pub_encrypt pgp_pub_encrypt_bytea
    pgp_sym_encrypt pgp_sym_encrypt_bytea pgrowlocks pgstatginindex pgstathashindex
    pgstatindex pgstattuple pgstattuple_approx ssl_cipher ssl_client_cert_present
    ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used
    ssl_issuer_dn ssl_issuer_field ssl_version system_rows system_time uuid_generate_v1
    uuid_generate_v1mc uuid_generate_v4""".split()  # noqa: SIM905 - reads as a list
)

#: Not VOLATILE, yet they run text, or every view of a schema: that text may call anything.
#: (The validators load libraries.) Seen in PostgreSQL 15 to 18, tablefunc and xml2.
RUNS_TEXT = frozenset(
    """connectby crosstab crosstab2 crosstab3 crosstab4 crosstabn database_to_xml
    database_to_xml_and_xmlschema database_to_xmlschema fmgr_c_validator
    fmgr_internal_validator fmgr_sql_validator schema_to_xml schema_to_xml_and_xmlschema
    schema_to_xmlschema table_to_xml table_to_xml_and_xmlschema table_to_xmlschema
    xpath_table""".split()  # noqa: SIM905 - reads as a list
)

#: Volatile in pg_catalog, yet a rollback undoes them; sequences advance, which is said.
UNDONE = frozenset(
    """nextval pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_notify
    pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared set_config
    suppress_redundant_updates_trigger tsvector_update_trigger
    tsvector_update_trigger_column unique_key_recheck""".split()  # noqa: SIM905 - reads as a list
)

#: Trigger functions of PostgreSQL's contrib modules that stay within the transaction.
HARMLESS_TRIGGERS = frozenset(
    """autoinc check_foreign_key check_primary_key insert_username lo_manage moddatetime
    triggered_change_notification""".split()  # noqa: SIM905 - reads as a list
)
