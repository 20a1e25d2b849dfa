"""Find files that nothing names, damaged files and secrets in a folder of cassettes."""

import base64
import gzip
import zlib
from pathlib import Path

import brotli
import pytest

from harness.cassettes.format import Cassette, Interaction
from harness.cassettes.hygiene import FileProblem, check, find_unnamed, read_used, remove
from harness.cassettes.store import CassetteStore
from harness.errors import CassetteError, UsageError
from tests.cassettes.examples import HEADER, cassette, dump, interaction, message, request, response
from tests.cassettes.test_decoding import zstd

SHARED, OWN = "Be polite. " * 200, "Be brief. " * 200
UUID = "0f9c1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cassettes, `a/one` and `b/two.x`, that share a blob; the second also has its own."""
    store = CassetteStore(tmp_path / "cassettes")
    store.save("a/one", cassette(interaction({"system": SHARED})))
    store.save("b/two.x", cassette(interaction({"system": SHARED}), interaction({"system": OWN})))
    return store.folder


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.read_text() if path.suffix == ".txt" else path.name for path in paths]


@pytest.mark.parametrize(
    ("used", "cassettes", "blobs"),
    [
        (None, [], []),
        ({"a/one", "b/two.x"}, [], []),
        ({"a/one"}, ["two.x.json"], [OWN]),
        ({"b/two.x", "c/never-recorded"}, ["one.json"], []),
    ],
)
def test_what_nothing_names_is_found_and_removed(
    used: set[str] | None, cassettes: list[str], blobs: list[str], folder: Path
) -> None:
    unnamed = find_unnamed(folder, frozenset(used) if used else None)
    assert (names(unnamed.cassettes), names(unnamed.blobs)) == (cassettes, blobs)

    remove(unnamed, folder)

    assert find_unnamed(folder, frozenset(used) if used else None).size == 0
    assert check(folder) == []
    assert (folder / "b").exists() is ("two.x.json" not in cassettes)


def test_a_blob_that_a_new_recording_left_behind_is_found(folder: Path) -> None:
    CassetteStore(folder).save("b/two.x", cassette(interaction({"system": "short"})))

    assert names(find_unnamed(folder).blobs) == [OWN]


def test_files_of_other_kinds_are_left_alone(folder: Path) -> None:
    (folder / "blobs" / "README.txt").write_text("long texts")

    assert find_unnamed(folder).blobs == ()


def test_the_blobs_of_an_unreadable_cassette_are_not_guessed(folder: Path) -> None:
    path = folder / "a/one.json"
    path.write_text('{\n"format": ')

    with pytest.raises(CassetteError) as caught:
        find_unnamed(folder)

    assert str(caught.value) == (
        f"{path}:2: not a cassette: Expecting value: line 2 column 11 (char 12)\n"
        "  try: restore the file from version control, record it again, or delete it"
    )


def test_a_list_that_would_remove_everything_is_refused(folder: Path, tmp_path: Path) -> None:
    used = tmp_path / "used.txt"
    hint = f"\n  try: write it with pytest --harness-list-cassettes={used}"
    with pytest.raises(UsageError) as missing:
        read_used(used)
    used.write_text("\n")
    with pytest.raises(UsageError) as empty:
        read_used(used)
    with pytest.raises(UsageError) as foreign:
        find_unnamed(folder, frozenset({"c/other"}))

    assert str(missing.value) == f"{used}: unreadable: No such file or directory{hint}"
    assert str(empty.value) == f"{used}: names no cassette, so all would be removed{hint}"
    assert str(foreign.value) == (
        f"none of the 2 cassettes in {folder} is used, which is unlikely\n"
        "  try: give the folder that the ini key harness_cassettes names"
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("my key is sk-ant-api03-x", "an API key (sk-ant-)"),
        ("Bearer abcdefgh1", "a bearer token"),
        ("x-api-key: abc", "an x-api-key header"),
        ('{"X-Api-Key": "abc"}', "an x-api-key header"),
        ("authorization: Basic dXNlcg==", "an authorization header"),
        ('{"Authorization":"abcdefgh12345678"}', "an authorization header"),
        ("set-cookie: __cf_bm=abc", "a cookie"),
        ("org-a1B2c3D4e5F6g7H8", "an organization id"),
        (f"anthropic-organization-id: {UUID}", "an organization id"),
        (f"your organization ({UUID})", "an organization id"),
        ("wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", "a workspace id"),
        ("Send the key in the x-api-key header, or as a Bearer token with Authorization: Bearer <token>.", None),
        ("x-api-key: $ANTHROPIC_API_KEY", None),
        ("an org-chart of the organization, its cookie: none", None),
        (f"file {UUID}", None),
    ],
)
@pytest.mark.parametrize("padding", ["", "x " * 1000], ids=["cassette", "blob"])
def test_secrets_are_found_in_cassettes_and_blobs(text: str, what: str | None, padding: str, tmp_path: Path) -> None:
    CassetteStore(tmp_path).save("one", cassette(interaction({"system": padding + text})))

    findings = check(tmp_path)

    assert [finding.what for finding in findings] == ([what] if what else [])
    assert all((finding.path.suffix == ".txt") is bool(padding) for finding in findings)
    for finding in findings:
        assert "system" in finding.path.read_text().split("\n")[finding.line - 1] or padding


def test_secrets_across_chunks_and_in_base64_are_found(tmp_path: Path) -> None:
    odd = Interaction(request=request(b"\xff sk-ant-abc"), response=response(b"in wrksp", b"c_01JwQvzr7rXLA5"))
    CassetteStore(tmp_path).save("one", Cassette(header=HEADER, interactions=(interaction({}), odd)))
    path = tmp_path / "one.json"
    lines = path.read_text().split("\n")
    sides = [number for number, line in enumerate(lines, 1) if line.startswith(('   "request"', '   "response"'))]

    assert base64.b64encode(b"\xff sk-ant-abc").decode() in path.read_text()
    assert check(tmp_path) == [
        FileProblem(path, sides[2], "an API key (sk-ant-)"),
        FileProblem(path, sides[3], "a workspace id"),
    ]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(dump(message("sk-ant-abc"))), "gzip"),
        (zlib.compress(dump(message("sk-ant-abc"))), "deflate"),
        (brotli.compress(dump(message("sk-ant-abc"))), "br"),
        (zstd.compress(dump(message("sk-ant-abc"))), "zstd"),
    ],
)
def test_compressed_bodies_are_found_with_the_secrets_in_them(body: bytes, encoding: str, tmp_path: Path) -> None:
    CassetteStore(tmp_path).save("one", cassette(interaction({}, body)))

    assert [finding.what for finding in check(tmp_path)] == [
        f"a body that is compressed ({encoding}), so neither reports nor tests can read it: record it again",
        "an API key (sk-ant-)",
    ]


def test_answer_that_is_not_text_is_found_and_a_picture_is_not(tmp_path: Path) -> None:
    picture = interaction({}, b"\x89PNG\r\n\xff", path="/v1/files/file_1/content")
    CassetteStore(tmp_path).save("one", cassette(interaction({}, b"\x89PNG\r\n\xff"), picture))

    assert [finding.what for finding in check(tmp_path)] == [
        "an answer that is not text, so neither reports nor tests can read it: record it again"
    ]


REST = "the rest of a secret whose beginning was scrubbed"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        pytest.param(("a key sk-a", "nt-api03-b"), ["an API key (sk-ant-)"], id="a-key"),
        pytest.param(("in wrk", "spc_01JwQvzr", "7rXLA5"), ["a workspace id"], id="an-id"),
        pytest.param(("Bearer ab", "cdefgh1"), ["a bearer token"], id="a-token"),
        pytest.param(("the key <api-key>", "3-a1B2c3D4_e5", "F6"), [REST], id="a-key-scrubbed-in-part"),
        pytest.param(("in <workspace-id>", "zr7rXLA5AGx3HKf"), [REST], id="an-id-scrubbed-in-part"),
        pytest.param(("Bearer <token>", ". Then", " take <api-key>-placeholders"), [], id="prose"),
    ],
)
@pytest.mark.parametrize("is_whole", [False, True], ids=["in-chunks", "in-one-chunk"])
def test_secrets_that_a_stream_spells_over_events_are_found(
    texts: tuple[str, ...], found: list[str], is_whole: bool, tmp_path: Path
) -> None:
    deltas = [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}} for text in texts]
    events = [b"data: " + dump(delta) + b"\n\n" for delta in deltas]
    chunks = (b"".join(events),) if is_whole else events
    answer = response(*chunks, content_type="text/event-stream; charset=utf-8")
    clean = interaction({})
    store = CassetteStore(tmp_path)
    store.save("one", cassette(clean, Interaction(request=clean.request, response=answer)))
    lines = store.path("one").read_text().split("\n")
    second = [number for number, line in enumerate(lines, 1) if line.startswith('   "response"')][1]

    assert check(tmp_path) == [FileProblem(store.path("one"), second, what) for what in found]


def test_what_is_not_whole_is_found_with_its_line(folder: Path) -> None:
    one, two = folder / "a/one.json", folder / "b/two.x.json"
    (own,) = (path for path in (folder / "blobs").iterdir() if path.read_text() == OWN)
    own.write_text("Be rude.")
    one.write_bytes(b"\xff")
    (folder / "a/three.json").write_text('{\n"format":\n}')
    line = next(number for number, line in enumerate(two.read_text().split("\n"), 1) if own.stem in line)

    assert [str(finding) for finding in check(folder)] == [
        f"{one}:1: not UTF-8 text: invalid start byte",
        f"{folder}/a/three.json:3: not a cassette: Expecting value: line 3 column 1 (char 12)",
        f"{two}:{line}: {own}: not the text that was recorded (its sha256 differs)",
        f"{own}:1: not the text that was recorded (its sha256 differs)",
    ]


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_folder_without_cassettes_cannot_be_judged(has_folder: bool, tmp_path: Path) -> None:
    folder = tmp_path if has_folder else tmp_path / "none"

    with pytest.raises(UsageError) as caught:
        check(folder)

    assert str(caught.value) == (
        f"{folder} holds no cassette\n  try: record with pytest --harness-mode=record"
        if has_folder
        else f"{folder} is not a folder"
    )
