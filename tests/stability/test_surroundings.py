"""The network of the processes that build prompts: loopback addresses only."""

import pytest

from harness.errors import NetworkBlockedError
from harness.stability.surroundings import _refuse_network


@pytest.mark.parametrize("host", ["127.0.0.1", b"::1", "localhost", "", None])
def test_this_machine_can_be_reached(host: str | bytes | None) -> None:
    _refuse_network("socket.getaddrinfo", (host, 80))
    _refuse_network("socket.connect", (None, (host, 80)))


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "::1.evil.example", b"api.anthropic.com", "192.0.2.1"])
def test_every_other_host_is_refused(host: str | bytes) -> None:
    for event, arguments in (("socket.getaddrinfo", (host, 80)), ("socket.connect", (None, (host, 80)))):
        with pytest.raises(
            NetworkBlockedError, match=r" was requested while a prompt was being built, expected a loopback"
        ):
            _refuse_network(event, arguments)
