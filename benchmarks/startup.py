"""What importing and loading cost above IPython, as medians of whole processes.

    python benchmarks/startup.py

The budget is 0.15 s for ``%load_ext perfkit`` above a bare IPython shell.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9
SHELL = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance()"
CASES = {
    "python": "pass",
    "import perfkit": "import perfkit",
    "IPython shell": SHELL,
    "IPython shell, %load_ext perfkit": f"{SHELL}; s.run_line_magic('load_ext', 'perfkit')",
    "import pandas (for comparison)": "import pandas",
}


def seconds(code: str) -> float:
    """Return the wall time of one process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Run the cases in turn, so that drift of the machine meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(RUNS):
        for name, code in CASES.items():
            times[name].append(seconds(code))
    for name, values in times.items():
        print(f"{statistics.median(values):7.3f} s  {name}")
    cost = statistics.median(times["IPython shell, %load_ext perfkit"]) - statistics.median(
        times["IPython shell"]
    )
    print(f"{cost:7.3f} s  %load_ext perfkit above IPython (budget 0.150 s)")


if __name__ == "__main__":
    main()
