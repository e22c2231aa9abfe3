# SPDX-License-Identifier: BSD-3-Clause
"""The client of the socket workloads: sockets and epoll, nothing of asyncio.

    python -I -S load.py tcp|udp|unix ADDRESS CONNECTIONS IDLE SIZE

Connects, prints `ready`, and for each number that it reads sends so many messages, one at a time
per connection, each after the last one's echo. It ends with status 1 when an echo is not what was
sent. Datagrams get lost under load, even on loopback, so that is a fault here too: the batch would
never end.
"""

from __future__ import annotations

import resource
import select
import socket
import sys


def _connect(family: str, address: str) -> socket.socket:
    if family == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(address)
        return connection
    kind = socket.SOCK_DGRAM if family == "udp" else socket.SOCK_STREAM
    connection = socket.socket(socket.AF_INET, kind)
    connection.connect(("127.0.0.1", int(address)))
    if family == "tcp":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _run(sockets: dict[int, socket.socket], message: bytes, count: int) -> bool:
    """Send `count` messages and return whether each came back."""
    size = len(message)
    poller = select.epoll()
    left = dict.fromkeys(sockets, size)
    unsent = count
    unanswered = 0
    for fd, connection in sockets.items():
        if unsent:
            poller.register(fd, select.EPOLLIN)
            connection.sendall(message)
            unsent -= 1
            unanswered += 1
    while unanswered:
        for fd, _event in poller.poll():
            connection = sockets[fd]
            data = connection.recv(65536)
            start = size - left[fd]
            if not data or message[start : start + len(data)] != data:
                return False
            left[fd] -= len(data)
            if left[fd]:
                continue
            left[fd] = size
            if unsent:
                connection.sendall(message)
                unsent -= 1
            else:
                unanswered -= 1
    poller.close()
    return True


def main(arguments: list[str]) -> int:
    """Be a client until standard input ends; return the exit status."""
    family, address, connections, idle, size = arguments
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    resting = [_connect(family, address) for _ in range(int(idle))]
    busy = [_connect(family, address) for _ in range(int(connections))]
    sockets = {connection.fileno(): connection for connection in busy}
    message = bytes(number % 251 for number in range(int(size)))
    print("ready", flush=True)
    for line in sys.stdin:
        if not _run(sockets, message, int(line)):
            return 1
    for connection in [*busy, *resting]:
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
