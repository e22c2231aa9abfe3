# SPDX-License-Identifier: BSD-3-Clause
"""Child processes: their pipes, their exit codes, their ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from subprocess import PIPE

import pytest

from tests.programs.echo import message_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the children are POSIX tools")


def test_4_megabytes_come_back_whole_through_cat(run_in):
    data = b"".join(message_of(number, 65536) for number in range(64))

    async def main():
        child = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
        output, _ = await child.communicate(data)
        return child.returncode, output

    code, output = run_in(main)

    assert code == 0
    assert output == data


def test_20_children_at_once_each_return_their_own_data_and_status(run_in):
    async def main():
        async def child(number):
            process = await asyncio.create_subprocess_exec(
                "sh", "-c", f"cat; echo error {number} >&2; exit {number}",
                stdin=PIPE, stdout=PIPE, stderr=PIPE,
            )  # fmt: skip
            output, errors = await process.communicate(message_of(number, 100_000))
            return process.returncode, output, errors

        return await asyncio.gather(*map(child, range(20)))

    assert run_in(main) == [
        (number, message_of(number, 100_000), f"error {number}\n".encode()) for number in range(20)
    ]


def test_lines_are_exchanged_with_a_child_that_goes_on_running(run_in):
    async def main():
        child = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
        answers = []
        for number in range(200):
            child.stdin.write(f"line {number}\n".encode())
            await child.stdin.drain()
            answers.append(await child.stdout.readline())
        child.stdin.close()
        return answers, await child.wait()

    assert run_in(main) == ([f"line {number}\n".encode() for number in range(200)], 0)


def test_a_shell_command_runs_with_its_environment_and_directory(run_in, tmp_path):
    async def main():
        child = await asyncio.create_subprocess_shell(
            'echo "$GREETING from $(pwd -P)"',
            stdout=PIPE, cwd=tmp_path, env={**os.environ, "GREETING": "hello"},
        )  # fmt: skip
        return (await child.communicate())[0].decode().strip()

    assert run_in(main) == f"hello from {tmp_path.resolve()}"


def test_a_terminated_child_reports_the_signal(run_in):
    async def main():
        child = await asyncio.create_subprocess_exec("sleep", "60")
        child.terminate()
        return await child.wait()

    assert run_in(main) == -signal.SIGTERM


def test_a_wait_given_up_leaves_the_child_to_be_killed(run_in):
    async def main():
        child = await asyncio.create_subprocess_exec("sleep", "60")
        try:
            await asyncio.wait_for(child.wait(), 0.01)
        except asyncio.TimeoutError:
            child.kill()
        return await child.wait()

    assert run_in(main) == -signal.SIGKILL


def test_a_program_that_does_not_exist_raises_and_the_next_one_runs(run_in):
    async def main():
        with pytest.raises(FileNotFoundError):
            await asyncio.create_subprocess_exec("/nowhere/at/all")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(6 * 7)", stdout=PIPE
        )
        return await child.communicate()

    assert run_in(main) == (b"42\n", None)
