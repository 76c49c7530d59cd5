# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the judge of `make asan` and `make valgrind` see what is wrong?"""

import subprocess

import pytest

from lab.paths import PROJECT

VALGRIND = """==7== Memcheck, a memory error detector
==7== Command: kamailio
==7==
==7== Conditional jump or move depends on uninitialised value(s)
==7==    at 0x1: memcmp (in /usr/libexec/valgrind/vgpreload_memcheck.so)
==7==    by 0x2: {frame} ({path}:43)
==7==
==7== HEAP SUMMARY:
==7==     in use at exit: 1 bytes in 1 blocks
==7==
==7== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)
"""
OURS = VALGRIND.format(frame="cm_match", path="/x/farm-5.6.3/modules/"
                       "cert_match/cm_match.c")
STOCK = VALGRIND.format(frame="tls_read", path="/x/modules/tls/tls_server.c")
# used by us, made elsewhere: another process' shared memory, perhaps
MADE = "==7==  Uninitialised value was created by a stack allocation\n" \
    "==7==    at 0x3: {} (/x/{}:9)\n==7==\n==7== HEAP"
MADE_THERE = OURS.replace("==7==\n==7== HEAP",
                          MADE.format("qm_malloc", "core/mem/q_malloc.c"))
MADE_HERE = STOCK.replace("==7==\n==7== HEAP", MADE.format(
    "tr_make", "modules/tls_reuse/tr_flow.c"))
SUMS = """ 0(4) NOTICE: <core> [main.c:617]: still-in-use summary (shm):
 0(4) NOTICE: qm_sums: qm_sums():  count=    {} size=      64 bytes from {}
"""
# what was written where, and the words of the finding ("": none)
ROWS = [
    ("all is well", "log", SUMS.format(1, "core: core/pt.c: init_pt(1)"), ""),
    ("AddressSanitizer", "asan.7", "==7==ERROR: AddressSanitizer: x", "asan"),
    ("UBSan", "log", "cm.c:1:2: runtime error: x\n    #0 0x1 in f\n\n",
     "runtime error: x\n    #0 0x1 in f"),
    ("an error of valgrind's", "valgrind.7", OURS, "cm_match"),
    ("a value from elsewhere", "valgrind.7", MADE_THERE, ""),
    ("a value of ours", "valgrind.7", MADE_HERE, "tr_make"),
    ("an error in stock code", "valgrind.7", STOCK, ""),
    ("killed", "valgrind.7", "==7== Process terminating with default action "
     "of signal 11 (SIGSEGV)\n", "signal 11"),
    ("memory that stays", "log",
     SUMS.format(90, "cert_match: cm_store.c: cm_store_open(1)"),
     "cm_store_open(1)"),
    ("what was under way at the end", "log",
     SUMS.format(1, "cert_match: cm_store.c: cm_store_open(1)"), ""),
    ("memory of a process of its own", "log",
     SUMS.format(9, "tls_reuse: a.c: b(1)").replace("(shm)", "(pkg)")
     + SUMS.format(1, "core: x"), ""),
    ("a damaged block", "log", " 1(7) CRITICAL: <core> [core/mem/q_malloc.c:"
     "133]: qm_debug_check_frag(): BUG: qm: fragm. 0x1 (address 0x2) end "
     "overwritten (1, 2)!\n", "overwritten"),
    ("freed twice", "log", " 1(7) CRITICAL: <core> [core/mem/q_malloc.c:514]: "
     "qm_free(): BUG: freeing already freed pointer (0x1)\n", "already freed"),
]


@pytest.mark.parametrize("name, text, want", [row[1:] for row in ROWS],
                         ids=[row[0] for row in ROWS])
def test_finding(name, text, want, tmp_path):
    reports, logs = tmp_path / "reports", tmp_path / "tests" / "test_x0"
    reports.mkdir()
    logs.mkdir(parents=True)
    (logs / "log").write_text(SUMS.format(1, "core: x"))
    ((logs if name == "log" else reports) / name).write_text(text)
    done = subprocess.run(
        ["/usr/bin/python3", PROJECT / "mk" / "findings.py", reports,
         tmp_path / "tests"], capture_output=True, text=True, timeout=30)
    assert not done.stderr
    assert done.returncode == (1 if want else 0), done.stdout
    assert want in done.stdout


def test_nothing_ran(tmp_path):
    """No log and no report: nothing was checked, and that is not well."""
    done = subprocess.run(
        ["/usr/bin/python3", PROJECT / "mk" / "findings.py", tmp_path,
         tmp_path], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
