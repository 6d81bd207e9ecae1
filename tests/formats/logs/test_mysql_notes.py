from perfkit.formats.logs.mysql_notes import sampling_notes, threshold_notes

LINE = "# Query_time: {}  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 1\n"


def test_a_threshold_is_noted_when_enough_statements_are_all_slow():
    slow = "".join(LINE.format(f"{2 + n / 10:.6f}") for n in range(20)).encode()
    (note,) = threshold_notes(slow)
    assert (note.kind, "2.00 s" in note.message) == ("threshold", True)
    assert threshold_notes(slow + LINE.format("0.001").encode()) == ()
    assert threshold_notes(LINE.format("9.0").encode() * 19) == ()


def test_sampling_is_noted_per_limit_and_not_when_all_was_logged():
    kinds = [note.kind for note in sampling_notes({1.0, 10.0, 500.0})]
    assert kinds == ["sampled", "sampled"]
    assert sampling_notes({1.0}) == []
