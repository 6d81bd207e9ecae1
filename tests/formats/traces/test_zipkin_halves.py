"""Version 1 spans divided as openzipkin's V1SpanConverter divides them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.zipkin_halves import halves
from perfkit.formats.traces.zipkin_model import Annotation, BinaryAnnotation, Endpoint, Span1

APP, WEB, KAFKA = Endpoint("app", "10.0.0.1"), Endpoint("web", "10.0.0.2"), Endpoint("kafka")


def span(*annotations, tags=(), **more):
    return Span1(
        traceId="1", id="2",
        annotations=[Annotation(*one) for one in annotations],
        binaryAnnotations=[BinaryAnnotation(*one) for one in tags], **more,
    )  # fmt: skip


def told(found):
    return [
        (h.kind, h.local and h.local.serviceName, h.timestamp, h.duration, h.shared) for h in found
    ]


@pytest.mark.parametrize(
    ("annotations", "more", "expected"),
    [
        ([(50, "cs", APP), (90, "cr", APP)], {}, [("CLIENT", "app", 50, 40, False)]),
        (
            [(50, "cs", APP), (90, "cr", APP)],
            {"timestamp": 49, "duration": 43},
            [("CLIENT", "app", 49, 43, False)],
        ),
        (
            [(60, "sr", WEB), (80, "ss", WEB)],
            {"timestamp": 60, "duration": 20},
            [("SERVER", "web", 60, 20, False)],
        ),
        (  # the client has the times
            [(60, "sr", WEB), (80, "ss", WEB)],
            {},
            [("SERVER", "web", 60, 20, True)],
        ),
        (
            [(50, "cs", APP), (60, "sr", WEB), (80, "ss", WEB), (90, "cr", APP)],
            {"timestamp": 50, "duration": 40},
            [("CLIENT", "app", 50, 40, False), ("SERVER", "web", 60, 20, True)],
        ),
        (
            [(50, "cs", APP), (60, "sr", APP), (80, "ss", APP), (90, "cr", APP)],  # calls itself
            {},
            [("CLIENT", "app", 50, 40, False), ("SERVER", "app", 60, 20, True)],
        ),
        ([(50, "cs", APP)], {}, [("CLIENT", "app", 50, None, False)]),
        ([(60, "sr", WEB)], {"timestamp": 60}, [("SERVER", "web", 60, None, False)]),
        ([(90, "cr", APP)], {"timestamp": 50, "duration": 40}, [("CLIENT", "app", 50, 40, False)]),
        ([(50, "ms", APP)], {}, [("PRODUCER", "app", 50, None, False)]),
        ([(50, "ms", APP), (55, "ws", APP)], {}, [("PRODUCER", "app", 50, 5, False)]),
        ([(60, "wr", APP), (70, "mr", APP)], {}, [("CONSUMER", "app", 60, 10, False)]),
        (
            [(50, "ms", APP), (55, "ws", APP), (60, "wr", WEB), (70, "mr", WEB)],
            {},
            [("PRODUCER", "app", 50, 5, False), ("CONSUMER", "web", 60, 10, True)],
        ),
        ([], {"timestamp": 7, "duration": 2}, [(None, None, 7, 2, False)]),
    ],
)  # fmt: skip
def test_halves_have_their_own_times(annotations, more, expected):
    assert told(halves(span(*annotations, **more))) == expected


def test_an_end_before_the_begin_is_no_duration():
    assert told(halves(span((90, "cs", APP), (50, "cr", APP)))) == [
        ("CLIENT", "app", 90, None, False)
    ]


def test_other_annotations_and_tags_stay_with_the_service_that_made_them():
    found = halves(
        span(
            (50, "cs", APP), (60, "sr", WEB), (65, "cache miss", WEB),
            tags=[("http.path", "/a", APP), ("sql", "x", WEB), ("lc", "", WEB), ("no", None, WEB)],
        )
    )  # fmt: skip
    assert [half.tags for half in found] == [{"http.path": "/a"}, {"sql": "x"}]
    assert [half.annotations for half in found] == [[], [{"timestamp": 65, "value": "cache miss"}]]


def test_a_local_span_names_its_service_by_an_empty_component():
    (half,) = halves(span(tags=[("lc", "", APP)], timestamp=1, duration=2))
    assert (half.local, half.kind, half.tags) == (APP, None, {})
    (named,) = halves(span(tags=[("lc", "worker", APP)]))
    assert named.tags == {"lc": "worker"}


@pytest.mark.parametrize("value", [True, "1"])
def test_addresses_are_the_other_sides(value):
    (client,) = halves(span((1, "cs", APP), (2, "cr", APP), tags=[("sa", value, WEB)]))
    assert client.remote == WEB
    (server,) = halves(span((1, "sr", WEB), (2, "ss", WEB), tags=[("ca", value, APP)]))
    assert server.remote == APP
    (sender,) = halves(span((1, "ms", APP), tags=[("ma", value, KAFKA)]))
    assert sender.remote == KAFKA


def test_addresses_alone_tell_who_was_served():
    (server,) = halves(span(tags=[("ca", True, APP)]))
    assert (server.kind, server.remote) == ("SERVER", APP)
    (client,) = halves(span(tags=[("sa", True, WEB)], timestamp=1))
    assert client.remote == WEB


def test_a_caller_of_the_same_name_is_only_the_port_of_a_socket():
    caller = Endpoint("web", "10.0.0.9", port=4711)
    (server,) = halves(span((1, "sr", WEB), (2, "ss", WEB), tags=[("ca", True, caller)]))
    assert server.remote == Endpoint(None, "10.0.0.9", port=4711)


def test_a_core_annotation_of_nobody_is_a_note():
    (half,) = halves(span((1, "cs", None)))
    assert (half.kind, half.annotations) == (None, [{"timestamp": 1, "value": "cs"}])


endpoints = st.sampled_from([APP, WEB, None])
values = st.sampled_from(["cs", "cr", "sr", "ss", "ms", "mr", "ws", "wr", "x"])
times = st.none() | st.integers(0, 9)


@given(
    annotations=st.lists(st.tuples(times, values, endpoints), max_size=6),
    tags=st.lists(
        st.tuples(
            st.sampled_from(["sa", "ca", "ma", "a"]), st.sampled_from([True, "1", "v"]), endpoints
        ),
        max_size=4,
    ),
    timestamp=times,
    duration=times,
)
def test_whatever_is_in_a_span_nothing_is_told_twice(annotations, tags, timestamp, duration):
    found = halves(span(*annotations, tags=tags, timestamp=timestamp, duration=duration))
    assert 1 <= len(found) <= 4
    kept = [pair for half in found for pair in half.tags.items()]
    assert all(key == "a" or value == "v" for key, value in kept)  # others are addresses
    plain = [(key, value) for key, value, _ in tags if key == "a"]
    assert not plain or plain[-1] in kept
    noted = [note for half in found for note in half.annotations if note["value"] == "x"]
    assert len(noted) == sum(t is not None and v == "x" for t, v, _ in annotations)
    assert all(half.duration is None or half.duration >= 0 for half in found)
