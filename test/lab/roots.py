# SPDX-License-Identifier: GPL-2.0-or-later
"""Where do programs come from that Debian 12 does not have?

From small root file systems of other Debian releases, made once under
build/roots.  A stamp is written last, so an interrupted root is remade.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from . import sandbox
from .paths import BUILD, LAB, ROOTS
from .proc import LabError

Progress = Callable[[str], None]


class Recipe(NamedTuple):
    suite: str
    packages: str
    extract: bool       # files only, no dpkg database, no scripts
    what: str


RECIPES = {
    "sipp": Recipe("forky", "sip-tester", True, "SIPp with TLS"),
    "asterisk22": Recipe("forky", "asterisk", False, "Asterisk 22"),
    "asterisk16": Recipe("bullseye", "asterisk", False,
                         "Asterisk 16 with chan_sip"),
    "kamailio6": Recipe("trixie", "kamailio,kamailio-tls-modules,"
                        "kamailio-extra-modules,kamailio-lua-modules,"
                        "gcc,make,libc6-dev,libssl-dev,libxml2-dev,"
                        "libidn2-dev,dpkg-dev,"
                        "patch,flex,bison,pkg-config,openssl", False,
                        "Kamailio of Debian 13 and what builds modules for "
                        "it"),
}


def _is_mounted(path: Path) -> bool:
    """Path.is_mount() takes a directory bound from the same file system for
    none, and each new mount would hold all earlier ones."""
    points = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == str(path) for line in points)


def open_to(where: Path, *paths: Path) -> None:
    """Let programs in a root see directories of ours, at the same place.

    In a mount namespace of one's own (lab.sandbox), with which it ends.
    """
    seen: list[Path] = []
    for path in sorted((*paths, Path("/dev"), Path("/proc"))):
        if any(outer in path.parents for outer in seen):
            continue            # it came along, and may lie over another mount
        seen.append(path)
        inside = where / str(path).lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        if not _is_mounted(inside):
            subprocess.run(["mount", "--rbind", path, inside], check=True)


def ready(name: str) -> bool:
    return (ROOTS / f".{name}.ready").exists() and (ROOTS / name).is_dir()


def root(name: str, progress: Optional[Progress] = None) -> Path:
    """The directory of a root, made first if need be (5 to 60 s)."""
    where = ROOTS / name
    if ready(name):
        return where
    ROOTS.mkdir(parents=True, exist_ok=True)
    with open(ROOTS / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)    # two runs, one root
        if not ready(name):
            _make(name, where, progress or (lambda _text: None))
    return where


def _make(name: str, where: Path, progress: Progress) -> None:
    log = BUILD / "log" / f"root-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(where, ignore_errors=True)
    if where.exists():
        raise LabError(f"{where} cannot be removed; remove it by hand")
    start = time.monotonic()
    with open(log, "wb") as out:
        # In a sandbox: an interrupted mmdebstrap leaves mounts behind.
        argv = [sys.executable, str(LAB / "sandbox.py"), "--host-net",
                *_command(RECIPES[name], where)]
        job = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL,
                               preexec_fn=sandbox.die_with_parent)
        while True:
            try:
                status = job.wait(2)
                break
            except subprocess.TimeoutExpired:
                progress(_last_words(log, time.monotonic() - start))
    if status != 0:
        raise LabError(f"{RECIPES[name].what} could not be installed "
                       f"(mmdebstrap, exit {status}); read {log}. "
                       "It needs the network: not from inside a sandbox")
    (ROOTS / f".{name}.ready").touch()


def _last_words(log: Path, seconds: float) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    last = lines[-1] if lines else "starting"
    return f"{seconds:3.0f} s: {last.removeprefix('I: ').rstrip('.')}"


def _command(recipe: Recipe, where: Path) -> list[str]:
    """mmdebstrap with the machine's own Debian mirror."""
    argv = ["mmdebstrap", "--mode=root",
            f"--variant={'extract' if recipe.extract else 'apt'}",
            "--aptopt=Acquire::Check-Valid-Until \"false\"",
            "--aptopt=APT::Install-Recommends \"false\"",
            f"--include={recipe.packages}", recipe.suite, str(where)]
    mirror = os.environ.get("DEBIAN_MIRROR")
    return argv + [mirror] if mirror else argv


def sipp_command() -> list[str]:
    """SIPp 3.8 straight on Debian 12, through its own loader."""
    base = root("sipp")
    return [f"{base}/usr/lib64/ld-linux-x86-64.so.2", "--library-path",
            f"{base}/usr/lib/x86_64-linux-gnu", f"{base}/usr/bin/sipp"]


def main(names: list[str]) -> int:
    """python3 -m lab.roots NAME ...: make them now."""
    for name in names:
        if name not in RECIPES:
            print(f"no such root: {name} ({', '.join(RECIPES)})")
            return 2
        print(f"{RECIPES[name].what}: {root(name, print)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
