from perfkit.formats.requests.shapes import flat


def test_a_shape_says_where_each_role_is_the_best_first():
    shape, values = flat({"elapsed": 1, "duration_ms": 2, "url": "/b", "path": "/a", "x": None})
    assert dict(shape.roles) == {"path": (3, 2)}
    assert [(place.key, place.unit) for place in shape.durations] == [
        ("duration_ms", "ms"),
        ("elapsed", ""),
    ]
    assert values == [1, 2, "/b", "/a", None]


def test_equal_keys_share_one_shape_and_nested_ones_count():
    line = {"req": {"method": "GET", "headers": {"host": "x"}}, "responseTime": 5}
    shape, values = flat(line)
    assert shape.product == "pino-http"
    assert shape.durations[0].unit == "ms"
    assert values[shape.roles[0][1][0]] == "GET"
    assert flat({**line, "responseTime": 7})[0] is shape


def test_an_empty_line_has_no_roles():
    shape, values = flat({})
    assert (shape.roles, shape.durations, values, shape.product) == ((), (), [], "")
