"""A program behind a slow line: `python -m tests.bench.slow_line --rate 56000 --ms 300 --loss 2 PROGRAM ...`.

What the program writes is cut into packets of at most 1,372 bytes; the headers of IP, TCP and SSH are 76 more
for each. A packet leaves when the one before it has left, takes as long as its bits take at that rate, and
then half the round trip. Of a hundred so many are lost: such a one is missed after a round trip and 200 ms
(the least that Linux waits), is sent again, and what came after it waits until it is there, as in TCP. Keys
go the other way in the same manner. The sender keeps up to 256 KiB; then the program has to wait.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections import deque
from fcntl import ioctl
from random import Random

PACKET, HEADERS = 1372, 76
BUFFER = 256 * 1024
RETRY = 0.2


class Way:
    """One direction of the line."""

    def __init__(self, rate: float, round_trip: float, loss: float, dice: Random) -> None:
        """Bits a second, seconds, and the share of packets that are lost."""
        self._rate, self._round_trip, self._loss, self._dice = rate, round_trip, loss, dice
        self._free = self._last = 0.0
        self._packets: deque[tuple[float, float, bytes]] = deque()

    def put(self, data: bytes) -> None:
        """Send something, now."""
        for at in range(0, len(data), PACKET):
            packet = data[at : at + PACKET]
            takes = (len(packet) + HEADERS) * 8 / self._rate
            self._free = max(self._free, time.monotonic()) + takes
            arrives = self._free + self._round_trip / 2
            while self._dice.random() < self._loss:
                arrives += self._round_trip + RETRY + takes
                self._free += takes
            self._last = max(self._last, arrives)
            self._packets.append((self._free, self._last, packet))

    def get(self) -> bytes:
        """What has come."""
        now, came = time.monotonic(), []
        while self._packets and self._packets[0][1] <= now:
            came.append(self._packets.popleft()[2])
        return b"".join(came)

    @property
    def is_full(self) -> bool:
        """Whether the sender has to wait."""
        now = time.monotonic()
        return sum(len(packet) for left, _, packet in self._packets if left > now) >= BUFFER

    @property
    def waits(self) -> float:
        """Seconds until something comes."""
        return max(0.0, self._packets[0][1] - time.monotonic()) if self._packets else 1.0


def carry(inner: int, up: Way, down: Way) -> None:
    """Let bytes through, until the program has ended and all of it has come."""
    ended = False
    while not (ended and not down._packets):
        readable = [0, *([] if ended or down.is_full else [inner])]
        ready = select.select(readable, [], [], min(up.waits, down.waits, 0.05))[0]
        if 0 in ready:
            up.put(os.read(0, 65536))
        if inner in ready:
            try:
                data = os.read(inner, 65536)
            except OSError:
                data = b""
            ended = not data
            down.put(data)
        if came := up.get():
            os.write(inner, came)
        if came := down.get():
            os.write(1, came)


def main() -> None:
    """Run a program behind such a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=56_000, help="bits a second")
    parser.add_argument("--ms", type=float, default=300, help="round trip")
    parser.add_argument("--loss", type=float, default=2, help="percent of packets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    size = ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    pid, inner = pty.fork()
    if pid == 0:
        ioctl(0, termios.TIOCSWINSZ, size)
        os.execvp(options.command[0], options.command)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    dice = Random(options.seed)
    up, down = (Way(options.rate, options.ms / 1000, options.loss / 100, dice) for _ in range(2))
    try:
        carry(inner, up, down)
    except OSError:
        # Whoever sat here has gone.
        os.kill(pid, signal.SIGHUP)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
