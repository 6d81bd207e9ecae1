"""Plans of a real MariaDB server, and of MySQL as it was recorded."""

import mariadb_shop
import pytest


@pytest.fixture(scope="session")
def mariadb():
    """An engine for the shop on a MariaDB server of our own."""
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


@pytest.fixture
def analyzed(mariadb):
    """Return what ANALYZE FORMAT=JSON prints for a statement."""

    def text(sql, *settings, prefix="analyze format=json"):
        with mariadb.connect() as connection:
            for setting in settings:
                connection.exec_driver_sql(f"set session {setting}")
            found = connection.exec_driver_sql(f"{prefix} {sql}".replace("%", "%%")).scalar_one()
            connection.invalidate()
        return found

    return text
