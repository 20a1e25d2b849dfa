"""Keep a folder of cassettes clean: find files that nothing names, damaged files and secrets."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from harness import files
from harness.cassettes.aws_streams import as_text, read_payloads
from harness.cassettes.decoding import decompress, find_encoding, is_text
from harness.cassettes.encodings import views
from harness.cassettes.format import BLOB_CHARACTERS, BLOB_NAME, Cassette, Interaction, RecordedResponse
from harness.cassettes.scan import read_texts
from harness.cassettes.scrub_stream import is_stream, read_blocks
from harness.cassettes.secrets import SECRETS, find_foreign
from harness.cassettes.store import CassetteStore, blob_digest, decode_blob, read_text
from harness.errors import CassetteError, UsageError
from harness.provider.endpoints import is_message_call

_BLOB_FILE = re.compile(r"[0-9a-f]{64}\.txt")
_ENDING = ".json"

_RESTORE = "restore the file from version control, record it again, or delete it"

_REMAINS = re.compile(r"<(?:api-key|token|workspace-id|organization-id)>(?=[\w.~+/=-]*\d)[\w.~+/=-]{8}")


class FileProblem(NamedTuple):
    """One problem of a file."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnamed:
    """Files that nothing names."""

    cassettes: tuple[Path, ...]
    blobs: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Total size in bytes."""
        return sum(path.stat().st_size for path in (*self.cassettes, *self.blobs))


def read_used(path: Path) -> frozenset[str]:
    """Read names of cassettes, one per line, as ``pytest --harness-list-cassettes`` writes them.

    Raises:
        UsageError: the file is unreadable, or names no cassette, so that all would be removed.
    """
    hint = f"write it with pytest --harness-list-cassettes={path}"
    names = frozenset(files.read_text(path, UsageError, hint=hint).splitlines()) - {""}
    if not names:
        raise UsageError(f"{path}: names no cassette, so all would be removed", hint=hint)
    return names


def find_unnamed(folder: Path, used: frozenset[str] | None = None, *, locked: frozenset[str] = frozenset()) -> Unnamed:
    """Find cassettes that are not in ``used``, if it is given, and blobs that no other cassette names.

    Blobs in ``locked`` are kept: the lock file names them, to show later what changed in a prompt.

    Raises:
        UsageError: the folder is not a folder of cassettes, or holds none of those in ``used``.
        CassetteError: a cassette is unreadable, so the blobs that it names are unknown.
    """
    cassettes = list_cassettes(folder)
    if used is not None and used.isdisjoint(cassettes):
        raise UsageError(
            f"none of the {len(cassettes):,} cassettes in {folder} is used, which is unlikely",
            hint="give the folder that the ini key harness_cassettes names",
        )
    unused = () if used is None else tuple(path for name, path in cassettes.items() if name not in used)
    named = {digest for path in cassettes.values() if path not in unused for digest in _read_names(path)}
    blobs = tuple(path for path in _list_blobs(folder) if path.stem not in named | locked)
    return Unnamed(cassettes=unused, blobs=blobs)


def remove(unnamed: Unnamed, folder: Path) -> None:
    """Delete files, cassettes before blobs so that none ever lacks a blob; then delete empty folders."""
    for path in (*unnamed.cassettes, *unnamed.blobs):
        path.unlink()
    for path in unnamed.cassettes:
        for parent in path.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()


def check(folder: Path, allowed: tuple[re.Pattern[str], ...] = ()) -> list[FileProblem]:
    """Find problems of the cassettes and blobs of a folder: secrets and damaged files.

    ``allowed`` match secrets of others that may stay.

    Raises:
        UsageError: the folder does not exist, or holds no cassette.
        CassetteError: something in it cannot be read, so nobody knows what it holds.
    """
    store = CassetteStore(folder)
    findings: list[FileProblem] = []
    for name, path in list_cassettes(folder).items():
        text = _read(path).decode("utf-8-sig", "replace")
        try:
            cassette = store.load(name)
        except CassetteError as error:
            findings.append(_make_problem(path, error.message, text))
            findings += _find_foreign(path, text, allowed)
        else:
            findings += _find_hidden(path, text, cassette)
            findings += _find_in_texts(path, text, cassette, allowed)
        findings += _find_secrets(path, text)
    for path in _list_blobs(folder):
        data = _read(path)
        text = data.decode("utf-8", "replace")
        try:
            decode_blob(data, path.stem, path)
        except CassetteError as error:
            findings.append(_make_problem(path, error.message, text))
        findings += _find_secrets(path, text)
        findings += _find_foreign(path, text, allowed)
    return sorted(set(findings))


def list_cassettes(folder: Path) -> dict[str, Path]:
    """List the cassettes of a folder by name, sorted.

    Raises:
        UsageError: the folder does not exist, or holds no cassette.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    found = {path.relative_to(folder).as_posix().removesuffix(_ENDING): path for path in folder.rglob(f"*{_ENDING}")}
    if not found:
        raise UsageError(f"{folder} holds no cassette", hint="record with pytest --harness-mode=record")
    return dict(sorted(found.items()))


def _list_blobs(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "blobs").glob("*.txt") if _BLOB_FILE.fullmatch(path.name))


def _read(path: Path) -> bytes:
    try:
        return files.read_file(path)
    except OSError as error:
        raise CassetteError(f"{path}: unreadable: {error.strerror}", hint=_RESTORE) from None


def _read_names(path: Path) -> list[str]:
    """Read the digests of the blobs that a cassette names."""
    text = read_text(path) or ""
    try:
        files.check_depth(text)
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CassetteError(f"{path}:{getattr(error, 'lineno', 1)}: not a cassette: {error}", hint=_RESTORE) from None
    return BLOB_NAME.findall(text)


def _make_problem(path: Path, message: str, text: str) -> FileProblem:
    """Make the problem of an error's message, ``path: what`` or ``path:line: what``; ``text`` is that of the file."""
    found = re.match(r"(?::(\d+))?: ", message.removeprefix(str(path)))
    what = message.removeprefix(str(path))[found.end() :] if found else message
    return FileProblem(path, int(found[1]) if found and found[1] else _find_line(text, what), what)


def _find_secrets(path: Path, text: str) -> Iterator[FileProblem]:
    for number, line in enumerate(text.split("\n"), start=1):
        for what in _name_secrets(line):
            yield FileProblem(path, number, what)


def _find_foreign(path: Path, text: str, allowed: tuple[re.Pattern[str], ...]) -> Iterator[FileProblem]:
    """Find secrets of others, and encoded ones, in the text of a file."""
    for secret in find_foreign(text, allowed):
        offset = text.find(secret.value)
        yield FileProblem(path, text.count("\n", 0, max(offset, 0)) + 1, secret.what)
    for what in _name_encoded_secrets(text):
        yield FileProblem(path, 1, what)


def _find_in_texts(
    path: Path, text: str, cassette: Cassette | None, allowed: tuple[re.Pattern[str], ...]
) -> Iterator[FileProblem]:
    """Find secrets of others, and encoded ones, in the texts of a cassette that are not stored as blobs."""
    for number, interaction in enumerate(cassette.interactions if cassette else ()):
        for side, _, part in read_texts(interaction):
            if len(part) >= BLOB_CHARACTERS and f'"$blob": "{blob_digest(part)}"' in text:
                continue
            line = _find_line(text, f"interactions[{number}].{side}")
            for secret in find_foreign(part, allowed):
                offset = text.find(json.dumps(secret.value, ensure_ascii=False)[1:-1])
                yield FileProblem(path, text.count("\n", 0, offset) + 1 if offset >= 0 else line, secret.what)
            for what in _name_encoded_secrets(part):
                yield FileProblem(path, line, what)


def _name_encoded_secrets(text: str) -> list[str]:
    """Find secrets of the Claude API that are encoded within a text."""
    return [f"{what}, encoded" for view in islice(views(text), 1, None) for what in _name_secrets(view)]


def _find_hidden(path: Path, text: str, cassette: Cassette | None) -> Iterator[FileProblem]:
    """Find secrets that are not in one piece in the file: in several chunks or events, or as base64."""
    document: dict[str, Any] = json.loads(text)
    items = zip(cassette.interactions if cassette else (), document["interactions"], strict=False)
    for number, (interaction, item) in enumerate(items):
        response = as_text(interaction.response)
        spelled = [
            *_name_spelled(response),
            *_name_secrets(b"\n".join(read_payloads(interaction.response)).decode("utf-8", "replace")),
        ]
        for side, body in (("request", interaction.request.body), ("response", response.body)):
            is_hidden = not item[side].keys().isdisjoint({"chunks", "base64"})
            found = [*_name_encoded(body, interaction, side), *_name_hidden(body)] if is_hidden else []
            for what in (*found, *(spelled if side == "response" else ())):
                yield FileProblem(path, _find_line(text, f"interactions[{number}].{side}"), what)


def _name_encoded(body: bytes, interaction: Interaction, side: str) -> list[str]:
    """Say that a body is stored in a form in which nobody can see what it holds."""
    if (encoding := find_encoding(body)) is not None:
        return [f"a body that is compressed ({encoding}), so neither reports nor tests can read it: record it again"]
    request = interaction.request
    is_answer = side == "response" and interaction.response.failure is None
    if is_answer and is_message_call(request.method, request.path) and not is_text(body):
        return ["an answer that is not text, so neither reports nor tests can read it: record it again"]
    return []


def _name_hidden(body: bytes) -> list[str]:
    """Find secrets in a body that is not stored as text, also if it is compressed."""
    try:
        plain = decompress(body, find_encoding(body) or "")
    except CassetteError:
        plain = body
    return _name_secrets(plain.decode("utf-8", "replace"))


def _name_spelled(response: RecordedResponse) -> list[str]:
    """Find secrets that are spread over several events of a stream."""
    texts = [block.text for block in read_blocks(response.body)] if is_stream(response) else []
    # Earlier versions scrubbed only the body: if a key spanned two events, its rest stayed in the second.
    remains = ["the rest of a secret whose beginning was scrubbed"] * any(map(_REMAINS.search, texts))
    return [what for text in texts for what in _name_secrets(text)] + remains


def _name_secrets(text: str) -> list[str]:
    return [what for what, pattern in SECRETS if pattern.search(text)]


def _find_line(text: str, reason: str) -> int:
    """Find the line of the JSON error, blob or interaction that a reason names; else the first."""
    if match := re.search(r"\bline (\d+) column", reason):
        return int(match[1])
    if match := re.search(r"[0-9a-f]{64}", reason):
        offset = text.find(match[0])
        return text.count("\n", 0, offset) + 1 if offset >= 0 else 1
    if match := re.match(r"interactions\[(\d+)\]\.(request|response)", reason):
        # Only these keys are indented by three spaces: a text in JSON never begins a line.
        places = [place.start() for place in re.finditer(rf'^   "{match[2]}": ', text, re.MULTILINE)]
        number = int(match[1])
        return text.count("\n", 0, places[number]) + 1 if number < len(places) else 1
    return 1
