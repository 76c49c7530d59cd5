# SPDX-License-Identifier: GPL-2.0-or-later
"""Is the page of RFC clauses red when a clause has only one half?"""

import subprocess
from pathlib import Path

import pytest

from lab.paths import PROJECT

TOOL = PROJECT / "mk" / "coverage.py"
LIST = """# A title
s1-1 | MUST | be obeyed
s1-2 | SHOULD | be obeyed as well | note: in words
s2-1 | MUST NOT | bind us | not ours: it binds a CA
s2.1-1 | MAY | come later | open: connection reuse
"""
CODE = {"modules/a/a.c": "/* @ s1-1 and s1-2: so. */"}
TESTS = {"test/unit/test_a.c": '{"@ s1-1, s1-2: so", 1},',
         "test/unit/help.c": "/* @ s2.1-1: no test */"}


def spell(text: str) -> str:
    """Written so that nobody takes this file for a citation."""
    return text.replace("@", "RFC 9999")


def write(where: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spell(text))


def coverage(where: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(["/usr/bin/python3", TOOL, *words], cwd=where,
                          capture_output=True, text=True, timeout=30)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.fixture(name="tree")
def a_tree(tmp_path):
    write(tmp_path, {"docs/rfc/9999.txt": LIST, **CODE, **TESTS})
    return tmp_path


def test_whole(tree):
    """Both halves everywhere: green, and the page says where they are."""
    assert coverage(tree) == (0, "")
    assert coverage(tree, "--check") == (0, "")
    page = (tree / "docs/RFC-COVERAGE.md").read_text()
    assert "4 clauses: 3 bind us, of which 2 are obeyed and tested " \
        "(1 of them with a note)." in page
    assert "| s1-2 | SHOULD | be obeyed as well<br>*in words* | " \
        "[a.c:1](../modules/a/a.c#L1) | " \
        "[test_a.c:1](../test/unit/test_a.c#L1) |" in page
    assert "*not ours: it binds a CA*" in page


def test_stale(tree):
    """A line moved: red until the page is made again."""
    coverage(tree)
    write(tree, {"modules/a/a.c": "\n" + CODE["modules/a/a.c"]})
    status, words = coverage(tree, "--check")
    assert status == 1 and "out of date" in words
    assert coverage(tree) == (0, "")
    assert coverage(tree, "--check") == (0, "")


BROKEN = [
    ("no test", {"test/unit/test_a.c": "/* @ s1-2 */"},
     "@ s1-1 is obeyed, but no test proves it"),
    ("no code", {"modules/a/a.c": "/* @\n * s1-1: so. */"},
     "@ s1-2 has a test, but no line obeys it"),
    ("a section is no clause", {"modules/a/a.c": "/* @ s1, s1-2 */"},
     "@ s1-1 has a test, but no line obeys it"),
    ("no such clause", {"modules/a/b.c": "\n/* @ s1-3 */"},
     "modules/a/b.c:2: @ s1-3: there is no such clause"),
    ("no such list", {"tools/b": "# @8 s1-3"},
     "tools/b:1: @8 s1-3: docs/rfc/99998.txt is missing"),
    ("another's clause", {"tools/b": "# @ s2-1"},
     "@ s2-1 is not ours, yet cited"),
    ("open, yet done", {"tools/b": "# @ s2.1-1",
                        "test/test_b.py": "# @ s2.1-1"},
     "@ s2.1-1 is open, yet has both halves"),
    ("an unknown state", {"docs/rfc/9999.txt": "# T\ns1-1 | MUST | x | no"},
     "docs/rfc/9999.txt:2: s1-1: 'no' is none of"),
    ("a state without reason",
     {"docs/rfc/9999.txt": "# T\ns1-1 | MUST | x | not ours:"},
     "docs/rfc/9999.txt:2: s1-1: 'not ours:' is none of"),
    ("a clause twice",
     {"docs/rfc/9999.txt": "# T\ns1-1 | MUST | x\n\ns1-1 | MUST | y"},
     "docs/rfc/9999.txt:4: s1-1 is there twice"),
]


@pytest.mark.parametrize("files, want", [row[1:] for row in BROKEN],
                         ids=[row[0] for row in BROKEN])
def test_broken(tree, files, want):
    write(tree, files)
    status, words = coverage(tree)
    assert status == 1 and spell(want) in words
