# SPDX-License-Identifier: BSD-3-Clause
"""The tests of the scheduler, tested: each planted bug must be caught by the example programs.

A mutant is the source text of a module with one edit, compiled beside the real one. An edit whose
text is no longer there fails as well: a mutant that is the original would prove nothing.
"""

from __future__ import annotations

import inspect
from types import ModuleType, SimpleNamespace

import attrs
import pytest

import qtinter.scheduler.host
import qtinter.scheduler.modal
import qtinter.scheduler.scheduler
import qtinter.scheduler.timers
from tests.scheduler.programs import PROGRAMS
from tests.scheduler.world import compare

MODULES = {
    "Scheduler": qtinter.scheduler.scheduler,
    "TimerHeap": qtinter.scheduler.timers,
    "ModalSlot": qtinter.scheduler.modal,
    "VirtualHost": qtinter.scheduler.host,
}


@attrs.frozen
class Mutant:
    """An edit of the source of one class's module."""

    name: str
    of: str
    old: str
    new: str

    def package(self) -> SimpleNamespace:
        """Return a stand-in for the package in which one class is the mutant's."""
        classes = {name: getattr(module, name) for name, module in MODULES.items()}
        original = MODULES[self.of]
        source = inspect.getsource(original)
        if source.count(self.old) != 1:
            pytest.fail(f"no longer in {original.__name__}, or not once: {self.old!r}")
        module = ModuleType(f"{original.__name__}_mutant")
        module.__package__ = original.__package__
        exec(compile(source.replace(self.old, self.new), self.name, "exec"), module.__dict__)
        classes[self.of] = getattr(module, self.of)
        return SimpleNamespace(**classes)


def problem(package: object) -> str | None:
    """Run the programs until one goes wrong; say what was found."""
    for name, program in PROGRAMS.items():
        for observed in (False, True):
            try:
                compare(program, package, observed=observed)
            except Exception as exc:
                return f"{name}: {type(exc).__name__}: {exc}"[:200]
    return None


S, T, M, H = MODULES

MUTANTS = [
    Mutant("poll inside a turn", S, "            if not generation:\n                if not turns:\n                    break\n                self.poll()", "            if turns:\n                self.poll()\n            if not generation:\n                if not turns:\n                    break"),
    Mutant("never polled", S, "                self.poll()\n", ""),
    Mutant("timers released inside a turn", S, "            if self.observe is not None:\n", "            self.timers.release(now, ready.append)\n            if self.observe is not None:\n"),
    Mutant("timers never released", S, "                self.timers.release(now, ready.append)\n", ""),
    Mutant("timers before polled work", S, "                self.poll()\n                self.timers.release(now, ready.append)\n", "                self.timers.release(now, ready.append)\n                self.poll()\n"),
    Mutant("lost rest of a turn", S, "        self.chunk = chunk\n        self.generation = generation\n", "        self.chunk = chunk\n"),
    Mutant("rest of a turn recounted", S, "        generation, self.generation = self.generation, 0\n", "        generation, self.generation = len(ready) if self.generation else 0, 0\n"),
    Mutant("rest of a turn kept after an exit", S, "        generation, self.generation = self.generation, 0\n", "        generation = self.generation\n"),
    Mutant("no turns at all", S, "        while not modal:\n", "        while False:\n"),
    Mutant("last in, first out", S, "        popleft = ready.popleft\n", "        popleft = ready.pop\n"),
    Mutant("a new turn not counted", S, "                    generation = len(ready)\n                    if not generation or generation > left:\n                        # Look", "                    generation = min(len(ready), 1)\n                    if not generation or generation > left:\n                        # Look"),
    Mutant("a turn that does not fit begun", S, "if not generation or generation > left:", "if not generation:"),
    Mutant("a turn that just fits not begun", S, "generation > left:", "generation >= left:"),
    Mutant("a chunk of one turn", S, "                    if generation or modal or self.stopping or not turns:\n", "                    if True:\n"),
    Mutant("a chunk that is not used up", S, "                    left -= n\n                    # A", "                    # A"),
    Mutant("one callback lost in each chunk", S, "                    while n:\n                        n -= 1\n", "                    while n > 1:\n                        n -= 1\n"),
    Mutant("cancelled handle run", S, "                        if handle._cancelled:\n                            continue\n", ""),
    Mutant("cancelled handle observed", S, "                if not handle._cancelled:\n                    self.observe(handle)\n", "                self.observe(handle)\n"),
    Mutant("cancelled handle not of the turn", S, "                        if handle._cancelled:\n                            continue\n", "                        if handle._cancelled:\n                            n += bool(generation)\n                            continue\n"),
    Mutant("re-run after an exception", S, "                            self.on_error(handle, exc)\n", "                            self.on_error(handle, exc)\n                            ready.append(handle)\n"),
    Mutant("exception not reported", S, "                            self.on_error(handle, exc)\n", "                            pass\n"),
    Mutant("an exception ends the turn", S, "                            self.on_error(handle, exc)\n", "                            self.on_error(handle, exc)\n                            break\n"),
    Mutant("SystemExit swallowed", S, "                        except (SystemExit, KeyboardInterrupt):\n                            raise\n", "                        except (SystemExit, KeyboardInterrupt):\n                            pass\n"),
    Mutant("SystemExit reported", S, "except (SystemExit, KeyboardInterrupt):", "except KeyboardInterrupt:"),
    Mutant("lost modal", S, "                        if modal:\n                            generation += n\n                            n = 0\n", ""),
    Mutant("modal loses the turn", S, "                        if modal:\n                            generation += n\n                            n = 0\n", "                        if modal:\n                            n = generation = 0\n"),
    Mutant("modal loses the rest of the chunk", S, "                            generation += n\n", ""),
    Mutant("modal not before the next slice", S, "        while not modal:\n", "        while True:\n"),
    Mutant("modal not before the next turn", S, "if generation or modal or self.stopping or not turns:", "if generation or self.stopping or not turns:"),
    Mutant("stop not seen inside a chunk", S, "if generation or modal or self.stopping or not turns:", "if generation or modal or not turns:"),
    Mutant("stop not finishing the turn", S, "            if now >= end or (self.stopping and not generation):\n                break\n", "            if now >= end or self.stopping:\n                generation = 0\n                break\n"),
    Mutant("stop in the middle of a turn counts", S, "        return self.stopping and not self.generation\n", "        return self.stopping\n"),
    Mutant("stop does not end the slice", S, "            if now >= end or (self.stopping and not generation):\n", "            if now >= end:\n"),
    Mutant("stop in the middle of a turn ends the slice", S, "(self.stopping and not generation)", "self.stopping"),
    Mutant("a slice without an end", S, "            if now >= end or (self.stopping and not generation):\n", "            if self.stopping and not generation:\n"),
    Mutant("a slice of one chunk", S, "            if now >= end or (self.stopping and not generation):\n", "            if True:\n"),
    Mutant("a native turn that begins another", S, "            self.slice(0.0, turns=False)\n", "            self.slice(0.0)\n"),
    Mutant("a native turn that does not go on", S, "        while self.generation and not self.modal.calls:\n            self.slice(0.0, turns=False)\n", "        self.slice(0.0, turns=False)\n"),
    Mutant("a native turn that waits in the middle of one", S, "        if not self.generation:\n            wait(", "        if True:\n            wait("),
    Mutant("a native turn without timers", S, "            self.timers.release(self.clock(), self.ready.append)\n", ""),
    Mutant("a turn of a chain that ignores a due timer", S, "                    if timers and timers[0]._when <= now:\n                        break  # I3: a clock that stands still must not starve a timer\n", ""),
    Mutant("a turn of a chain that ignores a timer due now", S, "timers[0]._when <= now:", "timers[0]._when < now:"),
    Mutant("the clock not read between chunks", S, "                before, now = now, clock()\n", "                before = now\n"),
    Mutant("chunks that only grow", S, "                        chunk >>= 1\n", "                        pass\n"),
    Mutant("chunks that never grow", S, "                    chunk <<= 1\n", "                    pass\n"),
    Mutant("chunks that grow unused", S, "elapsed < GROW_BELOW and not left and", "elapsed < GROW_BELOW and"),
    Mutant("chunks of none", S, "                    if chunk > 1:\n                        chunk >>= 1\n", "                    chunk >>= 1\n"),
    Mutant("sleeping with work to do", S, "        if self.ready or self.stopping or self.modal.calls:\n", "        if self.stopping or self.modal.calls:\n"),
    Mutant("sleeping with a stop pending", S, "        if self.ready or self.stopping or self.modal.calls:\n", "        if self.ready or self.modal.calls:\n"),
    Mutant("sleeping with a modal call pending", S, "        if self.ready or self.stopping or self.modal.calls:\n", "        if self.ready or self.stopping:\n"),
    Mutant("a negative wait", S, "max(0.0, when - self.clock())", "when - self.clock()"),
    Mutant("early timer", T, "elif timer._when > limit:", "elif timer._when > limit + 0.5:"),
    Mutant("late timer", T, "elif timer._when > limit:", "elif timer._when >= limit:"),
    Mutant("LIFO ties", T, "from heapq import heapify, heappop, heappush\n", "from heapq import heapify, heappop\n\ndef heappush(heap, item):\n    heap.append(item)\n    heap.sort(key=lambda each: (each._when, -each.age))\n"),
    Mutant("unordered timers", T, "        heappush(self.entries, timer)\n", "        self.entries.append(timer)\n"),
    Mutant("cancelled timer released", T, "            if timer._cancelled:\n                self.cancelled -= 1\n            elif", "            if timer._cancelled:\n                self.cancelled -= 1\n                append(timer)\n            elif"),
    Mutant("cancelled timer counted for ever", T, "            if timer._cancelled:\n                self.cancelled -= 1\n            elif", "            if timer._cancelled:\n                pass\n            elif"),
    Mutant("cancelled head taken for a deadline", T, "            if not first._cancelled:\n                return first._when\n", "            return first._when\n"),
    Mutant("cancelled head not counted", T, "            heappop(entries)\n            first._scheduled = False\n            self.cancelled -= 1\n", "            heappop(entries)\n            first._scheduled = False\n"),
    Mutant("released timer still scheduled", T, "            heappop(entries)\n            timer._scheduled = False\n", "            heappop(entries)\n"),
    Mutant("dropped timer still scheduled", T, "            first._scheduled = False\n", ""),
    Mutant("pushed timer not scheduled", T, "        timer._scheduled = True\n", "        timer._scheduled = False\n"),
    Mutant("cancelling not counted", T, "        self.cancelled += 1\n", ""),
    Mutant("never compacted", T, "            self._compact()\n", "            pass\n"),
    Mutant("compacting loses the live ones", T, "                live.append(timer)\n", "                pass\n"),
    Mutant("compacting forgets the order", T, "        heapify(self.entries)\n", "        self.entries.reverse()\n"),
    Mutant("compacting does not reset the count", T, "        heapify(self.entries)\n        self.cancelled = 0\n", "        heapify(self.entries)\n"),
    Mutant("compacted timer still scheduled", T, "            if timer._cancelled:\n                timer._scheduled = False\n", "            if timer._cancelled:\n                pass\n"),
    Mutant("compacting into another list", T, "        self.entries[:] = live\n", "        self.entries = live\n"),
    Mutant("modal calls last in, first out", M, "        return self.calls.popleft()\n", "        return self.calls.pop()\n"),
    Mutant("modal call run twice", M, "        return self.calls.popleft()\n", "        call = self.calls.popleft()\n        call()\n        return call\n"),
    Mutant("a turn inside a turn", H, "        if self.lifecycle.state is State.PROCESSING:\n            return\n", ""),
    Mutant("modal call inside the slice", H, "            scheduler.slice(self.budget)\n", "            scheduler.slice(self.budget)\n            if scheduler.modal.calls:\n                scheduler.modal.take()()\n"),
    Mutant("modal calls one a wake-up", H, "        while scheduler.modal.calls:\n", "        if scheduler.modal.calls:\n"),
    Mutant("slice without its budget", H, "scheduler.slice(self.budget)", "scheduler.slice(0.0)"),
    Mutant("a host stuck after an exit", H, "        finally:\n            self.lifecycle.fire(Event.YIELD)\n", "        except Exception:\n            raise\n        self.lifecycle.fire(Event.YIELD)\n"),
]


def test_the_original_passes() -> None:
    assert problem(qtinter.scheduler) is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught(mutant: Mutant) -> None:
    assert problem(mutant.package()) is not None


def test_a_mutant_that_changes_nothing_is_told() -> None:
    with pytest.raises(pytest.fail.Exception, match="no longer in"):
        Mutant("gone", S, "text that is not there", "").package()
