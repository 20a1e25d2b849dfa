import pytest

from harness.loopback import is_address, is_loopback


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.255.255.254", "::1", "::1%lo", "::ffff:127.0.0.1", "localhost", "LocalHost", b"127.0.0.1",
     bytearray(b"localhost")],
)  # fmt: skip
def test_this_machine_is_loopback(host: str | bytes) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.evil.example", "127.evil.example", "::1.evil.example", "localhost.evil.example", "128.0.0.1", "0.0.0.0",
     "::", "10.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1.evil.example", "fe80::1%eth0", "127.1", "2130706433", "",
     b"\xff", "api.anthropic.com"],
)  # fmt: skip
def test_every_other_host_is_not(host: str | bytes) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("192.0.2.1", True), (b"::1", True), ("fe80::1%eth0", True), ("localhost", False), ("a.test", False)],
)
def test_an_address_needs_no_lookup(host: str | bytes, expected: bool) -> None:
    assert is_address(host) is expected
