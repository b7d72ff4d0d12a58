"""A command in a process of its own, without the start of one: a copy of this process becomes it.

It has its own environment, folder and streams, and an exit code. What the start of the interpreter does is
not in it, nor which modules a command imports.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

from tui import cli

PATIENCE = 60


def run(
    args: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`muster` with these words, without a terminal."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _become(args, cwd, environment, out, err)
        code = _wait(child)
        said = [_text(each) for each in (out, err)]
    return subprocess.CompletedProcess(["muster", *args], code, *said)


def _become(
    args: Sequence[str], cwd: Path, environment: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> NoReturn:
    code: object = 1
    try:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        for fd, file in enumerate((os.open(os.devnull, os.O_RDONLY), out.fileno(), err.fileno())):
            os.dup2(file, fd)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        sys.argv = ["muster", *args]
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - as the interpreter does it
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else int(code is not None))


def _wait(child: int) -> int:
    handle = os.pidfd_open(child)
    try:
        if not select.select([handle], [], [], PATIENCE)[0]:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
