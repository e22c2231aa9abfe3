# SPDX-License-Identifier: BSD-3-Clause
"""How Qt learns that a file descriptor of the loop's selector is ready.

An epoll object is a file descriptor itself, readable when one of those it watches is ready: one
QSocketNotifier on it does for any number of connections (:class:`SelectorWatch`). The selectors
without such a descriptor (select, poll) get a notifier for each file descriptor
(:class:`DescriptorWatch`), brought up to date whenever the loop goes to rest. No thread either way.

A kqueue, too, is a file descriptor that becomes readable. Whether Qt's event dispatchers on macOS
notice is not documented, so it has to show (:class:`TrialWatch`): a loop starts with a notifier for
each file descriptor, and gives them up once the one on the kqueue has told of something.
"""

from __future__ import annotations

import selectors
import sys
from typing import TYPE_CHECKING, Any, Protocol

from qtinter.compat import qt

if TYPE_CHECKING:
    from collections.abc import Callable


#: The selectors on whose file descriptor a notifier is known to work.
TRUSTED: tuple[type[selectors.BaseSelector], ...] = tuple(
    getattr(selectors, name) for name in ("EpollSelector",) if hasattr(selectors, name)
)
#: So often may a notifier on trial tell of something that is not there.
FALSE_ALARMS = 10


class Watch(Protocol):
    """Calls a function when the selector has something to tell."""

    def update(self) -> None:
        """Bring it up to date with what the selector watches."""
        ...  # pragma: no cover - a protocol has no body to run

    def forget(self, fd: int, *, write: bool) -> None:
        """Stop watching a descriptor that the selector has just given up."""
        ...  # pragma: no cover - a protocol has no body to run

    def enable(self, enabled: bool, /) -> object:
        """Switch it on or off; while a ready descriptor is not read, Qt would call at once."""
        ...  # pragma: no cover - a protocol has no body to run

    def close(self) -> None:
        """Give back what the system has lent it. It is switched off already."""
        ...  # pragma: no cover - a protocol has no body to run


class MakeWatch(Protocol):
    """Makes a watch that calls a function, switched off."""

    def __call__(self, wake: Callable[..., object], used: Watch | None, /) -> Watch:
        """Make it, or take the one that another loop has used with the same function."""
        ...  # pragma: no cover - a protocol has no body to run


class SelectorWatch:
    """One notifier, on a file descriptor that stands for all: the selector's own."""

    def __init__(self, fd: int, wake: Callable[..., object]) -> None:
        self._notifier = qt.notifier(fd, wake)

    def move(self, fd: int) -> bool:
        """Watch another selector, not enabled; return whether this Qt can (from 6.1)."""
        if not hasattr(self._notifier, "setSocket"):
            return False
        self._notifier.setSocket(fd)
        return True

    def enable(self, enabled: bool, /) -> None:
        """Switch it on or off."""
        self._notifier.setEnabled(enabled)

    def update(self) -> None:
        """Do nothing: the kernel keeps the selector up to date."""

    def forget(self, fd: int, *, write: bool) -> None:
        """Do nothing, as above."""

    def close(self) -> None:
        """Do nothing: the file descriptor is the loop's."""


class DescriptorWatch:
    """A notifier for each file descriptor and direction that the selector watches."""

    def __init__(self, selector: selectors.BaseSelector, wake: Callable[..., object]) -> None:
        self._selector = selector
        self._wake = wake
        self._notifiers: dict[tuple[int, bool], Any] = {}
        self._enabled = False

    def update(self) -> None:
        """Make and drop notifiers until they are those that the selector asks for."""
        wanted: set[tuple[int, bool]] = set()
        for key in self._selector.get_map().values():
            if key.events & selectors.EVENT_READ:
                wanted.add((key.fd, False))
            if key.events & selectors.EVENT_WRITE:
                wanted.add((key.fd, True))
        for place in self._notifiers.keys() - wanted:
            self._notifiers.pop(place).setEnabled(False)
        for fd, write in wanted - self._notifiers.keys():
            made = qt.notifier(fd, self._wake, write=write)
            made.setEnabled(self._enabled)
            self._notifiers[fd, write] = made

    def forget(self, fd: int, *, write: bool) -> None:
        """Drop a notifier at once.

        The descriptor is about to be closed. Qt switches a notifier on a closed one off for good,
        and it would be taken for that of the next descriptor with the same number.
        """
        notifier = self._notifiers.pop((fd, write), None)
        if notifier is not None:
            notifier.setEnabled(False)

    def enable(self, enabled: bool, /) -> None:
        """Switch all of them on or off."""
        self._enabled = enabled
        for each in self._notifiers.values():
            each.setEnabled(enabled)

    def close(self) -> None:
        """Do nothing, as above."""


class TrialWatch:
    """A notifier on the selector's own file descriptor that has to prove itself.

    Until it has told of something that is ready there are notifiers for each file descriptor, too.
    If it tells of nothing again and again, or of nothing at all, these stay.
    """

    def __init__(
        self, selector: selectors.BaseSelector, fd: int, wake: Callable[..., object]
    ) -> None:
        self._selector = selector
        self._wake = wake
        self._one = SelectorWatch(fd, self._rang)
        self._each = DescriptorWatch(selector, wake)
        self._used: tuple[Watch, ...] = (self._one, self._each)
        self._false_alarms = 0

    def _rang(self, *_: object) -> None:
        if len(self._used) > 1:
            if self._something_is_ready():
                self._each.enable(False)
                self._used = (self._one,)
            else:  # perhaps a notifier of the others has told first
                self._false_alarms += 1
                if self._false_alarms == FALSE_ALARMS:
                    self._one.enable(False)
                    self._used = (self._each,)
        self._wake()

    def _something_is_ready(self) -> bool:
        try:
            return bool(self._selector.select(0))
        except OSError:
            return False  # the loop's own poll will complain

    def enable(self, enabled: bool, /) -> None:
        """Switch on or off what is used."""
        for each in self._used:
            each.enable(enabled)

    def update(self) -> None:
        """Bring the notifiers for each file descriptor up to date, if they are used."""
        for each in self._used:
            each.update()

    def forget(self, fd: int, *, write: bool) -> None:
        """Drop the notifier for a file descriptor at once."""
        self._each.forget(fd, write=write)

    def close(self) -> None:
        """Do nothing: the file descriptors are the loop's."""


def watch(
    selector: selectors.BaseSelector, wake: Callable[..., object], used: Watch | None = None
) -> Watch:
    """Make the watch that fits a selector, or move one that another loop has used."""
    if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
        from .waiter import SelectSource, ThreadWatch

        return ThreadWatch(SelectSource(selector), wake)
    fileno = getattr(selector, "fileno", None)
    if fileno is None:
        return DescriptorWatch(selector, wake)
    if not isinstance(selector, TRUSTED):
        return TrialWatch(selector, fileno(), wake)
    if isinstance(used, SelectorWatch) and used.move(fileno()):
        return used
    return SelectorWatch(fileno(), wake)
