# SPDX-License-Identifier: GPL-2.0-or-later
"""A PBX whose registrar supports Path and outbound: a stock Kamailio."""

import os
import re
import socket
from typing import Any

from . import binrpc, net
from .client import Talker
from .core import Lab
from .paths import PEERS
from .proc import Process, run

FILE = PEERS / "registrar" / "kamailio.cfg"


class Extension(Talker):
    """Somebody inside who calls by that PBX."""

    def __init__(self, port: int = 5070):
        with net.inside("pbx"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((net.PBX, port))
        super().__init__(sock, "UDP", (net.PBX, 5060))

    def request(self, method: str, uri: str, extra: str = "",
                body: str = "", **given: object) -> str:
        given.setdefault("sender", f"sip:101@{net.PBX}")
        given.setdefault("contact", f"<sip:101@{self.here}>")
        return super().request(method, uri, extra, body, **given)

    def straight(self, text: str) -> None:
        """To the edge and not to the PBX: to a Contact, say, of a call."""
        self.sock.sendto(text.encode(), (net.EDGE_INNER, 5060))


class Registrar:
    """At the PBX's address, as long as there is no other PBX."""

    def __init__(self, lab: Lab):
        self.where = lab.where / "registrar"
        self.where.mkdir(exist_ok=True)
        text = FILE.read_text("utf-8")
        for name, value in (("DOMAIN", lab.domain), ("ADDRESS", net.PBX),
                            ("WHERE", str(self.where))):
            text = text.replace(f"@{name}@", value)
        path = self.where / "kamailio.cfg"
        path.write_text(text)
        self._process = Process(
            "registrar", ["kamailio", "-f", str(path), "-Y",
                          str(self.where), "-DD", "-E"],
            self.where / "log", "pbx", env=dict(os.environ))
        self._process.wait_ready(self._answers, 10)

    def _answers(self) -> bool:
        try:
            return bool(self.rpc("core.version"))
        except (OSError, binrpc.RpcError):
            return False

    def rpc(self, method: str, *params: Any) -> list:
        return binrpc.call(str(self.where / "ctl"), method, *params)

    def kamcmd(self, *words: str) -> str:
        return run(["kamcmd", "-s", f"unix:{self.where}/ctl", *words])

    def bindings(self, user: str) -> list[dict[str, str]]:
        """What it keeps of each binding of an account."""
        # s: one of digits alone is no number
        text = self.kamcmd("ul.lookup", "location", f"s:{user}")
        return [dict(re.findall(r"^\s*([\w-]+): (.*)$", part, re.M))
                for part in text.split("Contact: {")[1:]]

    def stop(self) -> None:
        self._process.stop()
