# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain that is an Asterisk 22 with TLS and SRTP of its own."""

import shutil
from typing import NamedTuple, Optional

from . import certs, dns, net
from .asterisk import Asterisk
from .core import Lab
from .paths import PEERS

FILES = PEERS / "asterisk22-tls"


class Who(NamedTuple):
    """domain: which it says it is; pair: which it can prove to be."""

    domain: str
    pair: certs.Pair


class AsteriskPeer(Asterisk):
    """calls_as: who it is when it calls; otherwise the same.

    It asks the name server of its namespace (dns.Server).
    """

    def __init__(self, lab: Lab, domain: str, address: str,
                 pair: certs.Pair, calls_as: Optional[Who] = None):
        net.add_phone_address(address)
        self.domain, self.pair, self._lab = domain, pair, lab
        self._calls_as = calls_as
        super().__init__("asterisk", lab.where / f"asterisk-{domain}",
                         address=address, ns="phones")

    def _write_configuration(self) -> None:
        super()._write_configuration()
        etc, site = self.where / "mnt" / "etc", self._lab.site
        other = self._calls_as
        values = {"ADDRESS": self.address,
                  "CALLS_AS": other.domain if other else self.domain,
                  "TRANSPORT": "transport-" + ("calls" if other else "tls"),
                  "EDGE": f"{site.outer}:{site.outer_port}",
                  "EDGE_ADDRESS": site.outer,
                  "EDGE_DOMAIN": self._lab.domain}
        for source in FILES.glob("*.conf"):
            text = source.read_text("utf-8")
            for name, value in values.items():
                text = text.replace(f"@{name}@", value)
            (etc / source.name).write_text(text)
        with open(etc / "modules.conf", "a", encoding="ascii") as modules:
            modules.write("load = res_srtp.so\n")
        files = [("cert.pem", self.pair.cert), ("key.pem", self.pair.key),
                 ("ca.pem", self.pair.ca)]
        if other:
            files += [("calls.pem", other.pair.cert),
                      ("calls-key.pem", other.pair.key)]
            with open(etc / "pjsip.conf", "a", encoding="ascii") as pjsip:
                pjsip.write((etc / "pjsip-calls.conf").read_text("ascii"))
        for name, path in files:
            shutil.copy(path, etc / name)

    def _cover_names(self) -> None:
        super()._cover_names()
        # in place: it is mounted already
        (self.where / "mnt/etc/resolv.conf").write_text(dns.RESOLV_CONF)

    def call_edge(self, user: str) -> None:
        """It calls somebody at our domain; who answers hears himself."""
        self.rx(f"channel originate PJSIP/{user}@edge extension "
                "echo@default")
