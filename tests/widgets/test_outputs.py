import asyncio

import pytest

from perfkit.views import theme
from perfkit.widgets import outputs
from perfkit.widgets.outputs import Place, Settled

TEXT = {"text/plain": "a", "text/html": "<p>a</p>"}
FIGURE = TEXT | {theme.PLOTLY: {"data": [], "layout": {"height": 321}}}


@pytest.fixture
def shown(monkeypatch):
    """What a notebook is sent: ("new" or "same output", bundle)."""
    sent = []

    class Handle:
        def update(self, bundle, *, raw):
            assert raw
            sent.append(("same output", bundle))

    def display(bundle, *, raw, display_id):
        assert raw
        assert display_id
        sent.append(("new", bundle))
        return Handle()

    monkeypatch.setattr(outputs, "in_notebook", lambda: True)
    monkeypatch.setattr(outputs, "display", display)
    return sent


def test_showing_again_replaces_what_was_shown(shown):
    place = Place()
    place.show(TEXT)
    place.show({"text/plain": "b"})
    assert shown == [("new", TEXT), ("same output", {"text/plain": "b"})]


def test_a_figure_is_replaced_by_way_of_an_empty_output_of_its_height(shown):
    place = Place()
    place.show(FIGURE)
    place.show(FIGURE)
    assert [sorted(bundle) for _, bundle in shown] == [
        sorted(FIGURE),
        ["text/html", "text/plain"],
        sorted(FIGURE),
    ]
    assert "height:321px" in shown[1][1]["text/html"]


def test_without_a_notebook_the_text_is_printed(capsys):
    Place().show(FIGURE)
    assert capsys.readouterr().out == "a\n"


def test_without_a_loop_a_change_acts_at_once():
    calls = []
    Settled(lambda: calls.append(1))({"new": 3})
    assert calls == [1]


def test_many_changes_in_a_row_act_once():
    calls = []

    async def change():
        settled = Settled(lambda: calls.append(1), wait_s=0.05)
        for _ in range(20):
            settled()
            await asyncio.sleep(0)
        assert calls == []
        await asyncio.sleep(0.3)
        assert calls == [1]
        settled()
        await asyncio.sleep(0.3)

    asyncio.run(change())
    assert calls == [1, 1]
