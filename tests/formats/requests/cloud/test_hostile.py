"""All formats: what is wrapped, cut into chunks, broken or hostile."""

import json
import random

import pytest

import perfkit
from perfkit.formats.model import Chunk
from perfkit.formats.registry import named
from perfkit.ingest.recognise import recognise

FILES = {
    "aws_alb.log": "aws-alb",
    "aws_alb_old.log": "aws-alb",
    "aws_elb.log": "aws-elb",
    "cloudflare.jsonl": "cloudflare",
    "cloudfront.log": "cloudfront",
    "envoy_default.log": "envoy",
    "envoy_istio.log": "envoy",
    "haproxy.log": "haproxy",
    "heroku_router.log": "heroku-router",
    "iis.log": "iis",
    "traefik.log": "traefik",
}
#: Where each has a path that may be anything.
PATHS = {
    "aws_alb.log": b"/orders/1?page=2",
    "aws_elb.log": b"/slow?a=b",
    "cloudflare.jsonl": b"/orders/1?page=2",
    "cloudfront.log": b"/orders/1",
    "envoy_default.log": b"/orders/1?page=2",
    "haproxy.log": b"/orders/0?ms=0",
    "heroku_router.log": b"/orders/1?page=2",
    "traefik.log": b"/orders/1?page=2",
}


def docker(lines):
    for line in lines:
        entry = {"log": line + "\n", "stream": "stdout", "time": "2026-11-21T10:00:00.5Z"}
        yield json.dumps(entry)


def syslog(lines):
    for line in lines:
        yield f"<134>Nov 21 10:00:00 edge-1 proxy[461]: {line}"


def cloudwatch(lines):
    for line in lines:
        yield f"2026-11-21T10:00:00.000000+00:00 ecs/proxy/0123456789abcdef {line}"


def loki(lines):
    for line in lines:
        yield json.dumps(
            {"labels": {"app": "x"}, "line": line, "timestamp": "2026-11-21T10:00:00Z"}
        )


def requests_of(rec):
    return [
        {name: value for name, value in row.items() if name not in {"source", "line", "attributes"}}
        for row in rec.arrow("requests").to_pylist()
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_content_tells_the_format(written, name):
    assert recognise(written(name), name)[0].name == FILES[name]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("wrap", [docker, syslog, cloudwatch, loki])
def test_wrapped_lines_are_the_same_requests(written, tmp_path, name, wrap):
    bare, wrapped = tmp_path / "bare", tmp_path / "wrapped"
    bare.write_bytes(written(name))
    wrapped.write_text("".join(f"{line}\n" for line in wrap(written(name).decode().splitlines())))
    assert requests_of(perfkit.load(wrapped)) == requests_of(perfkit.load(bare))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 300, 1000, 5000])
def test_chunks_of_any_size_give_the_same(written, parsed, name, size):
    data, form = written(name), named(FILES[name])
    whole, cut = parsed(form, data), parsed(form, data, size=size)
    assert cut.tables["requests"].to_pylist() == whole.tables["requests"].to_pylist()
    assert (cut.lines, cut.irrelevant, cut.rejected) == (
        whole.lines, whole.irrelevant, whole.rejected,
    )  # fmt: skip
    assert set(cut.notes) == set(whole.notes)


@pytest.mark.parametrize("name", FILES)
def test_broken_bytes_cost_their_line_at_most(written, accounts, name):
    source = random.Random(name)
    data, form = written(name), named(FILES[name])
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(source.randint(1, 30)):
            at = source.randrange(len(broken))
            broken[at : at + source.randint(0, 3)] = source.randbytes(source.randint(0, 3))
        whole = bytes(broken)
        lines = whole.count(b"\n") + (not whole.endswith(b"\n"))
        accounts(form.parse(Chunk(data=whole, head=data)), lines)
        form.parse(Chunk.whole(whole))
        form.recognises(whole)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "path",
    [b"/<script>alert(1)</script>", b"/" + b"a" * 100_000, b"/{}?x=$(id)", b"/%00%0a", b"/'or'1"],
    ids=["script", "long", "shell", "encoded", "sql"],
)
def test_any_path_is_kept_as_it_was_logged(written, name, path):
    data = written(name).replace(PATHS[name], path, 1)
    found = named(FILES[name]).parse(Chunk(data=data, head=written(name))).tables["requests"]
    asked = path.decode()
    assert any(one and one.split("?page=2")[0] == asked for one in found["path"].to_pylist())


@pytest.mark.parametrize("name", FILES)
def test_carriage_returns_change_nothing(written, name):
    form, data = named(FILES[name]), written(name)
    plain = form.parse(Chunk.whole(data)).tables["requests"].drop(["attributes"])
    windows = form.parse(Chunk.whole(data.replace(b"\n", b"\r\n"))).tables["requests"]
    assert windows.drop(["attributes"]).to_pylist() == plain.to_pylist()
