import pytest

from perfkit.formats.logs.mysql_server import server

HEAD = "/usr/sbin/{}, Version: {} (x). started with:\nTcp port: 0\n# User@Host: a[a] @ b []\n"


@pytest.mark.parametrize(
    ("program", "version", "system", "starts"),
    [
        ("mysqld", "5.7.44-log", "mysql", False),
        ("mysqld", "8.0.13", "mysql", False),
        ("mysqld", "8.0.14", "mysql", True),
        ("mysqld", "9.1.0", "mysql", True),
        ("mysqld", "5.5.68-MariaDB", "mariadb", False),
        ("mysqld", "10.4.34-MariaDB", "mariadb", False),
        ("mysqld", "10.6.16-MariaDB-log", "mariadb", False),
        ("mariadbd", "10.6.17-MariaDB", "mariadb", True),
        ("mariadbd", "10.11.6-MariaDB", "mariadb", False),
        ("mariadbd", "10.11.19-MariaDB-0+deb12u1-log", "mariadb", True),
        ("mariadbd", "11.2.2-MariaDB", "mariadb", False),
        ("mariadbd", "12.0.2-MariaDB", "mariadb", True),
    ],
)
def test_the_version_tells_the_system_and_what_a_stamp_means(program, version, system, starts):
    found = server(HEAD.format(program, version).encode())
    assert (found.system, found.starts, found.short) == (system, starts, False)


def test_without_a_version_mariadb_is_known_by_its_line_for_the_query_cache():
    line = "# User@Host: a[a] @ b []\n# Thread_id: 7  Schema: shop  QC_hit: No\n"
    found = server(line.encode())
    assert (found.system, found.starts) == ("mariadb", None)
    assert server(b"# Query_time: 1  Lock_time: 1\n").system == "mysql"
    assert server(b"# Query_time: 1  Lock_time: 1\n").short
