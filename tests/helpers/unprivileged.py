"""Running a program as somebody whom file permissions bind: root passes them by."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_CAPABILITIES = "-dac_override,-dac_read_search,-fowner,-chown,-linux_immutable"


def bound() -> list[str]:
    """What a command begins with so that permissions bind it; skips the test where that cannot be had."""
    if os.name != "posix":
        pytest.skip("permissions are told otherwise here")
    if os.geteuid() != 0:
        return []
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("root passes by permissions, and there is no setpriv")
    return [program, f"--bounding-set={_CAPABILITIES}", "--inh-caps=-all"]


def environment(home: Path) -> dict[str, str]:
    """For the program in an empty home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }
