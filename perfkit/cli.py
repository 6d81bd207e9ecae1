"""The command line: ``perfkit VERB``; what it can ask is in :mod:`perfkit.cli_verbs`.

Exit status: 0 done, 1 findings at or above ``--fail-on`` (never, unless asked),
2 usage or unreadable input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from perfkit import cli_explain
from perfkit.cli_verbs import VERBS, read
from perfkit.errors import PerfkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from perfkit.results import Result

    _Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001 - it has no public name

__all__ = ["main"]

_SEVERITIES = ("info", "warning", "critical")
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except PerfkitError as error:
        print(f"perfkit: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("perfkit: interrupted, everything it started was stopped", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence and a hint, as all others are."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"perfkit: {message}\nhint: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="perfkit", description="Find out why an API is slow, with evidence.")
    verbs: _Verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, known in VERBS.items():
        verb = verbs.add_parser(name, help=known.summary)
        _add_input(verb)
        _add_output(verb)
        known.add_options(verb)
        verb.set_defaults(run=_analyse, ask=known.ask)
    explain = verbs.add_parser("explain", help="a plan, or a statement on a server: what is slow")
    cli_explain.add_options(explain)
    _add_output(explain)
    explain.set_defaults(run=_analyse, ask=cli_explain.ask)
    load = verbs.add_parser("load", help="say what the files hold; -o FILE saves a recording")
    _add_input(load)
    load.add_argument("--format", choices=("text", "json"), default="text")
    load.add_argument("-o", "--output", metavar="FILE")
    load.set_defaults(run=_load)
    notebooks = verbs.add_parser("notebooks", help="copy the guided notebooks into a folder")
    notebooks.add_argument("folder", type=Path)
    notebooks.set_defaults(run=_notebooks)
    _add_lab(verbs)
    return parser


def _add_input(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "files", nargs="+", metavar="FILE", help="logs, traces, folders, recordings; - for stdin"
    )
    verb.add_argument("--zone", default=None, metavar="TZ", help="time zone of times without one")
    verb.add_argument("--input-format", metavar="NAME", help="where recognition is in doubt")
    verb.add_argument("--prefix", help="PostgreSQL's log_line_prefix, where it is not inferred")
    verb.add_argument("--log-format", help="a web server's, such as '$remote_addr [$time_local]'")
    verb.add_argument("--routes", metavar="FILE", help="the app's routes: OpenAPI, or one a line")
    verb.add_argument("--since", metavar="TIME", help="only what happened from then on")
    verb.add_argument("--until", metavar="TIME", help="only what happened before")
    for name in ("database", "user", "application"):
        verb.add_argument(f"--{name}", metavar="NAME", help=f"only rows of this {name}")
    verb.add_argument("--min-duration-ms", type=float, metavar="MS", help="only what took so long")


def _add_output(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", choices=("text", "json", "html"), default="text")
    verb.add_argument("-o", "--output", metavar="FILE", help="write there instead of printing")
    verb.add_argument(
        "--fail-on", choices=_SEVERITIES, help="exit with 1 when a finding is at least this severe"
    )


def _add_lab(verbs: _Verbs) -> None:
    lab = verbs.add_parser("lab", help="the embedded PostgreSQL and the demo shop")
    lab.add_argument("verb", choices=("start", "stop", "status"), nargs="?", default="status")
    lab.add_argument("--scale", type=float, default=1.0, help="1 is 500,000 orders")
    lab.set_defaults(run=_lab)
    demo = verbs.add_parser("demo", help="the whole story, headless: faults planted and found")
    demo.add_argument("-o", "--output", type=Path, default=Path("build"), metavar="FOLDER")
    demo.add_argument("--scale", type=float, default=1.0, help="1 is 500,000 orders")
    demo.set_defaults(run=_demo)


def _analyse(options: argparse.Namespace) -> int:
    result = options.ask(options)
    _write(_RENDER[options.format](result), options.output)
    return _status(result, options.fail_on)


def _load(options: argparse.Namespace) -> int:
    rec = read(options)
    if options.output:
        rec.save(options.output)
    rows = {name: table.num_rows for name, table in rec.contents.items()}
    text = (
        json.dumps({"schema": "perfkit.load/1", "tables": rows})
        if options.format == "json"
        else repr(rec)
    )
    print(text)
    return 0


def _notebooks(options: argparse.Namespace) -> int:
    from perfkit.shipped import copy_notebooks

    copied = copy_notebooks(options.folder)
    print(f"{options.folder}: {len(copied)} notebooks copied; next: jupyter lab {options.folder}")
    return 0


def _lab(options: argparse.Namespace) -> int:
    from perfkit import lab

    if options.verb == "start":
        with lab.start(scale=options.scale) as running:
            print(f"lab: running, shop at {running.url}, until Ctrl-C", flush=True)
            while lab.status().running:  # somebody else may stop it
                time.sleep(1)
    elif options.verb == "stop":
        print("lab: stopped" if lab.stop() else "lab: was not running")
    else:
        print(lab.status())
    return 0


def _demo(options: argparse.Namespace) -> int:
    from perfkit.lab.demo import demo

    return demo(options.output, scale=options.scale)


def _html(result: Result) -> str:
    from perfkit.share import page

    return page([result], title=result.headline)


_RENDER: dict[str, Callable[[Result], str]] = {
    "text": lambda result: result.to_text(),
    "json": lambda result: json.dumps(result.to_dict(), ensure_ascii=False, indent=1),
    "html": _html,
}


def _write(text: str, output: str | None) -> None:
    if output is None:
        print(text)
        return
    from perfkit.files import write_whole

    write_whole(output, text if text.endswith("\n") else text + "\n")


def _status(result: Result, fail_on: str | None) -> int:
    if fail_on is None:
        return 0
    least = _SEVERITIES.index(fail_on)
    return int(any(_SEVERITIES.index(f.severity) >= least for f in result.findings))


if __name__ == "__main__":
    sys.exit(main())
