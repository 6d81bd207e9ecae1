"""Code that makes a call after the request was answered, by language."""

from __future__ import annotations

from perfkit.analyses.parallel.snippet import comment

__all__ = ["deferred_code"]

_CODE = {
    "python": """\
# FastAPI, Starlette: runs when the response has been sent
async def handler(background: BackgroundTasks):
    ...
    background.add_task(call)  # {name}
    return answer
# Celery and the like, which survive a restart: call.delay()""",
    "javascript": """\
res.json(answer);
setImmediate(() => call().catch(report)); // {name}""",
    "java": """\
@Async // Spring, on a method of another bean
public void call() {{ ... }} // {name}""",
    "go": """\
later := context.WithoutCancel(ctx) // the request's context ends with it
go func() {{ report(call(later)) }}() // {name}""",
    "csharp": """\
await channel.Writer.WriteAsync(message); // a BackgroundService reads it and calls
// {name}""",
}


def deferred_code(name: str, language: str | None) -> tuple[str, str]:
    """Return code that makes the call ``name`` later, and its language (Python where unknown)."""
    chosen = language if language in _CODE else "python"
    return _CODE[chosen].format(name=comment(name)), chosen
