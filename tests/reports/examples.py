"""Calls to report on."""

import json
from typing import Any

from harness.prompt.call import Call, Origin
from harness.provider.usage import Usage
from harness.reports.run import CallRow

MODEL = "claude-3-7-sonnet-20250219"
WRITE = Usage(input_tokens=100, ephemeral_5m_input_tokens=10_000, output_tokens=1_000)
READ = Usage(input_tokens=100, cache_read_input_tokens=10_000, output_tokens=1_000)


def row(
    usage: Usage, *, suite: str = "analysis", version: str = "v1", model: str = MODEL, origin: Origin = "emulator"
) -> CallRow:
    request: dict[str, Any] = {"model": model, "messages": []}
    return CallRow.from_call(
        Call(body=json.dumps(request).encode(), usage=usage, status=200, origin=origin), suite=suite, version=version
    )
