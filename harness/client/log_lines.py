"""The line that ``harness.client`` logs at INFO for every call, and the parser of such lines.

Pairs of ``key=value`` in this order, each on one line::

    call model=claude-sonnet-5-5 version=v2 read=1902 written_5m=0 written_1h=0 uncached=9 output=23
    cost_usd=0.000568 saved_usd=0.0036138 local=miss message_id=msg_01

``read``, ``written_5m``, ``written_1h``, ``uncached`` and ``output`` are tokens that were billed: 0 for a local hit.
``cost_usd`` and ``saved_usd`` are ``unknown`` where something has no known price; then ``not_priced`` names it.
``also_billed`` names what is billed besides the tokens; ``ended=early`` marks a stream that the caller left or that
broke off, whose ``output`` is a lower bound. A value that is empty, or holds a space, a quote or a control character,
is written as a JSON string. Keys may be added; none is renamed or removed.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from harness.provider.usage import Usage

_PLAIN = re.compile(r"[!#-\[\]-~]+")
"""What stands without quotes: printable ASCII without spaces, quotes and backslashes."""
_PAIR = re.compile(r'(?:^| )([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|[!#-\[\]-~]+)')
_START = "call "
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """One call, as its log line says it."""

    model: str
    version: str = ""
    """Prompt version."""
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0
    uncached: int = 0
    output: int = 0
    cost: Decimal | None = None
    """Dollars; ``None`` where something has no known price."""
    saved: Decimal | None = None
    """Dollars saved by the two caches."""
    is_local_hit: bool = False
    message_id: str = ""
    not_priced: tuple[str, ...] = ()
    also_billed: tuple[str, ...] = ()
    is_partial: bool = False


def describe_call(
    billed: Usage,
    *,
    model: str,
    version: str = "",
    message_id: str = "",
    amounts: tuple[Decimal, Decimal] | None,
    not_priced: tuple[str, ...] = (),
) -> CallLine:
    """Make the line of a call from its billed usage; ``amounts`` are its cost and what was saved, in dollars."""
    return CallLine(
        model=model,
        version=version,
        read=billed.cache_read_input_tokens,
        written_5m=billed.ephemeral_5m_input_tokens,
        written_1h=billed.ephemeral_1h_input_tokens,
        uncached=billed.input_tokens,
        output=billed.output_tokens,
        cost=amounts[0] if amounts else None,
        saved=amounts[1] if amounts else None,
        message_id=message_id,
        not_priced=not_priced,
        also_billed=billed.also_billed,
    )


def write_line(call: CallLine) -> str:
    """Write a call as one line."""
    pairs = {
        "model": call.model,
        "version": call.version,
        "read": str(call.read),
        "written_5m": str(call.written_5m),
        "written_1h": str(call.written_1h),
        "uncached": str(call.uncached),
        "output": str(call.output),
        "cost_usd": _write_amount(call.cost),
        "saved_usd": _write_amount(call.saved),
        "local": "hit" if call.is_local_hit else "miss",
        "message_id": call.message_id,
    }
    if call.not_priced:
        pairs["not_priced"] = json.dumps(call.not_priced)
    if call.also_billed:
        pairs["also_billed"] = json.dumps(call.also_billed)
    if call.is_partial:
        pairs["ended"] = "early"
    return _START + " ".join(f"{key}={_quote(value)}" for key, value in pairs.items())


def parse_line(line: str) -> CallLine | None:
    """Parse a line, with whatever a log handler wrote in front of it; ``None`` if it is not that of a call."""
    start = line.find(f"{_START}model=")
    if start < 0:
        return None
    try:
        return _read_pairs({key: _unquote(value) for key, value in _PAIR.findall(line[start + len(_START) :])})
    except (KeyError, ValueError, InvalidOperation):
        return None


def _read_pairs(pairs: dict[str, str]) -> CallLine:
    return CallLine(
        model=pairs["model"],
        version=pairs["version"],
        read=int(pairs["read"]),
        written_5m=int(pairs["written_5m"]),
        written_1h=int(pairs["written_1h"]),
        uncached=int(pairs["uncached"]),
        output=int(pairs["output"]),
        cost=_read_amount(pairs["cost_usd"]),
        saved=_read_amount(pairs["saved_usd"]),
        is_local_hit=pairs["local"] == "hit",
        message_id=pairs["message_id"],
        not_priced=tuple(json.loads(pairs.get("not_priced", "[]"))),
        also_billed=tuple(json.loads(pairs.get("also_billed", "[]"))),
        is_partial=pairs.get("ended") == "early",
    )


def _write_amount(amount: Decimal | None) -> str:
    return _UNKNOWN if amount is None else f"{amount:f}"


def _read_amount(text: str) -> Decimal | None:
    return None if text == _UNKNOWN else Decimal(text)


def _quote(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value)


def _unquote(value: str) -> str:
    return str(json.loads(value)) if value.startswith('"') else value
