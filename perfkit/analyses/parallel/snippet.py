"""Code that makes calls at the same time, with their real names beside, by language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Stage", "comment", "snippet"]

#: What runs at the same time: each entry is one call, or several that follow each other.
Stage = list[list[str]]
_LONGEST = 90


def comment(text: str, limit: int = _LONGEST) -> str:
    r"""Return a text from outside that cannot leave a comment at the end of a line.

    Backslashes go, too: Java reads ``\u000a`` as the end of the line, even there.
    """
    return visible(text, limit).replace("\\", "/")


def snippet(stages: Sequence[Stage], language: str | None) -> tuple[str, str]:
    """Return code for the stages, one after another, and its language (Python where unknown)."""
    chosen = language if language in _WRITERS else "python"
    numbered = []
    count = 0
    for stage in stages:
        numbered.append([(count + n, ", then ".join(calls)) for n, calls in enumerate(stage, 1)])
        count += len(stage)
    return _WRITERS[chosen](numbered), chosen


Numbered = list[list[tuple[int, str]]]


def _python(stages: Numbered) -> str:
    lines = ["# Python 3.11; before: await asyncio.gather(call_1(), call_2())"]
    for stage in stages:
        lines.append("async with asyncio.TaskGroup() as group:")
        lines += [
            f"    task_{n} = group.create_task(call_{n}())  # {comment(names)}"
            for n, names in stage
        ]
    some = ", ".join(f"call_{n}" for n, _ in stages[0])
    return "\n".join(
        [
            *lines,
            "# blocking code: with concurrent.futures.ThreadPoolExecutor() as pool:",
            f"#     results = list(pool.map(lambda call: call(), ({some})))",
        ]
    )


def _javascript(stages: Numbered) -> str:
    lines = []
    for stage in stages:
        results = ", ".join(f"result{n}" for n, _ in stage)
        lines.append(f"const [{results}] = await Promise.all([")
        lines += [f"  call{n}(), // {comment(names)}" for n, names in stage]
        lines.append("]);")
    return "\n".join(lines)


def _java(stages: Numbered) -> str:
    lines = []
    for stage in stages:
        for n, names in stage:
            lines.append(f"// {comment(names)}")
            lines.append(f"var call{n} = CompletableFuture.supplyAsync(() -> call{n}(), executor);")
        futures = ", ".join(f"call{n}" for n, _ in stage)
        lines.append(f"CompletableFuture.allOf({futures}).join();")
    return "\n".join(lines)


def _go(stages: Numbered) -> str:
    lines = []
    for place, stage in enumerate(stages):
        assign = "=" if place else ":="
        lines.append(f"group, ctx {assign} errgroup.WithContext(ctx)")
        lines += [
            f"group.Go(func() error {{ return call{n}(ctx) }}) // {comment(names)}"
            for n, names in stage
        ]
        lines.append("if err := group.Wait(); err != nil {\n    return err\n}")
    return "\n".join(lines)


def _csharp(stages: Numbered) -> str:
    lines = []
    for stage in stages:
        lines += [f"var call{n} = Call{n}Async(); // {comment(names)}" for n, names in stage]
        tasks = ", ".join(f"call{n}" for n, _ in stage)
        lines.append(f"await Task.WhenAll({tasks});")
    return "\n".join(lines)


_WRITERS: dict[str, Callable[[Numbered], str]] = {
    "python": _python,
    "javascript": _javascript,
    "java": _java,
    "go": _go,
    "csharp": _csharp,
}
