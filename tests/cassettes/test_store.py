import json
import re
from pathlib import Path

import pytest

from harness.cassettes.format import sign
from harness.cassettes.store import CassetteStore
from harness.errors import CassetteError
from tests.cassettes.examples import cassette, interaction

LONG = "A long system prompt. " * 100
RECORDED = cassette(interaction({"system": LONG, "n": 1}), interaction({"system": LONG, "n": 2}))
HINT = "\n  try: restore the file from version control, or record it again"


@pytest.fixture
def store(tmp_path: Path) -> CassetteStore:
    return CassetteStore(tmp_path / "cassettes")


def blob_of(store: CassetteStore) -> Path:
    (path,) = (store.folder / "blobs").iterdir()
    return path


def error_of(store: CassetteStore, name: str = "suite/case") -> str:
    # A new store, because one that has just written may still remember its blobs.
    with pytest.raises(CassetteError) as caught:
        CassetteStore(store.folder).load(name)
    return str(caught.value)


def test_a_saved_cassette_is_loaded_as_it_was(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    assert store.load("suite/case") == RECORDED
    assert CassetteStore(store.folder).load("suite/case") == RECORDED


def test_a_cassette_that_was_never_recorded_is_none(store: CassetteStore) -> None:
    assert store.load("suite/case") is None


def test_a_name_is_a_path_below_the_folder(store: CassetteStore) -> None:
    store.save("suite/v1.2/case", RECORDED)
    assert store.path("suite/v1.2/case") == store.folder / "suite" / "v1.2" / "case.json"
    assert store.path("suite/v1.2/case").is_file()


def test_a_long_text_is_stored_once_for_all_cassettes(store: CassetteStore) -> None:
    store.save("one", RECORDED)
    store.save("two", RECORDED)
    assert blob_of(store).read_text() == LONG
    assert LONG not in store.path("one").read_text()


def test_saving_again_replaces_the_cassette(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    store.save("suite/case", cassette())
    assert store.load("suite/case") == cassette()


def test_the_same_cassette_gives_the_same_bytes(store: CassetteStore) -> None:
    store.save("one", RECORDED)
    store.save("two", RECORDED)
    assert store.path("one").read_bytes() == store.path("two").read_bytes()


def test_a_missing_blob_is_an_error_that_names_both_files(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    blob = blob_of(store)
    blob.unlink()
    assert error_of(store) == f"{store.path('suite/case')}: blob {blob} is missing or unreadable{HINT}"


@pytest.mark.parametrize("content", [b"", b"Another text", b"\xef\xbb\xbfAnother text", LONG.encode()[:-1]])
def test_a_blob_that_was_edited_is_an_error_that_names_both_files(store: CassetteStore, content: bytes) -> None:
    store.save("suite/case", RECORDED)
    blob = blob_of(store)
    blob.write_bytes(content)
    assert error_of(store) == (
        f"{store.path('suite/case')}: {blob}: not the text that was recorded (its sha256 differs){HINT}"
    )


@pytest.mark.parametrize("content", [b"", b"Another text", b"\xff\xfe"])
def test_recording_again_repairs_a_damaged_blob_as_the_hint_says(store: CassetteStore, content: bytes) -> None:
    store.save("suite/case", RECORDED)
    blob_of(store).write_bytes(content)
    CassetteStore(store.folder).save("suite/case", RECORDED)
    assert CassetteStore(store.folder).load("suite/case") == RECORDED


def test_a_file_that_was_cut_off_is_an_error_that_names_it(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    path = store.path("suite/case")
    path.write_bytes(path.read_bytes()[:1])
    assert error_of(store) == (
        f"{path}: not a cassette: Expecting property name enclosed in double quotes: line 1 column 2 (char 1){HINT}"
    )


def test_a_file_that_is_not_utf8_is_an_error_that_names_it(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    path = store.path("suite/case")
    path.write_bytes(b"\xff")
    assert error_of(store) == f"{path}:1: not UTF-8 text: invalid start byte{HINT}"


def test_a_file_of_another_version_is_an_error_that_names_it(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    path = store.path("suite/case")
    path.write_text(path.read_text().replace('"format": 1', '"format": 9'))
    assert error_of(store) == f"{path}: cassette format is 9, expected 1{HINT}"


def test_an_edited_body_is_an_error_that_names_the_file_and_the_interaction(store: CassetteStore) -> None:
    store.save("suite/case", RECORDED)
    path = store.path("suite/case")
    path.write_text(path.read_text().replace('"n": 2', '"n": 3'))
    assert error_of(store) == (
        f"{path}: changed since it was recorded (its sha256 differs): edited by hand, or with other line endings{HINT}"
    )


@pytest.mark.parametrize("digest", ["", "abc", "../" * 21 + "x", "g" * 65])
def test_a_digest_that_is_none_is_never_a_path(store: CassetteStore, digest: str) -> None:
    store.save("suite/case", RECORDED)
    path, blob = store.path("suite/case"), blob_of(store)
    changed = json.loads(path.read_text().replace(blob.stem, digest))
    path.write_text(sign({key: changed[key] for key in ("recorded", "interactions")}))
    assert error_of(store) == f"{path}: {digest!r} is not the digest of a blob{HINT}"


def test_a_folder_in_place_of_a_cassette_is_an_error_that_names_it(store: CassetteStore) -> None:
    path = store.path("suite/case")
    path.mkdir(parents=True)
    assert re.fullmatch(rf"{re.escape(str(path))}: .*Is a directory.*{re.escape(HINT)}", error_of(store))
