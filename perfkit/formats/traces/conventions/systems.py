"""Database systems by the name that OpenTelemetry's registry gives them today."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["CACHES", "MYSQL", "category_of_aws", "category_of_system", "system_named"]

#: Other names (db.system's old values, db.type, drivers) -> values of db.system.name.
_TODAY = {
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "asyncpg": "postgresql",
    "mysql2": "mysql",
    "mysqldb": "mysql",
    "pymysql": "mysql",
    "maria": "mariadb",
    "mssql": "microsoft.sql_server",
    "sqlserver": "microsoft.sql_server",
    "sql-server": "microsoft.sql_server",
    "sql_server": "microsoft.sql_server",
    "oracle": "oracle.db",
    "mongo": "mongodb",
    "pymongo": "mongodb",
    "memcache": "memcached",
    "sqlite3": "sqlite",
    "db2": "ibm.db2",
    "informix": "ibm.informix",
    "netezza": "ibm.netezza",
    "dynamodb": "aws.dynamodb",
    "redshift": "aws.redshift",
    "cosmosdb": "azure.cosmosdb",
    "spanner": "gcp.spanner",
    "h2": "h2database",
    "hanadb": "sap.hana",
    "maxdb": "sap.maxdb",
    "firebird": "firebirdsql",
    "ingres": "actian.ingres",
    "adabas": "softwareag.adabas",
    "intersystems_cache": "intersystems.cache",
}
#: OpenTracing's ``db.type=sql`` and the like say that it is a database, not which.
_UNNAMED = frozenset({"sql", "db", "jdbc", "unknown", "other", "cache"})
CACHES = frozenset(
    {
        "redis",
        "valkey",
        "keydb",
        "dragonfly",
        "garnet",
        "memcached",
        "hazelcast",
        "infinispan",
        "ehcache",
        "caffeine",
        "couchbase.cache",
    }
)
MYSQL = frozenset({"mysql", "mariadb"})
#: Services of AWS by what a call to them is.
_AWS = {
    "s3": "file",
    "efs": "file",
    "dynamodb": "db",
    "dynamodbv2": "db",
    "rdsdata": "db",
    "athena": "db",
    "sqs": "queue",
    "sns": "queue",
    "kinesis": "queue",
    "firehose": "queue",
    "eventbridge": "queue",
    "lambda": "faas",
    "bedrock": "ai",
    "bedrockruntime": "ai",
    "bedrock runtime": "ai",
}


@lru_cache(maxsize=1024)
def system_named(name: str | None) -> str | None:
    """Return a system's name of today; None when ``name`` tells no system.

    Example:
        >>> system_named("Postgres"), system_named("sql")
        ('postgresql', None)
    """
    plain = (name or "").strip().lower()
    return None if not plain or plain in _UNNAMED else _TODAY.get(plain, plain)


def category_of_system(system: str) -> str:
    """Return ``cache`` for stores that live in memory, ``db`` for others."""
    return "cache" if system in CACHES else "db"


@lru_cache(maxsize=1024)
def category_of_aws(service: str) -> str:
    """Return what a call to a service of AWS is; ``rpc`` for those that are nothing special."""
    plain = service.strip().lower().removeprefix("amazon").removeprefix("aws").strip(" -_.")
    return _AWS.get(plain, "rpc")
