# SPDX-License-Identifier: GPL-2.0-or-later
"""The edge: this project's Kamailio, started as an operator starts it.

Settings go into an env file, tools/edge-start checks them and starts
Kamailio with cfg/kamailio.cfg.
"""

import os
from pathlib import Path
from typing import Mapping, Optional, Union

from . import binrpc, certs, roots
from .paths import BUILD, PROJECT, SOCKET_PATH_MAX
from .proc import LabError, Process, run, wait_for

START = PROJECT / "tools" / "edge-start"
Param = Union[int, str]


class Edge:
    """settings: what differs from the defaults below, by EDGE_ name."""

    def __init__(self, where: Path, settings: Mapping[str, str],
                 pair: certs.Pair, tm: bool = False,
                 run_dir: Optional[Path] = None,
                 edge_root: Optional[Path] = None,
                 options: tuple[str, ...] = (), ns: Optional[str] = None):
        self.where, self.tm, self.edge_root = where, tm, edge_root
        self.ns = ns
        self.options = options
        self.run_dir = run_dir or where
        self.log = where / "kamailio.log"
        self.env_file = where / "edge.env"
        self.control = self.run_dir / "kamailio_ctl"
        if len(str(self.control)) > SOCKET_PATH_MAX:
            raise LabError(f"{self.control}: too long for a Unix socket; "
                           "move the project to a shorter path")
        self.settings = {
            "EDGE_DOMAIN": "edge.test", "EDGE_OUTER_PORT": "5061",
            "EDGE_OUTER_ADVERTISE": "", "EDGE_INNER_PORT": "5060",
            "PBX_PORT": "5060", "PBX_TRANSPORT": "udp",
            "EDGE_CERT": str(pair.cert), "EDGE_KEY": str(pair.key),
            "EDGE_CA": str(pair.ca),
            "EDGE_POLICY": str(PROJECT / "cfg" / "sdes-policy.xml"),
            "EDGE_FLOW_KEY": str(where / "flow.key"),
            "EDGE_RTPENGINE": "127.0.0.1:2223",
            "EDGE_RUN": str(self.run_dir),
            "EDGE_MODULES": str(BUILD / "modules"), **settings}
        self._process: Optional[Process] = None
        if edge_root:
            roots.open_to(edge_root, PROJECT)

    def write_env(self) -> Path:
        self.where.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in
                 self.settings.items()]
        self.env_file.write_text("".join(lines))
        return self.env_file

    def command(self) -> list[str]:
        argv = [str(START), str(self.env_file), "-DD", "-E", "-m", "64",
                "-M", "8", *self.options]
        if self.tm:
            argv += ["-A", "WITH_TM"]
        if self.edge_root:
            argv = ["chroot", str(self.edge_root), *argv]
        return argv

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.write_env()
        self.forget()       # a killed run's pid may be somebody's now
        self._process = Process("kamailio", self.command(), self.log,
                                self.ns, env=dict(os.environ))

    def wait(self, timeout: float = 10) -> None:
        assert self._process is not None
        self._process.wait_ready(self._answers, timeout)

    def _answers(self) -> bool:
        try:
            return bool(binrpc.call(str(self.control), "core.version"))
        except (OSError, binrpc.RpcError):
            return False

    def stop(self) -> None:
        """As systemd stops it."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """As a crash or a power cut ends it."""
        if self._process:
            self._process.kill()

    def restart(self) -> None:
        """A new process with the same flow key: all connections lost."""
        self.stop()
        self.start()

    def forget_flow_key(self) -> None:
        """The next start makes another one: all tokens become forged."""
        Path(self.settings["EDGE_FLOW_KEY"]).unlink(missing_ok=True)

    def alive(self) -> bool:
        return self._process is not None and self._process.alive()

    def text(self, since: int = 0) -> str:
        return self._process.text(since) if self._process else ""

    def mark(self) -> int:
        assert self._process is not None
        return self._process.mark()

    def wait_log(self, pattern: str, timeout: float = 5,
                 since: int = 0) -> str:
        assert self._process is not None
        return self._process.wait_log(pattern, timeout, since)[0]

    def rpc(self, method: str, *params: Param) -> list[binrpc.Value]:
        """An RPC's values, in order; binrpc.RpcError if refused."""
        return binrpc.call(str(self.control), method, *params)

    def kamcmd(self, *words: str) -> str:
        """What the operator sees: kamcmd's own output."""
        return run(["kamcmd", "-s", f"unix:{self.control}", *words])

    def wait_rpc(self, method: str, timeout: float = 5) -> None:
        """Wait until a method exists and answers without a fault."""
        def works() -> bool:
            try:
                self.rpc(method)
            except (OSError, binrpc.RpcError):
                return False
            return True

        wait_for(works, timeout, f"RPC {method}")

    def forget(self) -> None:
        """Remove the sockets and the pid file that an edge leaves."""
        for name in ("kamailio_ctl", "kamailio_rpc.sock", "kamailio.pid",
                     "dispatcher.list", "tls.cfg"):
            (self.run_dir / name).unlink(missing_ok=True)
