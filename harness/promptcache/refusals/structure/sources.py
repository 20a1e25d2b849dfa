"""Sources of images and documents: inline, by address, or from a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.promptcache.refusals.api_error import UNCONFIRMED
from harness.promptcache.refusals.structure.images import check_inline_image

_TYPES = {
    "image": ("base64", "file", "url"),
    "document": ("base64", "content", "file", "text", "url"),
}
"""Source: anthropic 2.12.0, types/image_block_param.py and types/document_block_param.py (checked 2026-11-26)."""

_DOCUMENT_MEDIA = {"base64": "application/pdf", "text": "text/plain"}


def check_source(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the source of an image or document; ``path`` names the block and ends in its type."""
    kind, source = block["type"], block.get("source")
    if source is None:
        yield f"{path}.source: Field required"
    elif not isinstance(source, dict):
        yield f"{UNCONFIRMED}{path}.source: Input should be an object"
    elif source.get("type") is None:
        # Source: github.com search for "source.type: Field required" (checked 2026-11-26)
        yield f"{path}.source.type: Field required"
    elif source["type"] not in _TYPES[kind]:
        # Recorded answers; the API goes on with its list of types, which has grown since.
        yield (
            f"{path}.source: Input tag '{source['type']}' found using 'type' does not match any of the expected tags"
        )
    else:
        yield from _faults(f"{path}.source", kind, source)


def _faults(path: str, kind: str, source: Mapping[str, Any]) -> Iterator[str]:
    type = source["type"]
    if kind == "image" and type == "base64":
        yield from check_inline_image(f"{path}.base64", source)
    if type == "url" and source.get("url") is None:
        # Source: github.com search for the text (checked 2026-11-26)
        yield f"{path}.url.url: Field required"
    elif type == "url" and not isinstance(source["url"], str):
        yield f"{UNCONFIRMED}{path}.url.url: Input should be a valid string"
    accepted = _DOCUMENT_MEDIA.get(type) if kind == "document" else None
    if accepted and source.get("media_type") is None:
        yield f"{UNCONFIRMED}{path}.{type}.media_type: Field required"
    elif accepted and source["media_type"] != accepted:
        # Source: github.com search for "document.source.base64.media_type: Input should be" (checked 2026-11-26)
        unconfirmed = "" if type == "base64" else UNCONFIRMED
        yield f"{unconfirmed}{path}.{type}.media_type: Input should be '{accepted}'"
