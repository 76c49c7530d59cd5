"""Each cmocka program of test/unit is one test here."""

import subprocess

import pytest

from lab.paths import BUILD, PROJECT

SOURCES = sorted(PROJECT.joinpath("test/unit").glob("test_*.c"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_unit(source):
    program = BUILD / "unit" / source.stem
    run = subprocess.run([program], capture_output=True, text=True,
                         timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "PASSED" in run.stdout + run.stderr
