"""Tell git, in ``.gitattributes``, how to treat the cassettes and the lock file.

A digest covers the exact bytes of a cassette (``-text``: git must not change line endings), and
nobody reviews generated files (``linguist-generated``: forges collapse their diffs). There is no
``-diff``: ``git diff`` and ``git grep`` must still find a secret in an answer. A merge of the lock
file keeps the lines that both branches add (``merge=union``).
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import WriteError
from harness.files import append_to_file, read_file
from harness.files.locking import only_writer


class AttributeRule(NamedTuple):
    """The attributes that a file, or the files in a folder, should have."""

    path: Path
    """The folder or file; its ``.gitattributes`` is in the same folder."""
    attributes: tuple[str, ...]
    """As in ``.gitattributes``: ``-text``, ``merge=union``."""
    samples: tuple[str, ...] = ()
    """For a folder: files in it to check the attributes of."""


def cassette_rule(folder: Path) -> AttributeRule:
    """Make the rule for a folder of cassettes and their blobs."""
    return AttributeRule(folder, ("-text", "linguist-generated"), samples=("example.json", "blobs/example.txt"))


def lock_rule(path: Path) -> AttributeRule:
    """Make the rule for a lock file."""
    return AttributeRule(path, ("merge=union",))


def add_rules(rules: Sequence[AttributeRule]) -> dict[Path, list[str]]:
    """Append the missing attributes, and return the lines added to each ``.gitattributes``.

    Nothing is added outside a git work tree, or where the user decided otherwise.

    Raises:
        WriteError: a ``.gitattributes`` cannot be read or written.
    """
    added: dict[Path, list[str]] = {}
    for rule in rules:
        file, pattern = rule.path.parent / ".gitattributes", _quote(rule.path.name, "/**" * bool(rule.samples))
        wanted = _find_missing(rule)
        if not wanted:
            continue
        with only_writer(file):
            old = _read(file)
            # An attribute that is already there without effect is overruled elsewhere: adding it twice would not help.
            missing = [attribute for attribute in wanted if not _has(old, pattern, attribute)]
            if missing:
                line = " ".join([pattern, *missing])
                _append(file, old, line)
                added.setdefault(file, []).append(line)
    return added


def _find_missing(rule: AttributeRule) -> list[str]:
    """Find the attributes of a rule that git does not apply to its files."""
    folder, name = rule.path.parent, rule.path.name
    wanted = dict(map(_parse, rule.attributes))
    known = _ask_git(folder, [*wanted], [f"{name}/{sample}" for sample in rule.samples] or [name])
    return [
        attribute
        for attribute, (key, value) in zip(rule.attributes, wanted.items(), strict=True)
        if any(_is_missing(key, value, found) for found in known.get(key, ()))
    ]


def _parse(attribute: str) -> tuple[str, str]:
    """Split an attribute into name and value, as ``git check-attr`` prints them."""
    name, _, value = attribute.lstrip("-").partition("=")
    return name, "unset" if attribute.startswith("-") else value or "set"


def _is_missing(name: str, wanted: str, found: str) -> bool:
    # A rule of the user's for all files, such as ``* text=auto``, would change the bytes, so it does not count.
    return found != wanted if name == "text" else found == "unspecified"


def _ask_git(folder: Path, attributes: Sequence[str], names: Sequence[str]) -> dict[str, set[str]]:
    """Ask git for the values of each attribute for some files; empty outside a work tree, or without git."""
    command = ["git", "-C", str(folder), "check-attr", "-z", *attributes, "--", *names]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return {}
    fields = done.stdout.decode(errors="surrogateescape").split("\0") if done.returncode == 0 else []
    values: dict[str, set[str]] = {}
    for attribute, value in zip(fields[1::3], fields[2::3], strict=False):
        values.setdefault(attribute, set()).add(value)
    return values


def _quote(name: str, rest: str) -> str:
    """Write a pattern that matches the name literally, followed by ``rest``."""
    pattern = "".join(f"\\{char}" if char in "*[]?!\\" else char for char in name) + rest
    if pattern.startswith(("#", '"')) or any(char.isspace() for char in pattern):
        escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return pattern


def _has(content: bytes, pattern: str, attribute: str) -> bool:
    start = f"{pattern} ".encode(errors="surrogateescape")
    lines = (line.removeprefix(start) for line in content.splitlines() if line.startswith(start))
    return any(attribute.encode() in line.split() for line in lines)


def _append(file: Path, old: bytes, line: str) -> None:
    """Add a line, with the line endings of the file."""
    end = b"\r\n" if b"\r\n" in old else b"\n"
    start = b"" if not old or old.endswith(b"\n") else end
    append_to_file(file, start + line.encode(errors="surrogateescape") + end)


def _read(file: Path) -> bytes:
    try:
        return read_file(file)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise WriteError(f"{file} cannot be written: {error.strerror}") from None
