# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: real phones, a real edge and a real PBX on one machine.

`make run` shows it to an operator, the tests put questions to it.  Both
run inside lab.sandbox, whose end is the end of everything started here.
"""

import importlib
from typing import Any

_NAMES = {"Lab": "core", "LabError": "proc", "wait_for": "proc"}
__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    """Load on use: `python3 -m lab.sandbox` needs nothing of the rest."""
    if name in _NAMES:
        return getattr(importlib.import_module(f".{_NAMES[name]}",
                                               __name__), name)
    raise AttributeError(f"lab has no {name}")
