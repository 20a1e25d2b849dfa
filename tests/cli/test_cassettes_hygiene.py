"""`harness cassettes prune` and `check`: what they print and remove, and their exit codes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cassettes.store import CassetteStore
from harness.cli import main
from tests.cassettes.examples import cassette, interaction

Run = Callable[..., tuple[int, str, str]]

SHARED, OWN = "Be polite. " * 200, "Be brief. " * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = CassetteStore(tmp_path / "cassettes")
    store.save("test_app/one", cassette(interaction({"system": SHARED})))
    store.save("test_app/two", cassette(interaction({"system": OWN})))
    return store.folder


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["cassettes", *arguments])
        out, err = capsys.readouterr()
        return code, out.replace(str(tmp_path), "TMP"), err.replace(str(tmp_path), "TMP")

    return call


def size(path: Path) -> int:
    return path.stat().st_size


def test_prune_lists_and_then_removes_what_nothing_names(folder: Path, tmp_path: Path, run: Run) -> None:
    used = tmp_path / "used.txt"
    used.write_text("test_app/one\n")
    two = folder / "test_app/two.json"
    (blob,) = (path for path in (folder / "blobs").iterdir() if path.read_text() == OWN)
    arguments = ("prune", str(folder), "--used", str(used))
    lines = (
        "{verb} TMP/cassettes/test_app/two.json: no test names it\n"
        f"{{verb}} TMP/cassettes/blobs/{blob.name}: no cassette and no lock file names it\n"
        f"{{verb}}: 1 cassette, 1 blob, {size(two) + size(blob):,} bytes\n"
    )

    assert run(*arguments, "--dry-run") == (1, lines.format(verb="would remove"), "")
    assert two.exists()
    assert blob.exists()
    assert run(*arguments) == (0, lines.format(verb="removed"), "")
    assert not two.exists()
    assert not blob.exists()
    assert run(*arguments, "--dry-run") == (0, "would remove: 0 cassettes, 0 blobs, 0 bytes\n", "")


def test_prune_without_a_list_leaves_all_cassettes(folder: Path, run: Run) -> None:
    assert run("prune", str(folder)) == (0, "removed: 0 cassettes, 0 blobs, 0 bytes\n", "")
    assert len(list(folder.rglob("*.json"))) == 2


def test_prune_removes_nothing_where_it_cannot_tell(folder: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "used.txt").write_text("")

    assert run("prune", str(folder), "--used", str(tmp_path / "used.txt")) == (
        2,
        "",
        "TMP/used.txt: names no cassette, so all would be removed\n"
        "  try: write it with pytest --harness-list-cassettes=TMP/used.txt\n",
    )
    assert len(list(folder.rglob("*.json"))) == 2


def test_check_of_clean_cassettes_finds_nothing(folder: Path, run: Run) -> None:
    assert run("check", str(folder)) == (0, "no damage and no secrets: 2 cassettes\n", "")


@pytest.mark.plants_secrets
def test_check_names_file_and_line_of_each_finding(folder: Path, run: Run) -> None:
    CassetteStore(folder).save("leak", cassette(interaction({"system": "sk-ant-abc in wrkspc_01JwQvzr7r"})))
    line = next(n for n, text in enumerate((folder / "leak.json").read_text().split("\n"), 1) if "sk-ant" in text)

    assert run("check", str(folder)) == (
        1,
        f"TMP/cassettes/leak.json:{line}: a workspace id\nTMP/cassettes/leak.json:{line}: an API key (sk-ant-)\n",
        "",
    )


@pytest.mark.parametrize("action", ["prune", "check"])
def test_folder_that_is_none_cannot_be_judged(action: str, tmp_path: Path, run: Run) -> None:
    assert run(action, str(tmp_path / "none")) == (2, "", "TMP/none is not a folder\n")


@pytest.mark.parametrize("action", ["prune", "check"])
def test_help_has_an_example(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cassettes", action, "--help"])

    assert f"\n  harness cassettes {action} cassettes" in capsys.readouterr().out


def test_the_cassettes_of_this_repository_are_whole_and_hold_no_secret(run: Run) -> None:
    folder = Path(__file__).parents[2] / "cassettes"

    code, out, err = run("check", str(folder))

    assert (code, err) == (0, ""), out
