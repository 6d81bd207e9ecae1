from __future__ import annotations

import gc
import time

import pytest

from perfkit.redact import redact, redact_counted, redact_sql, redact_url
from perfkit.redact_rules import QUERY_SECRET, RULES, URL_PASSWORD


def test_a_rule_counts_the_places_that_changed():
    assert URL_PASSWORD.apply("http://u:p@h http://u:***@h") == ("http://u:***@h http://u:***@h", 1)
    assert QUERY_SECRET.apply("/x?token=a&n=1&api_key=b") == ("/x?token=***&n=1&api_key=***", 2)


def test_the_kinds_are_those_that_the_documentation_names():
    kinds = " ".join(dict.fromkeys(rule.kind for rule in RULES))
    assert f"``{kinds}``" in redact_counted.__doc__


HOSTILE = """://a: a a@ password= password=' password=\\" token \\ 1.1. :: abcd: /home/ C:\\Users\\
    Ab1 ?a ?- [? eyJ eyJaaaaaa. (555) x.x sk- a1 -- -----BEGIN password=\\' token=a'"""


@pytest.mark.parametrize(
    "unit", [*HOSTILE.split(), "4111 ", "+1 ", "-u a", "bearer ", "basic a", "password ", " "]
)
@pytest.mark.parametrize("function", [redact, redact_sql, redact_url])
def test_hostile_text_takes_time_in_proportion_to_its_length(function, unit):
    def seconds(size: int) -> float:
        text = "secret" + unit * (size // len(unit)) + "x"
        gc.disable()  # its time depends on what other tests left behind
        try:
            begin = time.process_time()
            function(text)
            return time.process_time() - begin
        finally:
            gc.enable()

    # Ten times the length; a quadratic rule would take a hundred times as long.
    assert min(seconds(100_000) for _ in range(2)) < 60 * max(seconds(10_000), 0.02)
