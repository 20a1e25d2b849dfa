"""Hostile and broken files: none of them is an input that any command can judge."""

import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.files.test_yaml_text import HOSTILE as HOSTILE_YAML

Make = Callable[[Path], None]


def make_socket(path: Path) -> None:
    """Leave a socket where a file is expected; its path may be longer than a socket's."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def make_sparse(path: Path) -> None:
    """A terabyte that takes no place on the disk."""
    with path.open("wb") as file:
        file.truncate(2**40)


NO_FILES: dict[str, Make] = {
    "fifo": os.mkfifo,
    "socket": make_socket,
    "folder": os.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "two-loops": lambda path: (path.symlink_to("other"), (path.parent / "other").symlink_to(path.name))[0],
    "dangling": lambda path: path.symlink_to("nowhere"),
    "link-to-a-device": lambda path: path.symlink_to("/dev/zero"),
    "link-to-another": lambda path: path.symlink_to("/dev/full"),
    "link-to-a-folder": lambda path: path.symlink_to("."),
    "sparse": make_sparse,
    "missing": lambda path: None,
}
"""What is no regular file of a bounded size."""

DEEP = 100_000


def _suite(prompt: str) -> str:
    """A suite with a prompt."""
    return '{"suites": {"a": {"call": "a.py:b", "prompts": {"v": {"file": "PROMPT"}}, "cases": {"c": {}}}}}'.replace(
        "PROMPT", prompt
    )


EMPTY = {"empty": b"", "blank": b" \n\t\r\n", "mark": b"\xef\xbb\xbf"}
BYTES = {
    "zeros": b"\0" * 1_000,
    "all-bytes": bytes(range(256)) * 4,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "gzip": gzip.compress(b"{}" * 100),
    "gzip-cut-off": gzip.compress(b"{}" * 100)[:-12],
    "gzip-bomb": gzip.compress(bytes(10_000_000)),
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "utf-16-be": '{"a": 1}'.encode("utf-16-be"),
    "utf-32": '{"a": 1}'.encode("utf-32"),
    "latin": '{"a": "été"}'.encode("latin-1"),
    "overlong": b'{"a": "\xc0\xaf"}',
    "surrogate-in-utf-8": b'{"a": "\xed\xa0\x80"}',
    "cut-off-letter": '{"a": "é'.encode()[:-1],
    "mark-in-the-middle": b'{"a"\xef\xbb\xbf: 1}',
    "escape-codes": b"\x1b[2J\x1b]0;title\x07",
    "commands": b"::error::hidden\n::set-output name=a::b\n",
    "carriage-returns": b'{"a": 1,\r\r\r"b" 2}',
    "long-line": b"a" * 1_000_000,
    "many-lines": b"a\n" * 100_000,
    "html": b"<!doctype html><title>404</title>",
    "conflict": b"<<<<<<< ours\n{}\n=======\n[]\n>>>>>>> theirs\n",
    "lfs-pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "line-separators": "{\u2028}\u2029\x85".encode(),
    "bidi": "{\u202e}".encode(),
}
TEXTS = {
    "deep-lists": "[" * DEEP,
    "deep-closed-lists": "[" * DEEP + "]" * DEEP,
    "deep-objects": '{"a":' * DEEP,
    "deep-closed-objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "deep-mixed": '[{"a":' * DEEP,
    "deep-in-a-request": '{"model": "claude-sonnet-5-5", "messages": ' + "[" * DEEP + "]" * DEEP + "}",
    "just-too-deep": '{"a":' + "[" * 1_024 + "]" * 1_024 + "}",
    "deep-in-a-lock": '{"format": 2}\n{"suite": ' + "[" * DEEP + "\n",
    "deep-in-a-cassette": '{\n "format": 1,\n "sha256": ' + "[" * DEEP,
    "deep-strings": '"' + "\\" * DEEP,
    "closing-only": "]" * DEEP,
    "wide": "[" + ",".join(["[]"] * DEEP) + "]",
    "cut-off": '{"model": "claude',
    "trailing-comma": '{"a": 1,}',
    "no-comma": '{"a": 1 "b": 2}',
    "single-quotes": "{'a': 1",
    "comment": '{"a": 1 /* no */}',
    "two-objects": '{"a": 1} {"b": 2}',
    "nan": '{"a": NaN}',
    "infinity": '{"a": Infinity}',
    "minus-infinity": '{"a": -Infinity}',
    "huge-number": '{"model": 1e999, "format": 1e999}',
    "many-digits": '{"format": ' + "9" * 5_000 + "}",
    "negative-format": '{"format": -1}',
    "true-format": '{"format": true}',
    "text-format": '{"format": "2"}',
    "null-format": '{"format": null}',
    "newer-format": '{"format": 99}',
    "format-alone": '{"format": 2}',
    "end-alone": '{"format": 2}\n\n{"end": true}\n{"end": true}\n',
    "entries-list": '{"format": 1, "entries": []}',
    "duplicate-key": '{"a": 1, "a": 2}',
    "duplicate-format": '{"format": 2, "format": 2}',
    "lone-surrogate": '{"a": "\\ud800"}',
    "surrogate-key": '{"\\udfff": 1}',
    "bad-escape": '{"a": "\\x"}',
    "line-end-in-a-text": '{"a": "b\nc"}',
    "zero-in-a-key": '{"a\\u0000": 1}',
    "line-end-in-a-key": '{"a\\n::error::b": 1}',
    "list": "[1, 2, 3]",
    "empty-object": "{}",
    "empty-list": "[]",
    "null": "null",
    "true": "true",
    "number": "12",
    "text": '"text"',
    "wrong-types": '{"model": [], "messages": {}, "request": 1, "interactions": 2, "suites": 3}',
    "nulls": '{"model": null, "messages": null, "request": null, "interactions": null, "suites": null}',
    "interactions-of-numbers": '{"interactions": [1, null, []]}',
    "suites-of-numbers": '{"suites": {"a": 1, "b": []}}',
    "null-in-a-path": _suite("a\\u0000b"),
    "device-as-prompt": _suite("/dev/zero"),
    "prompt-outside": _suite("/etc/hostname"),
}  # fmt: skip


def _write(data: bytes) -> Make:
    return lambda path: path.write_bytes(data) and None


_CONTENTS = EMPTY | BYTES | {name: text.encode() for name, text in TEXTS.items()}
_YAML = {f"yaml-{case.id}": str(case.values[0]).encode("utf-8", "surrogatepass") for case in HOSTILE_YAML}

FILES: dict[str, Make] = NO_FILES | {name: _write(data) for name, data in (_CONTENTS | _YAML).items()}
"""How to make each file, by name."""
