# SPDX-License-Identifier: GPL-2.0-or-later
"""New TLS connections by the thousand: nothing leaks, nothing dies."""

import subprocess

import pytest

from lab.paths import BUILD
from lab.proc import wait_for

from small import TLS, Small

STORM = BUILD / "load" / "tls_storm"


def storm(*words: object) -> str:
    """Run the client; its summary line."""
    command = [STORM, *map(str, words), TLS[0], str(TLS[1])]
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def used(kamailio: Small) -> int:
    return kamailio.rpc("core.shmmem")[0]["real_used"]


def records(kamailio: Small) -> int:
    return kamailio.rpc("cert_match.stats")[0]["connections"]


@pytest.mark.parametrize("module", ["cert_match", "tls_reuse"])
def test_records_end_with_connections(module, tmp_path):
    """5,000 connections, many given up half-way: no record, no byte stays."""
    with Small(module, tmp_path, options=("-m", "256")) as kamailio:
        mix = ("-c", 16, "-a", 15, "-p", 15, "-g", 10, "-o", "-s", 16)
        storm("-n", 1000, *mix)
        wait_for(lambda: records(kamailio) == 0, 15, "the records to end")
        before = used(kamailio)
        storm("-n", 5000, *mix)
        wait_for(lambda: records(kamailio) == 0, 15, "the records to end")
        # OpenSSL and Kamailio keep buffers of their own; a record or an
        # identity list left by each connection would be a megabyte and more
        assert used(kamailio) - before < 200_000
        stats = kamailio.rpc("cert_match.stats")[0]
        assert stats["closed"] == stats["opened_in"] >= 6000


def test_no_worker_is_lost(tmp_path):
    """50,000 handshakes from 32 clients at once: all processes live on."""
    with Small("cert_match", tmp_path, options=("-m", "256")) as kamailio:
        before = kamailio.children()
        storm("-n", 50_000, "-c", 32, "-s", 16)
        assert kamailio.alive()
        assert kamailio.children() == before, "a worker was lost"
        wait_for(lambda: records(kamailio) == 0, 15, "the records to end")
