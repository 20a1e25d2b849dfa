"""The plugin under pytest-xdist: the same summary as in one process."""

import re

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, Project, shown

pytest_plugins = ("pytester",)


def test_several_processes_give_the_table_of_one(project: Project) -> None:
    project.add_suite("support")
    project.add_suite("account")
    project.write(
        "test_app.py",
        f"{APP}\nPROMPT = {PROMPT!r}\n\ndef test_ask(anthropic_client):\n    ask(anthropic_client, PROMPT, 'Where')\n",
    )
    project.record()
    alone = project.run("-o", "harness_reports=alone")

    together = project.run("-n", "2", "-o", "harness_reports=together")

    together.assert_outcomes(passed=5)
    table = shown(alone, "prompt cache savings", "=")
    assert shown(together, "prompt cache savings", "=").strip() == table.replace("alone/", "together/").strip()
    one, several = (
        {name: _untimed(text) for name, text in project.files(folder).items()} for folder in ("alone", "together")
    )
    # The page packs what report.json holds, with the time of the run.
    assert one.pop("report.html")
    assert several.pop("report.html")
    assert several == one


def _untimed(content: bytes) -> bytes:
    return re.sub(rb'"created": "[^"]+"', b"", content)


@pytest.mark.parametrize("option", ["-n2", "-nauto", "-nlogical", "--numprocesses=1"])
def test_recording_in_several_processes_is_refused(option: str, project: Project) -> None:
    project.add_suite("support")

    result = project.run(*RECORD, option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --harness-mode=record cannot run in several processes: *"])
    assert project.files("cassettes") == {}


def test_recording_in_processes_named_one_by_one_is_refused(project: Project) -> None:
    # Configured but not run: if only the workers refused, xdist would start new ones forever.
    with pytest.raises(pytest.UsageError, match=r"^--harness-mode=record cannot run in several processes: "):
        project.pytester.parseconfigure(*RECORD, "--dist=load", "--tx=2*popen")


@pytest.mark.parametrize("arguments", [("-n0",), ("-p", "no:xdist")])
def test_recording_in_one_process_is_fine_with_or_without_xdist(arguments: tuple[str, ...], project: Project) -> None:
    project.add_suite("support")

    project.run(*RECORD, *arguments).assert_outcomes(passed=2)
