"""``harness cassettes``: what it writes, prints and refuses."""

import gzip
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import yaml

from harness.cassettes.store import CassetteStore
from harness.cli import main
from harness.files.names import portable_name
from tests.cassettes.examples import cassette, dump, interaction, message

LONG = "Be polite. " * 200
BODY = {"model": "claude-sonnet-5-5", "system": LONG, "messages": []}


@pytest.fixture(autouse=True)
def in_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(name: str, *bodies: object) -> None:
    CassetteStore(Path("cassettes")).save(name, cassette(*(interaction(body, dump(message("Hi"))) for body in bodies)))


def write_yaml(
    name: str,
    *,
    system: str = LONG,
    uri: str = "",
    encoding: str = "identity",
    answer: Callable[[bytes], bytes] = bytes,
    pack: Callable[[bytes], bytes] = bytes,
) -> None:
    url, body = f"https://api.anthropic.com/v1/messages{uri}", dump(BODY | {"system": system}).decode()
    request = {"method": "POST", "uri": url, "body": body}
    headers = {"authorization": ["Bearer sk-ant-secret"], "x-api-key": ["secret-of-header"]}
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-encoding": [encoding]},
        "body": {"string": answer(b"{}")},
    }
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    item = {"request": request | {"headers": headers}, "response": response}
    Path(name).write_bytes(pack(yaml.dump({"version": 1, "interactions": [item]}).encode()))


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
        "old/one.yaml: not imported: cassettes/one.json already exists\n"
        "  try: remove it first, or choose another folder\n",
        id="target-is-there",
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


def test_import_names_each_file_that_it_leaves_out_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    write_yaml("old/good.yaml")
    write_yaml("old/taken.yaml")
    write_yaml("old/same.yaml")
    write_yaml("old/same.yml")
    write_yaml("old/leak.yaml", system="ghp_" + "a1B2" * 9)
    save("taken", BODY)
    Path("old/compose.yml").write_text("services: {}\n")
    Path("old/worse.yaml").write_text("a:\n  [")
    Path("old/cut.yaml.gz").write_bytes(gzip.compress(b"interactions: []")[:-5])
    Path("old/other.json").write_text("{}")
    Path("old/packed.yaml.br").write_bytes(b"x")
    Path("old/README.md").write_text("notes")
    Path("old/.hidden.yaml").write_text("notes")

    assert main(["cassettes", "import", "old", "--into", "cassettes"]) == 2

    shown = capsys.readouterr()
    assert shown.out == (
        "cassettes/good.json: 1 interaction from old/good.yaml\ncassettes/same.json: 1 interaction from old/same.yaml\n"
    )
    assert shown.err == (
        "old/compose.yml: not imported: not a vcrpy cassette: it has no list of interactions\n"
        "old/cut.yaml.gz: not imported: a gzip body is cut off\n"
        "old/leak.yaml: not imported: cassette 'leak' is not written: a GitHub token in system of request 1\n"
        "  try: take it out, replace it with a rule of harness_scrub, or allow it in harness_allow_secrets "
        "(docs/secrets.md)\n"
        "old/other.json: not imported: expected a file that ends in .yaml, .yml, .yaml.gz or .yml.gz\n"
        "old/packed.yaml.br: not imported: expected a file that ends in .yaml, .yml, .yaml.gz or .yml.gz\n"
        "old/same.yml: not imported: cassettes/same.json is the cassette of old/same.yaml\n"
        "  try: import them into different folders\n"
        "old/taken.yaml: not imported: cassettes/taken.json already exists\n"
        "  try: remove it first, or choose another folder\n"
        "old/worse.yaml:2: not imported: not YAML: expected the node content, but found '<stream end>'\n"
        "imported 2 of 10 files\n"
    )


def test_import_of_a_folder_keeps_the_layout_of_pytest_recording(capsys: pytest.CaptureFixture[str]) -> None:
    write_yaml("tests/cassettes/test_one/test_ask.yaml")
    write_yaml("tests/cassettes/test_two/test_ask.yaml.gz", pack=gzip.compress)
    write_yaml("tests/cassettes/test_two/TestApp.test_ask[a b].yml", encoding="br", answer=brotli.compress)
    names = {"test_one/test_ask", "test_two/test_ask", f"test_two/{portable_name('TestApp.test_ask[a b]')}"}

    assert main(["cassettes", "import", "tests/cassettes", "--into", "folder"]) == 0
    files = sorted(str(path) for path in Path("tests/cassettes").rglob("*.*"))
    assert main(["cassettes", "import", *files, "--into", "files"]) == 0

    for folder in ("folder", "files"):
        store = CassetteStore(Path(folder))
        assert {path.relative_to(folder).with_suffix("").as_posix() for path in Path(folder).rglob("*.json")} == names
        for name in names:
            (one,) = store.load(name).interactions  # type: ignore[union-attr]
            assert (one.request.body, one.response.body) == (dump(BODY), b"{}")
    assert capsys.readouterr().err == ""


@pytest.mark.plants_secrets
def test_import_removes_keys_and_what_the_project_names() -> None:
    Path("pytest.ini").write_text("[pytest]\nharness_scrub =\n    [\\w.]+@[\\w.]+ => <email>\n")
    write_yaml("old/one.yaml", system="ana@example.com sk-ant-x secret-of-header", uri="?api_key=abc")

    assert main(["cassettes", "import", "old", "--into", "new"]) == 0

    (one,) = CassetteStore(Path("new")).load("one").interactions  # type: ignore[union-attr]
    assert one.request.path == "/v1/messages?api_key=<secret>"
    assert one.request.body == dump(BODY | {"system": "<email> <api-key> <api-key>"})


@pytest.mark.parametrize("arguments", [["cassettes"], ["cassettes", "import"], ["cassettes", "export"]])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*arguments, "--help"])

    assert "  harness cassettes " in capsys.readouterr().out
