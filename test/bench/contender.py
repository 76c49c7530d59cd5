# SPDX-License-Identifier: GPL-2.0-or-later
"""Who runs against whom?  Kamailios that differ in one thing only."""

import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from lab import binrpc, certs
from lab.paths import BUILD
from lab.proc import Process

MODULES = f"{BUILD}/modules:/usr/lib/x86_64-linux-gnu/kamailio/modules"
# three SIP domain identities, and the DNS name that the stock check looks at
SANS = ("URI:sip:peer.test", "URI:sip:peer.example", "URI:sip:sip.peer.test",
        "DNS:peer.test")

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
tcp_max_connections=4096
tls_max_connections=4096
tcp_accept_no_cl=no
enable_tls=yes
{core}
listen=udp:{ip}:5060
listen=tls:{ip}:5061
loadmodule "kex.so"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "xlog.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{where}/ctl")
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{cert}")
modparam("tls", "private_key", "{key}")
modparam("tls", "ca_list", "{ca}")
modparam("tls", "verify_certificate", 1)
modparam("tls", "require_certificate", 1)
{module}
{routes}
"""


class Kind(NamedTuple):
    """What makes a contender different from the others."""

    name: str
    ip: str
    routes: str
    module: str = ""
    core: str = ""
    options: tuple[str, ...] = ("-X", "fm", "-x", "fm")


class Contender:
    """One Kamailio with the plain allocator; prefix: what runs it.

    Of the programs around it, UDP has port 5070 of its address, TLS 5071."""

    def __init__(self, kind: Kind, where: Path, *prefix: str):
        self.name, self.ip, self.where = kind.name, kind.ip, where
        where.mkdir()
        pair = certs.server("edge.test")
        names = {"ip": kind.ip, "where": where, "cert": pair.cert,
                 "key": pair.key, "ca": pair.ca}
        cfg = where / "kamailio.cfg"
        cfg.write_text(CONFIG.format(
            **names, **{part: getattr(kind, part).format(**names)
                        for part in ("core", "module", "routes")}))
        self.command = [*prefix, "kamailio", "-DD", "-E", *kind.options,
                        "-m", "256", "-f", str(cfg), "-L", MODULES,
                        "-Y", str(where)]
        self.kamailio = Process(kind.name, self.command, where / "log")
        self.kamailio.wait_ready(self._ready, 60)

    def rpc(self, method: str, *params: str) -> list:
        return binrpc.call(str(self.where / "ctl"), method, *params)

    def _ready(self) -> bool:
        try:
            return bool(self.rpc("core.uptime"))
        except (OSError, binrpc.RpcError):
            return False

    def cpu(self) -> float:
        """Seconds of CPU that all its processes have used."""
        pid = self.kamailio.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return sum(time.clock_gettime(_clock(int(word)))
                   for word in [str(pid), *children.split()])

    def stop(self) -> None:
        self.kamailio.stop(timeout=60)


class Traffic:
    """The program that sends requests through a contender and answers them,
    one under way at a time.

    way: "in", from TLS to UDP, or "out".  It opens the TLS connection, or
    with listen the contender does."""

    def __init__(self, contender: Contender, pem: Path, way: str = "in",
                 method: str = "OPTIONS", listen: bool = False):
        self.contender, self.way = contender, way
        ip = contender.ip
        side = ["listen", f"{ip}:5071"] if listen else \
            ["connect", f"{ip}:5061"]
        self.popen = subprocess.Popen(
            [BUILD / "bench" / "pipeline", pem, *side, f"{ip}:5070",
             f"{ip}:5060", method, "1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect("ready")

    def _expect(self, word: str) -> None:
        assert self.popen.stdout
        if self.popen.stdout.readline() != word + "\n":
            raise SystemExit(f"{self.contender.name}: "
                             f"{self.contender.kamailio.tail()}")

    def burst(self, requests: int, way: str = "") -> float:
        """CPU seconds per request of a burst."""
        assert self.popen.stdin
        before = self.contender.cpu()
        self.popen.stdin.write(f"{way or self.way} {requests}\n")
        self.popen.stdin.flush()
        self._expect("done")
        return (self.contender.cpu() - before) / requests

    def end(self) -> None:
        assert self.popen.stdin
        self.popen.stdin.close()
        self.popen.wait(10)


def _clock(pid: int) -> int:
    """The clock of another process' CPU time (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def peer_certificate(where: Path) -> Path:
    """A peer domain's certificate and its key, in one file."""
    options = [word for san in SANS for word in ("--san", san)]
    pair = certs.client("peer.test", *options, out="bench-peer")
    pem = where / "peer.pem"
    pem.write_text(pair.cert.read_text() + pair.key.read_text())
    return pem
