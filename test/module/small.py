# SPDX-License-Identifier: GPL-2.0-or-later
"""How does a module behave in the smallest Kamailio that can load it?"""

import os
import signal
import socket
import ssl
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence, Union

from lab import binrpc, certs, net, roots
from lab.paths import BUILD, PROJECT
from lab.proc import PATIENCE, Process, run, wait_for

STOCK = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
TLS = ("127.0.0.1", 15061)
DEBIAN13 = "Debian 13"

# What each module needs to be loaded, in order.
SETS = {
    "cert_match": ("tls", "cert_match"),
    "tls_reuse": ("tls", "cert_match", "tls_reuse"),
    "sdes_policy": ("sdes_policy",),
}
PARAMS = {
    "tls_reuse": [("inner", "sip:127.0.0.1:15060"),
                  ("outer", "sip:127.0.0.1:15061;transport=tls")],
    "sdes_policy": [("policy", f"{PROJECT}/cfg/sdes-policy.xml")],
}

HEAD = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=4
tcp_accept_no_cl=no
enable_tls={tls}
listen=udp:{at}:15060
{listen}
loadmodule "kex.so"
loadmodule "counters.so"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{where}/ctl")
"""

ROUTES = """
request_route { sl_send_reply("200", "OK"); }
onsend_route { return; }
"""


Params = Sequence[tuple[str, str, Union[str, int]]]


class Release:
    """Which Kamailio is run: this machine's, or that of Debian 13."""

    root: Optional[Path] = None

    @classmethod
    def use(cls, name: str) -> None:
        cls.root = None
        if name == DEBIAN13:
            cls.root = roots.root("kamailio6")
            roots.open_to(cls.root, PROJECT, Path(tempfile.gettempdir()))

    @classmethod
    def command(cls, words: Sequence[str]) -> list[str]:
        """kamailio with these words and our modules for it."""
        modules = BUILD / "debian13" if cls.root else BUILD
        enter = ["chroot", str(cls.root)] if cls.root else []
        return [*enter, "kamailio", "-L", f"{modules}/modules:{STOCK}",
                *words]


def _quoted(value: Union[str, int]) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _state(pid: int) -> str:
    """S: it sleeps, as /proc/PID/stat has it behind the program's name."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(")")[2].split()[0]


class Small:
    """One Kamailio with a module and what that needs."""

    def __init__(self, module: str, where: Path, routes: str = ROUTES,
                 before: str = "", options: tuple[str, ...] = (),
                 names: tuple[str, ...] = (), tls_config: str = "",
                 params: Params = (), at: str = "127.0.0.1"):
        """at: the address that it listens on.

        before: core settings and modules that come first.

        tls_config: the text of a tls.cfg, in place of the plain server.
        params: further modparams, (module, name, value).
        """
        where.mkdir(parents=True, exist_ok=True)
        self.where, self.options, self.params = where, options, params
        self.tls_config = tls_config
        self.control = where / "ctl"
        names = names or SETS[module]
        self.tls = "tls" in names
        self.cfg = where / "kamailio.cfg"
        self.cfg.write_text(
            HEAD.format(tls="yes" if self.tls else "no", where=where, at=at,
                        listen=f"listen=tls:{at}:{TLS[1]}" if self.tls
                        else "")
            + before + "".join(self._load(name) for name in names) + routes)
        self._process: Any = None

    def _load(self, name: str) -> str:
        lines = [f'loadmodule "{name}.so"']
        params = list(PARAMS.get(name, []))
        if name == "tls":
            params = self._tls_params()
        params += [(key, value) for module, key, value in self.params
                   if module == name]
        lines += [f'modparam("{name}", "{key}", {_quoted(value)})'
                  for key, value in params]
        return "\n".join(lines) + "\n"

    def _tls_params(self) -> list[tuple[str, str]]:
        if self.tls_config:
            path = self.where / "tls.cfg"
            path.write_text(self.tls_config)
            return [("config", str(path))]
        pair = certs.server("edge.test")
        return [("tls_method", "TLSv1.2+"), ("certificate", str(pair.cert)),
                ("private_key", str(pair.key))]

    def command(self, *words: str) -> list[str]:
        return Release.command(["-f", str(self.cfg), "-Y", str(self.where),
                                *self.options, *words])

    def check(self) -> str:
        """kamailio -c; raises with its words if it refuses."""
        return run(self.command("-c"))

    def __enter__(self) -> "Small":
        net.ip("link set lo up")
        self._process = Process("kamailio", self.command("-DD", "-E"),
                                self.where / "log", env=dict(os.environ))
        self._process.wait_ready(self._settled, 10)
        return self

    def _settled(self) -> bool:
        """All processes are there and wait for work.

        A child that is just being forked loses a SIGTERM (stock Kamailio
        does so, too): who stops it earlier waits for a minute.
        """
        try:
            rows = self.rpc("core.psx")
        except (OSError, binrpc.RpcError):
            return False
        children = self.children()
        return self._last_is_there(rows) and \
            len(children) == len(rows) - 1 and \
            all(_state(child) == "S" for child in children)

    def _last_is_there(self, rows: list) -> bool:
        """With TCP, that which hands out the connections comes last."""
        return not self.tls or rows[-1]["DSC"] == "tcp main process"

    def children(self) -> list[int]:
        """The process ids of Kamailio's children."""
        pid = self._process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in text.split()]

    def _quiet(self) -> bool:
        """Asleep, each time that we look, for a tenth of a second."""
        for _ in range(10):
            if any(_state(child) not in "SZ" for child in self.children()):
                return False
            time.sleep(0.01)
        return True

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """What comes meanwhile, its processes find all at once."""
        children = self.children()
        try:
            for child in children:
                os.kill(child, signal.SIGSTOP)
            wait_for(lambda: all(_state(child) == "T" for child in children),
                     5, "all processes to stop")
            yield
        finally:
            for child in children:
                os.kill(child, signal.SIGCONT)

    def __exit__(self, *_: Any) -> None:
        if self._process.alive():
            self.end()

    def end(self) -> int:
        """SIGTERM, as an operator ends it; its exit status.

        Stock Kamailio's children end wherever they are, also in the middle
        of giving shared memory back, over whose torn list the main process
        then runs for ever: so not while one of them is at work.
        """
        for _ in range(50):
            if self._quiet():
                break
        self._process.popen.send_signal(signal.SIGTERM)
        status = self._process.popen.wait(15 * PATIENCE)
        self._process.kill()
        return status

    def rpc(self, method: str, *params: Any) -> list:
        return binrpc.call(str(self.control), method, *params)

    def text(self) -> str:
        return self._process.text()

    def alive(self) -> bool:
        return self._process.alive()

    def ask(self, request: bytes) -> bytes:
        """Send a request over TLS; the first part of the answer."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(TLS, 5) as plain:
            with context.wrap_socket(plain) as secure:
                secure.sendall(request)
                return secure.recv(65535)
