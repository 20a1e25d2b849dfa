"""The emulator's answers: a short, deterministic report on what the request's documents share.

The documents are the parts of the last user message between XML-like tags, as prompts for
Claude mark them: ``<resume>…</resume>``, ``<job>…</job>``.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

_OPENING = re.compile(r"<([a-z][a-z0-9_-]*)>")
_CLOSING = re.compile(r"</([a-z][a-z0-9_-]*)>")
_LIST_LINE = re.compile(r"(?m)^.*?(?::|：)\s{0,20}(.+)$")
_MOST_TERMS = 12


def respond(request: Mapping[str, Any]) -> str:
    """Answer a request by default, if no other responder is given."""
    text = last_user_text(request)
    documents = find_documents(text)
    if len(documents) < 2:
        return f"This is the emulator's answer to a message of {len(text)} characters."
    (first_name, first), (second_name, second) = list(documents.items())[:2]
    shared, lacking = compare_terms(first, second)
    return f"## In both {first_name} and {second_name}\n{_list(shared)}\n\n## In {second_name} only\n{_list(lacking)}\n"


def last_user_text(request: Mapping[str, Any]) -> str:
    """All text of the last user message."""
    return next(_user_texts(request), "")


def question_of(request: Mapping[str, Any]) -> str:
    """All text of the last user message that has any; results of tools have none."""
    return next(filter(None, _user_texts(request)), "")


def _user_texts(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text of each user message, the last one first."""
    for message in reversed(request.get("messages") or ()):
        if message.get("role") != "user":
            continue
        content = message.get("content")
        if isinstance(content, str):
            yield content
            continue
        texts = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
        yield "\n".join(str(block.get("text") or "") for block in texts if block.get("type") == "text")


def find_documents(text: str) -> dict[str, str]:
    """Find the tagged parts of a text, by tag, in order."""
    ends: dict[str, list[int]] = {}
    for closing in _CLOSING.finditer(text):
        ends.setdefault(closing[1], []).append(closing.start())
    found: dict[str, str] = {}
    position = 0
    # Each tag is looked up, not searched for: a text of many tags that nothing closes must not take long.
    for opening in _OPENING.finditer(text):
        closings = ends.get(opening[1], [])
        index = bisect_left(closings, opening.end())
        if opening.start() >= position and index < len(closings):
            found[opening[1]] = text[opening.end() : closings[index]]
            position = closings[index]
    return found


def compare_terms(first: str, second: str) -> tuple[list[str], list[str]]:
    """Split the terms that ``second`` lists (after a colon, separated by commas) by whether ``first`` has them."""
    terms = list(dict.fromkeys(_listed_terms(second)))
    known = first.casefold()
    shared = [term for term in terms if term.casefold() in known]
    lacking = [term for term in terms if term.casefold() not in known]
    return shared[:_MOST_TERMS], lacking[:_MOST_TERMS]


def _listed_terms(text: str) -> list[str]:
    lists = [match[1] for match in _LIST_LINE.finditer(text) if re.search("[,、،]", match[1])]
    return [term.strip(" .") for line in lists for term in re.split("[,、،]", line) if 1 < len(term.strip(" .")) <= 40]


def _list(terms: list[str]) -> str:
    return "\n".join(f"- {term}" for term in terms) or "- nothing"
