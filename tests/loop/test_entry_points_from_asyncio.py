# SPDX-License-Identifier: BSD-3-Clause
"""The ways into the loop by asyncio's functions: ``using_qt_from_asyncio``, and the policies."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import unittest
import warnings
from collections.abc import Iterator

import pytest

import qtinter
from qtinter import QiBaseEventLoop
from tests.loop.hosting import kind_of_loop, needs_qt
from tests.tools.child import run_child

has_policies = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="from Python 3.14 policies are not how loops are chosen"
)


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


# --- the policies ---------------------------------------------------------------------------


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
