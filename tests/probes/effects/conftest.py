"""A database of its own on the tests' server, where functions and extensions may be made."""

import pytest
import sqlalchemy as sa


@pytest.fixture(scope="session")
def effects_engine(postgres):
    admin = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists perfkit_effects with (force)")
        connection.exec_driver_sql("create database perfkit_effects")
    engine = sa.create_engine(postgres.url("perfkit_effects"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database perfkit_effects with (force)")
    admin.dispose()
