"""Labels of CloudWatch."""

import pytest

from perfkit.formats.metrics.cloudwatch_names import meaning


@pytest.mark.parametrize(
    ("label", "host", "name"),
    [
        ("CPUUtilization", None, "cpu.utilisation"),
        ("i-0123456789abcdef0 CPUUtilization", "i-0123456789abcdef0", "cpu.utilisation"),
        (
            "eu-central-1:AWS/RDS DBInstanceIdentifier:shop CPUUtilization Average 300",
            "shop",
            "cpu.utilisation",
        ),
        (
            "AWS/EC2 InstanceId:i-0123 CPUUtilization Maximum 60",
            "i-0123",
            "cloudwatch.CPUUtilization.Maximum",
        ),
        ("AWS/EC2 InstanceId:i-0123 NetworkIn Sum 60", "i-0123", "cloudwatch.NetworkIn.Sum"),
        ("MemoryUtilization", None, "memory.utilisation"),
        ("CPUUtilizationLimit", None, "cloudwatch.CPUUtilizationLimit"),
        ("p99 latency", None, "cloudwatch.p99 latency"),
    ],
)
def test_a_label_tells_host_and_name(label, host, name):
    found = meaning(label)
    assert (found.host, found.name) == (host, name)


@pytest.mark.parametrize(
    ("unit", "value", "base"),
    [
        ("Percent", 0.5, "1"),
        ("Milliseconds", 0.05, "s"),
        ("Bytes/Second", 50.0, "bytes/s"),
        ("Kilobytes", 50.0, "Kilobytes"),
        ("None", 50.0, None),
        ("", 50.0, None),
    ],
)
def test_units_are_brought_to_base_units_where_their_size_is_known(unit, value, base):
    found = meaning("Latency", "Average", unit).quantity(50.0)
    assert (found.value, found.unit) == (value, base)


def test_a_statistic_beside_the_average_stands_behind_the_name():
    assert meaning("CPUUtilization", "p95", "Percent").name == "cloudwatch.CPUUtilization.p95"
    assert meaning("CPUUtilization", "SampleCount").name == "cloudwatch.CPUUtilization.SampleCount"
