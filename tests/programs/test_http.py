# SPDX-License-Identifier: BSD-3-Clause
"""aiohttp and httpx, servers and clients, 200 requests at a time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
from collections.abc import AsyncIterator

import aiohttp
import httpx
from aiohttp import web

from tests.programs.echo import message_of

REQUESTS = 200


async def _answer(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    # Let others in between: the answers then leave in another order than the requests came.
    await asyncio.sleep(0.001 * (len(body) % 7))
    return web.json_response(
        {"path": request.path, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    )


async def _download(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"X-Pieces": "128"})
    await response.prepare(request)
    for number in range(128):
        await response.write(message_of(number, 65536))
    await response.write_eof()
    return response


@contextlib.asynccontextmanager
async def _site() -> AsyncIterator[str]:
    """Serve the two handlers; give the base address."""
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_post("/answer/{number}", _answer)
    application.router.add_get("/download", _download)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=256)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _right_answer(number: int) -> dict[str, object]:
    body = message_of(number)
    return {
        "path": f"/answer/{number}",
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
    }


def test_aiohttp_answers_200_concurrent_requests_each_with_its_own_data(run_in):
    async def main():
        connector = aiohttp.TCPConnector(limit=REQUESTS)
        async with _site() as base, aiohttp.ClientSession(connector=connector) as session:

            async def ask(number):
                async with session.post(
                    f"{base}/answer/{number}", data=message_of(number)
                ) as response:
                    return response.status, await response.json()

            return await asyncio.gather(*map(ask, range(REQUESTS)))

    assert run_in(main) == [(200, _right_answer(number)) for number in range(REQUESTS)]


def test_aiohttp_streams_8_megabytes_whole_and_in_order(run_in):
    async def main():
        digest, size = hashlib.sha256(), 0
        async with (
            _site() as base,
            aiohttp.ClientSession() as session,
            session.get(f"{base}/download") as response,
        ):
            async for piece in response.content.iter_any():
                digest.update(piece)
                size += len(piece)
        return size, digest.hexdigest()

    sent = b"".join(message_of(number, 65536) for number in range(128))
    assert run_in(main) == (len(sent), hashlib.sha256(sent).hexdigest())


def test_an_aiohttp_upload_of_8_megabytes_arrives_whole(run_in):
    body = b"".join(message_of(number, 65536) for number in range(128))

    async def main():
        async with (
            _site() as base,
            aiohttp.ClientSession() as session,
            session.post(f"{base}/answer/big", data=io.BytesIO(body)) as response,
        ):
            return await response.json()

    assert run_in(main) == {
        "path": "/answer/big",
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
    }


def test_an_aiohttp_timeout_ends_the_request_and_the_session_goes_on(run_in):
    async def main():
        async with _site() as base, aiohttp.ClientSession() as session:
            # A body of 5 bytes makes the handler wait 5 ms; the client gives it a tenth of that.
            impatient = aiohttp.ClientTimeout(total=0.0005)
            try:
                async with session.post(f"{base}/answer/1", data=b"12345", timeout=impatient):
                    outcome = "answered"
            except asyncio.TimeoutError:
                outcome = "timed out"
            async with session.post(f"{base}/answer/2", data=message_of(2)) as response:
                return outcome, await response.json()

    assert run_in(main) == ("timed out", _right_answer(2))


def test_httpx_gets_200_concurrent_answers_each_with_its_own_data(run_in):
    async def main():
        limits = httpx.Limits(max_connections=REQUESTS)
        async with (
            _site() as base,
            # No proxy and no .netrc of the machine's: the server is on this one.
            httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client,
        ):

            async def ask(number):
                response = await client.post(f"{base}/answer/{number}", content=message_of(number))
                return response.status_code, response.json()

            return await asyncio.gather(*map(ask, range(REQUESTS)))

    assert run_in(main) == [(200, _right_answer(number)) for number in range(REQUESTS)]


def test_httpx_streams_8_megabytes_whole_and_in_order(run_in):
    async def main():
        digest = hashlib.sha256()
        async with (
            _site() as base,
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"{base}/download") as response,
        ):
            async for piece in response.aiter_bytes():
                digest.update(piece)
        return digest.hexdigest()

    sent = b"".join(message_of(number, 65536) for number in range(128))
    assert run_in(main) == hashlib.sha256(sent).hexdigest()
