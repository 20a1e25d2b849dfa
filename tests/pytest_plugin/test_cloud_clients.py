"""The fixture ``harness_cassette`` with clients of Bedrock and Google Cloud: recorded, accepted, replayed, busted."""

import importlib

import pytest

from tests.pytest_plugin.conftest import RECORD, Project

pytest_plugins = ("pytester",)

pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
pytest.importorskip("google.auth", reason="google-auth comes with the group integrations")

# Imported here once, not in each run; see conftest.py.
importlib.import_module("harness.sessions.other_clients")

SYSTEM = 'SYSTEM = "Answer in one line. " * 1200\n'
CONVERSE = """
import boto3
from botocore.config import Config
from prompt import SYSTEM

def ask():
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "k", "region_name": "eu-west-1"}
    client = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 2}), **keys)
    answer = client.converse_stream(
        modelId="eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        system=[{"text": SYSTEM}, {"cachePoint": {"type": "default"}}],
        messages=[{"role": "user", "content": [{"text": "Where is my parcel?"}]}],
        inferenceConfig={"maxTokens": 64},
    )
    return list(answer["stream"])
"""
VERTEX = """
from anthropic import AnthropicVertex
from prompt import SYSTEM

def ask():
    with AnthropicVertex(region="us-east5", project_id="p", access_token="t") as client:
        return client.messages.create(
            model="claude-opus-5",
            max_tokens=64,
            system=[{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
            messages=[{"role": "user", "content": "Where is my parcel?"}],
        )
"""
TEST = """
def test_ask(harness_cassette):
    ask()
    ask()
    assert [call.usage.cache_read_input_tokens > 0 for call in harness_cassette.calls] == [False, True]
"""


@pytest.mark.parametrize(
    ("app", "model"),
    [
        pytest.param(CONVERSE, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", id="converse"),
        pytest.param(VERTEX, "locations/us-east5/publishers/anthropic/models/claude-opus-5", id="vertex"),
    ],
)
def test_accepted_prompt_of_a_cloud_is_replayed_and_its_change_is_a_bust(
    app: str, model: str, project: Project
) -> None:
    project.write("prompt.py", SYSTEM)
    project.write("test_app.py", app + TEST)

    project.run(*RECORD, "--harness-update-lock").assert_outcomes(passed=1)
    replayed = project.run()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines([f"*test_app.py * {model} *"])

    project.write("prompt.py", SYSTEM.replace("one line", "two lines"))
    changed = project.run()
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(
        ["*test_ask: the cached prefix changed", "  first difference: system?0? at *", "  cause: text_changed: *"]
    )
