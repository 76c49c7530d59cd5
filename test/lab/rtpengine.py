# SPDX-License-Identifier: GPL-2.0-or-later
"""The media relay beside the edge, in userspace, with its own settings."""

import re
import secrets
import socket
from pathlib import Path
from typing import Optional

from .net import inside
from .paths import PROJECT
from .proc import Process

CONF = PROJECT / "rtpengine-conf" / "rtpengine.conf"

# In its log, at level 6.
COMMAND = re.compile(r"INFO: \[(\S+)\]: \[control\] Received command "
                     r"'(offer|answer|delete)'")
PORTS = range(40000, 50000)     # apart from the phones' and the PBX's


class Rtpengine:
    """rtpengine with one interface outside (ext) and one inside (int)."""

    def __init__(self, where: Path, outer: str, inner: str,
                 control: str = "127.0.0.1:2223", advertise: str = "",
                 chroot: Optional[Path] = None, ns: Optional[str] = None):
        self.where, self.control, self.chroot = where, control, chroot
        self.ns = ns
        self.log = where / "rtpengine.log"
        outer = f"{outer}!{advertise}" if advertise else outer
        self._settings = {
            "interface": f"ext/{outer};int/{inner}", "listen-ng": control,
            "table": "-1", "no-fallback": "", "log-level": "6",
            "pidfile": "", "port-min": str(PORTS[0]),
            "port-max": str(PORTS[-1])}
        self._process: Optional[Process] = None

    def _configuration(self) -> Path:
        """The product's file, with this laboratory's addresses."""
        text = CONF.read_text("utf-8") if CONF.exists() else "[rtpengine]\n"
        for name, value in self._settings.items():
            text = re.sub(rf"^\s*{name}\s*=.*\n", "", text, flags=re.M)
            if value:
                text = re.sub(r"^\[rtpengine\][^\n]*\n", lambda m: m[0] +
                              f"{name} = {value}\n", text, count=1,
                              flags=re.M)
        path = self.where / "rtpengine.conf"
        path.write_text(text)
        return path

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        argv = ["rtpengine", f"--config-file={self._configuration()}",
                "--foreground", "--log-stderr"]
        if self.chroot:
            argv = ["chroot", str(self.chroot), *argv]
        self._process = Process("rtpengine", argv, self.log, self.ns)

    def wait(self) -> None:
        assert self._process is not None
        self._process.wait_ready(self.answers)

    def answers(self) -> bool:
        """Does it answer a ping on its control port?"""
        return b"pong" in self._ask(b"d7:command4:pinge")

    def commands(self, since: int = 0) -> list[tuple[str, str]]:
        """(Call-ID, command) of all offers, answers and deletions."""
        assert self._process is not None
        return COMMAND.findall(self._process.text(since))

    def mark(self) -> int:
        """The end of its log now, to be given to commands."""
        assert self._process is not None
        return self._process.mark()

    def open_calls(self) -> set[str]:
        """Call-IDs whose last command was not to delete it.

        (What it has deleted it keeps for half a minute, and lists.)
        """
        return {call for call, last in dict(self.commands()).items()
                if last != "delete"}

    def _ask(self, command: bytes) -> bytes:
        """A command of its control protocol; b"" if it does not answer."""
        host, port = self.control.split(":")
        with inside(self.ns):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            sock.settimeout(0.2)
            try:
                sock.connect((host, int(port)))
                sock.send(secrets.token_hex(4).encode() + b" " + command)
                return sock.recv(65535)
            except OSError:
                return b""

    def alive(self) -> bool:
        return self._process is not None and self._process.alive()

    def kill(self) -> None:
        """Gone at once, in the middle of calls."""
        if self._process:
            self._process.kill()

    stop = kill
