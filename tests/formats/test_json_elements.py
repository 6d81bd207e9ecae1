"""Arrays in documents: whatever the layout, chunks and damage, elements cost themselves alone."""

import json
import random
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.json_elements import Array
from perfkit.formats.model import Chunk


class Trace(msgspec.Struct):
    id: int
    spans: list[dict] = []


ARRAY = Array(rb'"data"\s*:\s*\[|\A\s*\[', Trace, lambda found: "id" in found and "spans" in found)

texts = st.text(st.sampled_from('ab"\\{}[],:é\n')) | st.just('},{"id":1,"spans":[]}')
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
elements = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 99), "spans": st.lists(st.dictionaries(texts, values), max_size=3)},
        optional={"tags": values, "more": values},
    ),
    min_size=1,
    max_size=12,
)
layouts = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}])


def read(data, size):
    """Read a document cut into chunks of about ``size`` bytes, as the ingest does."""
    found, at, end, head, first = [], 0, 0, data[:65536], True
    wanted = size
    while at < len(data) or first:
        end = min(at + wanted, len(data))
        last = end == len(data)
        cut = end - at if last else ARRAY.cut(data[at:end])
        if not cut and not last:
            wanted *= 2
            continue
        piece = data[at : at + cut]
        found.append(ARRAY.read(Chunk(data=piece, head=head, first=first, last=last)))
        at, first, wanted = at + cut, False, size
    return found


def items(found):
    return [(item.id, item.spans) for part in found for item in part.items]


@settings(max_examples=40, deadline=None)
@given(elements, layouts, st.integers(20, 400), st.sampled_from(["[", "{", "[["]))
def test_any_layout_and_chunk_size_gives_all_elements(given, layout, size, shape):
    inner = [given[:2], [], given[2:]] if shape == "[[" else given
    document = {"total": 1, "data": inner, "info": {"k": "v"}} if shape == "{" else inner
    data = json.dumps(document, **layout).encode()
    found = read(data, size)
    assert items(found) == [(one["id"], one["spans"]) for one in given]
    assert not any(part.rejected for part in found)
    assert found[-1].ended
    assert not found[-1].cut_off
    if shape == "{":
        assert found[0].before.startswith(b"{")
        assert json.loads(b"{" + found[-1].after.lstrip(b"\n ,")) == {"info": {"k": "v"}}


@settings(max_examples=40, deadline=None)
@given(elements, layouts, st.integers(20, 400), st.integers(1, 300))
def test_a_document_cut_off_anywhere_keeps_its_whole_elements(given, layout, size, lost):
    data = json.dumps(given, **layout).encode()
    data = data[: max(len(data) - lost, 1)]
    found = read(data, size)
    whole = items(found)
    assert whole == [(one["id"], one["spans"]) for one in given][: len(whole)]
    assert not found[-1].ended
    rejected = sum(part.rejected_lines for part in found)
    assert rejected == found[-1].cut_off <= 1
    assert sum(part.count for part in found) == len(whole) + rejected


@settings(max_examples=40, deadline=None)
@given(elements, st.data(), st.integers(20, 400))
def test_elements_that_are_broken_cost_themselves_alone(given, data, size):
    broken = data.draw(st.integers(0, len(given) - 1))
    texts = [json.dumps(one) for one in given]
    texts[broken] = data.draw(
        st.sampled_from(
            ['{"id": "x", "spans": []}', '{"id": 1, "spans": [}', '{"id": 1, "spans', '{"id": 1 2}']
        )
    )
    document = f'{{"data": [{", ".join(texts)}], "total": 1}}'.encode()
    for chunks in (size, len(document)):
        found = read(document, chunks)
        wanted = [(one["id"], one["spans"]) for n, one in enumerate(given) if n != broken]
        assert items(found) == wanted
        assert sum(part.rejected_lines for part in found) == 1
    (part,) = read(document, len(document))
    assert [bad.line for bad in part.rejected] == [broken + 1]
    assert list(part.lines) == [n for n in range(1, len(given) + 1) if n != broken + 1]


@pytest.mark.parametrize("damage", ["]", "\\", '"', "{", "\0", "NaN", '"x', "\xff"])
def test_one_damage_in_much_costs_little(damage):
    one = '{"id":%d,"spans":[{"a":[{"b":"},{"}]}],"x":1},'
    text = "[" + "".join(one % number for number in range(30_000))
    at = len(text) // 2
    data = (text[:at] + damage + text[at:-1] + "]").encode("latin-1")
    found = read(data, 200_000)
    assert sum(len(part.items) for part in found) >= 30_000 - 2
    assert found[-1].ended


def test_commas_and_zeros_behind_the_last_element_are_nothing():
    for end in (b"", b",", b" ,\n", b",]", b"\n]", b"\0\0\0"):
        (found,) = read(b'[{"id":1,"spans":[]}' + end, 1000)
        assert (len(found.items), found.rejected, found.cut_off) == (1, (), False)
        assert found.ended == (b"]" in end)


def test_what_is_no_json_but_usual_is_read():
    data = rb'[{"id":1,"spans":[{"a":NaN,"b":[-Infinity, 1],"c":"NaN"}]},'
    data += rb'{"id":2,"spans":[{"a":"\ud83d"}]}]'
    (found,) = read(data, 1000)
    assert items([found]) == [
        (1, [{"a": None, "b": [None, 1], "c": "NaN"}]),
        (2, [{"a": "\ufffd"}]),
    ]


def test_bytes_that_are_no_utf_8_are_latin_1():
    (found,) = read(
        '[{"id":1,"spans":[{"a":"é"},{"a":"?"}]}]'.encode().replace(b"?", b"\xfc"), 1000
    )
    assert found.items[0].spans == [{"a": "é"}, {"a": "ü"}]
    assert [note.kind for note in found.notes] == ["encoding"]


def test_a_document_without_the_array_is_one_rejected_record():
    (found,) = read(b'{"id": 1}', 1000)
    assert (found.items, found.count, found.rejected_lines) == ([], 1, 1)
    (nothing,) = read(b"", 1000)
    assert nothing.count == 0


def test_an_element_that_holds_many_objects_is_found_from_within():
    trace = {"id": 1, "spans": [{"id": n, "tags": [{"spans": 1}]} for n in range(20_000)], "p": {}}
    data = json.dumps({"data": [trace, trace, trace]}).encode()
    one = data.index(b', {"id": 1, "spans"')
    second = data.index(b', {"id": 1, "spans"', one + 1)
    for back in (10, 1_000, 400_000):
        assert ARRAY.cut(data[: second + len(data) // 3 - back]) == second
    assert ARRAY.cut(data[: one // 2]) == 0


_MANY = 300_000
HOSTILE = {
    "nested": b'{"a":[{},' * _MANY,
    "open strings": b'{"id":"x,{' * _MANY,
    "starts": b',{"a' * _MANY,
    "long levels": (b'[1,{"a":' + b" " * 3000) * 1000,
    "backslashes": b"\\" * 3 * _MANY,
    "braces": b"{" * 3 * _MANY,
    "ends": b"}" * 3 * _MANY,
    "no utf-8": b"\xff" * 3 * _MANY,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bytes_take_linear_time(kind):
    data = b'[{"id":1,"spans":[]},' + HOSTILE[kind]
    begin = time.process_time()
    ARRAY.cut(data)
    (found,) = read(data, len(data))
    assert found.items[0].id == 1
    assert time.process_time() - begin < 3 * len(data) / 1e6  # some 0.1 s for a megabyte


@pytest.mark.parametrize("seed", range(20))
def test_mutated_bytes_never_raise(seed):
    chance = random.Random(seed)
    one = [{"id": n, "spans": [{"a": {"b": [n, '\\"{']}}]} for n in range(40)]
    data = bytearray(json.dumps(chance.choice([one, {"data": one}, [one[:3], one[3:]]])).encode())
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(5)] = chance.choice(
            [
                b"\0",
                b"\xff",
                b"{",
                b'"',
                b"[",
                b"}",
                b"]",
                b",",
                b"\\",
                b"9" * 400,
                b"1e999",
                b"NaN",
            ]
        )
    for size in (50, 700, len(data) + 1):
        for part in read(bytes(data), size):
            lines = [*part.lines, *(bad.line for bad in part.rejected)]
            assert sorted(lines) == list(range(1, part.count + 1))
