# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain behind a stock Kamailio, or one with our modules, and its one
user."""

import os
import socket
from typing import Any, Optional

from . import binrpc, certs, net
from .client import Message, Talker
from .core import Lab
from .paths import BUILD, PEERS
from .proc import Process

FILES = PEERS / "kamailio"
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"


class User(Talker):
    """A scripted phone of that domain: UDP, in the clear, to its proxy."""

    def __init__(self, domain: str, address: str, proxy: tuple[str, int]):
        net.add_phone_address(address)
        with net.inside("phones"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 5060))
        super().__init__(sock, "UDP", proxy)
        self.domain = domain

    def request(self, method: str, uri: str, extra: str = "",
                body: str = "", **given: object) -> str:
        given.setdefault("sender", f"sip:bob@{self.domain}")
        return super().request(method, uri, extra, body, **given)

    def final(self, method: str) -> Optional[Message]:
        """The next final answer to a method."""
        while True:
            got = self.receive()
            if got is None or (got.status >= 200 and got.method == method):
                return got


class StockPeer:
    """The proxy at address, its user beside it.

    ways: of kamailio.cfg's WITH_ words; method: the tls module's.
    """

    def __init__(self, lab: Lab, domain: str, address: str, user: str,
                 ways: tuple[str, ...] = (), method: str = "TLSv1.2+"):
        self.domain, self.address = domain, address
        self.where = lab.where / f"stock-{domain}"
        self.where.mkdir(exist_ok=True)
        pair = certs.server(domain)
        values = {
            "DOMAIN": domain, "ADDRESS": address, "WHERE": self.where,
            "USER": f"{user}:5060", "EDGE_DOMAIN": lab.domain,
            "EDGE": f"{lab.site.outer}:{lab.site.outer_port}",
            "CERT": pair.cert, "KEY": pair.key, "CA": pair.ca,
            "METHOD": method}
        for name in ("kamailio.cfg", "tls.cfg"):
            text = (FILES / name).read_text("utf-8")
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            (self.where / name).write_text(text)
        net.add_phone_address(address)
        self.user = User(domain, user, (address, 5060))
        self._process = Process(
            "peer's Kamailio", [
                "kamailio", "-f", str(self.where / "kamailio.cfg"), "-Y",
                str(self.where), "-DD", "-E",
                "-L", f"{BUILD}/modules:{MODULES}",
                *(word for way in ways for word in ("-A", f"WITH_{way}"))],
            self.where / "log", "phones", env=dict(os.environ))
        self._process.wait_ready(self._answers, 10)

    def _answers(self) -> bool:
        try:
            return bool(self.rpc("core.version"))
        except (OSError, binrpc.RpcError):
            return False

    def rpc(self, method: str, *params: Any) -> list:
        return binrpc.call(str(self.where / "ctl"), method, *params)

    def connections(self) -> list:
        """Its TLS connections."""
        return [row for row in self.rpc("core.tcp_list")
                if row["type"] == "TLS"]

    def text(self) -> str:
        return self._process.text()

    def close(self) -> None:
        self.user.close()
        self._process.stop()
