# SPDX-License-Identifier: GPL-2.0-or-later
"""What does a request cost each of several contenders?"""

import re
import statistics
from pathlib import Path
from typing import Any, Callable, Sequence

from contender import Contender, Kind, Traffic

CALLGRIND = ("valgrind", "--tool=callgrind")
FEW, MANY = 200, 2200

# how traffic is made for a contender
Start = Callable[[Contender], Traffic]


def line(what: str, values: list[float], unit: str) -> None:
    ordered = sorted(values)
    tenth = len(ordered) // 10
    print(f"  {what:38} {statistics.median(ordered):9.2f} {unit:2} "
          f"{ordered[tenth]:9.2f} .. {ordered[-1 - tenth]:.2f}")


def cpu(kinds: Sequence[Kind], start: Start, where: Path, rounds: int,
        count: int) -> None:
    """Bursts through one and the other in turn, in changing order."""
    contenders = [Contender(kind, where / f"cpu{number}")
                  for number, kind in enumerate(kinds)]
    traffic = [start(each) for each in contenders]
    costs: dict[str, list[float]] = {each.name: [] for each in contenders}
    for each in traffic:
        each.burst(count)                               # warm up
    for _ in range(rounds):
        for each in traffic:
            costs[each.contender.name].append(each.burst(count) * 1e6)
        traffic.append(traffic.pop(0))
    print(f"CPU of all of Kamailio ({rounds} rounds of {count}, in turn; "
          "median, 10 % .. 90 %)")
    for name, values in costs.items():
        line(name, values, "us")
    first = costs[kinds[0].name]
    for kind in kinds[1:]:
        both = list(zip(first, costs[kind.name]))
        line(f"more: {kind.name}", [b - a for a, b in both], "us")
        line("", [100 * (b / a - 1) for a, b in both], "%")
    for each in traffic:
        each.end()
        each.contender.stop()


def count_instructions(kind: Kind, start: Start, where: Path,
                       requests: int) -> int:
    """Of a whole run, in user space, of all processes."""
    contender = Contender(kind, where, *CALLGRIND,
                          f"--callgrind-out-file={where}/out.%p")
    traffic = start(contender)
    traffic.burst(requests)
    traffic.end()
    contender.stop()
    totals = [re.findall(r"^(?:summary|totals): (\d+)", path.read_text(),
                         re.M)[-1] for path in where.glob("out.*")]
    return sum(map(int, totals))


def instructions(kinds: Sequence[Kind], start: Start, where: Path) -> None:
    """The difference of a long and a short run: what a request needs."""
    print("$", *CALLGRIND, "kamailio ...")
    print(f"Instructions in user space ((run of {MANY} - run of {FEW}) / "
          f"{MANY - FEW})")
    counts: list[Any] = []
    for number, kind in enumerate(kinds):
        many, few = (count_instructions(kind, start,
                                        where / f"count{number}-{n}", n)
                     for n in (MANY, FEW))
        counts.append((many - few) / (MANY - FEW))
        print(f"  {kind.name:38} {counts[-1]:9.0f}    "
              f"{100 * (counts[-1] / counts[0] - 1):9.2f} % more")
