"""`harness explain` and `harness simulate` on requests of Bedrock and Google Cloud."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main

SYSTEM = "word " * 2_000
MODEL = "us.anthropic.claude-opus-5"


def converse(system: str = SYSTEM, **more: Any) -> dict[str, Any]:
    return {
        "modelId": MODEL,
        "system": [{"text": system}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "inferenceConfig": {"maxTokens": 9},
        **more,
    }


def vertex(system: str = SYSTEM, **more: Any) -> dict[str, Any]:
    return {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 9,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Hi"}],
        **more,
    }


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(before: Any, after: Any, *options: str) -> tuple[int, Any, str]:
        paths = tmp_path / "before.json", tmp_path / "after.json"
        for path, body in zip(paths, (before, after), strict=True):
            path.write_text(json.dumps(body))
        code = main(["explain", *map(str, paths), "--format", "json", *options])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err.replace(str(tmp_path), "FOLDER")

    return run


BODIES = {
    "converse": (converse(), converse(f"Now: {SYSTEM}"), ()),
    "vertex": (vertex(), vertex(f"Now: {SYSTEM}"), ("--model", "claude-opus-5")),
    "invoke": (
        {"modelId": MODEL, "body": json.dumps(vertex(anthropic_version="bedrock-2023-05-31"))},
        {"modelId": MODEL, "body": json.dumps(vertex(f"Now: {SYSTEM}", anthropic_version="bedrock-2023-05-31"))},
        (),
    ),
}


@pytest.mark.parametrize(("before", "after", "options"), BODIES.values(), ids=BODIES)
def test_change_of_each_surface_is_explained(before: Any, after: Any, options: tuple[str, ...], explain: Any) -> None:
    code, result, err = explain(before, after, *options)
    assert (code, err) == (1, "")
    assert (result["verdict"], result["cause"], result["path"]) == ("miss", "text_changed", "system[0]")
    assert explain(before, before, *options)[1]["verdict"] == "hit"


def test_converse_and_invoke_model_share_a_prompt(explain: Any) -> None:
    code, result, _ = explain(converse(), BODIES["invoke"][0])
    assert (code, result["verdict"]) == (0, "hit")


def test_body_without_a_model_says_what_to_add(explain: Any) -> None:
    body = {key: value for key, value in converse().items() if key != "modelId"}
    code, _, err = explain(body, body)
    assert code == 2
    assert err == (
        "FOLDER/before.json: the body is a request of Bedrock's Converse API (inferenceConfig), "
        "not a request of the Messages API\n"
        '  try: add "modelId" with the model that the URL names\n'
    )
    assert explain(body, body, "--model", MODEL)[1]["verdict"] == "hit"


def test_part_without_a_counterpart_is_named(explain: Any) -> None:
    body = converse(messages=[{"role": "user", "content": [{"video": {}}]}])
    code, _, err = explain(body, body)
    assert code == 2
    assert err == (
        "FOLDER/before.json: messages[0].content[0].video of a Converse request has no known counterpart in the "
        "Messages API\n"
        "  try: send it to InvokeModel as a Messages request, or leave it out\n"
    )


def test_simulate_reads_requests_and_usages_of_converse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usage = {
        "inputTokens": 9,
        "outputTokens": 3,
        "totalTokens": 12,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 2_002,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 2_002}],
    }
    lines = [
        {"at": 0, "request": converse(), "usage": usage},
        {"at": 30, "request": converse()},
        {"at": 60, "request": vertex(model="claude-opus-4-8@default")},
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert main(["simulate", str(path), "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["actual"]["cache_creation_input_tokens"] == 2_002
    assert rows[0]["difference"] == {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    assert [row["usage"]["cache_read_input_tokens"] for row in rows] == [0, 2_002, 0]
