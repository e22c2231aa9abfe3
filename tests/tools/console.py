# SPDX-License-Identifier: BSD-3-Clause
"""Sending signals to child programs, on Windows too.

There a Ctrl-C comes from the console, which calls the program's handler in a thread of its own.
Without a console a thread of the child stands for that: it reads the numbers of signals from
standard input and raises them.
"""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

WINDOWS = sys.platform == "win32"

#: What a child that is to get signals needs as its standard input.
STDIN = subprocess.PIPE if WINDOWS else subprocess.DEVNULL


def send(process: subprocess.Popen[bytes], signum: int) -> None:
    """Send a signal to a child that listens."""
    if not WINDOWS:
        process.send_signal(signum)
        return
    assert process.stdin is not None
    with suppress(OSError):  # it has ended
        process.stdin.write(b"%d\n" % signum)
        process.stdin.flush()


def send_to_self(signum: int = signal.SIGINT) -> None:
    """Send a signal to this process, as from outside: ``os.kill`` would end it on Windows."""
    if WINDOWS:
        # By hand: an exception in the middle of Thread.start() leaves its locks in disorder.
        sent = _thread.allocate_lock()

        def send() -> None:
            signal.raise_signal(signum)
            sent.release()

        sent.acquire()
        _thread.start_new_thread(send, ())
        sent.acquire()
    else:
        os.kill(os.getpid(), signum)


def listen() -> None:
    """Raise the signals that the parent sends, on Windows."""

    def read() -> None:
        while numbers := os.read(0, 64):
            for number in numbers.split():
                signal.raise_signal(int(number))

    if WINDOWS:
        threading.Thread(target=read, name="console", daemon=True).start()
