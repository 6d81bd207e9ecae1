"""Which drops are tried against the workload, and which indexes serve a foreign key too."""

from types import SimpleNamespace

import pytest

from perfkit.tasks.audit import judge


def drop(name, *, partitioned=False):
    return SimpleNamespace(
        index=SimpleNamespace(schema="s", name=name, partitioned=partitioned), kind="duplicate"
    )


def survey(*, statements=1, extensions=("hypopg",)):
    asked = SimpleNamespace(text="select 1", values={}, calls=3)
    return SimpleNamespace(
        load=SimpleNamespace(statements=[asked] * statements),
        wishes=SimpleNamespace(facts=SimpleNamespace(extensions=set(extensions))),
    )


@pytest.fixture
def tried(monkeypatch):
    """Return a function: the indexes that were tried, and what came back."""

    def run(going, found, *, verdict="no change", method="hypopg", methods=("hypopg",)):
        names = []

        def prove_drop(_engine, name, questions, **_options):
            assert questions
            names.append(name)
            return SimpleNamespace(method=method, verdict=verdict, refused="proof: no right")

        monkeypatch.setattr(judge, "prove_drop", prove_drop)
        proving = SimpleNamespace(engine=None, expendable=False, timeout_s=1.0, methods=methods)
        return names, *judge._tested(going, found, proving)

    return run


def test_indexes_of_partitioned_tables_are_tried_like_others(tried):
    names, tests, _ = tried([drop("a"), drop("b", partitioned=True)], survey())
    assert names == [("s", "a"), ("s", "b")]
    assert set(tests) == set(names)


def test_twenty_are_tried(tried):
    names, _, _ = tried([drop(f"i{n}") for n in range(30)], survey())
    assert len(names) == 20


def test_what_could_not_be_tested_proves_nothing(tried):
    _, tests, said = tried([drop("a")], survey(), verdict="cannot test")
    assert (tests, said) == ({}, [])


def test_where_none_can_be_tried_the_first_says_why(tried):
    names, tests, said = tried([drop("a"), drop("b")], survey(), method="none")
    assert (names, tests) == ([("s", "a")], {})
    assert said == ["Drops were not tried: no right."]


def test_without_a_workload_or_a_way_nothing_is_tried(tried):
    assert tried([drop("a")], survey(statements=0))[0] == []
    assert tried([drop("a")], survey(extensions=()))[0] == []
    assert tried([drop("a")], survey(extensions=()), methods=None)[0] == [("s", "a")]


@pytest.mark.parametrize(
    ("more", "served"),
    [
        ({}, True),
        ({"where": "a > 1"}, False),  # rows of the key that it does not hold
        ({"method": "gin"}, False),
        ({"table": "other"}, False),
        ({"columns": ("b", "c")}, False),
        ({"columns": ("b", "a", "c")}, True),
    ],
)
def test_a_foreign_key_is_served_by_a_whole_btree_that_begins_with_its_columns(more, served):
    candidate = SimpleNamespace(
        **{
            "schema": "s", "table": "t", "columns": ("a", "b"), "method": "btree", "where": None,
        }
        | more
    )  # fmt: skip
    key = SimpleNamespace(schema="s", table="t", columns=("a", "b"))
    assert judge._not_served([key], [candidate]) == ([] if served else [key])


def judged_survey(*indexes, rebuilds=()):
    nothing = SimpleNamespace(joined=(), facts=SimpleNamespace(extensions=set()))
    return SimpleNamespace(
        wishes=nothing, load=SimpleNamespace(statements=[]), indexes=indexes, age=None,
        foreign_keys=[], states={}, by_table={}, builds=None, rebuilds=rebuilds,
    )  # fmt: skip


@pytest.fixture
def whole(monkeypatch):
    """Return a function: what is advised of drops and rebuilds, all else left out."""

    def run(going, *, kept=(), rebuilds=(), replaced=()):
        wanted = [
            SimpleNamespace(
                candidate=SimpleNamespace(
                    schema="s", table="t", columns=("a",), method="btree", where=None,
                    replaces=SimpleNamespace(name=name),
                )
            )
            for name in replaced
        ]  # fmt: skip
        empty = {
            "served": lambda *_: (wanted, []), "worth_it": lambda *_: (wanted, []),
            "apart": lambda found: found, "creates": lambda *_: [], "names_of": lambda _: set(),
            "drops": lambda *_: going, "foreign_key_advice": lambda *_: [],
            "invalid_indexes": lambda *_: [], "rarely_used": lambda *_: [],
            "at_rest": lambda *_: [], "near_misses": lambda *_: [], "_of_tables": lambda *_: [],
            "_tested": lambda *_: ({}, []),
            "dropping": lambda found, *_: [
                SimpleNamespace(
                    schema="s", index=each.index.name,
                    action="keep" if each.index.name in kept else "drop",
                    enough=each.index.name not in kept,
                )
                for each in found
            ],
        }  # fmt: skip
        for name, fake in empty.items():
            monkeypatch.setattr(judge, name, fake)
        rebuilt = [SimpleNamespace(schema="s", index=name, action="rebuild") for name in rebuilds]
        found = judged_survey(rebuilds=rebuilt)
        return [(a.index, a.action) for a in judge.judged(found, None)[0]]

    return run


def test_what_surely_goes_is_not_built_again_and_what_may_stay_is(whole):
    going = [drop("sure"), drop("unsure")]
    assert whole(going, kept=["unsure"], rebuilds=["sure", "unsure", "other"]) == [
        ("sure", "drop"), ("unsure", "keep"), ("unsure", "rebuild"), ("other", "rebuild"),
    ]  # fmt: skip


def test_an_index_that_another_replaces_is_not_dropped_a_second_time(whole):
    assert whole([drop("old"), drop("x")], replaced=["old"]) == [("x", "drop")]
