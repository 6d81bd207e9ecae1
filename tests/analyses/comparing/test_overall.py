from perfkit.analyses.compare import compare


def rules(result):
    return [finding.rule for finding in result.findings]


def test_simpsons_paradox_is_named(requests, by_key):
    before = requests({"/light": (900, 10), "/heavy": (100, 100)})
    after = requests({"/light": (400, 8), "/heavy": (600, 80)}, seed=1)
    result = compare(before, after)
    assert {row["verdict"] for row in by_key(result).values()} == {"faster"}
    finding = next(f for f in result.findings if f.rule == "simpson")
    assert "Simpson" in finding.title
    assert "all together got slower" in finding.title
    assert "faster by 19 %" in finding.title
    parts = finding.evidence[0]
    assert parts["by_latency_ms"] < 0 < parts["by_mix_ms"]
    assert result.totals["same_mix_high_pct"] < 0


def test_the_paradox_turns_with_the_sides(requests):
    before = requests({"/light": (400, 8), "/heavy": (600, 80)})
    after = requests({"/light": (900, 10), "/heavy": (100, 100)}, seed=1)
    finding = next(f for f in compare(before, after).findings if f.rule == "simpson")
    assert "all together got faster" in finding.title


def test_a_mix_that_changed_is_not_taken_for_latency(requests, by_key):
    before = requests({"/light": (800, 10), "/heavy": (200, 100)})
    after = requests({"/light": (500, 10), "/heavy": (500, 100)}, seed=1)
    result = compare(before, after)
    assert {row["verdict"] for row in by_key(result).values()} == {"no change detected"}
    assert rules(result) == ["mix-changed"]
    assert "other routes were called" in result.findings[0].title


def test_a_mix_that_stayed_is_no_finding(requests):
    routes = {"/light": (800, 10), "/heavy": (200, 100)}
    assert rules(compare(requests(routes), requests(routes, seed=1))) == []


def test_a_bottleneck_that_moved_is_named(requests):
    before = requests({"/a": (300, 100), "/b": (300, 50)})
    after = requests({"/a": (300, 40), "/b": (300, 50)}, seed=1)
    result = compare(before, after)
    assert rules(result) == ["bottleneck-moved"]
    assert result.findings[0].keys == {"route": "/b"}
    assert "the largest cost is now /b (it was /a)" in result.headline


def test_equal_costs_that_change_places_are_none(requests):
    before = requests({"/a": (300, 100), "/b": (300, 98)})
    after = requests({"/a": (300, 98), "/b": (300, 100)}, seed=1)
    assert rules(compare(before, after)) == []
