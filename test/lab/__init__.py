# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: real phones, a real edge and a real PBX on one machine.

`make run` shows it to an operator, the tests put questions to it.  Both
run inside lab.sandbox, whose end is the end of everything started here.
"""

from .core import Lab
from .proc import LabError, wait_for

__all__ = ["Lab", "LabError", "wait_for"]
