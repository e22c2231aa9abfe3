# SPDX-License-Identifier: BSD-3-Clause
"""QiProactorEventLoop, on Windows: waiting for the completion port itself, and by a thread."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import qtinter
from qtinter.compat.python import Runner
from tests.loop.hosting import from_qt, run_qt_for, run_qt_until
from tests.tools.certificates import certificates
from tests.tools.live import BY_SIGINT, run_to_end, start_child

if sys.platform != "win32":
    pytest.skip("only Windows has completion ports", allow_module_level=True)

import _overlapped
import _winapi

from qtinter.compat import windows
from qtinter.loop import proactor
from qtinter.loop.waiter import PortSource, ThreadWatch

pytestmark = pytest.mark.usefixtures("qapp")

Run = Callable[[Callable[[], Any]], Any]
#: More than any buffer on the way holds, and unlike anything that is sent twice.
PAYLOAD = bytes(range(251)) * 4096


@pytest.fixture(params=["qt", "thread"])
def waiter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have Qt wait for the port, and the fallback's thread."""
    monkeypatch.setenv("QTINTERPORTWAITER", request.param)
    kind: str = request.param
    return kind


@pytest.fixture
def run(waiter: str) -> Run:
    """Run a coroutine function on a new default loop, which is a proactor loop."""

    def run(main: Callable[[], Any]) -> Any:
        with Runner(loop_factory=qtinter.new_event_loop) as runner:
            loop = runner.get_loop() if hasattr(runner, "get_loop") else None
            assert loop is None or type(loop) is qtinter.QiProactorEventLoop
            return runner.run(main())

    return run


def waiters() -> list[threading.Thread]:
    """Return the threads of ours that wait for something."""
    return [t for t in threading.enumerate() if t.name == "qtinter-waiter"]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def send_and_get_back(port: int, payload: bytes, **options: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    writer.write(payload)
    assert await reader.readexactly(len(payload)) == payload
    writer.close()
    await writer.wait_closed()


def test_a_hundred_connections_get_their_own_data_back(run: Run, waiter: str) -> None:
    async def main() -> int:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        payloads = [bytes([number]) * 50_000 + PAYLOAD[:number] for number in range(100)]
        await asyncio.gather(*[send_and_get_back(port, each) for each in payloads])
        server.close()
        await server.wait_closed()
        return len(waiters())

    assert run(main) == (1 if waiter == "thread" else 0)
    assert waiters() == []


def test_the_program_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QTINTERPORTWAITER", raising=False)
    before = threading.active_count()

    async def main() -> int:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        await send_and_get_back(server.sockets[0].getsockname()[1], PAYLOAD)
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.05)
        return threading.active_count()

    assert qtinter.run(main()) == before


def test_tls(run: Run) -> None:
    views = certificates()

    async def main() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=views.server)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(
            *[send_and_get_back(port, PAYLOAD, ssl=views.client) for _ in range(3)]
        )
        server.close()
        await server.wait_closed()

    run(main)


def test_a_subprocess_gets_and_gives_a_megabyte(run: Run) -> None:
    async def main() -> tuple[bytes, int | None]:
        program = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.exit(7)"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate(PAYLOAD)
        return output, process.returncode

    assert run(main) == (PAYLOAD[::-1], 7)


def test_named_pipes(run: Run) -> None:
    address = rf"\\.\pipe\qtinter-{os.getpid()}"

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    async def talk(loop: Any, number: int) -> None:
        payload = bytes([number]) * 100_000
        reader = asyncio.StreamReader()
        made = await loop.create_pipe_connection(
            lambda: asyncio.StreamReaderProtocol(reader), address
        )
        transport: Any = made[0]
        transport.write(payload)
        assert await reader.readexactly(len(payload)) == payload
        transport.close()

    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        [server] = await loop.start_serving_pipe(Echo, address)
        await asyncio.gather(*[talk(loop, number) for number in range(5)])
        server.close()
        await asyncio.sleep(0.01)

    run(main)


def test_datagrams(run: Run) -> None:
    class Answer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data[::-1], addr)

    class Collect(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.got: asyncio.Queue[bytes] = asyncio.Queue()

        def datagram_received(self, data: bytes, addr: Any) -> None:
            del addr
            self.got.put_nowait(data)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server, _ = await loop.create_datagram_endpoint(Answer, local_addr=("127.0.0.1", 0))
        address = server.get_extra_info("sockname")
        client, protocol = await loop.create_datagram_endpoint(Collect, remote_addr=address)
        for number in range(50):
            client.sendto(b"%d abc" % number)
            answer = await asyncio.wait_for(protocol.got.get(), 10)
            assert answer == (b"%d abc" % number)[::-1]
        client.close()
        server.close()
        await asyncio.sleep(0.01)

    run(main)


def test_executors_and_threads_wake_the_loop(run: Run) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(None, pow, number, 2) for number in range(200)]

    assert run(main) == [number**2 for number in range(200)]


def test_a_loop_runs_again_and_again(waiter: str) -> None:
    loop = qtinter.QiProactorEventLoop()
    ours: list[int] = []

    def wake() -> None:
        loop.call_soon_threadsafe(lambda: (ours.append(1), loop.stop()))

    for _ in range(50):
        thread = threading.Thread(target=wake)
        loop.call_soon(thread.start)
        loop.run_forever()
        thread.join()
        assert waiters() == []
    loop.close()
    assert len(ours) == 50


def test_a_guest_can_be_stopped_and_started(waiter: str) -> None:
    loop = qtinter.QiProactorEventLoop()
    loop.set_mode(qtinter.QiLoopMode.GUEST)
    got: list[bytes] = []

    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)

    async def main() -> None:
        for number in range(3):
            await loop.sock_sendall(ours, b"%d" % number)
            got.append(await loop.sock_recv(theirs, 1))
            loop.stop()
            await asyncio.sleep(0)
        loop.stop()

    task = loop.create_task(main())
    for _ in range(4):
        loop.start()
        run_qt_until(lambda: not loop.is_running())
        run_qt_for(5)
    loop.set_mode(qtinter.QiLoopMode.NATIVE)
    task.result()
    loop.close()
    ours.close()
    theirs.close()
    assert got == [b"0", b"1", b"2"]


def test_a_nested_loop_in_a_callback_does_not_spin_on_completions(
    waiter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = qtinter.QiProactorEventLoop()
    parks: list[int] = []
    park = type(loop)._park

    def count(self: Any, *, signals: bool = False) -> None:
        parks.append(1)
        park(self, signals=signals)

    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    async def main() -> bytes:
        received = loop.create_task(loop.sock_recv(theirs, 10))
        await asyncio.sleep(0.01)
        ours.send(b"data")
        monkeypatch.setattr(type(loop), "_park", count)
        run_qt_for(100)
        monkeypatch.undo()
        return await asyncio.wait_for(received, 10)

    assert loop.run_until_complete(main()) == b"data"
    loop.close()
    ours.close()
    theirs.close()
    assert len(parks) <= 3


def test_signal_handlers_are_refused_as_by_asyncio(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, print)
        with pytest.raises(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)

    run(main)


def test_making_and_closing_a_loop_leaves_the_wakeup_fd_alone(waiter: str) -> None:
    before = signal.set_wakeup_fd(-1)
    qtinter.QiProactorEventLoop().close()
    assert signal.set_wakeup_fd(before) == -1


def test_closing_a_running_loop_is_refused_and_changes_nothing(run: Run) -> None:
    async def main() -> str:
        with pytest.raises(RuntimeError, match="Cannot close a running event loop"):
            asyncio.get_running_loop().close()
        await asyncio.sleep(0.001)
        return "goes on"

    assert run(main) == "goes on"


@pytest.mark.parametrize("word", ["begun", "later"])
def test_a_ctrl_c_in_a_qt_loop_nested_in_a_callback_ends_it(waiter: str, word: str) -> None:
    program = f"""
    application()
    async def main():
        if {word!r} == "later":
            await asyncio.sleep(0.01)
        say("READY")
        nested(20)
    drive(main)
    """
    with start_child(program, "owner", env={"QTINTERPORTWAITER": waiter}) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()
    assert ended.said("OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("mode", ["OWNER", "NATIVE"])
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_ctrl_c_ends_the_run(waiter: str, mode: str, state: str) -> None:
    program = f"""
    application()
    loop = qtinter.new_event_loop()
    loop.set_mode(qtinter.QiLoopMode.{mode})
    async def main():
        say("READY")
        while {state!r} == "busy":
            await asyncio.sleep(0)
        await asyncio.sleep(60)
    try:
        loop.run_until_complete(main())
    except KeyboardInterrupt:
        say("interrupted")
    """
    with start_child(program, env={"QTINTERPORTWAITER": waiter}) as child:
        child.wait_for("READY")
        child.send()
        child.wait_for("interrupted", patience=5)


# The choice of who waits.


@contextmanager
def new_port() -> Iterator[int]:
    port = _overlapped.CreateIoCompletionPort(_overlapped.INVALID_HANDLE_VALUE, 0, 0, 0)
    try:
        yield port
    finally:
        _winapi.CloseHandle(port)


def test_the_port_of_this_system_can_be_waited_for() -> None:
    check = windows.port_can_be_waited_for.__wrapped__
    assert all(check() for _ in range(100))


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_is_signaled", lambda handle: True),  # always
        ("_is_signaled", lambda handle: False),  # never
        ("take", lambda port, milliseconds=0: None),  # the system's pool doesn't notice
        ("take", lambda port, milliseconds=0: (0, 1, 0, 1)),  # it notices that time was up
        ("put", lambda port, packet: None),
    ],
)
def test_a_system_that_does_not_signal_ports_gets_a_thread(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Any
) -> None:
    monkeypatch.delenv("QTINTERPORTWAITER", raising=False)
    monkeypatch.setattr(windows, "PATIENCE", 20)
    monkeypatch.setattr(windows, name, broken)
    windows.port_can_be_waited_for.cache_clear()
    try:
        assert proactor.needs_thread()
    finally:
        windows.port_can_be_waited_for.cache_clear()


def test_a_system_that_refuses_the_check_gets_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("refused")

    monkeypatch.setattr(windows, "put", refuse)
    assert not windows.port_can_be_waited_for.__wrapped__()


def test_an_unknown_waiter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTINTERPORTWAITER", "threads")
    with pytest.raises(ValueError, match="QTINTERPORTWAITER must be 'qt' or 'thread'"):
        qtinter.QiProactorEventLoop()
    gc.collect()  # what was made of it must go quietly


# The thread.


def test_the_thread_loses_no_packet_and_leaves_none_of_its_own() -> None:
    with new_port() as port:
        watch = ThreadWatch(PortSource(port), lambda *_: None)
        for number in range(300):
            watch.enable(True)
            if number % 3:
                windows.put(port, (0, number, 0, 0x1000 + number))
            watch.enable(False)
        watch.close()
        got = []
        while (packet := windows.take(port, 0)) is not None:
            got.append(packet[1])
    assert sorted(got) == [number for number in range(300) if number % 3]


def test_the_thread_rings_once_until_it_may_wait_again() -> None:
    woken: list[int] = []
    with new_port() as port:
        watch = ThreadWatch(PortSource(port), lambda *_: woken.append(len(woken)))
        watch.enable(True)
        for _ in range(3):
            windows.put(port, (0, 0, 0, 0x1000))
        run_qt_until(lambda: woken)
        assert waiters()
        while windows.take(port, 0) is not None:
            pass
        run_qt_for(20)
        assert len(woken) == 1
        watch.update()
        run_qt_for(20)
        assert len(woken) == 1
        windows.put(port, (0, 0, 0, 0x1000))
        run_qt_until(lambda: len(woken) == 2)
        watch.enable(False)
        watch.close()
    assert waiters() == []


def test_slots_can_start_io_while_the_loop_rests(run: Run) -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        received: list[asyncio.Task[bytes]] = []
        done = loop.create_future()

        def slot() -> None:
            received.append(loop.create_task(loop.sock_recv(ours, 10)))
            received[0].add_done_callback(lambda _: done.set_result(None))
            from_qt(lambda: theirs.send(b"x"), 10)

        from_qt(slot, 10)
        await asyncio.wait_for(done, 10)
        ours.close()
        theirs.close()
        return received[0].result()

    assert run(main) == b"x"


@pytest.mark.parametrize("name", ["QiProactorEventLoop", "QiSelectorEventLoop"])
@pytest.mark.parametrize("kind", ["socket", "file"])
def test_the_wakeup_fd_of_the_program_gets_the_bytes_of_signals(name: str, kind: str) -> None:
    ended = run_to_end(
        """
        application()
        if sys.argv[2] == "socket":
            host, theirs = socket.socketpair()
            theirs.setblocking(False)
            host.settimeout(5)
            fd, read = theirs.fileno(), lambda: host.recv(10)
        else:
            host, fd = os.pipe()
            read = lambda: os.read(host, 10)
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.set_wakeup_fd(fd)

        async def main():
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0.05)

        loop = getattr(qtinter, sys.argv[1])()
        loop.run_until_complete(main())
        loop.close()
        say(signal.set_wakeup_fd(-1) == fd)
        say(list(read()) == [signal.SIGINT])
        """,
        name,
        kind,
    )
    assert ended.texts == ["True", "True"]
    assert (ended.returncode, ended.stderr) == (0, "")
