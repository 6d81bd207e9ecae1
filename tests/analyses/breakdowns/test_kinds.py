import pytest

from perfkit.analyses.breakdowns.kinds import SUSPECTS, Kinds
from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.nested import nest

SERVER = {"kind": "server", "category": "app", "service": "shop"}
CALL = {"kind": "client", "category": "http", "service": "shop"}


def kinds(made, *rows):
    forest = made.forest(*rows)
    found = Kinds(forest, nest(forest, entries(forest)))
    codes = zip(found.category.tolist(), found.suspect.tolist(), strict=True)
    told = [(found.categories[category], SUSPECTS[suspect]) for category, suspect in codes]
    return dict(zip(forest.texts("span_id"), told, strict=True))


@pytest.mark.parametrize(
    ("told", "suspect"),
    [
        ({"category": "db"}, "database"),
        ({"category": "cache"}, "database"),
        ({"category": "pool"}, "blocking"),
        ({"category": "lock"}, "blocking"),
        ({"category": "http", "kind": "client"}, "external"),
        ({"category": "rpc"}, "external"),
        ({"category": "queue", "kind": "producer"}, "external"),
        ({"category": "http", "kind": "internal"}, "own code"),
        ({"category": "queue", "kind": "consumer"}, "own code"),
        ({"category": "serialize"}, "own code"),
        ({"category": "something new"}, "own code"),
    ],
)
def test_the_category_tells_the_suspect(told, suspect, made):
    assert kinds(made, ("R", None, 0, 9, SERVER), ("A", "R", 1, 2, told))["A"][1] == suspect


def test_a_call_whose_other_side_is_in_the_trace_is_between_services(made):
    stock = SERVER | {"service": "stock"}
    rows = [("R", None, 0, 9, SERVER), ("C", "R", 1, 5, CALL), ("S", "C", 2, 3, stock)]
    found = kinds(made, *rows, ("D", "R", 7, 1, CALL))
    assert found["C"] == ("http", "between services")
    assert found["S"] == ("app", "own code")
    assert found["D"] == ("http", "external")


def test_without_categories_they_follow_from_the_other_columns(made):
    called = {"kind": "client", "url": "http://x/y"}
    found = kinds(made, ("R", None, 0, 9, {"kind": "server"}), ("A", "R", 1, 2, called))
    assert found == {"R": ("app", "own code"), "A": ("http", "external")}


def test_a_job_and_a_message_handler_run_their_own_code(made):
    for told in ({"category": "queue", "kind": "consumer"}, {"category": "other"}, {}):
        assert kinds(made, ("R", None, 0, 9, told))["R"] == ("app", "own code")


def test_own_code_is_unattributed_where_spans_are_lost(made):
    rows = [("R", None, 0, 9, SERVER), ("A", "R", 1, 2, CALL)]
    lost = ("B", "gone", 4, 2, {"category": "db", "kind": "client"})
    assert kinds(made, *rows, lost)["R"] == ("unattributed", "unattributed")
    assert kinds(made, *rows, lost)["A"] == ("http", "external")


def test_a_caller_that_exports_nothing_is_no_lost_span(made):
    assert kinds(made, ("R", "browser", 0, 9, SERVER))["R"] == ("app", "own code")
    assert kinds(made, ("R", "queue", 0, 9, {"kind": "consumer"}))["R"] == ("app", "own code")
