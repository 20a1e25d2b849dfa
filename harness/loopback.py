"""Loopback addresses: the one rule for which hosts are this machine."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def is_loopback(host: str | bytes | bytearray) -> bool:
    """Whether a host is ``localhost`` or a loopback address, including IPv4 mapped to IPv6.

    Names are not looked up: ``127.0.0.1.evil.example`` is a name like any other.
    """
    text = as_text(host)
    address = _parse(text)
    if address is None:
        return text.lower() == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_address(host: str | bytes | bytearray) -> bool:
    """Whether a host is an address rather than a name, so that it needs no lookup."""
    return _parse(as_text(host)) is not None


def as_text(host: str | bytes | bytearray) -> str:
    """Decode a host to text; sockets accept bytes too."""
    return host.decode("utf-8", "replace") if isinstance(host, bytes | bytearray) else str(host)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
