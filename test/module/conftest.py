# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Kamailio do these tests run?

What depends on it most runs on both: this machine's and Debian 13's.
"""

import os
from typing import Iterator

import pytest

from small import DEBIAN13, Release

HERE = "here"
BOTH = ("test_alias", "test_close", "test_fail_reply", "test_failures",
        "test_flows", "test_handshake", "test_keep", "test_keep_flows",
        "test_keys", "test_mixed", "test_to", "test_via_alias")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__ in BOTH and "LAB_ONLY_HERE" not in os.environ:
        metafunc.parametrize("release", [HERE, DEBIAN13], indirect=True,
                             scope="module")


@pytest.fixture(scope="module", autouse=True)
def release(request: pytest.FixtureRequest) -> Iterator[str]:
    name = getattr(request, "param", HERE)
    Release.use(name)
    yield name
    Release.use(HERE)
