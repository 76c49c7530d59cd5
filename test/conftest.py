# SPDX-License-Identifier: GPL-2.0-or-later
"""Laboratories for scenario tests: started once, shared, kept clean.

A test takes one of the fixtures below by name and gets a running Lab with
no phone, no call and no registration in it:

    lab             both PBXs, stateless and WITH_TM: four runs
    stateless_lab   both PBXs, stateless
    tm_lab          both PBXs, WITH_TM
    asterisk_lab    Asterisk 22 (chan_pjsip) alone, stateless
    asterisk_labs   Asterisk 22, stateless and WITH_TM
    tcp_lab         both PBXs, SIP over TCP on the inside, stateless

Tests are sorted by laboratory, for only one is up at a time.  A test may
kill or restart the parts: what is dead afterwards is replaced.
"""

from typing import Iterator, NamedTuple, Optional

import pytest

from lab.bench import Bench, Stranger
from lab.bench import bench as a_bench
from lab.core import Lab


class Kind(NamedTuple):
    """What makes a laboratory different from another."""

    pbx: str
    mode: str = "stateless"
    transport: str = "udp"

    def __str__(self) -> str:
        return "-".join([self.pbx, self.mode,
                         *(["tcp"] if self.transport == "tcp" else [])])


PBXS = ("asterisk", "chan_sip")
STATELESS = [Kind(pbx) for pbx in PBXS]
TM = [Kind(pbx, "tm") for pbx in PBXS]
TCP = [Kind(pbx, "stateless", "tcp") for pbx in PBXS]
ORDER = [*STATELESS, *TM, *TCP]


class Laboratories:
    """At most one is up: they share their addresses."""

    def __init__(self) -> None:
        self._lab: Optional[Lab] = None
        self._kind: Optional[Kind] = None

    def get(self, kind: Kind) -> Lab:
        """The laboratory of this kind, all its parts alive."""
        if self._lab is None or kind != self._kind or not _whole(self._lab):
            self.close()
            lab = Lab(kind.pbx, kind.mode, kind.transport, name=str(kind))
            lab.start()
            self._lab, self._kind = lab, kind
        return self._lab

    def tidy(self) -> None:
        """End what a test left: phones, calls, captures, bindings."""
        lab = self._lab
        if lab is None or not _whole(lab):
            self.close()
            return
        lab.hang_up_phones()
        for capture in lab.captures:
            capture.stop()
        lab.captures.clear()
        assert lab.pbx
        if lab.pbx.channels():
            lab.pbx.hangup()
            lab.pbx.wait_idle()
        lab.pbx.forget_contacts()
        if lab.rtpengine.open_calls():      # they would outlive the test
            self.close()

    def close(self) -> None:
        """End it; the next get() starts a fresh one."""
        if self._lab is not None:
            self._lab.stop()
        self._lab = self._kind = None


def _whole(lab: Lab) -> bool:
    return lab.edge.alive() and lab.rtpengine.alive() and \
        lab.pbx is not None and lab.pbx.alive()


@pytest.fixture(scope="session")
def laboratories() -> Iterator[Laboratories]:
    """For tests that need a laboratory of their own: close() it first."""
    all_of_them = Laboratories()
    yield all_of_them
    all_of_them.close()


def _fixture(name: str, kinds: list[Kind], doc: str):
    def give(request: pytest.FixtureRequest,
             laboratories: Laboratories) -> Iterator[Lab]:
        yield laboratories.get(request.param)
        laboratories.tidy()

    give.__doc__ = doc
    return pytest.fixture(params=kinds, ids=str, name=name)(give)


lab_ = _fixture("lab", STATELESS + TM, "Both PBXs in both modes.")
stateless_lab_ = _fixture("stateless_lab", STATELESS, "Both PBXs, stateless.")
tm_lab_ = _fixture("tm_lab", TM, "Both PBXs, with transactions.")
asterisk_lab_ = _fixture("asterisk_lab", STATELESS[:1], "chan_pjsip.")
asterisk_labs_ = _fixture("asterisk_labs", [STATELESS[0], TM[0]],
                          "chan_pjsip in both modes.")
tcp_lab_ = _fixture("tcp_lab", TCP, "Both PBXs over TCP.")


@pytest.fixture(scope="module", params=["stateless", "tm"])
def bench_(request: pytest.FixtureRequest,
           laboratories: Laboratories) -> Iterator[Bench]:
    """A scripted PBX, shared by a file's tests; nothing leaked at its end."""
    laboratories.close()
    yield from a_bench(request.param)


@pytest.fixture(name="bench")
def clean_bench(bench_: Bench) -> Iterator[Bench]:
    """That bench without phones."""
    yield bench_
    bench_.hang_up()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Somebody inside who must hear nothing."""
    made = Stranger()
    yield made
    made.sock.close()


def _place(item: pytest.Item) -> int:
    """Where a test belongs: those without a laboratory first."""
    spec = getattr(item, "callspec", None)
    for value in (spec.params.values() if spec else ()):
        if isinstance(value, Kind):
            return 1 + ORDER.index(value)
    return 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
