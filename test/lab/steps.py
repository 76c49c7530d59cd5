# SPDX-License-Identifier: GPL-2.0-or-later
"""Which step is running, how long it took, did it pass?"""

import os
import subprocess
import sys
import time
from typing import Callable, NamedTuple, Optional

from .binrpc import RpcError
from .proc import LabError

BEGIN = "EDGE_RUN_BEGIN"        # monotonic seconds, across our processes
PASSED, FAILED, SKIPPED = "passed", "FAILED", "not tried"


class Step(NamedTuple):
    name: str
    verdict: str
    words: str


class Steps:
    """Runs steps, prints a line for each, remembers their verdicts."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self._begin = float(os.environ.setdefault(
            BEGIN, str(time.monotonic())))
        self._live = sys.stdout.isatty()
        self._last = 0.0

    def elapsed(self) -> float:
        return time.monotonic() - self._begin

    def _print(self, mark: str, text: str, end: str = "\n") -> None:
        if self._live:
            print("\r\x1b[K", end="")
        print(f"{self.elapsed():6.1f} s  {mark:<9} {text}", end=end,
              flush=True)

    def progress(self, text: str) -> None:
        """A sign of life of a long step: in place, or now and then."""
        if self._live:
            self._print("...", text[:60], end="")
        elif time.monotonic() - self._last > 8:
            self._last = time.monotonic()
            self._print("...", text)

    def say(self, text: str) -> None:
        self._print("", text)

    def run(self, name: str, action: Callable[[], Optional[str]],
            needs: bool = True) -> bool:
        """Do one step; what action returns is shown behind its name."""
        if not needs:
            return self._finish(name, SKIPPED, "an earlier step failed")
        if self._live:
            self._print("...", name, end="")
        try:
            words = action() or ""
        except (LabError, RpcError, OSError, ValueError,
                subprocess.SubprocessError) as error:
            return self._finish(name, FAILED, str(error))
        return self._finish(name, PASSED, words)

    def skip(self, name: str, words: str) -> None:
        self._finish(name, SKIPPED, words)

    def _finish(self, name: str, verdict: str, words: str) -> bool:
        self.done.append(Step(name, verdict, words))
        self._print(verdict, f"{name}: {words}" if words else name)
        return verdict == PASSED

    @property
    def passed(self) -> bool:
        return all(step.verdict != FAILED for step in self.done)
