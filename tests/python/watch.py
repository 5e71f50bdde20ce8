"""Runs a command on a terminal of a given size, presses a key or sends SIGINT, and prints what the terminal got.

    watch.py COLUMNS LINES q|interrupt COMMAND...
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

columns, lines, end = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    os.execvp(sys.argv[4], sys.argv[4:])
got, asked, echo, limit = b"", False, None, time.monotonic() + 60
while time.monotonic() < limit:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            some = os.read(terminal, 65536)
        except OSError:
            break
        if not some:
            break
        got += some
    # Two whole frames: it draws again by itself.
    if not asked and got.count(b"\x1b[?2026l") >= 2:
        asked = True
        echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.write(terminal, b"q") if end == "q" else os.kill(pid, signal.SIGINT)
echo_after = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
_, status = os.waitpid(pid, 0)
print(json.dumps({
    "exit": os.waitstatus_to_exitcode(status),
    "echo": [echo, echo_after],
    "text": got.decode("utf-8", "replace"),
}))
