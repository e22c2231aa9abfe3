# SPDX-License-Identifier: BSD-3-Clause
"""Polling epoll without detours finds what asyncio's own way finds."""

from __future__ import annotations

import selectors
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import qtinter
from qtinter.loop.poll import epoll_poll

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")


@pytest.fixture
def loop() -> Iterator[Any]:
    loop = qtinter.QiSelectorEventLoop()
    loop._remove_reader(loop._ssock)  # so that there is nothing but the test's own
    yield loop
    loop._add_reader(loop._ssock, int)
    loop.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        yield near, far


def found(loop: Any) -> list[Any]:
    """What a poll finds, which must be what asyncio finds."""
    results = []
    for poll in (epoll_poll(loop), loop._poll):
        poll()
        results.append(list(loop._ready))
        loop._ready.clear()
    assert results[0] == results[1]
    return results[0]


def test_the_loop_polls_in_this_way(loop: Any) -> None:
    assert loop._scheduler.poll.__module__ == "qtinter.loop.poll"


def test_nothing_is_found_where_nothing_is_watched(loop: Any) -> None:
    assert found(loop) == []


def test_nothing_is_found_where_nothing_is_ready(loop: Any, pair: Any) -> None:
    loop._add_reader(pair[0], int)
    assert found(loop) == []


def test_a_readable_socket_has_its_reader_run(loop: Any, pair: Any) -> None:
    pair[1].send(b"x")
    reader = loop._add_reader(pair[0], int) or loop._selector.get_key(pair[0]).data[0]
    assert found(loop) == [reader]


def test_a_socket_that_is_both_has_its_reader_run_before_its_writer(loop: Any, pair: Any) -> None:
    pair[1].send(b"x")
    loop._add_writer(pair[0], int)
    loop._add_reader(pair[0], int)
    reader, writer = loop._selector.get_key(pair[0]).data
    assert found(loop) == [reader, writer]


def test_a_socket_that_is_only_writable_does_not_have_its_reader_run(loop: Any, pair: Any) -> None:
    loop._add_reader(pair[0], int)
    loop._add_writer(pair[0], int)
    _, writer = loop._selector.get_key(pair[0]).data
    assert found(loop) == [writer]


@pytest.mark.parametrize("how", ["reader", "writer", "both"])
def test_whoever_watches_hears_of_a_hang_up(loop: Any, pair: Any, how: str) -> None:
    if how != "writer":
        loop._add_reader(pair[0], int)
    if how != "reader":
        loop._add_writer(pair[0], int)
    watching = [handle for handle in loop._selector.get_key(pair[0]).data if handle is not None]
    pair[1].close()
    assert found(loop) == watching


@pytest.mark.parametrize("write", [False, True])
def test_a_cancelled_handle_is_no_longer_watched_for(loop: Any, pair: Any, write: bool) -> None:
    pair[1].send(b"x")
    (loop._add_writer if write else loop._add_reader)(pair[0], int)
    loop._selector.get_key(pair[0]).data[write].cancel()
    loop._scheduler.poll()

    assert not loop._ready
    assert pair[0] not in loop._selector.get_map()


def test_an_event_of_a_descriptor_that_nobody_knows_is_left_alone(loop: Any, pair: Any) -> None:
    pair[1].send(b"x")
    loop._selector._selector.register(pair[0].fileno())
    assert found(loop) == []


def test_other_selectors_are_asked_in_asyncio_s_way() -> None:
    class Selector(selectors.EpollSelector):
        pass

    for make in (selectors.SelectSelector, Selector):
        loop = qtinter.QiSelectorEventLoop(make())
        assert epoll_poll(loop) is None
        assert loop._scheduler.poll == loop._poll
        loop.close()


def test_a_loop_with_a_way_of_its_own_to_take_events_is_asked_by_it() -> None:
    class Loop(qtinter.QiSelectorEventLoop):
        def _process_events(self, event_list: Any) -> None:
            super()._process_events(event_list)

    loop = Loop()
    assert epoll_poll(loop) is None
    loop.close()
