import pytest

from perfkit.formats.requests.cloud.aws_alb import FORMAT as ALB
from perfkit.formats.requests.cloud.aws_elb import FORMAT


def test_requests_are_rows_and_connections_are_not(written, parsed, accounts):
    result = parsed(FORMAT, written("aws_elb.log"))
    accounts(result, 4)
    assert (result.irrelevant, result.rejected_lines) == (1, 0)
    rows = result.tables["requests"].to_pylist()
    assert [row["line"] for row in rows] == [1, 2, 4]
    assert [row["duration_ms"] for row in rows] == [1.178, 60_002.471, None]
    assert [row["path"] for row in rows] == ["/orders/1", "/slow?a=b", "/"]
    assert f"{rows[0]['started_at']:%H:%M:%S.%f}" == "10:00:00.945958"


def test_the_oldest_lines_end_at_the_request(written, rows):
    line = written("aws_elb.log").splitlines()[0]
    (row,) = rows(FORMAT, line[: line.index(b' "curl')])
    assert (row["duration_ms"], row["path"]) == (1.178, "/orders/1")


@pytest.mark.parametrize("end", [40, 90, 130])
def test_a_line_that_is_cut_off_is_rejected(written, parsed, end):
    line = written("aws_elb.log").splitlines()[0]
    result = parsed(FORMAT, line + b"\n" + line[:end])
    assert result.used == 1
    assert result.rejected_lines == (end > 80)  # before that it may be anything


def test_the_two_load_balancers_do_not_claim_each_others_lines(written):
    assert FORMAT.recognises(written("aws_alb.log")).confidence == 0
    assert ALB.recognises(written("aws_elb.log")).confidence == 0
