import pytest

RULE = "large-payload"


def answered(told, size, *, ms=150.0, url="http://stock/items?all=1", **more):
    def write(trace, n):
        trace.http(url, ms)
        trace.rows[-1]["attributes"] = told(http__response__body__size=size + n, **more)

    return write


def test_a_large_and_slow_answer_is_told(found, several, told):
    (one,) = found(RULE, several(answered(told, 900_000)))
    assert "GET http://stock/items?all=* is answered with 879 kB" in one.title
    assert one.evidence[0]["response_bytes"] == 900_005
    assert one.keys["peer"] == "stock"


@pytest.mark.parametrize("style", ["otel", "datadog", "zipkin"])
def test_a_large_answer_of_the_service_itself_is_told(found, traces_built, style):
    def write(trace, n):
        trace.span("render", 200.0)
        trace.rows[0]["attributes"] = traces_built.attributes(
            style, http__response_content_length=2_000_000
        )

    (one,) = found(RULE, traces_built.several(write, style=style))
    assert "GET /orders sends 1.91 MB" in one.title
    assert one.keys["route"] == "/orders"


@pytest.mark.parametrize(
    ("size", "options"),
    [
        (250_000, {}),
        (900_000, {"ms": 40.0}),
        (900_000, {"url": "http://s3/bucket/film.mp4"}),
        (900_000, {"url": "http://files/download/17"}),
        (900_000, {"http__response__header__content-type": "application/pdf"}),
    ],
)
def test_small_and_fast_answers_and_files_are_fine(found, several, told, size, options):
    assert not found(RULE, several(answered(told, size, **options)))


def test_most_answers_have_to_be_large(found, several, told):
    def write(trace, n):
        answered(told, 900_000 if n < 4 else 100_000)(trace, n)

    assert not found(RULE, several(write, 12))
