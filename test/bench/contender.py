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
CALLGRIND = ("valgrind", "--tool=callgrind")
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
request_route {{
    {check}
    $du = "sip:{ip}:5070";
    forward();
}}
"""
REFUSE = '{ sl_send_reply("403", "No"); exit; }'


class Kind(NamedTuple):
    """What makes a contender different from the others."""

    name: str
    ip: str
    module: str = ""
    check: str = ""


PLAIN = Kind("no check at all", "127.15.0.1")
READS = Kind("From's domain read, no check", "127.15.0.2",
             check='if($fd == "nobody.invalid") ' + REFUSE)
STOCK = Kind("stock check of one DNS name", "127.15.0.3", check="""
    if(!($tls_peer_verified == 1 && $tls_peer_san_hostname == $fd)) """
             + REFUSE)
OURS = Kind("all of cert_match", "127.15.0.4", """
loadmodule "cert_match.so"
modparam("cert_match", "failures", 1000)
modparam("cert_match", "watch", "{cert}")
event_route[cert_match:failure] {{ xlog("L_NOTICE", "failure\\n"); }}
event_route[cert_match:expiry] {{ xlog("L_NOTICE", "expiry\\n"); }}
""", 'if(!cert_match("$fd")) ' + REFUSE)


class Contender:
    """One Kamailio with the plain allocator; prefix: what runs it."""

    def __init__(self, kind: Kind, where: Path, *prefix: str):
        self.name, self.ip, self.where = kind.name, kind.ip, where
        where.mkdir()
        pair = certs.server("edge.test")
        names = {"ip": kind.ip, "where": where, "cert": pair.cert,
                 "key": pair.key, "ca": pair.ca}
        cfg = where / "kamailio.cfg"
        cfg.write_text(CONFIG.format(module=kind.module.format(**names),
                                     check=kind.check, **names))
        self.command = [*prefix, "kamailio", "-DD", "-E", "-X", "fm", "-x",
                        "fm", "-m", "256", "-f", str(cfg), "-L", MODULES,
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
    """The program that sends requests to a contender and answers them."""

    def __init__(self, contender: Contender, pem: Path, window: int):
        self.contender = contender
        ip = contender.ip
        self.popen = subprocess.Popen(
            [BUILD / "bench" / "pipeline", pem, ip, "5061", ip, "5070",
             str(window)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def burst(self, requests: int) -> float:
        """CPU seconds per request of a burst."""
        assert self.popen.stdin and self.popen.stdout
        before = self.contender.cpu()
        self.popen.stdin.write(f"{requests}\n")
        self.popen.stdin.flush()
        if self.popen.stdout.readline() != "done\n":
            raise SystemExit(f"{self.contender.name}: "
                             f"{self.contender.kamailio.tail()}")
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
