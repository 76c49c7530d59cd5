# SPDX-License-Identifier: GPL-2.0-or-later
"""Who vouches for whom?  The demonstration's CA and its certificates.

Made once with tools/edge-cert, as an operator would, and kept in
build/certs; made anew when they are about to expire.
"""

import datetime
import fcntl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from .paths import BUILD, PROJECT
from .proc import run

TOOL = PROJECT / "tools" / "edge-cert"
MARGIN = datetime.timedelta(days=7)


class Pair(NamedTuple):
    cert: Path
    key: Path
    ca: Path


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _good(path: Path) -> bool:
    """Readable, and valid for some days more."""
    try:
        end = load(path).not_valid_after
    except (OSError, ValueError):
        return False
    return end > datetime.datetime.utcnow() + MARGIN


def server(domain: str, *options: str, where: Path = BUILD / "certs",
           out: str = "") -> Pair:
    """A server certificate for a domain, by the CA of that directory."""
    return _leaf("server", domain, options, where, out)


def client(name: str, *options: str, where: Path = BUILD / "certs",
           out: str = "") -> Pair:
    """A certificate for a phone (user@domain) or a peer domain."""
    return _leaf("client", name, options, where, out)


def authority(where: Path = BUILD / "certs") -> Path:
    """The CA itself; a second directory makes a stranger's CA."""
    where.mkdir(parents=True, exist_ok=True)
    with open(where / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_good(where / "ca.pem") and (where / "ca.key").exists()):
            run([str(TOOL), "ca", str(where), "--force"])
    return where / "ca.pem"


def _leaf(kind: str, name: str, options: tuple[str, ...], where: Path,
          out: str) -> Pair:
    ca = authority(where)
    out = out or name.replace("@", "-at-")
    cert, key = where / f"{out}.pem", where / f"{out}.key"
    with open(where / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = key.exists() and (_good(cert) or "--expired" in options)
        if not fresh or not _signed_by(cert, ca):
            run([str(TOOL), kind, str(where), name, "--out", out,
                 "--force", *options])
    return Pair(cert, key, ca)


def _signed_by(cert: Path, ca: Path) -> bool:
    """Not a leftover of an older CA of the same name."""
    named = load(cert).extensions.get_extension_for_class(
        x509.AuthorityKeyIdentifier).value.key_identifier
    own = load(ca).extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier).value.digest
    return named == own
