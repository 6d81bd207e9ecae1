from perfkit.formats.requests.access.template import Field
from perfkit.formats.requests.cloud.aws_alb import FORMAT
from perfkit.formats.requests.cloud.aws_columns import template


def test_literals_have_the_quotes_of_the_fields_beside_them():
    fields = [(Field(name="a"), True), (Field(name="b"), False), (Field(name="c"), True)]
    assert template(fields, "x").literals == ('"', '" ', ' "', '"')
    assert template(fields[1:2], "x").literals == ("", "")


def test_times_add_up_to_what_was_logged_without_what_binary_numbers_leave(written, rows):
    line = written("aws_alb.log").split(b"\n")[0]
    for parts, ms in [(b"0.100 0.200 0.300", 600.0), (b"0.001 0.002 0.0001", 3.1)]:
        (row,) = rows(FORMAT, line.replace(b"0.000 0.248 0.002", parts))
        assert row["duration_ms"] == ms


def test_a_moment_before_the_request_came_is_no_duration(written, rows):
    line = written("aws_alb.log").split(b"\n")[1]
    (row,) = rows(FORMAT, line.replace(b"T10:01:01.001", b"T09:01:01.001"))
    assert row["duration_ms"] is None


def test_a_trace_id_is_one_however_it_is_wrapped(written, rows):
    line = written("aws_alb.log").split(b"\n")[0]
    root = b"Root=1-58337262-36d228ad5d99923122bbe350"
    within = b"Self=1-67891234-12456789abcdef012345678;" + root + b";Lineage=a"
    whole, other, none = rows(
        FORMAT, line.replace(root, within), line.replace(root, b"x"), line.replace(root, b"-")
    )
    assert whole["trace_id"] == "5833726236d228ad5d99923122bbe350"
    assert (other["trace_id"], none["trace_id"]) == (None, None)
