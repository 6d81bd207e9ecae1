"""Database systems by the names of OpenTelemetry's registry, and what they are."""

import pytest

from perfkit.formats.traces.conventions import systems
from perfkit.formats.traces.conventions.systems import (
    CACHES,
    MYSQL,
    category_of_aws,
    category_of_system,
    system_named,
)


@pytest.mark.parametrize(
    ("old", "today"),
    [  # "has been renamed to" in the registry of db.system, and what drivers call themselves
        ("mssql", "microsoft.sql_server"),
        ("oracle", "oracle.db"),
        ("db2", "ibm.db2"),
        ("dynamodb", "aws.dynamodb"),
        ("cosmosdb", "azure.cosmosdb"),
        ("spanner", "gcp.spanner"),
        ("h2", "h2database"),
        ("intersystems_cache", "intersystems.cache"),
        ("firebird", "firebirdsql"),
        ("Postgres", "postgresql"),
        (" MySQL2 ", "mysql"),
        ("memcache", "memcached"),
        ("cockroachdb", "cockroachdb"),
    ],
)
def test_old_names_become_those_of_today(old, today):
    assert system_named(old) == today


@pytest.mark.parametrize("name", ["sql", "JDBC", "", "  ", None, "unknown"])
def test_what_says_only_that_it_is_a_database_names_none(name):
    assert system_named(name) is None


def test_names_of_today_stay_as_they_are():
    for today in set(systems._TODAY.values()) | CACHES | MYSQL:
        assert system_named(today) == today


@pytest.mark.parametrize(
    ("system", "category"),
    [
        ("redis", "cache"),
        ("memcached", "cache"),
        ("postgresql", "db"),
        ("mongodb", "db"),
        ("odd", "db"),
    ],
)
def test_what_lives_in_memory_is_a_cache(system, category):
    assert category_of_system(system) == category


@pytest.mark.parametrize(
    ("service", "category"),
    [
        ("S3", "file"),
        ("Amazon S3", "file"),
        ("AmazonSQS", "queue"),
        ("AWSLambda", "faas"),
        ("DynamoDB", "db"),
        ("AmazonDynamoDBv2", "db"),
        ("Bedrock Runtime", "ai"),
        ("SecretsManager", "rpc"),
        ("", "rpc"),
        ("aws", "rpc"),
    ],
)
def test_a_service_of_aws_is_what_it_does(service, category):
    assert category_of_aws(service) == category
