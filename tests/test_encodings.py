"""Every file that a user may write or edit is UTF-8; another encoding is refused by its name."""

import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.format import Cassette, Header
from harness.cassettes.hygiene import check, find_unnamed, read_used
from harness.cassettes.interchange import read_vcr, write_vcr
from harness.cassettes.store import CassetteStore
from harness.cli.input import read_lines, read_object
from harness.errors import CassetteError, HarnessError, LockError, RequestError, SuiteError, UsageError
from harness.files import decode_text
from harness.lock.entries import Lock
from harness.lock.format2 import format_lock
from harness.lock.lockfile import read_lock
from harness.suites.fixtures import load_fixture, load_text
from harness.suites.yaml_lines import load_yaml
from tests.cassettes.examples import cassette, interaction

OTHERS = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32": "UTF-32",
    "utf-32-le": "UTF-32LE",
    "utf-32-be": "UTF-32BE",
}
"""Encodings of Python, those without an ending with a byte order mark, and the names that iconv knows."""

EMPTY = Cassette(
    header=Header(origin="emulator", recorded_at="2026-11-23T10:00:00Z", sdk="anthropic 2.12.0"), interactions=()
)
LONG = "Be brief, and say why. " * 60


def write_cassette(path: Path) -> None:
    CassetteStore(path.parent).save(path.stem, EMPTY)


def load_cassette(path: Path) -> Any:
    return CassetteStore(path.parent).load(path.stem)


def write_blob(path: Path) -> None:
    store = CassetteStore(path.parent)
    store.save("one", cassette(interaction({"system": LONG})))
    (path.parent / "blobs" / f"{sha256(LONG.encode()).hexdigest()}.txt").rename(path)


def load_blob(path: Path) -> Any:
    blob = path.parent / "blobs" / f"{sha256(LONG.encode()).hexdigest()}.txt"
    blob.write_bytes(path.read_bytes())
    try:
        found = CassetteStore(path.parent).load("one")
        assert found is not None
        return found.interactions[0].request.body
    except CassetteError as error:
        # The message names the cassette first.
        hint = (error.hint or "").replace(str(blob), str(path)) or None
        raise CassetteError(error.message.partition(": ")[2].replace(str(blob), str(path)), hint=hint) from None


READERS: dict[str, tuple[str | Callable[[Path], None], Callable[[Path], Any], type[HarnessError]]] = {
    "request": ('{"model": "é"}', read_object, RequestError),
    "lines of requests": ('{"at": 1}\n{"at": "é"}\n', lambda path: list(read_lines(path)), RequestError),
    "suite": ("suites:\n  a: é\n", load_yaml, SuiteError),
    "prompt": ("Be brief, è vero.\n", lambda path: load_text(path, "suite.yaml:3"), SuiteError),
    "fixture": ('{"name": "Ana Müller"}', lambda path: load_fixture(path, "suite.yaml:3"), SuiteError),
    "lock file": (lambda path: path.write_text(format_lock(Lock())) and None, read_lock, LockError),
    "cassette": (write_cassette, load_cassette, CassetteError),
    "names in cassettes": (write_cassette, lambda path: find_unnamed(path.parent), CassetteError),
    "blob": (write_blob, load_blob, CassetteError),
    "cassette of vcrpy": (lambda path: write_vcr(EMPTY, path), read_vcr, CassetteError),
    "list of cassettes": ("suites/a\nsuites/é\n", read_used, UsageError),
}  # fmt: skip


def make_file(name: str, folder: Path) -> Path:
    content, path = READERS[name][0], folder / "file.json"
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        content(path)
    return path


@pytest.mark.parametrize("name", READERS)
def test_byte_order_mark_is_skipped(name: str, tmp_path: Path) -> None:
    path, load = make_file(name, tmp_path), READERS[name][1]
    plain = load(path)

    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert load(path) == plain


@pytest.mark.parametrize("encoding", OTHERS)
@pytest.mark.parametrize("name", READERS)
def test_another_encoding_is_refused_by_its_name(name: str, encoding: str, tmp_path: Path) -> None:
    path, (_, load, error) = make_file(name, tmp_path), READERS[name]
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))

    with pytest.raises(error) as caught:
        load(path)

    kind = OTHERS[encoding]
    assert str(caught.value) == (
        f"{path}:1: {kind}, expected UTF-8\n  try: convert it: iconv -f {kind} -t UTF-8 {path} > {path}.new"
    )


@pytest.mark.parametrize("name", READERS)
def test_other_bytes_are_refused_with_their_line(name: str, tmp_path: Path) -> None:
    path, (_, load, error) = make_file(name, tmp_path), READERS[name]
    path.write_bytes(b"\n\n{'a': '\xe9t\xe9'}\n")

    with pytest.raises(error) as caught:
        load(path)

    assert caught.value.message == f"{path}:3: not UTF-8 text: invalid continuation byte"


@pytest.mark.parametrize("encoding", OTHERS)
def test_check_of_cassettes_names_the_encoding(encoding: str, tmp_path: Path) -> None:
    write_blob(tmp_path / "text")
    blob = tmp_path / "blobs" / f"{sha256(LONG.encode()).hexdigest()}.txt"
    blob.write_bytes(LONG.encode(encoding))
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    two.write_bytes(one.read_text(encoding="utf-8").encode(encoding))

    names = [f"{problem.path}:{problem.line}: {problem.what}" for problem in check(tmp_path)]

    kind = OTHERS[encoding]
    assert f"{blob}:1: {kind}, expected UTF-8" in names
    assert f"{two}:1: {kind}, expected UTF-8" in names


def test_check_of_cassettes_skips_a_byte_order_mark(tmp_path: Path) -> None:
    write_blob(tmp_path / "text")
    write_cassette(tmp_path / "two.json")
    blob = tmp_path / "blobs" / f"{sha256(LONG.encode()).hexdigest()}.txt"
    blob.write_bytes(LONG.encode())
    for path in (tmp_path / "one.json", tmp_path / "two.json", blob):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert check(tmp_path) == []


TEXTS = (
    "{}",
    "{",
    "a",
    "ab",
    '{"a": 1}',
    "suites:\r\n  a:\r\n",
    "\r\n\r\n{}",
    '{"name": "Žluťoučký kůň", "a": 1}',
    "x" * 10_000,
)


@pytest.mark.parametrize("encoding", OTHERS)
@pytest.mark.parametrize("text", TEXTS)
def test_encoding_is_recognised_in_short_and_long_texts(text: str, encoding: str) -> None:
    with pytest.raises(LockError) as caught:
        decode_text(text.encode(encoding), "f", LockError)

    assert caught.value.message == f"f:1: {OTHERS[encoding]}, expected UTF-8"


OTHER_SCRIPTS = (
    '{"name": "你好，世界"}',
    '{"at": 1, "text": "' + "请简短回答。" * 50 + '"}\n',
    "请简短回答。\n并说明理由。\n",
    '{"name": "' + "Жизнь прекрасна. " * 9 + '"}',
    "Будьте кратки.\n" * 20,
    "こんにちは、世界。\n",
    "안녕하세요 세계\n",
    "שלום עולם\n",
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", OTHER_SCRIPTS)
def test_encoding_of_a_text_in_another_script_is_recognised(text: str, encoding: str) -> None:
    with pytest.raises(LockError) as caught:
        decode_text(text.encode(encoding), "f", LockError)

    assert caught.value.message == f"f:1: {OTHERS[encoding]}, expected UTF-8"


@pytest.mark.parametrize("encoding", OTHERS)
def test_command_converts_the_file(encoding: str, tmp_path: Path) -> None:
    path, text = tmp_path / "my file.json", '{"name": "Žluťoučký kůň"}'
    path.write_bytes(text.encode(encoding))
    with pytest.raises(RequestError) as caught:
        read_object(path)

    command = (caught.value.hint or "").removeprefix("convert it: ")
    subprocess.run(command, shell=True, check=True)

    assert Path(f"{path}.new").read_text(encoding="utf-8") == text


LATIN = "if it is Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8 f > f.new"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("Sois bref, et réponds en français.".encode("cp1252"), LATIN),
        ('{"name": "Müller"}'.encode("latin-1"), LATIN),
        ("Kosten: 5 €".encode("cp1252"), LATIN),
        ("He said “no” – twice.".encode("cp1252"), LATIN),
        ("¿Qué tal?\n".encode("latin-1") * 900, LATIN),
        # Damaged UTF-8, binary data, and other encodings.
        ("Sois bref, et réponds en français".encode()[:-5] + b"\xff", None),
        ("é".encode() + b" \xe9", None),
        ("请简短回答。".encode("gbk"), None),
        ("Будьте кратки.".encode("cp1251"), None),
        (b"PK\x81\x8d\x03 text", None),
        (bytes(range(128, 256)), None),
    ],
)
def test_latin_text_is_offered_to_be_converted(data: bytes, hint: str | None) -> None:
    with pytest.raises(LockError) as caught:
        decode_text(data, "f", LockError)

    assert ": not UTF-8 text: " in caught.value.message
    assert caught.value.hint == hint


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")))
def test_any_text_in_utf_8_is_decoded(text: str) -> None:
    assert decode_text(text.encode(), "f", LockError) == text
    assert decode_text(text.encode("utf-8-sig"), "f", LockError) == text


@pytest.mark.parametrize("text", ["abcd\0", '{"a": "\0"}', "a" * 20 + "\0" * 5, "éé\0\0éé", "\0abcdefghij" * 9])
def test_a_zero_character_makes_no_other_encoding(text: str) -> None:
    assert decode_text(text.encode(), "f", LockError) == text


def test_lines_of_a_file_with_a_mark_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\n" + json.dumps({"a": 1}).encode())

    assert list(read_lines(path)) == [(f"{path}:2", {"a": 1})]
