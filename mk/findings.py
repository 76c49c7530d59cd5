# SPDX-License-Identifier: GPL-2.0-or-later
"""What did the sanitizers, valgrind and Kamailio's own allocator find?

    findings.py REPORTS TESTS

REPORTS holds asan.PID and valgrind.PID; beneath TESTS are the logs of each
Kamailio, with what UBSan says.  Red (exit status 1) is

- any report of the sanitizers: only our modules are built with them;
- an error of valgrind's with a frame in one of our modules, or a process
  that a signal killed.  A value without content counts if it was created in
  our code: valgrind follows each process alone, so it takes shared memory for
  empty that another process has filled;
- a block that the allocator says was damaged or freed twice;
- shared memory that a module of ours still holds when Kamailio has ended:
  more than the few blocks that processes killed in the middle of it leave.
"""

import collections
import re
import sys
from pathlib import Path
from typing import Iterator

OURS = "cert_match|tls_reuse|sdes_policy"
OUR_FRAME = re.compile(rf"/modules/({OURS})/")
# "==123==  Uninitialised value was created by a stack allocation"
CREATED = "Uninitialised value was created"
# "==123== Invalid read of size 1" and the indented lines that follow it
ERROR = re.compile(r"^==\d+== (\S.*)\n((?:==\d+==  +\S.*\n)+)", re.M)
KILLED = re.compile(r"^==\d+== Process terminating with default action.*",
                    re.M)
DAMAGE = re.compile(r".*\[core/mem/\w+\.c:\d+\]: .*BUG: .*")
UNDEFINED = re.compile(r"^\S+: runtime error: .*\n(?: +#\d.*\n)*", re.M)
SHM_SUMMARY = "still-in-use summary (shm)"
HELD = re.compile(rf"_sums\(\):\s+(count=\s*(\d+) .*from (?:{OURS}): .*)")
UNDER_WAY = 4


def address_sanitizer(reports: Path) -> Iterator[str]:
    for path in sorted(reports.glob("asan.*")):
        yield f"{path.name}:\n{path.read_text(errors='replace')}"


def valgrind(reports: Path, counts: collections.Counter) -> Iterator[str]:
    """One finding for each kind of error, whatever process met it."""
    seen: set[str] = set()
    for path in sorted(reports.glob("valgrind.*")):
        text = path.read_text(errors="replace")
        counts["processes under valgrind"] += 1
        for killed in KILLED.findall(text):
            yield f"{path.name}: {killed}"
        for title, frames in ERROR.findall(text):
            if " at 0x" not in frames:
                continue
            if not OUR_FRAME.search(frames.rpartition(CREATED)[2]):
                counts["errors of valgrind's in stock code"] += 1
                continue
            kind = re.sub(r"==\d+==|0x[0-9A-F]+|\d+ bytes", "",
                          title + frames)
            if kind not in seen:
                seen.add(kind)
                yield f"{path.name}: {title}\n{frames}"


def logs(tests: Path, counts: collections.Counter) -> Iterator[str]:
    for path in sorted(tests.rglob("*log")):
        if not path.is_file() or path.is_symlink():
            continue
        text = path.read_text(errors="replace")
        for line in text.splitlines():
            if DAMAGE.match(line):
                yield f"{path.parent.name}: {line.strip()}"
        yield from dict.fromkeys(UNDEFINED.findall(text))
        _, found, summary = text.rpartition(SHM_SUMMARY)
        if found:
            counts["ends of Kamailio with a list of its memory"] += 1
            for held, blocks in HELD.findall(summary):
                if int(blocks) > UNDER_WAY:
                    yield f"{path.parent.name}: still allocated: {held}"


def main(words: list[str]) -> int:
    reports, tests = map(Path, words)
    counts: collections.Counter = collections.Counter()
    found = [*address_sanitizer(reports), *valgrind(reports, counts),
             *logs(tests, counts)]
    for finding in found:
        print(finding)
    for what, count in counts.items():
        print(f"{count} {what}")
    print(f"{len(found)} findings in our modules")
    return 1 if found or not counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
