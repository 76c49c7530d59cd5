# SPDX-License-Identifier: GPL-2.0-or-later
"""Is that program up, what did it say, is it gone?

Every wait is for a condition with a deadline; nothing sleeps in the hope
that it was long enough.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, Mapping, Optional, Sequence, TypeVar

from . import sandbox

POLL = 0.02
PATIENCE = float(os.environ.get("LAB_PATIENCE", "1"))   # under valgrind: more
T = TypeVar("T")


class LabError(Exception):
    """Something in the laboratory did not happen; says what to read."""


def wait_for(condition: Callable[[], T], timeout: float, what: str) -> T:
    """Return the first true value of condition, or raise LabError."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise LabError(f"{what}: not within {timeout:g} s")
        time.sleep(POLL)


def run(argv: Sequence[str], timeout: float = 30,
        feed: str = "") -> str:
    """Run a short command; return its output, raise with its words."""
    try:
        done = subprocess.run(
            argv, input=feed, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)}: no end in {timeout:g} s") \
            from error
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}: "
                       f"{done.stdout.strip()}")
    return done.stdout


def in_netns(ns: Optional[str], argv: Sequence[str]) -> list[str]:
    """The command that runs argv in a named network namespace."""
    words = [str(word) for word in argv]
    if ns is None:
        return words
    return ["nsenter", f"--net=/run/netns/{ns}", *words]


class Process:
    """A long-lived program with a log file of its own.

    It gets a session of its own, so that Ctrl-C reaches the laboratory
    and not each part of it, and so that its children can be ended too.
    """

    def __init__(self, name: str, argv: Sequence[str], log: Path,
                 ns: Optional[str] = None,
                 env: Optional[Mapping[str, str]] = None,
                 cwd: Optional[Path] = None):
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        # Earlier lines stay (a restart), but no wait must meet them.
        self.begin = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                in_netns(ns, argv), stdin=subprocess.PIPE, stdout=out,
                stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True,
                env=dict(env) if env is not None else None,
                preexec_fn=sandbox.die_with_parent)
        self.pid = self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def text(self, since: int = 0) -> str:
        """What it wrote from byte `since` on (0: since this start)."""
        with open(self.log, "rb") as file:
            file.seek(max(since, self.begin))
            return file.read().decode("utf-8", "replace")

    def mark(self) -> int:
        """The end of the log now, to be given to wait_log or text."""
        return self.log.stat().st_size

    def wait_log(self, pattern: str, timeout: float = 5,
                 since: int = 0) -> "re.Match[str]":
        """Wait for a line that matches; fail at once if it dies."""
        regex = re.compile(pattern, re.M)

        def look() -> "Optional[re.Match[str]]":
            running = self.alive()
            found = regex.search(self.text(since))
            if not found and not running:
                raise LabError(f"{self.name} ended: {self.tail()}")
            return found

        return wait_for(look, timeout, f"{self.name} to say /{pattern}/ "
                        f"(log: {self.log})")

    def wait_ready(self, ready: Callable[[], T], timeout: float = 5) -> T:
        """Wait for a condition that says it is up, or for its death."""
        def look() -> T:
            value = ready()
            if not value and not self.alive():
                raise LabError(f"{self.name} did not start: {self.tail()}")
            return value

        return wait_for(look, timeout, f"{self.name} to be ready "
                        f"(log: {self.log})")

    def tail(self, lines: int = 6) -> str:
        last = "\n    ".join(self.text().splitlines()[-lines:])
        return f"{last}\n    (log: {self.log})"

    def send(self, number: int) -> None:
        """Signal it and all that it started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, number: int = signal.SIGTERM, timeout: float = 3) -> None:
        """Ask it to end, insist after the timeout."""
        if self.alive():
            self.popen.send_signal(number)
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self) -> None:
        """End it without asking, and its children."""
        self.send(signal.SIGKILL)
        self.popen.wait()
        if self.popen.stdin:
            self.popen.stdin.close()
