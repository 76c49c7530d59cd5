# SPDX-License-Identifier: GPL-2.0-or-later
"""An edge whose TLS a capture shows: TLS 1.2 with RSA key exchange."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from . import certs, tls12
from .paths import PROJECT
from .pcap import Capture


def pair(domain: str) -> certs.Pair:
    """A certificate with which such a connection can be accepted."""
    return certs.server(domain, "--rsa", out=f"{domain}-rsa")


def settings(where: Path, domain: str = "edge.test") -> dict[str, str]:
    """For a Lab; where: a new directory for its configuration."""
    where.mkdir(parents=True, exist_ok=True)
    for source in (PROJECT / "cfg").iterdir():
        shutil.copy(source, where)
    tls = where / "tls.cfg"
    text = re.sub(r"(?m)^cipher_list.*\n", "", tls.read_text("utf-8"))
    tls.write_text(re.sub(r"(?m)^method = TLSv1\.2\+$", "method = TLSv1.2\n"
                          f"cipher_list = {tls12.CIPHER}", text), "utf-8")
    own = pair(domain)
    return {"EDGE_CFG_DIR": str(where), "EDGE_CERT": str(own.cert),
            "EDGE_KEY": str(own.key)}


START = re.compile(r"(?:[A-Z]+ sips?:\S+ SIP/2\.0|SIP/2\.0 \d{3} .*)\r\n")


class Said(NamedTuple):
    """A connection, and what it carried."""

    opened_by: str
    name: str                       # that was asked for, "": none
    shown: str                      # by whom it was opened
    text: dict[str, str]            # by the address that sent it

    def messages(self, source: str, method: str = "") -> list[str]:
        """That an address sent, beginning with a request line of method."""
        text = self.text.get(source, "")
        starts = [found.start() for found in START.finditer(text)]
        return [text[begin:end] for begin, end
                in zip(starts, starts[1:] + [len(text)])
                if text[begin:end].startswith(f"{method} " if method else "")]


def connections(capture: Capture, *pairs: certs.Pair) -> list[Said]:
    """pairs: of all that accept connections."""
    found = tls12.connections(capture.packets(),
                              [(one.cert, one.key) for one in pairs])
    return [Said(one.client[0], one.name, one.subject(one.client),
                 {place[0]: half.text.decode("utf-8", "replace")
                  for place, half in one.half.items()}) for one in found]
