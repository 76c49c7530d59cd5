"""Every input that the fuzzers found interesting, replayed."""

import subprocess

import pytest

from lab.paths import BUILD, PROJECT

SOURCES = sorted(PROJECT.joinpath("test/fuzz").glob("fuzz_*.c"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_corpus(source):
    corpus = PROJECT / "test/fuzz/corpus" / source.stem.removeprefix("fuzz_")
    inputs = sorted(path for path in corpus.iterdir() if path.is_file())
    assert inputs, f"{corpus} is empty"
    run = subprocess.run([BUILD / "fuzz" / source.stem, *inputs],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
