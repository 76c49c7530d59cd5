# SPDX-License-Identifier: GPL-2.0-or-later
"""Does what `make install` puts somewhere work from there?"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from lab import binrpc, certs, net
from lab.paths import BUILD, PROJECT
from lab.proc import Process, run

SETTINGS = {
    "EDGE_OUTER": "127.0.0.1", "EDGE_OUTER_PORT": "15071",
    "EDGE_INNER": "127.0.0.1", "EDGE_INNER_PORT": "15070",
    "PBX_ADDR": "127.0.0.2",
}


@pytest.fixture(scope="module", name="installed")
def installed_(tmp_path_factory) -> Path:
    """The whole of `make install DESTDIR=...`, with settings made."""
    net.ip("link set lo up")
    where = tmp_path_factory.mktemp("dest")
    run(["make", "-C", str(PROJECT), "install", f"DESTDIR={where}"], 120)
    etc = where / "etc/tls-edge"
    pair = certs.server("edge.test")
    values = {**SETTINGS, "EDGE_CERT": pair.cert, "EDGE_KEY": pair.key,
              "EDGE_CA": pair.ca, "EDGE_POLICY": etc / "sdes-policy.xml",
              "EDGE_FLOW_KEY": etc / "flow.key", "EDGE_RUN": where / "run"}
    lines = []
    for line in (etc / "edge.env").read_text().splitlines():
        name = line.split("=")[0]
        lines.append(f"{name}={values[name]}" if name in values else line)
    lines.append(f"EDGE_MODULES={BUILD / 'modules'}")
    (etc / "edge.env").write_text("\n".join(lines) + "\n")
    return where


def _start(installed: Path, *words: str) -> list[str]:
    return [str(installed / "usr/sbin/edge-start"), *words,
            str(installed / "etc/tls-edge/edge.env")]


def test_everything_is_there(installed):
    """Modules, tools, settings, the service's drop-in; and no secret."""
    found = {path.name for path in installed.rglob("*") if path.is_file()}
    assert {"cert_match.so", "tls_reuse.so", "sdes_policy.so", "sipcert",
            "sdescheck", "edge-cert", "edge-start", "edge.env", "tls.cfg",
            "sdes-policy.xml", "kamailio.cfg", "edge-request.cfg",
            "edge-reply.cfg", "edge-media.cfg", "edge-peers.cfg",
            "edge-checks.sh", "tls-edge.conf", "rtpengine.conf",
            "README.md"} <= found
    cfg = (installed / "etc/tls-edge/kamailio.cfg").read_text("utf-8")
    assert set(re.findall(r'include_file "([^"]+)"', cfg)) <= found
    # a package made of this must not give all machines one secret
    assert "flow.key" not in found


def test_check_writes_nothing(installed):
    """-c of the installed copy finds its files and leaves none."""
    before = sorted(installed.rglob("*"))
    done = subprocess.run(_start(installed, "-c"), capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "config file ok" in done.stdout + done.stderr
    assert sorted(installed.rglob("*")) == before


def test_it_starts(installed, tmp_path):
    """The installed edge starts, makes its key and answers."""
    edge = Process("edge", [*_start(installed), "-DD", "-E"],
                   tmp_path / "log", env=dict(os.environ))
    control = str(installed / "run/kamailio_ctl")

    def answers() -> bool:
        try:
            return bool(binrpc.call(control, "tls_reuse.stats"))
        except (OSError, binrpc.RpcError):
            return False

    try:
        edge.wait_ready(answers, 10)
        key = installed / "etc/tls-edge/flow.key"
        assert key.stat().st_mode & 0o777 == 0o600
    finally:
        edge.kill()


def test_settings_are_kept(installed):
    """A second install does not touch what an operator has set."""
    env = installed / "etc/tls-edge/edge.env"
    before = env.read_text()
    run(["make", "-C", str(PROJECT), "install", f"DESTDIR={installed}"], 120)
    assert env.read_text() == before
