"""Recording again where nothing changed leaves every file alone."""

from tests.pytest_plugin.conftest import APP, Project

pytest_plugins = ("pytester",)

TESTS = """
def test_create(anthropic_client):
    for question in ("first", "second"):
        ask(anthropic_client, "Be kind. " * 2000, question)

def test_stream(anthropic_client):
    with anthropic_client.messages.stream(
        model="claude-sonnet-5-5", max_tokens=64, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        assert "".join(stream.text_stream)
"""


def test_recording_again_writes_only_what_changed(project: Project) -> None:
    project.write("test_app.py", APP + TESTS)
    project.record()
    before = project.files("cassettes")
    times = {path: path.stat().st_mtime_ns for path in (project.path / "cassettes").rglob("*.json")}

    project.record()

    assert project.files("cassettes") == before
    assert {path: path.stat().st_mtime_ns for path in times} == times

    project.write("test_app.py", APP + TESTS.replace('"second"', '"third"'))
    project.record()

    after = project.files("cassettes")
    assert {name for name in after if after[name] != before.get(name)} == {"test_app/test_create.json"}
