"""A short fuzz run: ``benchmarks/fuzz_logs.py`` runs a hundred thousand of these files."""

import pytest
from corpus import samples
from fuzz_logs import file, fuzzed

#: Files of each run; with 91 samples, every one is damaged several times.
FILES = 110


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_damaged_files_are_loaded_or_refused_in_a_sentence_and_their_counts_add_up(seed):
    outcome = fuzzed(seed, range(FILES))
    assert [f"{one.number} ({one.sample}): {one.text}" for one in outcome.problems] == []
    assert outcome.loaded.total() + outcome.refused.total() == FILES
    assert outcome.loaded.total() > FILES // 2


def test_a_file_of_a_seed_is_always_the_same_and_damaged():
    whole = {one.data for one in samples()}
    made = [file(7, number) for number in range(40)]
    assert made == [file(7, number) for number in range(40)]
    assert sum(data in whole for _, _, data in made) < 4


def test_the_corpus_has_every_format_that_logs_are_recognised_as():
    from perfkit.formats.registry import formats

    # these are damaged in their own tests
    requests = ("requests.access", "requests.apps", "requests.cloud")
    others = tuple(
        f"perfkit.formats.{room}."
        for room in ("traces", "load_tests", "metrics", "plans", *requests)
    )
    logs = {one.name for one in formats() if not one.parse.__module__.startswith(others)}
    assert logs | {"otlp-json"} == {one.format for one in samples()}
