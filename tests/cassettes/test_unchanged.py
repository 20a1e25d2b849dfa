"""Recording again changes no byte where nothing changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cassettes.format import Cassette, Chunk, Header, Interaction
from harness.cassettes.store import CassetteStore
from tests.cassettes.examples import HEADER, cassette, interaction

LATER = Header(origin="emulator", recorded_at="2026-12-24T10:00:00Z", sdk="anthropic 2.13.0")
LONG = "Be polite. " * 200


def timed(one: Interaction, *gaps: int, request_id: str = "req_1") -> Interaction:
    """Give the chunks of an answer other gaps, and the answer another id."""
    chunks = tuple(Chunk(chunk.data, gap) for chunk, gap in zip(one.response.chunks, gaps, strict=True))
    headers = {**one.response.headers, "request-id": request_id}
    return replace(one, response=replace(one.response, chunks=chunks, headers=headers))


A = interaction({"system": LONG}, b"data: 1\n\n", b"data: 2\n\n")
B = interaction({"b": 1}, b"{}")
OLD = cassette(timed(A, 10, 20), timed(B, 0), timed(A, 30, 40))


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "again",
    [
        (timed(A, 50, 60), timed(B, 70), timed(A, 80, 90)),
        (timed(B, 0), timed(A, 0, 0), timed(A, 0, 0)),
        (interaction({"system": LONG}, b"data: 1\n\ndata: 2\n\n"), B, A),
        (timed(A, 1, 1, request_id="req_7"), timed(B, 1, request_id="req_8"), timed(A, 1, 1, request_id="req_9")),
    ],
    ids=["gaps", "order-of-others", "chunks", "request-ids"],
)
def test_equal_recording_leaves_the_files_alone(again: tuple[Interaction, ...], tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("one", OLD)
    before = files(tmp_path)

    CassetteStore(tmp_path).update("one", Cassette(header=LATER, interactions=again))

    assert files(tmp_path) == before


def test_recording_that_is_too_old_gets_a_new_date_only(tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("one", OLD)
    again = Cassette(
        header=LATER, interactions=tuple(timed(one, *(9 for _ in one.response.chunks)) for one in (A, B, A))
    )

    store.update("one", again, oldest="2026-11-23T10:00:00Z")
    assert store.load("one") == OLD
    store.update("one", again, oldest="2026-11-23T10:00:01Z")

    assert store.load("one") == replace(OLD, header=LATER)


def test_what_changed_is_written_and_the_rest_keeps_its_gaps(tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("one", OLD)
    changed = timed(interaction({"b": 1}, b'{"new":1}'), 7)

    store.update("one", Cassette(header=LATER, interactions=(timed(A, 1, 2), changed, timed(A, 3, 4))))

    written = store.load("one")
    assert written == Cassette(header=LATER, interactions=(OLD.interactions[0], changed, OLD.interactions[2]))


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(Cassette(header=LATER, interactions=OLD.interactions[:2]), id="fewer"),
        pytest.param(Cassette(header=LATER, interactions=(*OLD.interactions, timed(B, 0))), id="more"),
        pytest.param(replace(OLD, header=replace(HEADER, origin="anthropic")), id="upstream"),
    ],
)
def test_other_recording_is_written(again: Cassette, tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("one", OLD)

    store.update("one", again)

    assert store.load("one") == again


@pytest.mark.parametrize("part", ["one.json", "blobs"])
def test_damaged_recording_is_written_again(part: str, tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("one", OLD)
    whole = {path: data for path, (data, _) in files(tmp_path).items()}
    for path in tmp_path.rglob("*"):
        if path.is_file() and part in str(path):
            path.write_bytes(b"damaged")

    CassetteStore(tmp_path).update("one", OLD)

    assert {path: data for path, (data, _) in files(tmp_path).items()} == whole
