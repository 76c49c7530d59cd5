# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the build say what is wrong before Kamailio does?"""

import subprocess

from lab.paths import BUILD, PROJECT

TREE = """VERSION = 5
PATCHLEVEL = 4
SUBLEVEL =  9
EXTRAVERSION =
"""


def make(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["make", "-C", str(PROJECT), *words],
                          capture_output=True, text=True, timeout=60)


def test_a_second_build_does_nothing():
    """With nothing changed no compiler runs, and the results stay."""
    assert make("build").returncode == 0
    before = {path: path.stat().st_mtime_ns
              for path in (BUILD / "modules").glob("*.so")}
    done = make("build")
    assert done.returncode == 0, done.stderr
    assert "gcc" not in done.stdout
    assert before == {path: path.stat().st_mtime_ns
                      for path in (BUILD / "modules").glob("*.so")}
    assert len(before) == 3


def test_headers_of_another_version(tmp_path):
    """KAMAILIO_SRC of another version: both versions are named."""
    (tmp_path / "core").mkdir()
    (tmp_path / "Makefile.defs").write_text(TREE)
    for name in ("Makefile.modules", "config.mak"):
        (tmp_path / name).touch()
    done = make("build", f"KAMAILIO_SRC={tmp_path}", f"BUILD={tmp_path}/b")
    assert done.returncode != 0
    assert "those of Kamailio 5.4.9, but kamailio is 5." in done.stderr


def test_not_a_source_tree(tmp_path):
    """KAMAILIO_SRC that is none, or not configured: says what to do."""
    done = make("build", f"KAMAILIO_SRC={tmp_path}")
    assert "is no Kamailio source tree" in done.stderr
    (tmp_path / "Makefile.modules").touch()
    done = make("build", f"KAMAILIO_SRC={tmp_path}")
    assert f"'make -C {tmp_path} cfg'" in done.stderr


def test_other_compile_flags(tmp_path):
    """The same version with other flags: refused by name, before a start."""
    real = subprocess.run(["kamailio", "-v"], capture_output=True,
                          text=True).stdout
    fake = tmp_path / "kamailio"
    fake.write_text("#!/bin/sh\ncat <<'END'\n"
                    + real.replace("USE_TLS, ", "") + "END\n")
    fake.chmod(0o755)
    module = BUILD / "modules" / "cert_match.so"
    check = [PROJECT / "mk/check-abi.sh"]
    good = subprocess.run([*check, "kamailio", module], capture_output=True)
    assert good.returncode == 0, good.stderr
    bad = subprocess.run([*check, fake, module], capture_output=True,
                         text=True)
    assert bad.returncode == 1
    assert "does not fit" in bad.stderr and "make clean" in bad.stderr


def test_tools_are_there():
    """make tools made the tools that users are promised."""
    for name in ("sipcert", "sdescheck", "edge-cert"):
        assert (BUILD / "tools" / name).exists(), name
