"""What Jaeger's warnings mean for times, as the query service words them."""

import pytest

from perfkit.formats.model import Parsed
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.jaeger_notes import Counts, combine, sampling
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.whole import Carry

ADJUSTED = "This span's timestamps were adjusted by 1.5s to account for clock skew between services"
SKEWED = "max clock skew adjustment delta of 0s exceeded; not applying calculated delta of 10.08ms"


@pytest.mark.parametrize(
    ("warning", "kind"),
    [
        (ADJUSTED, "clock_skew_adjusted"),
        (SKEWED, "clock_skew"),
        ("duplicate span IDs", "trace_warnings"),
    ],
)
def test_a_warning_is_counted_by_what_it_means_for_times(warning, kind):
    counts = Counts()
    counts.warn([warning, warning])
    assert counts == {kind: 2}


@pytest.mark.parametrize("warnings", [None, []])
def test_without_warnings_nothing_is_counted(warnings):
    counts = Counts()
    counts.warn(warnings)
    assert counts == {}


def part(span, **counts):
    row = Row(
        trace_id="t", span_id=span, parent_id=None, service="s", name="n", kind=None, started_ns=1,
        duration_ns=1, error=None, line=1, facts=facts({}), attributes=b"[]",
    )  # fmt: skip
    built = span_tables([row])
    return Parsed(tables=built.tables, lines=1, carry=Carry(*built[1:], Counts(counts)))


def test_what_chunks_counted_is_said_once_with_the_sum():
    found = combine([part("a", clock_skew=1000, broken_spans=2), part("b", clock_skew=234)])
    said = {note.kind: str(note) for note in found.notes}
    assert "1,234 spans off" in said["clock_skew"]
    assert "2 spans without a valid id" in said["broken_spans"]
    assert "clock_skew_adjusted" not in said
    assert found.tables["spans"].num_rows == 2


def test_no_chunks_have_no_notes():
    assert combine([]).notes == ()


@pytest.mark.parametrize(
    ("share", "text"), [(0.1, "0.1"), (0.00012345, "0.0001234"), (1 / 3, "0.3333")]
)
def test_sampling_says_the_share(share, text):
    assert f"kept {text} of the traces" in str(sampling(share))
