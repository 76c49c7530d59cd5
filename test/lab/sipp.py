# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted peer: SIPp 3.8, over TLS outside or plain anywhere.

A scenario's verdict is its exit status; what went wrong is in its error
file, which Result carries.
"""

import csv
import itertools
import re
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional, Sequence, Union

from . import net, roots
from .certs import Pair
from .proc import LabError, Process

_numbers = itertools.count(1)
# One message of its message file.
TRACE = re.compile(r"^\w+ message (sent|received) \[\d+\] bytes ?:\n\n"
                   r"(.*?)(?=^-{20,}|\Z)", re.M | re.S)


class Result(NamedTuple):
    status: int             # 0: every call as scripted
    successful: int
    failed: int
    errors: str             # the error file: unexpected messages, timeouts
    log: Path

    @property
    def ok(self) -> bool:
        return self.status == 0 and self.failed == 0

    def require(self) -> "Result":
        if not self.ok:
            raise LabError(f"SIPp: {self.failed} failed, {self.successful} "
                           f"as scripted\n{self.errors[:4000]}\n"
                           f"(log: {self.log})")
        return self


class Sipp:
    """One run of a scenario, in the background until finish().

    transport: SIPp's -t: "l1" one TLS connection, "ln" one a call, "t1",
    "tn", "u1", "un".  pair: our certificate (TLS servers need one).
    keys: SIPp's -key values.  target None: wait for calls (UAS).
    """

    def __init__(self, scenario: Path, where: Path,
                 target: Optional[str] = f"{net.EDGE_OUTER}:5061",
                 transport: str = "l1", calls: int = 1, rate: float = 10,
                 service: str = "echo", user: str = "alice",
                 password: str = "lab-secret",
                 ns: Optional[str] = "phones", address: str = net.PHONES,
                 port: int = 0, ca: Optional[Path] = None,
                 pair: Optional[Pair] = None,
                 keys: Optional[dict[str, Union[str, int]]] = None,
                 timeout: float = 20, extra: Sequence[str] = ()):
        if not scenario.exists():
            raise LabError(f"no scenario {scenario}")
        name = f"{scenario.parent.name}-{scenario.stem}-{next(_numbers)}"
        self.where = where / name
        self.where.mkdir(parents=True, exist_ok=True)
        self.timeout = timeout
        argv = [*roots.sipp_command(), "-sf", str(scenario), "-t", transport,
                "-i", address, "-m", str(calls), "-r", f"{rate:g}",
                "-s", service, "-au", user, "-ap", password,
                "-timeout", f"{timeout:g}s", "-timeout_error",
                "-recv_timeout", f"{int(timeout * 800)}", "-nostdin",
                "-trace_err", "-error_file", str(self.where / "errors"),
                "-trace_msg", "-message_file", str(self.where / "messages"),
                "-trace_stat", "-stf", str(self.where / "stat.csv"),
                "-fd", "1", "-max_socket", "10000"]
        if port:
            argv += ["-p", str(port)]
        if transport.startswith("l"):
            argv += self._tls(ca, pair)
        for key, value in (keys or {}).items():
            argv += ["-key", key, str(value)]
        argv += list(extra)
        if target:
            argv.append(target)
        self.process = Process("sipp", argv, self.where / "screen", ns=ns,
                               cwd=self.where)

    @staticmethod
    def _tls(ca: Optional[Path], pair: Optional[Pair]) -> list[str]:
        argv = ["-tls_ca", str(ca)] if ca else []
        if pair:
            argv += ["-tls_cert", str(pair.cert), "-tls_key", str(pair.key)]
        return argv

    def messages(self) -> str:
        """Everything it sent and received so far."""
        path = self.where / "messages"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def trace(self) -> list[tuple[bool, str]]:
        """(sent, message) in order, as Phone.messages() has them."""
        return [(how == "sent", text) for how, text in TRACE.findall(
            self.messages().replace("\r\n", "\n"))]

    def finish(self, timeout: float = 0) -> Result:
        """Wait for its end; count."""
        try:
            status = self.process.popen.wait(timeout or self.timeout + 5)
        except subprocess.TimeoutExpired:
            status = 255
        self.process.kill()
        errors = ""
        for path in sorted(self.where.glob("errors*")):
            errors += path.read_text("utf-8", "replace")
        if status != 0 and not errors:
            errors = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "",
                            self.process.text())[-2000:]
        good, bad = self._counts()
        return Result(status, good, bad, errors, self.where / "messages")

    def stop(self) -> Result:
        """End it now (a UAS that waits for more)."""
        self.process.kill()
        return self.finish()

    def _counts(self) -> tuple[int, int]:
        """Cumulative calls as scripted and failed, from its statistics."""
        path = self.where / "stat.csv"
        if not path.exists():
            return 0, 0
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        if not rows:
            return 0, 0
        last = rows[-1]
        return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])
