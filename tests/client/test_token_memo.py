import os
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.client.token_memo import TokenMemo, default_path
from harness.prompt.tokens import TextCounter


def key(text: str) -> str:
    return f"2026:{sha256(text.encode()).hexdigest()}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "counts" / "tokens.txt"


def test_counts_are_remembered_across_instances(path: Path) -> None:
    memo = TokenMemo(path)
    memo[key("a")] = 1
    memo[key("b")] = 22
    assert dict(TokenMemo(path)) == dict(memo) == {key("a"): 1, key("b"): 22}
    assert (len(memo), key("a") in memo, key("c") in memo) == (2, True, False)


def test_two_open_instances_append_to_one_file(path: Path) -> None:
    one, two = TokenMemo(path), TokenMemo(path)
    one[key("a")] = 1
    two[key("b")] = 2
    one[key("c")] = 3
    assert dict(TokenMemo(path)) == {key("a"): 1, key("b"): 2, key("c"): 3}


@pytest.mark.parametrize("cut", range(1, 71))
def test_a_last_line_that_was_cut_off_is_ignored(path: Path, cut: int) -> None:
    memo = TokenMemo(path)
    memo[key("a")] = 1
    memo[key("b")] = 1234
    path.write_bytes(path.read_bytes()[:-cut])
    assert dict(TokenMemo(path)) == {key("a"): 1}


@pytest.mark.parametrize("cut", range(1, 75))
def test_no_wrong_count_comes_from_appending_to_a_line_that_was_cut_off(path: Path, cut: int) -> None:
    TokenMemo(path)[key("a")] = 1234
    path.write_bytes(path.read_bytes()[:-cut])
    TokenMemo(path)[key("b")] = 5
    known = TokenMemo(path)
    assert known.get(key("a")) in (None, 1234)
    assert known.get(key("b")) in (None, 5)


@pytest.mark.parametrize("line", ["", "short 1", f"{key('x')} -1", f"{key('x')} 1.5", f"{key('x')}", "\x00\xff\xfe"])
def test_lines_that_are_no_counts_are_ignored(path: Path, line: str) -> None:
    path.parent.mkdir()
    path.write_text(f"{key('a')} 1\n{line}\n{key('b')} 2\n", encoding="utf-8")
    assert dict(TokenMemo(path)) == {key("a"): 1, key("b"): 2}


def test_a_folder_that_cannot_be_written_makes_the_memo_forgetful_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "tokens.txt"
    memo = TokenMemo(path)
    memo[key("a")] = 1
    assert memo[key("a")] == 1
    assert dict(TokenMemo(path)) == {}


def test_only_digests_and_numbers_are_stored(path: Path) -> None:
    text = "A secret prompt."
    count = TextCounter(TokenMemo(path))(text, "2026")
    assert path.read_text() == f"2026:{sha256(text.encode()).hexdigest()} {count}\n"


def test_a_remembered_text_is_not_counted_again(path: Path) -> None:
    text = "A text whose remembered count is wrong on purpose."
    TokenMemo(path)[f"any:{sha256(text.encode()).hexdigest()}"] = 4711
    assert TextCounter(TokenMemo(path))(text, "any") == 4711


def test_a_count_cannot_be_forgotten(path: Path) -> None:
    memo = TokenMemo(path)
    memo[key("a")] = 1
    with pytest.raises(TypeError, match=r"^a token count cannot be deleted$"):
        del memo[key("a")]


def test_a_file_that_grew_too_long_starts_over_and_keeps_the_latest_for_this_run(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("".join(f"{key(str(number))} {number}\n" for number in range(100_001)))
    memo = TokenMemo(path)
    assert (len(memo), memo[key("100000")]) == (50_000, 100_000)
    assert not path.exists()


def test_another_version_of_the_tokenizer_starts_another_file() -> None:
    assert default_path().name == f"tokens-{version('ctok')}.txt"


def test_the_file_and_its_folder_are_private(path: Path) -> None:
    TokenMemo(path)[key("a")] = 1
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent)] == [0o600, 0o700]


def test_a_file_that_cannot_be_written_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_bytes(b"")
    memo = TokenMemo(tmp_path / "file" / "tokens.txt")

    memo[key("a")] = 1
    memo[key("b")] = 2

    (record,) = caplog.records
    assert record.getMessage() == memo.problem
    assert memo.problem == (
        f"{tmp_path}/file/tokens.txt cannot be written: {tmp_path}/file is no folder; token counts are not remembered"
    )


def test_a_fifo_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tokens.txt")
    memo = TokenMemo(tmp_path / "tokens.txt")

    memo[key("a")] = 1

    assert (memo[key("a")], memo.problem is None) == (1, False)
