"""The switches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.lab.shop.faults import FAULTS, Faults, chosen


@given(st.lists(st.dictionaries(st.sampled_from(sorted(FAULTS)), st.booleans())))
def test_each_fault_is_as_it_was_switched_last(changes):
    faults = Faults()
    expected = dict.fromkeys(FAULTS, False)
    for change in changes:
        faults.switch(change)
        expected |= change
    assert faults.states() == expected
    assert {name for name in FAULTS if name in faults} == {n for n, on in expected.items() if on}


def test_an_unknown_name_changes_nothing():
    faults = Faults(["n_plus_one"])
    with pytest.raises(UsageError, match="no fault is called 'gremlins'"):
        faults.switch({"n_plus_one": False, "gremlins": True})
    assert "n_plus_one" in faults


@pytest.mark.parametrize("wrong", ["n_plus_one", 3, None])
def test_what_is_no_list_of_names_is_refused(wrong):
    with pytest.raises(UsageError, match="is not a list of names"):
        chosen(wrong)
