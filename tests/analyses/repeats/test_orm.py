"""Who sent a statement: as the libraries write them, and as instrumentations name themselves."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.orm import database, library

#: What the libraries themselves send for one lazily loaded relation.
STATEMENTS = {
    "sqlalchemy": "SELECT items.id AS items_id, items.name AS items_name FROM items WHERE "
    "%(param_1)s = items.order_id",
    "django": 'SELECT "shop_item"."id", "shop_item"."name" FROM "shop_item" WHERE '
    '"shop_item"."order_id" = %s',
    "rails": 'SELECT "items".* FROM "items" WHERE "items"."order_id" = $1',
    "sequelize": 'SELECT "id", "orderId" FROM "Items" AS "Item" WHERE "Item"."orderId" = 7;',
    "typeorm": 'SELECT "Item"."id" AS "Item_id" FROM "item" "Item" WHERE "Item"."orderId" = $1',
    "prisma": 'SELECT "public"."Item"."id" FROM "public"."Item" WHERE ("public"."Item"."id" = $1 '
    "AND 1=1) LIMIT $2 OFFSET $3",
    "hibernate": "select i1_0.order_id,i1_0.id from item i1_0 where i1_0.order_id=?",
    "entity framework": "SELECT [i].[Id] FROM [Items] AS [i] WHERE [i].[OrderId] = @__p_0",
    "gorm": "SELECT * FROM `items` WHERE `items`.`order_id` = 7",
    "eloquent": "select * from `items` where `items`.`order_id` = ? and `items`.`order_id` is not "
    "null",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_library_is_told_by_its_style(name):
    assert library(STATEMENTS[name], {}, {}, ())[0] == name


@pytest.mark.parametrize(
    "statement",
    ["SELECT name FROM items WHERE order_id = $1", "select * from items where id = ?", "", None],
)
def test_what_people_write_is_of_no_library(statement):
    assert library(statement, {}, {}, ()) == ("", "")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"otel.scope.name": "opentelemetry.instrumentation.sqlalchemy"}, "sqlalchemy"),
        ({"otel.library.name": "@opentelemetry/instrumentation-sequelize"}, "sequelize"),
        ({"meta.component": "active_record"}, "rails"),
        ({"graphql.field.name": "items"}, "graphql"),
        ({"http.url": "http://django/"}, ""),
    ],
)
def test_instrumentations_name_themselves(told, expected):
    assert library("select a from b", told, {}, ())[0] == expected


def test_a_comment_of_sqlcommenter_names_the_framework():
    statement = "SELECT a FROM b /*db_driver='django.db.backends.postgresql',framework='x'*/"
    assert library(statement, {}, {}, ())[0] == "django"


def test_a_resolver_above_the_statement_is_graphql():
    assert library("select a from b", {}, {}, ["resolve Order.items"])[0] == "graphql"


def test_a_style_of_another_language_is_chance():
    resource = {"telemetry.sdk.language": "go"}
    assert library(STATEMENTS["sequelize"], {}, resource, ()) == ("", "go")


@pytest.mark.parametrize(
    ("said", "language"),
    [("nodejs", "nodejs"), ("jvm", "java"), ("CPython", "python"), (".NET 8", "dotnet")],
)
def test_languages_have_many_names(said, language):
    assert library(None, {"process.runtime.name": said}, {}, ())[1] == language


@pytest.mark.parametrize(
    ("told", "statement", "expected"),
    [
        ({"db.system": "postgresql"}, None, "postgresql"),
        ({"db.system.name": "cockroachdb"}, None, "postgresql"),
        ({"db.system": "mysql"}, None, "mysql"),
        ({}, "select a from b where c = $1", "postgresql"),
        ({}, "select `a` from b", "mysql"),
        ({}, "select a from b where c = ?", ""),
    ],
)
def test_the_system_is_told_or_seen(told, statement, expected):
    assert database(told, statement) == expected


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["SELECT ", "SELECT a.", "/*framework='", "a_1_.", '"a"."a"', "a"])
def test_a_statement_made_to_be_slow_is_not(part):
    library(part * 100_000, {}, {}, ())
