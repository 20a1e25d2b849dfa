"""Cassettes of tests whose ids no file system, or not every one, would take or tell apart."""

from tests.pytest_plugin.conftest import APP, Project

pytest_plugins = ("pytester",)

TESTS = f"""{APP}
import pytest

TEST_ASK = 1

def test_ask(anthropic_client):
    ask(anthropic_client, "Be kind.", "one")

def test_Ask(anthropic_client):
    ask(anthropic_client, "Be kind.", "two")

class TestDesk:
    def test_it(self, anthropic_client):
        ask(anthropic_client, "Be kind.", "three")

class TestDESK:
    def test_it(self, anthropic_client):
        ask(anthropic_client, "Be kind.", "four")

class TestOther:
    def test_It(self, anthropic_client):
        ask(anthropic_client, "Be kind.", "five")

@pytest.mark.parametrize("text", ["x" * 300, "x" * 299 + "y", "CON", "con", "a/b", "a:b", "é", "e\\u0301"])
def test_long(anthropic_client, text):
    ask(anthropic_client, "Be kind.", text)
"""


def test_each_test_has_its_own_cassette_on_every_file_system(project: Project) -> None:
    project.write("test_app.py", TESTS)
    project.record()

    names = [name for name in project.files("cassettes") if not name.startswith("blobs")]

    assert len({name.casefold() for name in names}) == 13
    assert {"test_app/test_ask.json", "test_app/TestOther.test_It.json"} <= {*names}
    project.run().assert_outcomes(passed=13)


def test_a_test_alone_has_the_cassette_that_it_has_among_all(project: Project) -> None:
    project.write("test_app.py", TESTS)
    project.record()

    for name in ("test_Ask", "TestDesk::test_it", "TestDESK::test_it"):
        project.run(f"test_app.py::{name}").assert_outcomes(passed=1)


def test_cases_versions_and_suites_that_differ_only_in_case_have_their_own_cassettes(project: Project) -> None:
    suite = (
        """\
suites:
  desk: &desk
    call: desk_app.py:ask
    client: anthropic
    prompts: {{v1: {{file: prompt.md}}, V1: {{file: prompt.md}}}}
    cases:
      refund: {{question: How}}
      Refund: {{question: When}}
      CON: {{question: Where}}
      """
        + "x" * 300
        + """: {{question: Who}}
  Desk: *desk
"""
    )
    project.add_suite("desk", suite=suite)
    project.record()

    names = [name for name in project.files("cassettes") if not name.startswith("blobs")]

    assert len({name.casefold() for name in names}) == 16
    assert "desk/desk/v1/refund.json" in names
