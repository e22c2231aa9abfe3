# SPDX-License-Identifier: BSD-3-Clause
"""Fixed example programs for :mod:`tests.scheduler.world`: each shows one thing that must hold."""

from __future__ import annotations

from tests.scheduler.world import Node, Program


def later(delay: float, *actions: object) -> Node:
    return ("later", delay, actions)


def soon(*actions: object) -> Node:
    return ("soon", actions)


def chain(length: int) -> Node:
    """A callback that schedules the next one, and so on."""
    node: Node = ()
    for _ in range(length - 1):
        node = (("soon", node),)
    return ("soon", node)


SLICE = ("slice", 1, 0.0)
TURN = ("turn",)
STOP = ("stop",)
RESUME = ("resume",)
EXIT = ("exit",)
RAISE = ("raise",)
WAKE = ("wake",)


def modal(*actions: object) -> Node:
    return ("modal", actions)


def readable(*actions: object) -> Node:
    return ("io", actions)


# fmt: off
PROGRAMS: dict[str, Program] = {
    "callbacks run in the order of scheduling": [soon(), soon(), soon(), ("slice", 8, 0.0)],
    "what a callback schedules waits for the next turn": [
        soon(soon()), soon(), SLICE, SLICE, SLICE, SLICE,
    ],
    "a turn goes on in the next slice": [
        soon(), soon(soon()), soon(), soon(), ("slice", 3, 0.0), soon(), ("slice", 3, 0.0),
    ],
    "nothing is polled inside a turn": [
        readable(), soon(), soon(readable()), soon(), SLICE, SLICE, SLICE, SLICE, SLICE, SLICE,
    ],
    "a long chain is cut in chunks": [chain(12), ("slice", 5, 0.0), ("slice", 5, 0.0)],
    "a turn that does not fit into the chunk waits for a poll": [
        soon(soon(), soon(), soon()), ("slice", 3, 0.0), ("slice", 3, 0.0), ("slice", 3, 0.0),
    ],
    "equal deadlines run in the order of scheduling": [
        later(2), later(1), later(1), later(2), later(1), ("advance", 2), ("slice", 8, 0.0),
    ],
    "a timer waits for its deadline": [
        later(2), ("advance", 1), SLICE, ("advance", 0.5), SLICE, ("advance", 0.5), SLICE,
    ],
    "a native loop sleeps until the deadline": [later(2), later(3), TURN, TURN],
    "a timer that is due is not kept waiting by a chain": [
        chain(6), later(0), later(1), SLICE, ("advance", 1), later(0), ("slice", 64, 0.0),
    ],
    "a timer that comes due in a turn waits for the next": [
        later(1), soon(("advance", 2)), soon(), soon(), SLICE, SLICE, SLICE, SLICE,
    ],
    "a chain scheduling timers of delay 0": [
        soon(later(0, soon(later(0))), soon(soon())), ("slice", 64, 0.0), ("slice", 64, 0.0),
    ],
    "a cancelled handle does not run": [
        soon(), soon(), ("cancel", 0), later(1), ("cancel", 2), ("advance", 1), ("slice", 4, 0.0),
    ],
    "a handle is cancelled by an earlier one of its turn": [
        soon(("cancel", 1)), soon(), soon(), ("slice", 4, 0.0),
    ],
    "a timer is cancelled by another one released with it": [
        later(1, ("cancel", 1)), later(1), later(1), ("advance", 1), SLICE, SLICE, SLICE,
    ],
    "cancelled timers are counted": [
        later(1), later(2), later(3), ("cancel", 1), ("cancel", 1), TURN, ("cancel", 0), TURN,
    ],
    "a stop ends the slice with the turn": [
        soon(STOP, soon()), soon(), ("slice", 8, 0.0), RESUME, ("slice", 8, 0.0),
    ],
    "a stop finishes its turn over several slices": [
        soon(STOP), soon(), soon(), soon(), SLICE, soon(), SLICE, SLICE, SLICE,
    ],
    "a stop ends a slice that has time left": [
        soon(STOP), soon(soon()), ("slice", 1, 5.0), RESUME, ("slice", 1, 5.0),
    ],
    "a pending stop lets one turn run": [
        STOP, soon(soon()), soon(), ("slice", 8, 5.0), RESUME, ("slice", 8, 5.0),
    ],
    "an exit leaves the rest ready": [
        soon(), soon(EXIT), soon(), soon(), ("slice", 8, 0.0), soon(), ("slice", 8, 0.0),
    ],
    "after an exit what is left starts a turn": [
        soon(EXIT), soon(), readable(), later(0), ("slice", 8, 0.0), SLICE, SLICE, SLICE,
    ],
    "an exit in a turn of a native loop": [soon(EXIT), soon(soon()), TURN, TURN, TURN],
    "an ordinary exception is reported and the turn goes on": [
        soon(RAISE), soon(), later(1, RAISE), ("advance", 1), ("slice", 8, 0.0),
    ],
    "a modal call comes before any other callback": [
        soon(modal(soon())), soon(), soon(), ("slice", 8, 5.0), ("slice", 8, 5.0),
    ],
    "the timers of one millisecond run by deadline, part by part": [
        soon(later(0.0003), later(0.0001), later(0.0002), later(0.0004)), SLICE,
        ("advance", 0.0001), ("slice", 8, 0.0), later(0.0002), later(0.0001),
        ("advance", 0.0002), ("slice", 8, 0.0), ("advance", 1), ("slice", 8, 0.0),
    ],
    "cancelled timers among those that are due": [
        later(0.0001), later(0.0002), later(0.0003), ("cancel", 1), ("advance", 1),
        ("slice", 2, 0.0), later(1), TURN,
    ],
    "a modal call comes before the next turn": [soon(modal(), soon()), ("slice", 8, 0.0)],
    "a modal call and the rest of a turn": [
        soon(), soon(modal()), soon(soon()), readable(), soon(), ("slice", 8, 0.0), SLICE, SLICE,
    ],
    "the loop goes on inside a modal call": [
        soon(modal(WAKE, soon(), WAKE)), soon(soon()), soon(), ("slice", 2, 0.0), SLICE, SLICE,
    ],
    "modal calls nest": [
        soon(modal(WAKE, soon())), soon(modal(WAKE)), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0),
    ],
    "two modal calls of one callback": [
        soon(modal(), modal()), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0),
    ],
    "a modal call of a callback that fails": [
        soon(modal(), RAISE), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0),
    ],
    "a modal call of a callback that exits waits for the next slice": [
        soon(modal(), EXIT), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0), ("slice", 8, 0.0),
    ],
    "a modal call in a turn of a native loop": [soon(modal()), soon(soon()), TURN, TURN, TURN],
    "a modal call asked for at rest": [modal(), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0)],
    "a stop and a modal call": [
        soon(STOP, modal(soon())), soon(), ("slice", 8, 0.0), ("slice", 8, 0.0),
    ],
    "a wake-up inside a callback does nothing": [soon(WAKE, soon(), WAKE), soon(), ("slice", 8, 0)],
    "a slice goes on while it has time": [
        *[soon(("advance", 1), soon(("advance", 1)))] * 4, ("slice", 4, 3.0), ("slice", 2, 3.0),
    ],
    "a slice polls between its turns": [
        soon(("advance", 1), readable(), soon(("advance", 1), soon())), ("slice", 1, 9.0),
    ],
    "chunks grow while time stands still": [chain(40), ("slice", 2, 9.0)],
    "a chunk that is not used up does not grow": [
        soon(readable(chain(20))), ("slice", 4, 9.0), ("slice", 4, 9.0),
    ],
    "a cancelled timer takes no place in a turn": [
        later(1), later(1.5), later(2), ("cancel", 1), ("advance", 2), ("slice", 2, 0.0),
    ],
    "nobody waits for a cancelled timer": [later(1), later(2), ("cancel", 0), TURN],
    "many timers come and are cancelled at rest": [
        later(1), *[each for n in range(120) for each in (later(9 - n % 3), ("cancel", n + 1))],
        later(1), TURN,
    ],
    "many cancelled timers": [
        *[later(1 + n % 7) for n in range(300)],
        *[("cancel", n) for n in range(250)],
        TURN, TURN,
    ],
}
# fmt: on
