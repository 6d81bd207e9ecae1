"""What disks, rotation, editors and locales do to logs: never a crash, never a silent zero.

Each kind of damage is done to small real logs of several formats; :mod:`judged` says what must
hold of what becomes of them: the counts of each input add up, something is in the tables, or one
sentence with a hint says why nothing is.
"""

import gzip
import io
import subprocess
import sys
from functools import lru_cache

import pytest
from corpus import samples
from judged import broken_sentence, judged, rows

import perfkit
from perfkit.errors import EmptyInput, PerfkitError, UnknownFormat

SAMPLES = {one.name: one for one in samples()}
NAMES = [
    "postgres-stderr/built",
    "postgres-csvlog",
    "postgres-jsonlog",
    "mysql-slow",
    "structlog-json/requests",
    "pgbouncer",
    "django-db/plain",
    "p6spy/multi",
    "docker-json-file(postgres-stderr)",
    "journald-json(postgres-stderr)",
]
#: So many bytes of these, and the rest of the line, are cut anywhere.
SMALL = {
    "postgres-stderr/built": 160,
    "postgres-csvlog": 160,
    "postgres-jsonlog": 160,
    "mysql-slow": 600,
    "structlog-json/requests": 160,
}


def checked(data):
    """Load; return the recording, or None when it was refused in one sentence."""
    found = judged(data)
    assert found.wrong == []
    assert (found.recording is None) != (found.error is None)
    return found.recording


@lru_cache(maxsize=32)
def undamaged(data):
    """Load a log to compare with, once."""
    return checked(data)


@pytest.fixture(params=NAMES)
def log(request):
    return SAMPLES[request.param].data


@pytest.fixture(params=SMALL)
def short_log(request):
    data = SAMPLES[request.param].data
    return data[: data.find(b"\n", SMALL[request.param]) + 1]


def test_a_whole_log_is_loaded(log):
    assert rows(undamaged(log))


def test_a_log_cut_anywhere_is_used_as_far_as_it_goes(short_log):
    most = rows(undamaged(short_log))
    for end in [*range(0, len(short_log), 3), *range(len(short_log) - 20, len(short_log))]:
        rec = checked(short_log[:end])
        assert rec is None or rows(rec) <= most + 1


def test_a_log_whose_beginning_is_missing_is_used_from_the_next_record_on(log):
    for begin in range(1, 1000, 83):
        checked(log[begin:])


@pytest.mark.parametrize("count", [1, 512, 70_000])
def test_a_run_of_nul_bytes_costs_the_records_around_it_at_most(log, count):
    middle = log.find(b"\n", len(log) // 2) + 1
    rec = checked(log[:middle] + b"\0" * count + log[middle:])
    assert rec is not None
    assert rows(rec) >= rows(undamaged(log)) // 3


@pytest.mark.parametrize("place", [0, 100, 333])
def test_bytes_of_latin_1_do_not_stop_a_log(log, place):
    rec = checked(log[:place] + b"\xfc" + log[place:] if place else log.replace(b"e", b"\xe9", 1))
    assert rec is not None
    assert rows(rec) >= rows(undamaged(log)) // 3


def test_windows_line_ends_change_nothing(log):
    plain, windows = undamaged(log), checked(log.replace(b"\n", b"\r\n"))
    assert rows(windows) == rows(plain)
    assert [one.used for one in windows.inputs] == [one.used for one in plain.inputs]


def test_a_byte_order_mark_changes_nothing(log):
    plain, marked = undamaged(log), checked(b"\xef\xbb\xbf" + log)
    assert rows(marked) == rows(plain)
    assert marked.inputs[0].lines == plain.inputs[0].lines


@pytest.mark.parametrize(("encoding", "said"), [("utf-16", "utf-16"), ("utf-8-sig", None)])
def test_another_encoding_is_read_when_it_is_said(encoding, said):
    log = SAMPLES["postgres-stderr/built"].data
    found = perfkit.load(io.BytesIO(log.decode().encode(encoding)), encoding=said)
    assert rows(found) == rows(undamaged(log))


def test_files_that_were_rotated_in_the_middle_of_a_record_are_one_log(tmp_path):
    log = SAMPLES["postgres-stderr/built"].data
    middle = log.find(b"\n\t") + 1  # a record of several lines goes on in the next file
    (tmp_path / "postgresql.log.1").write_bytes(log[:middle])
    (tmp_path / "postgresql.log").write_bytes(log[middle:])
    rec = perfkit.load(tmp_path)
    assert rows(rec) == rows(undamaged(log))
    assert sum(one.used for one in rec.inputs) == sum(one.used for one in undamaged(log).inputs)


def test_rotated_files_of_several_programs_and_packings_are_each_read(tmp_path):
    for number, name in enumerate(NAMES[:6]):
        data = SAMPLES[name].data
        (tmp_path / f"{number}.log.gz").write_bytes(gzip.compress(data) if number % 2 else data)
    rec = perfkit.load(tmp_path)
    assert len(rec.inputs) == 6
    assert rows(rec) == sum(rows(undamaged(SAMPLES[name].data)) for name in NAMES[:6])
    for one in rec.inputs:
        assert one.used + one.irrelevant + one.rejected == one.lines


def test_truncated_gzip_is_used_as_far_as_it_goes_and_that_is_said():
    packed = gzip.compress(SAMPLES["structlog-json/requests"].data)
    kinds = set()
    for end in range(1, len(packed), 7):
        try:
            rec = perfkit.load(io.BytesIO(packed[:end]))
        except PerfkitError as error:
            kinds.update([type(error), *broken_sentence(error)])
            continue
        kinds.add("truncated" in {note.kind for note in rec.quality})
        kinds.update(
            sum((one.used, one.irrelevant, one.rejected)) == one.lines for one in rec.inputs
        )
    assert kinds == {True, EmptyInput, UnknownFormat}  # unknown: less than a record came through


def test_interleaved_stderr_of_two_servers_is_counted_line_by_line():
    first = SAMPLES["postgres-stderr/built"].data.split(b"\n")
    second = SAMPLES["postgres-stderr/n_plus_one"].data.split(b"\n")
    mixed = [line for pair in zip(first, second, strict=False) for line in pair]
    rec = checked(b"\n".join(mixed) + b"\n")
    assert rec is not None
    assert rows(rec) > len(mixed) // 10


def test_lines_of_two_servers_torn_into_each_other_are_counted():
    log = SAMPLES["postgres-stderr/built"].data
    for size in (10, 64, 200):
        torn = [log[at : at + size] for at in range(0, len(log), size)]
        other = [part.replace(b"shop", b"bank") for part in torn]
        checked(b"".join(part for pair in zip(torn, other, strict=True) for part in pair))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\0" * 100, b"prose\n", b"{}\n", b"\xff\xfe\0\0"])
def test_what_is_no_log_is_refused_in_a_sentence(data):
    assert checked(data) is None


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 66, 2_000_000])
def test_blanks_around_a_statement_are_left_out_however_many_they_are(count):
    log = SAMPLES["postgres-stderr/built"].data
    line, _, rest = log.partition(b"\n")
    begin, end = line.split(b"statement: ")
    blanks = b" " * count
    rec = checked(b"".join([begin, b"statement: ", blanks, end, blanks, b"\n", rest]))
    whole = undamaged(log).contents["queries"]["statement"].to_pylist()
    assert rec.contents["queries"]["statement"].to_pylist() == whole


LONG_LINES = {
    "postgres-stderr/built": b"select id",
    "postgres-csvlog": b"select id",
    "postgres-jsonlog": b"select id",
    "mysql-slow": b"select id",
    "docker-json-file(postgres-stderr)": b"select id",
    "structlog-json/requests": b"/orders",
}


@pytest.mark.parametrize("filler", [b"1,", b"x ", b"("])
@pytest.mark.parametrize("name", LONG_LINES)
def test_a_line_of_a_megabyte_is_one_record_and_its_neighbours_stay(name, filler):
    log, mark = SAMPLES[name].data, LONG_LINES[name]
    at = log.index(mark, len(log) // 2) + len(mark)
    rec = checked(log[:at] + filler * ((1 << 20) // len(filler)) + log[at:])
    assert rows(rec) == rows(undamaged(log))
    assert [one.used for one in rec.inputs] == [one.used for one in undamaged(log).inputs]


def test_a_line_of_ten_megabytes_takes_seconds_and_bounded_memory(tmp_path):
    log = SAMPLES["postgres-stderr/built"].data
    at = log.index(b"select id", len(log) // 2) + len(b"select ")
    path = tmp_path / "long.log"
    path.write_bytes(log[:at] + b"1," * (5 << 20) + log[at:])
    # getrusage() would tell the peak of this process, when it is larger
    code = "import perfkit, sys; rec = perfkit.load(sys.argv[1]); print(rec.inputs[0].used,"
    code += "*(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=True
    )
    used, kilobytes = map(int, done.stdout.split())
    assert used == undamaged(log).inputs[0].used
    assert kilobytes < 500_000
