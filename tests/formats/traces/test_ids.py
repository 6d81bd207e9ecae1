import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.ids import column, from_base64, from_hex, parents, uses_base64


@given(st.binary(min_size=16, max_size=16))
def test_both_writings_of_an_id_agree(data):
    written = base64.b64encode(data).decode()
    assert from_base64(written, 32) == from_base64(written.rstrip("="), 32) == data.hex()
    assert from_hex(data.hex().upper(), 32) == data.hex()
    assert uses_base64(f'{{"traceId": "{written}"}}'.encode()) is True
    assert uses_base64(f'{{"traceId":"{data.hex()}"}}'.encode()) is False


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_none(text):
    for read in (from_hex, from_base64):
        found = read(text, 16)
        assert found is None or (len(found) == 16 and set(found) <= set("0123456789abcdef"))


def test_leading_zeros_that_were_dropped_come_back():
    assert from_hex("1f", 16) == "000000000000001f"
    assert from_hex("", 16) is None


@pytest.mark.parametrize(
    ("ids", "wanted"),
    [
        ([], None),
        ([""], None),
        (["5b8efff798038103"], None),  # 64 bits in hexadecimal
        (["abcdefabcdefabcdefabcdefabcd"], None),  # neither 22 to 24 nor 32 characters
        (["", "5b8efff798038103", "W47/95gDgQPSabYzgT/GDA=="], True),
        (["W47\\/95gDgQPSabYzgT\\/GDA=="], True),  # PHP escapes the slash
        (["W47/95gDgQPSabYzgT/GDA"], True),
        (["5B8EFFF798038103D269B633813FC60C", "W47/95gDgQPSabYzgT/GDA=="], False),
    ],
)
def test_the_first_id_that_can_be_only_one_of_them_tells(ids, wanted):
    head = ",".join(f'"traceId": "{one}"' for one in ids).encode()
    assert uses_base64(head) is wanted


WRITTEN = st.one_of(
    st.none(),
    st.just(""),
    st.binary(min_size=8, max_size=8).map(bytes.hex),
    st.binary(min_size=1, max_size=8).map(lambda data: data.hex().upper()),
    st.text(max_size=20),
)


@given(st.lists(WRITTEN), st.booleans())
def test_a_column_has_what_each_id_has_by_itself(texts, in_base64):
    read = from_base64 if in_base64 else from_hex
    wanted = [read(text, 16) if text else None for text in texts]
    assert column(texts, 16, base64=in_base64).to_pylist() == wanted
    nobody = [None if one is None or not one.strip("0") else one for one in wanted]
    assert parents(texts, base64=in_base64).to_pylist() == nobody


@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1))
def test_no_digit_of_an_id_changes(data):
    texts = [one.hex() for one in data]
    assert column(texts, 16).to_pylist() == texts
    written = json.loads(json.dumps([base64.b64encode(one).decode() for one in data]))
    assert column(written, 16, base64=True).to_pylist() == texts
