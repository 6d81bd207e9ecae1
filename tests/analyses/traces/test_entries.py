from perfkit.analyses.traces.entries import entries, of_route, routes
from perfkit.analyses.traces.nested import nest

SERVER = {"kind": "server"}
CLIENT = {"kind": "client"}


def chosen(made, *rows):
    forest = made.forest(*rows)
    return forest.texts("span_id", entries(forest))


def test_a_request_is_the_topmost_span_of_a_trace(made):
    rows = [("R", None, 0, 100, SERVER), ("C", "R", 10, 50, CLIENT), ("S", "C", 20, 30, SERVER)]
    assert chosen(made, *rows) == ["R"]


def test_below_a_client_every_answer_is_a_request(made):
    rows = [("load", None, 0, 100, CLIENT), ("A", "load", 50, 30, SERVER)]
    rows += [("B", "load", 10, 30, SERVER), ("inner", "B", 12, 5, SERVER)]
    assert chosen(made, *rows) == ["B", "A"]


def test_a_job_is_one_request_whatever_it_calls(made):
    rows = [("job", None, 0, 100), ("C", "job", 10, 50, CLIENT), ("S", "C", 20, 30, SERVER)]
    assert chosen(made, *rows) == ["job"]


def test_a_serving_span_whose_caller_exports_nothing_is_a_request(made):
    rows = [("A", "gone", 0, 100, SERVER), ("B", "lost", 10, 50, CLIENT)]
    assert chosen(made, *rows) == ["A"]


def test_a_trace_of_leftovers_counts_as_its_longest_span(made):
    rows = [("A", "gone", 0, 10, CLIENT), ("B", "gone", 5, 50, CLIENT), ("C", "gone", 9, 1)]
    assert chosen(made, *rows) == ["B"]


def test_each_trace_is_looked_at_for_itself(made):
    other = {"trace_id": "u", "kind": "client"}
    rows = [("A", None, 5, 100, SERVER), ("B", "gone", 0, 10, other), ("C", "gone", 0, 20, other)]
    assert chosen(made, *rows) == ["C", "A"]


def test_spans_without_times_are_no_requests(made):
    assert chosen(made, ("R", None, 0, None), ("A", "R", 10, 50)) == ["A"]
    assert chosen(made, ("R", None, None, None)) == []
    assert chosen(made) == []


def test_a_route_is_found_at_any_depth_but_not_within_itself(made):
    stock = SERVER | {"route": "/stock"}
    rows = [("R", None, 0, 100, SERVER), ("S", "R", 10, 50, stock), ("T", "S", 20, 30, stock)]
    forest = made.forest(*rows)
    assert forest.texts("span_id", of_route(forest, "/stock")) == ["S"]
    assert of_route(forest, "/nowhere").tolist() == []


def test_requests_are_called_by_their_route_else_by_their_name(made):
    rows = [("R", None, 0, 1, SERVER | {"route": "/a"}), ("job", None, 5, 1, {"trace_id": "u"})]
    forest = made.forest(*rows)
    assert routes(forest, entries(forest)) == ["/a", "job"]


CONSUMER = {"kind": "consumer"}
POLL = ("poll", None, 21_000, 26_000, CONSUMER)


def test_a_poll_that_hands_over_its_messages_is_no_request_but_each_of_them_is(made):
    rows = [POLL, ("A", "poll", 0, 252_000_000), ("B", "poll", 252_000_000, 223_000_000)]
    rows += [("inner", "A", 1_000_000, 5_000_000)]
    forest = made.forest(*rows)
    assert forest.texts("span_id", entries(forest)) == ["A", "B"]
    assert forest.texts("span_id", of_route(forest, "A")) == ["A"]


def test_messages_handed_on_twice_are_the_last_ones_work(made):
    producer = {"kind": "producer"}
    rows = [("send", None, 0, 13_000, producer), ("next", "send", 2_000_000, 14_000, CONSUMER)]
    assert chosen(made, *rows, ("on", "next", 2_100_000, 370_000)) == ["on"]


def test_what_a_producer_hands_over_has_a_wall_time(made):
    rows = [("send", None, 0, 13_000, {"kind": "producer"}), ("on", "send", 2e6, 9e6, CONSUMER)]
    forest = made.forest(*[(*row[:2], int(row[2]), int(row[3]), row[4]) for row in rows])
    nested = nest(forest, entries(forest))
    assert nested.length.tolist() == [0, 9_000_000]


def test_work_within_a_span_keeps_it_the_request(made):
    rows = [POLL, ("fetch", "poll", 22_000, 10_000), ("A", "poll", 50_000, 252_000_000)]
    assert chosen(made, *rows) == ["poll"]


def test_a_span_of_some_length_is_the_request_whatever_follows_it(made):
    rows = [("poll", None, 0, 50_000_000, CONSUMER), ("A", "poll", 50_000_000, 400_000_000)]
    assert chosen(made, *rows) == ["poll"]


def test_what_follows_an_answer_is_no_request(made):
    rows = [("R", None, 0, 20_000_000, SERVER), ("mail", "R", 20_000_000, 90_000_000)]
    assert chosen(made, *rows) == ["R"]
