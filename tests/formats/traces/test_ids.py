import base64

from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.ids import from_base64, from_hex, uses_base64


@given(st.binary(min_size=16, max_size=16))
def test_both_writings_of_an_id_agree(data):
    written = base64.b64encode(data).decode()
    assert from_base64(written, 32) == from_base64(written.rstrip("="), 32) == data.hex()
    assert from_hex(data.hex().upper(), 32) == data.hex()
    assert uses_base64(f'{{"traceId": "{written}"}}'.encode())
    assert not uses_base64(f'{{"traceId":"{data.hex()}"}}'.encode())


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_none(text):
    for read in (from_hex, from_base64):
        found = read(text, 16)
        assert found is None or (len(found) == 16 and set(found) <= set("0123456789abcdef"))


def test_leading_zeros_that_were_dropped_come_back():
    assert from_hex("1f", 16) == "000000000000001f"
    assert from_hex("", 16) is None
