import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.routes import coded, distinct, has, named, path_template, recorded, routes
from perfkit.routing.evidence import NO_ROUTE
from perfkit.routing.matching import Routes

PATHS = {
    "/posts/17": "/posts/{id}",
    "/posts/eb9d77db-1c3e-4f6a-9b1c-0f1e2d3c4b5a/tags": "/posts/{id}/tags",
    "/blobs/0123456789abcdef": "/blobs/{id}",
    "/a//7/": "/a//{id}/",
    "/decade": "/decade",
    "/": "/",
    "": "",
}


def requests(paths, known=None, **columns):
    route = known or [None] * len(paths)
    return tables.from_columns("requests", {"route": route, "path": paths, **columns})


@pytest.mark.parametrize(("path", "expected"), PATHS.items())
def test_ids_are_taken_out_of_a_path(path, expected):
    assert path_template(path) == expected


def test_requests_without_a_route_have_the_template_of_their_path():
    paths = [f"{path}?page=3/4" for path in PATHS]
    expected = [
        path if path == "/" else path.replace("//", "/").rstrip("/") for path in PATHS.values()
    ]
    table = pa.table({"route": pa.nulls(len(paths), pa.string()), "path": paths})
    assert routes(table).to_pylist() == expected
    assert routes(table.slice(1, 2)).to_pylist() == expected[1:3]
    assert routes(table.slice(0, 0)).to_pylist() == []


def test_a_known_route_and_an_unknown_path_stay():
    table = pa.table({"route": ["/errors/404", None], "path": ["/errors/404", None]})
    assert routes(table).to_pylist() == ["/errors/404", None]


def test_known_routes_name_the_paths_of_others():
    table = requests(
        ["/orders/17", "/orders/new/", "/orders/17/lines", "/carts/5", None],
        [None, None, None, None, "/orders/{order_id}"],
    )
    new = requests([None], ["/orders/new"])
    assert routes(tables.concat([table, new], "requests")).to_pylist() == [
        "/orders/{order_id}", "/orders/new", "/orders/{id}/lines", "/carts/{id}",
        "/orders/{order_id}", "/orders/new",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "route", ["/{path:path}", "/*", "/{page}", "Orders#show", "shop.views.all"]
)
def test_routes_that_fit_everything_and_names_of_handlers_name_no_path(route):
    assert routes(requests(["/orders/17", None], [None, route])).to_pylist() == [
        "/orders/{id}",
        route,
    ]
    assert not recorded(pa.chunked_array([[route]]))


def test_sent_requests_and_served_ones_teach_each_other_nothing():
    paths = ["/orders/17", "/orders/18", None, None]
    known = [None, None, "/orders/{order}", "/orders/{theirs}"]
    kind = ["client", None, "server", "client"]
    assert routes(requests(paths, known, kind=kind)).to_pylist() == [
        "/orders/{theirs}", "/orders/{order}", "/orders/{order}", "/orders/{theirs}",
    ]  # fmt: skip


def test_paths_that_were_never_found_are_one_route():
    paths = ["/", *(f"/old-{chr(97 + n % 26)}{chr(97 + n // 26)}.php" for n in range(500))]
    status = [200] + [404] * 500
    assert set(routes(requests(paths, status=status)).to_pylist()) == {"/", NO_ROUTE}
    assert routes(requests(paths, status=[None] * 501)).to_pylist() != [NO_ROUTE] * 501


def test_chunks_and_dictionaries_do_not_matter():
    paths = [f"/users/u{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}/posts" for n in range(600)]
    table = pa.table({"route": pa.nulls(600, pa.string()), "path": pa.array(paths)})
    parts = pa.concat_tables([table.slice(n, 7) for n in range(0, 600, 7)])
    coded = table.set_column(1, "path", table["path"].dictionary_encode())
    assert routes(table).to_pylist() == ["/users/{name}/posts"] * 600
    assert routes(parts).to_pylist() == routes(coded).to_pylist() == ["/users/{name}/posts"] * 600


def test_the_list_of_an_application_goes_before_what_was_recorded():
    table = requests(
        ["/orders/17", "/orders/18", "/carts/1", None, "/orders/19"],
        [None, "/orders/{seen}", "/carts/{seen}", "/x", None],
        kind=[None, None, None, None, "client"],
    )
    assert named(table, Routes(["/orders/{id:int}"])).cast(pa.string()).to_pylist() == [
        "/orders/{id:int}", "/orders/{id:int}", "/carts/{seen}", "/x", None,
    ]  # fmt: skip


@given(st.lists(st.none() | st.sampled_from(["/a", "/b?c", ""]) | st.just("/" + "x" * 5000)))
def test_different_targets_are_numbered(targets):
    column = pa.chunked_array([[target] for target in targets], pa.string())
    found, code = distinct(column)
    texts = [*found.to_pylist(), None]
    assert len(set(texts)) == len(texts)
    assert [texts[n] for n in code] == [target and target[:1000] for target in targets]


HOSTILE = ["/<script>alert(1)</script>", "/\x00\x1b[31m", "/" + "x" * 100_000, "/a" * 50_000,
           "", "*", "\x16\x03\x01", "/{name}", "/\u202e", "/%00%ff", "/" + "'" * 300]  # fmt: skip


def test_hostile_paths_have_routes_of_bounded_length():
    found = routes(requests([*HOSTILE, "shop:443", "/orders/17"])).to_pylist()
    assert len(found) == len(HOSTILE) + 2
    assert max(map(len, found)) <= 1000
    assert found[-2:] == ["(CONNECT)", "/orders/{id}"]


ROUTED = st.lists(
    st.tuples(
        st.sampled_from(["/a/{x}", "/b", None]),
        st.sampled_from(["/a/1", "/a/2", "/c/7", "/c/8?q=1", None]),
        st.sampled_from(["client", "server", None]),
    ),
    max_size=20,
)


@given(ROUTED, st.integers(1, 5))
def test_coded_routes_are_the_routes_however_the_rows_are_cut(rows, size):
    columns = {name: [row[n] for row in rows] for n, name in enumerate(("route", "path", "kind"))}
    table = tables.from_columns("requests", columns)
    cut = [table.slice(n, size) for n in range(0, len(rows), size)]
    parts = pa.concat_tables(cut) if cut else table
    found = coded(parts)
    assert found.to_pylist() == routes(table).to_pylist() == routes(parts).to_pylist()
    assert pa.types.is_dictionary(found.type)
    for (own, path, _), route in zip(rows, found.to_pylist(), strict=True):
        assert route == own if own else (route is None) == (path is None)


def test_what_is_unknown_inside_a_dictionary_is_unknown():
    texts = pa.array(["/a", None])
    route = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), texts)
    table = pa.table({"route": route, "path": [None, "/x/7", "/x/8"]})
    assert routes(table).to_pylist() == ["/a", "/x/{id}", "/x/{id}"]


@pytest.mark.parametrize("as_dictionary", [True, False])
def test_a_value_is_found_in_every_chunk(as_dictionary):
    column = pa.chunked_array([["client", None], [], ["server", "client"], [None]], pa.string())
    column = column.dictionary_encode() if as_dictionary else column
    table = pa.table({"kind": column, "status": [404, None, 404, 200, 1]})
    assert has(table, "kind", "client").tolist() == [True, False, False, True, False]
    assert has(table, "status", 404).tolist() == [True, False, True, False, False]
    assert not has(table, "kind", "nobody").any()
    assert not has(table, "peer", "client").any()


def test_targets_that_begin_alike_for_too_long_are_one():
    long = "/a" * 1_000
    targets, code = distinct(pa.chunked_array([[long + "1", "/b", None, long + "2"]]))
    assert targets.to_pylist() == [long[:1_000], "/b"]
    assert code.tolist() == [0, 1, 2, 0]
