# SPDX-License-Identifier: GPL-2.0-or-later
"""Where does everything lie?"""

from pathlib import Path

LAB = Path(__file__).resolve().parent
PROJECT = LAB.parent.parent
BUILD = PROJECT / "build"
ROOTS = BUILD / "roots"
RUNS = BUILD / "run"
PEERS = LAB / "peers"

# sun_path of a Unix socket: 108 bytes with the closing zero.
SOCKET_PATH_MAX = 107
