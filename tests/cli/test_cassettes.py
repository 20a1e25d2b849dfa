"""``harness cassettes``: what it writes, prints and refuses."""

from pathlib import Path

import pytest
import yaml

from harness.cassettes.store import CassetteStore
from harness.cli import main
from tests.cassettes.examples import cassette, dump, interaction, message

LONG = "Be polite. " * 200
BODY = {"model": "claude-sonnet-5-5", "system": LONG, "messages": []}


@pytest.fixture(autouse=True)
def in_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(name: str, *bodies: object) -> None:
    CassetteStore(Path("cassettes")).save(name, cassette(*(interaction(body, dump(message("Hi"))) for body in bodies)))


def write_yaml(name: str) -> None:
    request = {"method": "POST", "uri": "https://api.anthropic.com/v1/messages", "body": dump(BODY).decode()}
    headers = {"authorization": ["Bearer sk-ant-secret"]}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}}
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    item = {"request": request | {"headers": headers}, "response": response}
    Path(name).write_text(yaml.dump({"version": 1, "interactions": [item]}))


def test_export_then_import_gives_the_cassettes_back(capsys: pytest.CaptureFixture[str]) -> None:
    save("test_app/test_one", BODY)
    save("test_app/test_two", BODY, {"other": 1})
    files = ["cassettes/test_app/test_one.json", "cassettes/test_app/test_two.json"]

    assert main(["cassettes", "export", *files, "--into", "vcr"]) == 0
    assert main(["cassettes", "import", "vcr", "--into", "again"]) == 0

    for name in ("test_app/test_one", "test_app/test_two"):
        assert CassetteStore(Path("again")).load(name) == CassetteStore(Path("cassettes")).load(name)
    assert capsys.readouterr().out == (
        "vcr/test_app/test_one.yaml: 1 interaction from cassettes/test_app/test_one.json\n"
        "vcr/test_app/test_two.yaml: 2 interactions from cassettes/test_app/test_two.json\n"
        "again/test_app/test_one.json: 1 interaction from vcr/test_app/test_one.yaml\n"
        "again/test_app/test_two.json: 2 interactions from vcr/test_app/test_two.yaml\n"
    )


def test_import_drops_credentials_and_stores_long_texts_once() -> None:
    write_yaml("old/one.yaml")
    write_yaml("old/deep/two.yml")

    assert main(["cassettes", "import", "old", "--into", "new"]) == 0

    files = [path for path in Path("new").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files if path.suffix == ".json") == ["one.json", "two.json"]
    assert len(list(Path("new/blobs").iterdir())) == 1
    assert not any(b"secret" in path.read_bytes() for path in files)


REFUSED = [
    pytest.param(
        ["import", "old/one.yaml", "--into", "cassettes"],
        "cassettes/one.json already exists\n  try: remove it first, or choose another folder\n",
        id="target-is-there",
    ),
    pytest.param(
        ["import", "old/two.yaml", "old/deep/two.yml", "--into", "new"],
        "old/two.yaml and old/deep/two.yml would both become new/two.json\n",
        id="one-name-for-two",
    ),
    pytest.param(["import", "empty", "--into", "new"], "empty: no .yaml or .yml file in this folder\n", id="empty"),
    pytest.param(
        ["export", "cassettes/none.json", "--into", "vcr"],
        "cassettes/none.json: no such cassette\n  try: give the path of its .json file\n",
        id="no-such-cassette",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_is_refused_is_told_and_nothing_is_written(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save("one", BODY)
    write_yaml("old/one.yaml")
    write_yaml("old/two.yaml")
    write_yaml("old/deep/two.yml")
    Path("empty").mkdir()
    before = sorted(Path().rglob("*"))

    assert main(["cassettes", *arguments]) == 2

    assert capsys.readouterr() == ("", message)
    assert sorted(Path().rglob("*")) == before


def test_one_bad_file_keeps_all_from_being_written(capsys: pytest.CaptureFixture[str]) -> None:
    write_yaml("old/good.yaml")
    Path("old/worse.yaml").write_text("a: [")

    assert main(["cassettes", "import", "old", "--into", "new"]) == 2

    assert capsys.readouterr().err.startswith("old/worse.yaml:1: not YAML: ")
    assert not Path("new").exists()


@pytest.mark.parametrize("arguments", [["cassettes"], ["cassettes", "import"], ["cassettes", "export"]])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*arguments, "--help"])

    assert "  harness cassettes " in capsys.readouterr().out
