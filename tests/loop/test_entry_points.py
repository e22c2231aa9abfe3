# SPDX-License-Identifier: BSD-3-Clause
"""The ways into the loop: ``run``, the context managers, ``new_event_loop``, the policies."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import qtinter
from qtinter import QiBaseEventLoop
from tests.loop.hosting import core, from_qt, needs_qt, run_qt_for, run_qt_until
from tests.tools.child import run_child

has_policies = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="from Python 3.14 policies are not how loops are chosen"
)


async def kind_of_loop() -> type:
    await asyncio.sleep(0)
    return type(asyncio.get_running_loop())


def new_loop_class() -> type:
    loop = asyncio.new_event_loop()
    loop.close()
    return type(loop)


@contextlib.contextmanager
def policies_allowed() -> Iterator[None]:
    """Use policies without the warnings that some Pythons have for that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


# --- qtinter.run ---------------------------------------------------------------------------


@needs_qt
def test_run_returns_what_main_returns() -> None:
    assert qtinter.run(kind_of_loop()) is qtinter.QiDefaultEventLoop


@needs_qt
def test_run_raises_what_main_raises() -> None:
    async def main() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        qtinter.run(main())


@needs_qt
@pytest.mark.parametrize("debug", [True, False, None])
def test_run_sets_debug_mode(*, debug: bool | None) -> None:
    async def main() -> bool:
        return asyncio.get_running_loop().get_debug()

    assert qtinter.run(main(), debug=debug) is bool(debug)


@needs_qt
def test_run_cancels_tasks_that_are_left_and_shuts_down_the_rest() -> None:
    ended: list[str] = []

    async def straggler() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.001)
            ended.append("task")

    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            ended.append("generator")

    kept = []

    async def main() -> asyncio.AbstractEventLoop:
        kept.append(asyncio.ensure_future(straggler()))
        generator = numbers()
        await generator.__anext__()
        kept.append(generator)
        await asyncio.get_running_loop().run_in_executor(None, int)
        return asyncio.get_running_loop()

    loop = qtinter.run(main())
    assert ended == ["task", "generator"]
    assert loop is not None
    assert loop.is_closed()
    assert not [t for t in threading.enumerate() if t.name.startswith("asyncio_")]


@needs_qt
def test_run_works_many_times_in_a_row() -> None:
    async def main(number: int) -> int:
        await asyncio.sleep(0)
        return number

    assert [qtinter.run(main(number)) for number in range(20)] == list(range(20))


@needs_qt
def test_run_lets_qt_live() -> None:
    async def main() -> int:
        ticks = []
        timer = core().QTimer()
        timer.timeout.connect(lambda: ticks.append(1))
        timer.start(1)
        while len(ticks) < 3:
            await asyncio.sleep(0.001)
        return len(ticks)

    ticks = qtinter.run(main())
    assert ticks is not None
    assert ticks >= 3


@needs_qt
def test_run_is_refused_inside_a_running_loop_and_closes_main() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"qtinter\.run\(\).*running"):
            qtinter.run(kind_of_loop())
        with pytest.raises((TypeError, RuntimeError)):
            qtinter.run(None)  # type: ignore[arg-type]

    qtinter.run(main())


@needs_qt
@pytest.mark.parametrize("main", [None, 42, kind_of_loop, "future"])
def test_run_refuses_what_is_no_coroutine(main: Any) -> None:
    loop = asyncio.SelectorEventLoop()
    try:
        thing = loop.create_future() if main == "future" else main
        with pytest.raises(TypeError, match=r"run\(\) argument 'main' must be a coroutine"):
            qtinter.run(thing)
    finally:
        loop.close()


@pytest.mark.qt
@pytest.mark.parametrize("way", ["qtinter.run(main())", "asyncio.run(main())"])
def test_without_an_application_it_says_so_once_and_nothing_else(way: str) -> None:
    child = run_child(f"""
        import gc
        async def main():
            print("ran")
        try:
            with qtinter.using_qt_from_asyncio():
                {way}
        except RuntimeError as exc:
            print(exc)
        gc.collect()
        app = QtCore.QCoreApplication([])
        with qtinter.using_qt_from_asyncio():
            {way}
    """)
    assert child.stdout.startswith("An instance of QCoreApplication must exist")
    assert child.stdout.endswith("ran\n")
    assert child.stdout.count("ran") == 1
    if sys.version_info >= (3, 11) or way.startswith("qtinter"):
        # The asyncio.run() of 3.10 leaves a coroutine behind that no loop has taken.
        assert child.stderr == ""
    assert child.returncode == 0


# --- using_qt_from_asyncio ----------------------------------------------------------------


@needs_qt
def test_asyncio_run_uses_our_loop_inside_the_block_only() -> None:
    with qtinter.using_qt_from_asyncio():
        assert asyncio.run(kind_of_loop()) is qtinter.QiDefaultEventLoop
        assert asyncio.run(kind_of_loop()) is qtinter.QiDefaultEventLoop
    assert not issubclass(asyncio.run(kind_of_loop()), QiBaseEventLoop)


@needs_qt
@pytest.mark.skipif(sys.version_info < (3, 11), reason="no asyncio.Runner before 3.11")
def test_a_runner_uses_our_loop_inside_the_block() -> None:
    with qtinter.using_qt_from_asyncio(), asyncio.Runner() as runner:
        assert runner.run(kind_of_loop()) is qtinter.QiDefaultEventLoop
        assert runner.run(kind_of_loop()) is qtinter.QiDefaultEventLoop


@needs_qt
@pytest.mark.skipif(sys.version_info < (3, 11), reason="no asyncio.Runner before 3.11")
def test_a_loop_factory_of_the_users_wins() -> None:
    with (
        qtinter.using_qt_from_asyncio(),
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        assert runner.run(kind_of_loop()) is asyncio.SelectorEventLoop
    with asyncio.Runner(loop_factory=qtinter.new_event_loop) as runner:
        assert runner.run(kind_of_loop()) is qtinter.QiDefaultEventLoop


def test_new_event_loop_of_asyncio_makes_our_loop_inside_the_block() -> None:
    with qtinter.using_qt_from_asyncio():
        assert new_loop_class() is qtinter.QiDefaultEventLoop
        asyncio.events.new_event_loop().close()
    assert not issubclass(new_loop_class(), QiBaseEventLoop)


@needs_qt
def test_an_isolated_asyncio_test_case_uses_our_loop_inside_the_block() -> None:
    seen: list[type] = []

    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            seen.append(await kind_of_loop())

        async def test_it(self) -> None:
            seen.append(await kind_of_loop())

    with qtinter.using_qt_from_asyncio():
        result = Case("test_it").run()
    assert result is not None
    assert result.wasSuccessful(), result.errors + result.failures
    assert seen == [qtinter.QiDefaultEventLoop] * 2


def test_the_state_before_is_restored_after_an_exception() -> None:
    functions = asyncio.new_event_loop, asyncio.events.new_event_loop
    with pytest.raises(ZeroDivisionError), qtinter.using_qt_from_asyncio():
        raise ZeroDivisionError
    assert not issubclass(new_loop_class(), QiBaseEventLoop)
    assert (asyncio.new_event_loop, asyncio.events.new_event_loop) == functions


def test_blocks_nest() -> None:
    with qtinter.using_qt_from_asyncio():
        with qtinter.using_qt_from_asyncio():
            assert new_loop_class() is qtinter.QiDefaultEventLoop
        assert new_loop_class() is qtinter.QiDefaultEventLoop
    assert not issubclass(new_loop_class(), QiBaseEventLoop)


def test_the_state_before_is_restored_over_a_policy_of_the_body() -> None:
    before = asyncio.events._event_loop_policy  # type: ignore[attr-defined]
    with policies_allowed(), qtinter.using_qt_from_asyncio():
        policy = asyncio.DefaultEventLoopPolicy()
        asyncio.set_event_loop_policy(policy)
    assert asyncio.events._event_loop_policy is before  # type: ignore[attr-defined]
    assert not issubclass(new_loop_class(), QiBaseEventLoop)


def test_a_policy_that_was_set_before_is_put_back() -> None:
    with policies_allowed():

        class Policy(asyncio.DefaultEventLoopPolicy):  # type: ignore[name-defined, misc]
            pass

        policy = Policy()
        asyncio.set_event_loop_policy(policy)
        try:
            with qtinter.using_qt_from_asyncio():
                assert new_loop_class() is qtinter.QiDefaultEventLoop
            assert asyncio.get_event_loop_policy() is policy
        finally:
            asyncio.set_event_loop_policy(None)


@has_policies
@needs_qt
def test_the_policy_of_the_block_is_a_full_one() -> None:
    with qtinter.using_qt_from_asyncio():
        policy = asyncio.get_event_loop_policy()
        assert isinstance(policy, qtinter.QiDefaultEventLoopPolicy)
        assert isinstance(policy, asyncio.DefaultEventLoopPolicy)
        loop = policy.new_event_loop()
        try:
            policy.set_event_loop(loop)
            assert policy.get_event_loop() is loop
            assert asyncio.get_event_loop() is loop
            assert loop.run_until_complete(kind_of_loop()) is qtinter.QiDefaultEventLoop
        finally:
            policy.set_event_loop(None)
            loop.close()


@needs_qt
def test_subprocesses_work_inside_the_block() -> None:
    async def main() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(42)", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output

    with qtinter.using_qt_from_asyncio():
        assert asyncio.run(main()).split() == [b"42"]


@pytest.mark.qt
@pytest.mark.skipif(
    sys.version_info < (3, 14), reason="before Python 3.14 the policies are what is used"
)
def test_it_works_where_every_name_of_the_policies_is_gone() -> None:
    child = run_child("""
        import asyncio.events, asyncio.unix_events
        # What 3.14 does by a policy must be done without one.
        current = threading.local()
        asyncio.events.set_event_loop = lambda loop: setattr(current, "loop", loop)
        asyncio.set_event_loop = asyncio.events.set_event_loop
        asyncio.events.new_event_loop = asyncio.new_event_loop = asyncio.SelectorEventLoop
        for module in (asyncio, asyncio.events, asyncio.unix_events):
            for name in list(vars(module)):
                if "policy" in name.lower():
                    delattr(module, name)
        for name in [name for name in sys.modules if name.startswith("qtinter")]:
            del sys.modules[name]
        import qtinter
        app = QtCore.QCoreApplication([])
        async def main():
            await asyncio.sleep(0.001)
            return type(asyncio.get_running_loop()).__name__
        with qtinter.using_qt_from_asyncio():
            print(asyncio.run(main()))
        print(asyncio.run(main()))
        print(qtinter.run(main()))
    """)
    assert (child.returncode, child.stderr) == (0, "")
    assert child.stdout.splitlines() == [
        "QiSelectorEventLoop",
        "_UnixSelectorEventLoop",
        "QiSelectorEventLoop",
    ]


# --- new_event_loop and the policies ------------------------------------------------------


def test_new_event_loop_makes_a_default_loop_each_time() -> None:
    first, second = qtinter.new_event_loop(), qtinter.new_event_loop()
    assert type(first) is type(second) is qtinter.QiDefaultEventLoop
    assert first is not second
    assert isinstance(first, asyncio.AbstractEventLoop)
    first.close()
    second.close()


@needs_qt
@pytest.mark.parametrize("name", ["QiSelectorEventLoopPolicy", "QiDefaultEventLoopPolicy"])
def test_policies_make_our_loop(name: str) -> None:
    with policies_allowed():
        policy = getattr(qtinter, name)()
        loop = policy.new_event_loop()
        try:
            kind = getattr(qtinter, name.removesuffix("Policy"))
            assert type(loop) is kind
            assert loop.run_until_complete(kind_of_loop()) is kind
        finally:
            loop.close()


@has_policies
@needs_qt
def test_a_policy_of_ours_can_be_set_for_good() -> None:
    asyncio.set_event_loop_policy(qtinter.QiDefaultEventLoopPolicy())
    try:
        assert asyncio.run(kind_of_loop()) is qtinter.QiDefaultEventLoop
    finally:
        asyncio.set_event_loop_policy(None)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        qtinter.no_such_name  # noqa: B018


# --- using_asyncio_from_qt ----------------------------------------------------------------


@needs_qt
def test_the_block_yields_the_running_loop_and_closes_it() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        assert asyncio.get_running_loop() is loop
        assert type(loop) is qtinter.QiDefaultEventLoop
        assert not loop.get_debug()
    assert loop.is_closed()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


@needs_qt
def test_the_block_takes_debug_mode_and_a_loop_factory() -> None:
    class Loop(qtinter.QiSelectorEventLoop):
        pass

    with qtinter.using_asyncio_from_qt(debug=True, loop_factory=Loop) as loop:
        assert type(loop) is Loop
        assert loop.get_debug()


@needs_qt
def test_slots_of_the_block_can_start_tasks() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0.001)
        done.append(1)

    tasks: list[object] = []
    with qtinter.using_asyncio_from_qt():
        from_qt(lambda: tasks.append(asyncio.ensure_future(work())))
        run_qt_until(lambda: done)


@needs_qt
def test_a_body_that_stops_or_closes_the_loop_itself_does_no_harm() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        loop.stop()
        loop.call_soon(loop.stop)
    assert loop.is_closed()
    with qtinter.using_asyncio_from_qt() as loop:
        loop.stop()
        loop.close()
    assert loop.is_closed()


@needs_qt
def test_a_block_inside_a_running_loop_is_refused_and_leaves_that_loop_alone() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        with pytest.raises(RuntimeError, match="another loop is running"):
            qtinter.using_asyncio_from_qt().__enter__()
        assert asyncio.get_running_loop() is loop
        done: list[int] = []
        loop.call_soon(done.append, 1)
        run_qt_until(lambda: done)


@needs_qt
def test_blocks_can_follow_each_other() -> None:
    for number in range(5):
        ran: list[int] = []
        with qtinter.using_asyncio_from_qt() as loop:
            loop.call_soon(ran.append, number)
            run_qt_until(lambda ran=ran: ran)


@needs_qt
@pytest.mark.parametrize("factory", [42, "loop"])
def test_a_loop_factory_must_be_callable(factory: Any) -> None:
    with pytest.raises(TypeError, match="loop_factory"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()


@needs_qt
def test_a_foreign_loop_of_the_factory_is_refused_and_closed() -> None:
    made: list[asyncio.AbstractEventLoop] = []

    def factory() -> Any:
        made.append(asyncio.SelectorEventLoop())
        return made[0]

    with pytest.raises(TypeError, match="loop_factory must make a QiBaseEventLoop"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()
    assert made[0].is_closed()


@needs_qt
def test_a_modal_loop_of_the_body_keeps_asyncio_running() -> None:
    ran: list[int] = []
    with qtinter.using_asyncio_from_qt() as loop:
        loop.call_later(0.001, ran.append, 1)
        run_qt_for(20)
    assert ran == [1]


def test_without_a_binding_the_block_says_what_to_do_and_leaves_nothing_behind() -> None:
    from tests.loop.hosting import run_without_binding

    done = run_without_binding("""
        import gc
        for attempt in (qtinter.using_asyncio_from_qt().__enter__, None):
            try:
                if attempt:
                    attempt()
                else:
                    async def main(): pass
                    qtinter.run(main())
            except ImportError as exc:
                print("QTINTERBINDING" in str(exc))
        gc.collect()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            print("no running loop")
    """)
    assert done.stdout.splitlines() == ["True", "True", "no running loop"]
    assert (done.returncode, done.stderr) == (0, "")


@needs_qt
def test_what_is_no_loop_at_all_is_refused_and_named() -> None:
    factory: Any = dict
    with pytest.raises(TypeError, match="must make a QiBaseEventLoop, not {}"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()


def test_names_that_are_imported_late_are_listed() -> None:
    assert set(qtinter.__all__) <= set(dir(qtinter))
    assert "asyncsignal" in dir(qtinter)
