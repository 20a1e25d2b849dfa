"""Post from eight threads with each HTTP client under ``harness_cassette``: nothing may ask for a foreign address.

Run: python benchmarks/soak_clients.py [--rounds 1000] [--threads 8] [--modes replay emulate record]
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import httpx
import requests
import urllib3

from harness.cassettes.store import CassetteStore
from harness.loopback import is_loopback
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.sessions.other_clients import ForeignSession
from harness.sessions.session import Mode, SessionOptions

URL = "https://api.anthropic.com/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}
MODES: tuple[Mode, ...] = ("replay", "emulate", "record")
HTTPX = httpx.Client()


def with_requests(body: bytes) -> bytes:
    """Post over a connection of its own."""
    return requests.post(URL, data=body, headers=HEADERS, timeout=30).content


def with_httpx(body: bytes) -> bytes:
    """Post with a client that all threads share."""
    return HTTPX.post(URL, content=body, headers=HEADERS).content


def with_aiohttp(body: bytes) -> bytes:
    """Post on an event loop of the thread's own."""

    async def run() -> bytes:
        async with aiohttp.ClientSession() as client, client.post(URL, data=body, headers=HEADERS) as response:
            return await response.read()

    return asyncio.run(run())


def with_urllib3(body: bytes) -> bytes:
    """Post over a pool of its own."""
    return urllib3.PoolManager().request("POST", URL, body=body, headers=HEADERS).data


CLIENTS: tuple[Callable[[bytes], bytes], ...] = (with_requests, with_httpx, with_aiohttp, with_urllib3)


def make_body(number: int) -> bytes:
    """Make a request that no other thread sends."""
    messages = [{"role": "user", "content": f"Question {number}"}]
    return json.dumps({"model": "claude-sonnet-5-5", "max_tokens": 8, "messages": messages}).encode()


@contextmanager
def watched() -> Iterator[list[str]]:
    """List the look-ups and connections of foreign addresses; each is refused."""
    found: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def checked_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not is_loopback(host):
            found.append(f"look-up of {host}")
            raise OSError(found[-1])
        return look_up(host, *args, **options)

    def checked_connect(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not is_loopback(address[0]):
            found.append(f"connection to {address}")
            raise OSError(found[-1])
        return connect(self, address)

    with (
        mock.patch.object(socket, "getaddrinfo", checked_look_up),
        mock.patch.object(socket.socket, "connect", checked_connect),
    ):
        yield found


def play_round(
    mode: Mode,
    folder: Path,
    threads: int,
    clients: tuple[Callable[[bytes], bytes], ...],
    *,
    upstream: Origin = "emulator",
) -> None:
    """Let each thread post once with each client, one after the other; each must get its answer.

    Raises:
        AssertionError: a call was not answered or not noted.
    """
    reader = PromptReader(lambda text, _: len(text) // 4)
    options = SessionOptions(mode=mode, upstream=upstream, store=CassetteStore(folder), reader=reader)

    def post_all(number: int) -> None:
        for client in clients:
            answer = client(make_body(number))
            assert b'"type":"message"' in answer, answer

    with ForeignSession(options, "case") as session, ThreadPoolExecutor(threads) as pool:
        list(pool.map(post_all, range(threads)))
    session.save()
    expected = threads * len(clients)
    assert (len(session.calls), len(session.unplayed)) == (expected, 0), f"{len(session.calls)} of {expected} calls"


def main() -> int:
    """Play the rounds, and say how many addresses were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    given = parser.parse_args()
    sys.setswitchinterval(1e-5)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, watched() as found:
        play_round("record", Path(folder), given.threads, CLIENTS)
        for mode in given.modes:
            for _ in range(given.rounds):
                play_round(mode, Path(folder), given.threads, CLIENTS)
    calls = len(given.modes) * given.rounds * given.threads * len(CLIENTS)
    print(f"{calls:,} calls: {len(found)} attempts at a foreign address ({time.monotonic() - start:.0f} s)", *found[:5])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
