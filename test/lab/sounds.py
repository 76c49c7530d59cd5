# SPDX-License-Identifier: GPL-2.0-or-later
"""What do the phones say?  Tones, so that a capture can be judged."""

import math
import wave
from pathlib import Path

RATE = 8000
PHONE_HZ = 440          # what a softphone plays into its call
MILLIWATT_HZ = 1004     # Asterisk's Milliwatt()
EARLY_HZ = 1000         # Asterisk's Playtones(1000) before an answer
HOLD_HZ = 600           # the PBX's music on hold


def tone(path: Path, hertz: float, seconds: float) -> Path:
    """Write a mono 8 kHz WAV (what baresip's aufile and Asterisk take)."""
    step = 2 * math.pi * hertz / RATE
    pcm = b"".join(
        int(8000 * math.sin(step * i)).to_bytes(2, "little", signed=True)
        for i in range(int(RATE * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return path
