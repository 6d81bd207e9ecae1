"""A small shop on a MariaDB server of our own: started at first use, once per process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import mariadb_server

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["SEED", "engine", "missing", "socket"]

missing = mariadb_server.missing

SEED = """
create database shop; use shop;
create table users (id bigint primary key, email varchar(100) not null unique,
    name varchar(100), country char(2)) engine=innodb;
insert into users select seq, concat('user', seq, '@shop.example'), concat('User ', seq),
    elt(1 + seq % 4, 'de', 'fr', 'us', 'gb') from seq_1_to_5000;
create table orders (id bigint auto_increment primary key, user_id bigint not null,
    status varchar(20) not null, total int, created_at datetime not null, note varchar(200),
    key status_created (status, created_at)) engine=innodb;
insert into orders select seq, 1 + (seq * 7919) % 5000,
    elt(1 + seq % 5, 'pending', 'paid', 'shipped', 'done', 'done'), seq,
    '2025-01-01' + interval seq minute, repeat('x', 100) from seq_1_to_60000;
create table items (order_id bigint not null, line int not null, qty int,
    primary key (order_id, line)) engine=innodb;
insert into items select 1 + seq div 3, seq % 3, seq % 7 from seq_1_to_60000;
create table tiny (a int, b varchar(10)) engine=innodb;
insert into tiny values (1, 'a'), (2, 'b'), (3, null);
create table ledger (a int) engine=myisam; insert into ledger values (1);
create table watched (a int) engine=innodb; insert into watched values (1);
create trigger watch before update on watched for each row set new.a = new.a;
create function twice(x int) returns int deterministic return 2 * x;
create view locked as select get_lock('view', 0) as got;
create view bigger as select * from locked;
create view doubled as select twice(a) as d from tiny;
create view plain as select a, b from tiny where a > 1;
create sequence numbers;
create user reader identified by 'reader-secret'; grant select on shop.orders to reader;
analyze table users, orders, items, tiny;
"""


@cache
def socket() -> Path:
    """Start the server and fill the shop; return the socket."""
    stack = ExitStack()
    folder = Path(tempfile.mkdtemp(prefix="pkm"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(stack.close)
    server = stack.enter_context(mariadb_server.running(folder))
    server.sql(SEED)
    return server.socket


@cache
def engine() -> Engine:
    """Return an engine for the shop; the pool keeps one connection."""
    import sqlalchemy as sa

    made = sa.create_engine(f"mysql+pymysql://root@/shop?unix_socket={socket()}", pool_size=1)
    atexit.register(made.dispose)
    return made
