"""The savings table at the end of a run, and the reports that are written."""

import json
import re
from importlib.metadata import version

import pytest

from harness.reports.formats import FORMATS
from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, Project, shown

pytest_plugins = ("pytester",)

REPORTS = ("-o", "harness_reports=reports")


def test_table_has_a_row_for_each_suite_and_version(project: Project) -> None:
    project.add_suite("support")
    project.add_suite("account")
    suite = project.path / "support" / "suite.yaml"
    suite.write_text(suite.read_text().replace("prompts:\n", "prompts:\n      v2: {file: v2.md}\n"))
    project.write("support/v2.md", "Be brief.\n" + PROMPT)

    result = project.run("--harness-mode=emulate")

    assert shown(result, "prompt cache savings", "=") == TABLE


TABLE = """\
suite    version    model              plan              calls    written    read    uncached    output     cost    without cache           saved
-------  ---------  -----------------  --------------  -------  ---------  ------  ----------  --------  -------  ---------------  --------------
account  v1         claude-sonnet-5-5  2 equal rounds        4      4,400   4,400          52        92  $0.0125          $0.0186  $0.0062 (33 %)
support  v1         claude-sonnet-5-5  2 equal rounds        4      4,400   4,400          52        92  $0.0125          $0.0186  $0.0062 (33 %)
support  v2         claude-sonnet-5-5  2 equal rounds        4      4,412   4,412          52        92  $0.0125          $0.0187  $0.0062 (33 %)
emulate mode; usage reported by the emulator of this package, by the documented caching rules.
no lock file yet: accept today's prompts with pytest --harness-update-lock
"""  # noqa: E501


def test_replay_shows_what_was_recorded(project: Project) -> None:
    project.add_suite("support")
    recorded = shown(project.run(*RECORD), "prompt cache savings", "=")

    replayed = shown(project.run(), "prompt cache savings", "=")

    assert replayed == recorded.replace("record mode", "replay mode")


def test_plain_tests_are_summed_up_by_file(project: Project) -> None:
    project.write(
        "eu/test_app.py",
        f"{APP}\nPROMPT = {PROMPT!r}\n\ndef test_ask(anthropic_client):\n    ask(anthropic_client, PROMPT, 'Where')\n",
    )

    result = project.run("--harness-mode=emulate")

    result.stdout.fnmatch_lines(["eu/test_app.py  -          claude-sonnet-5-5  -             1 *"])


def test_calls_of_a_failed_test_are_counted(project: Project) -> None:
    project.write(
        "test_app.py",
        f"{APP}\nPROMPT = {PROMPT!r}\n\ndef test_ask(anthropic_client):\n"
        "    ask(anthropic_client, PROMPT, 'Where')\n    assert False\n",
    )

    result = project.run("--harness-mode=emulate", *REPORTS)

    report = json.loads((project.path / "reports/report.json").read_text())
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert (report["passed"], report["failed"], report["versions"][0]["calls"]) == (0, 1, 1)


def test_loss_is_shown_as_one(project: Project) -> None:
    app = APP.replace("def ask", "from time import perf_counter_ns\n\ndef ask")
    project.add_suite("support", app=app.replace('"text": prompt', '"text": f"{perf_counter_ns()} {prompt}"'))

    result = project.run("--harness-mode=emulate")

    result.stdout.fnmatch_lines(["support  v1 *   4 * -$0.00?? (-?? %)"])


@pytest.mark.usefixtures("without_prices")
def test_model_without_a_price_is_shown_as_unknown(project: Project) -> None:
    project.add_suite("support", app=APP)

    result = project.run("--harness-mode=emulate", *REPORTS)

    result.stdout.fnmatch_lines(
        [
            "support  v1         claude-sonnet-5-5  2 equal rounds        4 *  unknown          unknown  unknown",
            "not priced: support v1, claude-sonnet-5-5: model 'claude-sonnet-5-5'",
        ]
    )
    (version,) = json.loads((project.path / "reports/report.json").read_text())["versions"]
    assert [version[key] for key in ("cost_usd", "cost_without_cache_usd", "savings_usd", "savings_share")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("def test_one():\n    pass\n", id="no-fixture"),
        pytest.param("def test_one(anthropic_client):\n    pass\n", id="no-call"),
    ],
)
def test_run_without_a_call_shows_and_writes_nothing(test: str, project: Project) -> None:
    project.write("test_app.py", test)

    result = project.run(*REPORTS)

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*prompt cache*")
    assert not (project.path / "reports").exists()


def test_no_report_is_written_unless_asked_for(project: Project) -> None:
    project.add_suite("support")

    result = project.run("--harness-mode=emulate")

    result.stdout.no_fnmatch_line("written:*")
    assert not (project.path / "reports").exists()


def test_reports_hold_every_figure(project: Project) -> None:
    project.add_suite("support")

    result = project.run("--harness-mode=emulate", *REPORTS)

    result.stdout.fnmatch_lines(["written: " + ", ".join(f"reports/{row.file}" for row in FORMATS)])
    reports = project.files("reports")
    assert reports.keys() == {row.file for row in FORMATS}
    report = json.loads(reports["report.json"])
    money = {key: report["versions"][0].pop(key) for key in MONEY}
    assert money["break_even_calls"] == 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", report.pop("created"))
    assert report.pop("harness_version") == version("prompt-cache-harness")
    assert report.pop("comparisons") == []
    cases, (prompt,) = report.pop("cases"), report.pop("prompts")
    assert [block["path"] for block in prompt["blocks"]] == ["system[0]", "messages[0].content[0]"]
    assert [block["state"] for block in prompt["blocks"]] == ["not accepted yet", None]
    assert [(case["id"], case["outcome"], len(case["calls"])) for case in cases] == [
        (f"support/suite.yaml::support[v1-{name}]", "passed", 2) for name in ("parcel", "refund")
    ]
    assert all(answer["text"].startswith("This is the emulator") for case in cases for answer in case["answers"])
    assert report == {
        "schema": 5,
        "gateway": "",
        "mode": "emulate",
        "answered_by": ["emulator"],
        "verdict": "pass",
        "passed": 2,
        "failed": 0,
        "findings": [],
        "versions": [
            {
                "suite": "support",
                "version": "v1",
                "model": "claude-sonnet-5-5",
                "answered_by": "emulator",
                "plan": "2 equal rounds",
                "calls": 4,
                "usage": {
                    "input_tokens": 52,
                    "cache_creation_input_tokens": 4400,
                    "cache_read_input_tokens": 4400,
                    "cache_creation": {"ephemeral_5m_input_tokens": 4400, "ephemeral_1h_input_tokens": 0},
                    "output_tokens": 92,
                },
                "cost_usd": "0.012464",
                "cost_without_cache_usd": "0.018624",
                "savings_usd": "0.006160",
                "savings_share": "0.3308",
                "not_priced": [],
                "also_billed": [],
                "quality": [],
            }
        ],
    }
    assert reports["report.md"].decode() == MARKDOWN


MONEY = (
    "first_call_usd",
    "later_call_usd",
    "per_call_without_cache_usd",
    "break_even_calls",
    "cost_by_calls",
    "attribution",
    "traffic",
)

MARKDOWN = """\
<!-- prompt-cache-harness -->
# Prompt cache: pass

no findings; 2 passed, 0 failed in `emulate` mode.

cost of the calls: `$0.0125`, without the prompt cache `$0.0186`, saved `$0.0062` (33 %); usage reported by the emulator of this package, by the documented caching rules.

## Savings

| suite   | version   | model               | plan           |   calls |   written |   read |   uncached |   output |    cost |   without cache |          saved |
|---------|-----------|---------------------|----------------|---------|-----------|--------|------------|----------|---------|-----------------|----------------|
| support | v1        | `claude-sonnet-5-5` | 2 equal rounds |       4 |     4,400 |  4,400 |         52 |       92 | $0.0125 |         $0.0186 | $0.0062 (33 %) |

Tokens: written to and read from the prompt cache, uncached input, output. Plan: the calls that each case makes. In equal rounds and samples, the first writes and the others read all of it; questions read one static prefix; each call of a conversation reads what the one before it wrote.
"""  # noqa: E501


def test_reports_folder_is_named_as_seen_from_where_pytest_was_started(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.add_suite("support")
    monkeypatch.chdir(project.path / "support")

    result = project.run("--harness-mode=emulate", *REPORTS)

    path = project.path / "reports"
    result.stdout.fnmatch_lines(["written: " + ", ".join(f"{path}/{row.file}" for row in FORMATS)])
