"""`harness report`: a report in other formats, and two reports compared."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests.reports.sample_document import document, history

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *options: str | Path) -> tuple[int, str, str]:
    code = main(["report", *map(str, options)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_report(name: str, data: object) -> Path:
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return write_report


def test_a_page_has_the_trend_of_the_history_beside_the_report(write: Any, capsys: Captured) -> None:
    path = write("report.json", document(cases=12))
    _, alone, _ = run(capsys, path, "--format", "html")
    write("history.jsonl", "".join(json.dumps(line) + "\n" for line in history()))
    code, page, err = run(capsys, path, "--format", "html")

    assert (code, err) == (0, "")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert ('<section id="trend"' in alone, '<section id="trend"' in page) == (False, True)


def test_markdown_and_json_say_the_same_as_the_report(write: Any, capsys: Captured) -> None:
    data = document(cases=12)
    path = write("report.json", data)

    code, text, _ = run(capsys, path)
    assert code == 0
    assert text.startswith("<!-- prompt-cache-harness -->\n# Prompt cache: bust")
    assert run(capsys, path, "--format", "md")[1] == text
    assert json.loads(run(capsys, path, "--format", "json")[1]) == data


def test_two_equal_reports_have_no_difference(write: Any, capsys: Captured) -> None:
    path = write("a.json", document(cases=12))

    code, out, _ = run(capsys, "--compare", path, path, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert all(row["before"] == row["after"] for row in found["versions"])
    assert found["findings"] == {"new": [], "gone": []}
    assert run(capsys, "--compare", path, path)[1].endswith("\n\nthe findings are the same\n")


def test_a_new_error_fails_and_a_fixed_one_does_not(write: Any, capsys: Captured) -> None:
    good, bad = document(cases=12, is_failing=False), document(cases=12)
    paths = write("good.json", good), write("bad.json", bad)

    assert run(capsys, "--compare", *paths)[0] == 1
    code, out, _ = run(capsys, "--compare", *reversed(paths), "--format", "json")
    assert code == 0
    assert [one["rule"] for one in json.loads(out)["findings"]["gone"]] == ["bust", "unused"]


def test_what_changed_is_shown_by_version(write: Any, capsys: Captured) -> None:
    before = document(cases=6, versions=("v1",), suites=("suggestions",), is_failing=False)
    after = json.loads(json.dumps(before))
    after["versions"][0] |= {"cost_usd": "1.5", "savings_share": "-0.2"}
    after["versions"][0]["quality"][0]["rate"] = 0.25
    after["versions"].append({**after["versions"][0], "version": "v2", "cost_usd": None})
    before["versions"][0]["quality"][0]["rate"] = 0.5
    before["versions"][0] |= {"cost_usd": "1.25", "savings_share": "0.1"}

    _, out, _ = run(capsys, "--compare", write("a.json", before), write("b.json", after))

    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[2] == (
        "suggestions v1 claude-sonnet-5-5 2 equal rounds $1.2500 -> $1.5000 10 % -> -20 % 41.8 % "
        "headings in order: 50 % -> 25 %"
    )
    assert lines[3] == "suggestions v2 claude-sonnet-5-5 2 equal rounds unknown (new) -20 % (new) 41.8 % (new) -"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "{}:1: not JSON: expecting value"),
        ("[]", "{}: a JSON list, expected an object"),
        ("{}", "{}: not a report: schema: field required"),
        ("[" * 2000, "{}: not JSON: nested deeper than 1,024 levels"),
        (json.dumps(document() | {"versions": 3}), "{}: not a report: versions: input should be a valid tuple"),
    ],
)
def test_what_is_no_report_is_named(text: str, says: str, write: Any, capsys: Captured) -> None:
    path = write("x.json", text)

    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == says.format(path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "name one report, or two with --compare"),
        (["a.json", "--compare", "a.json", "b.json"], "name one report, or two with --compare"),
        (["a.json", "--format", "text"], "--format text is not for this"),
        (["--compare", "a.json", "b.json", "--format", "html"], "--format html is not for this"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], says: str, capsys: Captured) -> None:
    code, _, err = run(capsys, *options)
    assert (code, err.splitlines()[0]) == (2, says)


def test_a_chart_is_written_beside_the_report(tmp_path: Path, capsys: Captured) -> None:
    path, chart = tmp_path / "report.json", tmp_path / "chart.png"
    path.write_text(json.dumps(document()))

    assert main(["report", str(path), "--format", "md", "--chart", str(chart)]) == 0

    assert chart.read_bytes().startswith(b"\x89PNG\r\n")
    assert "# Prompt cache" in capsys.readouterr().out


def test_a_chart_without_its_package_says_what_to_install(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document()))
    monkeypatch.setitem(sys.modules, "vl_convert", None)

    assert main(["report", str(path), "--chart", str(tmp_path / "chart.png")]) == 2

    assert 'pip install "prompt-cache-harness[html]"' in capsys.readouterr().err
    assert not (tmp_path / "chart.png").exists()


def test_a_comparison_has_no_chart(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document()))

    assert main(["report", "--compare", str(path), str(path), "--chart", str(tmp_path / "chart.png")]) == 2

    assert "--chart is for one report" in capsys.readouterr().err
