import asyncio

import pytest

from perfkit.errors import UsageError
from perfkit.probes.endpoint_profile import profile
from perfkit.probes.http_text import parse

(REQUEST,) = parse("GET http://shop.example/orders?token=secret")


def app(calls, *, status=200, after=None):
    async def serve(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        calls.append(asyncio.get_running_loop())
        await receive()
        if after is not None:
            await after(len(calls))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return serve


def profiled(serve, **options):
    return profile(serve, REQUEST, **({"n": 2, "warmup": 1, "timeout": 5.0} | options))


@pytest.mark.parametrize(("warmup", "calls"), [(0, 1), (1, 1), (3, 3)])
def test_each_of_n_runs_is_plain_hooked_and_profiled_after_the_warm_up(warmup, calls):
    seen = []
    found = profiled(app(seen), n=4, warmup=warmup)
    assert len(seen) == calls + 3 * 4
    assert len(found.plain_ms) == len(found.recorders) == 4
    assert found.tree.text.startswith("4 requests")


def test_times_are_milliseconds_and_recorders_cover_their_request():
    async def sleep(_):
        await asyncio.sleep(0.02)

    found = profiled(app([], after=sleep))
    assert all(19 < ms < 500 for ms in found.plain_ms)
    for recorder in found.recorders:
        assert 19e6 < recorder.ended - recorder.started < 500e6
        assert recorder.of("loop")


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (app([], status=404), "answers with status 404"),
        (app([], status=500), "answers with status 500"),
    ],
)
def test_an_answer_that_is_an_error_is_not_measured(serve, said):
    with pytest.raises(UsageError, match=said) as error:
        profiled(serve)
    assert "secret" not in str(error.value)


def test_a_redirect_is_an_answer():
    assert profiled(app([], status=307)).plain_ms


def test_an_exception_names_its_type_and_not_its_text():
    async def fails(_):
        raise ValueError("password=hunter2")

    with pytest.raises(UsageError, match="raises ValueError") as error:
        profiled(app([], after=fails))
    assert "hunter2" not in str(error.value)


def test_an_endpoint_that_hangs_or_says_nothing_is_told_apart():
    async def hangs(_):
        await asyncio.sleep(60)

    async def silent(scope, receive, send):
        return None

    with pytest.raises(UsageError, match="does not answer in time"):
        profiled(app([], after=hangs), timeout=0.05)
    with pytest.raises(UsageError, match="ends without an answer"):
        profiled(silent)


def test_a_failure_in_the_middle_ends_the_measurement():
    async def later(call):
        if call == 4:
            raise ValueError

    with pytest.raises(UsageError):
        profiled(app([], after=later), n=5)


def test_where_a_loop_runs_already_another_one_measures():
    seen = []

    async def notebook():
        found = profiled(app(seen))
        return asyncio.get_running_loop(), found

    mine, found = asyncio.run(notebook())
    assert len(found.plain_ms) == 2
    assert len(set(map(id, seen))) == 1
    assert seen[0] is not mine
