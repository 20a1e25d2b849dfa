"""A conversation of ten turns with tools, and the requests that it makes."""

from collections.abc import Iterator
from typing import Any

RULES = "Answer as a librarian would: name the shelf, then the book, then one sentence about it. " * 260
"""More than the largest minimum of any model."""

TOOLS: list[dict[str, Any]] = [
    {
        "name": name,
        "description": f"Look {name} up in the catalogue. " * 450,
        "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    }
    for name in ("author", "title", "shelf")
]


def requests(model: str, *, calls: int = 2, texts: int = 1, turns: int = 10) -> Iterator[dict[str, Any]]:
    """The requests of a conversation: two a turn, the second with the results of ``calls`` tools.

    Each answer has ``texts`` blocks of text.
    """
    messages: list[dict[str, Any]] = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"Question {turn}: where is book {turn}?"})
        yield _request(model, messages)
        uses = [
            {"type": "tool_use", "id": f"toolu_{turn}_{index}", "name": "title", "input": {"query": f"book {index}"}}
            for index in range(calls)
        ]
        messages.append({"role": "assistant", "content": [*_texts(turn, texts), *uses]})
        results = [
            {"type": "tool_result", "tool_use_id": use["id"], "content": f"Shelf {turn}, place {index}."}
            for index, use in enumerate(uses)
        ]
        messages.append({"role": "user", "content": results})
        yield _request(model, messages)
        messages.append({"role": "assistant", "content": _texts(turn, texts)})


def _request(model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {"model": model, "max_tokens": 1_000, "tools": TOOLS, "system": RULES, "messages": list(messages)}


def _texts(turn: int, number: int) -> list[dict[str, Any]]:
    return [{"type": "text", "text": f"Part {index} of answer {turn}."} for index in range(number)]
