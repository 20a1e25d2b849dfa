"""Claude on Bedrock, Google Cloud and Foundry through their own clients: emulated, recorded, replayed, judged."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.cassettes.store import CassetteStore
from harness.errors import CannotTellError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.provider.models import name_models
from harness.sessions.other_clients import ForeignSession
from harness.sessions.replay import CassetteMissError
from harness.sessions.session import Mode, SessionOptions

boto3 = pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
pytest.importorskip("google.auth", reason="google-auth comes with the group integrations")

SYSTEM = "word " * 6_000
SONNET = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3d4e5f6"


class Told(NamedTuple):
    """What a client says of an answer."""

    written: int
    read: int
    text: str


Ask = Callable[[str], Told]


def with_sdk(make: Callable[[Any], Any], model: str, *, is_stream: bool) -> Ask:
    def ask(system: str) -> Told:
        anthropic = pytest.importorskip("anthropic")
        client = make(anthropic)
        sent = {
            "model": model,
            "max_tokens": 64,
            "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": "Hi"}],
        }
        if is_stream:
            with client.messages.stream(**sent) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(**sent)
        usage = message.usage
        return Told(usage.cache_creation_input_tokens, usage.cache_read_input_tokens, message.content[0].text)

    return ask


def body_of(system: str) -> dict[str, Any]:
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 64,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Hi"}],
    }


def invoke(system: str, model: str = SONNET) -> Told:
    answer = boto3.client("bedrock-runtime").invoke_model(modelId=model, body=json.dumps(body_of(system)))
    message = json.loads(answer["body"].read())
    usage = message["usage"]
    return Told(usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"], message["content"][0]["text"])


def invoke_stream(system: str) -> Told:
    client = boto3.client("bedrock-runtime")
    answer = client.invoke_model_with_response_stream(modelId=SONNET, body=json.dumps(body_of(system)))
    events = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    usage = events[0]["message"]["usage"]
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert answer["contentType"] == "application/json"
    return Told(usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"], text)


def converse_arguments(system: str) -> dict[str, Any]:
    return {
        "modelId": SONNET,
        "system": [{"text": system}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
    }


def converse(system: str) -> Told:
    answer = boto3.client("bedrock-runtime").converse(**converse_arguments(system))
    usage = answer["usage"]
    return Told(
        usage["cacheWriteInputTokens"],
        usage["cacheReadInputTokens"],
        answer["output"]["message"]["content"][0]["text"],
    )


def converse_stream(system: str) -> Told:
    events = list(boto3.client("bedrock-runtime").converse_stream(**converse_arguments(system))["stream"])
    usage = events[-1]["metadata"]["usage"]
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    return Told(usage["cacheWriteInputTokens"], usage["cacheReadInputTokens"], text)


SDKS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "AnthropicBedrock": (
        lambda sdk: sdk.AnthropicBedrock(aws_region="eu-west-1", aws_access_key="k", aws_secret_key="k"),
        SONNET,
    ),
    "AnthropicBedrockMantle": (
        lambda sdk: sdk.AnthropicBedrockMantle(aws_region="eu-west-1", api_key="k"),
        "anthropic.claude-opus-4-8",
    ),
    "AnthropicVertex": (
        lambda sdk: sdk.AnthropicVertex(region="us-east5", project_id="p", access_token="t"),
        "claude-opus-4-5@20251101",
    ),
    "AnthropicFoundry": (lambda sdk: sdk.AnthropicFoundry(resource="r", api_key="k"), "claude-haiku-4-5"),
}
CLIENTS: dict[str, Ask] = {
    **{name: with_sdk(make, model, is_stream=False) for name, (make, model) in SDKS.items()},
    **{f"{name}-stream": with_sdk(make, model, is_stream=True) for name, (make, model) in SDKS.items()},
    "invoke": invoke,
    "invoke-stream": invoke_stream,
    "converse": converse,
    "converse-stream": converse_stream,
}

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_DEFAULT_REGION": "eu-west-1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)


def open_session(folder: Path, mode: Mode, upstream: Origin = "emulator") -> ForeignSession:
    reader = PromptReader(lambda text, _: len(text) // 4)
    options = SessionOptions(mode=mode, upstream=upstream, store=CassetteStore(folder), reader=reader)
    return ForeignSession(options, "case")


@pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)
def test_cold_call_writes_what_the_warm_one_reads(ask: Ask, tmp_path: Path) -> None:
    with open_session(tmp_path, "emulate") as session:
        cold, warm = ask(SYSTEM), ask(SYSTEM)
    assert (cold.read, warm.written) == (0, 0)
    assert cold.written == warm.read > 7_000
    assert [(call.usage.cache_creation_input_tokens, call.usage.cache_read_input_tokens) for call in session.calls] == [
        (cold.written, 0),
        (0, warm.read),
    ]
    assert [call.answer.text for call in session.calls] == [cold.text, warm.text]
    assert [call.usage.unknown for call in session.calls] == [(), ()]


@pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)
def test_recorded_calls_are_replayed_and_a_changed_prompt_is_a_miss_with_its_cause(ask: Ask, tmp_path: Path) -> None:
    with open_session(tmp_path, "record") as recording:
        recorded = [ask(SYSTEM), ask(SYSTEM)]
    recording.save()
    with open_session(tmp_path, "replay") as replaying:
        assert [ask(SYSTEM), ask(SYSTEM)] == recorded
        assert (replaying.unplayed, replaying.misses) == ((), ())
        with pytest.raises(Exception, match="first difference"):
            ask(f"Now: {SYSTEM}")
    assert [call.usage for call in replaying.calls] == [call.usage for call in recording.calls]
    assert [call.body for call in replaying.calls] == [call.body for call in recording.calls]
    assert "first difference: system[0] at character 0" in str(replaying.misses[0])
    assert "cause: text_changed" in str(replaying.misses[0])


@pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)
def test_second_recording_changes_nothing(ask: Ask, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        with open_session(tmp_path, "record") as session:
            ask(SYSTEM)
        assert session.find_changed_answers() == []
        session.save()
        written.append((tmp_path / "case.json").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("is_stream", [False, True])
def test_async_client_is_answered_too(is_stream: bool, tmp_path: Path) -> None:
    anthropic = pytest.importorskip("anthropic")
    sent = body_of(SYSTEM) | {"model": SONNET}
    del sent["anthropic_version"]

    async def ask() -> Any:
        async with anthropic.AsyncAnthropicBedrock(
            aws_region="eu-west-1", aws_access_key="k", aws_secret_key="k"
        ) as client:
            if not is_stream:
                return await client.messages.create(**sent)
            async with client.messages.stream(**sent) as stream:
                return await stream.get_final_message()

    with open_session(tmp_path, "record") as recording:
        recorded = asyncio.run(ask())
    recording.save()
    with open_session(tmp_path, "replay"):
        assert asyncio.run(ask()).content == recorded.content
    assert recorded.usage.cache_creation_input_tokens > 7_000


def test_vertex_counts_tokens(tmp_path: Path) -> None:
    anthropic = pytest.importorskip("anthropic")
    client = anthropic.AnthropicVertex(region="global", project_id="p", access_token="t")
    with open_session(tmp_path, "emulate") as session:
        count = client.messages.count_tokens(model="claude-opus-5", messages=[{"role": "user", "content": "Hi"}])
    assert count.input_tokens > 0
    assert session.calls == []


@pytest.mark.parametrize(
    ("name", "surface", "geo"),
    [
        ("AnthropicBedrock", "bedrock", "eu"),
        ("AnthropicBedrockMantle", "bedrock", ""),
        ("AnthropicVertex", "vertex", "us-east5"),
        ("AnthropicFoundry", "anthropic", ""),
        ("converse", "bedrock", "eu"),
    ],
)
def test_call_says_whose_cache_answered(name: str, surface: str, geo: str, tmp_path: Path) -> None:
    with open_session(tmp_path, "emulate") as session:
        CLIENTS[name](SYSTEM)
    model = session.calls[0].prompt.model
    assert (model.surface, model.geo) == (surface, geo)


def test_boto3_reads_the_error_of_a_refused_request(tmp_path: Path) -> None:
    client = boto3.client("bedrock-runtime")
    with open_session(tmp_path, "emulate") as session, pytest.raises(client.exceptions.ValidationException) as caught:
        client.converse(
            **converse_arguments(SYSTEM) | {"additionalModelRequestFields": {"cache_control": {"type": "ephemeral"}}}
        )
    assert "cache_control: Extra inputs are not permitted" in str(caught.value)
    assert len(session.rejected) == 1


def test_part_without_a_counterpart_is_named(tmp_path: Path) -> None:
    client = boto3.client("bedrock-runtime")
    video = {"video": {"format": "mp4", "source": {"bytes": b"0"}}}
    sent = converse_arguments(SYSTEM) | {"messages": [{"role": "user", "content": [video]}]}
    with open_session(tmp_path, "emulate") as session, pytest.raises(client.exceptions.ValidationException):
        client.converse(**sent)
    with pytest.raises(CannotTellError, match=r"^messages\[0\].content\[0\].video of a Converse request has no known"):
        session.raise_first_miss()


def test_opaque_profile_is_unknown_until_it_is_named(tmp_path: Path) -> None:
    client = boto3.client("bedrock-runtime")
    with open_session(tmp_path, "emulate") as session, pytest.raises(client.exceptions.ResourceNotFoundException):
        invoke(SYSTEM, PROFILE)
    with pytest.raises(CannotTellError, match="application-inference-profile/a1b2c3d4e5f6' is not known"):
        session.raise_first_miss()
    with name_models({PROFILE: "claude-opus-5"}), open_session(tmp_path, "emulate") as named:
        assert invoke(SYSTEM, PROFILE).written > 7_000
    assert named.calls[0].prompt.model.cache_name == "claude-opus-5 bedrock"


def test_converse_of_an_opaque_profile_is_claimed_once_it_is_named(tmp_path: Path) -> None:
    client = boto3.client("bedrock-runtime")
    sent = converse_arguments(SYSTEM) | {"modelId": PROFILE}
    with name_models({PROFILE: "claude-opus-5"}), open_session(tmp_path, "emulate") as session:
        client.converse(**sent)
    assert len(session.calls) == 1


def test_sdk_and_boto3_share_a_cassette(tmp_path: Path) -> None:
    with open_session(tmp_path, "record") as recording:
        invoke(SYSTEM)
    recording.save()
    assert f"/model/{SONNET}/invoke" in (tmp_path / "case.json").read_text()


def test_key_in_a_stream_is_not_stored(tmp_path: Path) -> None:
    key = "sk-ant-" + "api03-abcdefghij0123456789"
    reader = PromptReader(lambda text, _: len(text) // 4)
    for ask in (converse_stream, invoke_stream):
        options = SessionOptions(mode="record", upstream="emulator", store=CassetteStore(tmp_path), reader=reader)
        with ForeignSession(options, "case", responder=lambda _: f"{'x' * 100} {key} end") as session:
            assert key in ask(SYSTEM).text
        session.save()
        assert session.calls[0].answer.text == f"{'x' * 100} <api-key> end"
        with open_session(tmp_path, "replay"):
            assert ask(SYSTEM).text == f"{'x' * 100} <api-key> end"


def test_unclaimed_models_of_bedrock_pass(tmp_path: Path) -> None:
    client = boto3.client("bedrock-runtime", endpoint_url="http://127.0.0.1:9")
    with open_session(tmp_path, "replay") as session, pytest.raises(Exception, match="Could not connect"):
        client.converse(modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": "Hi"}]}])
    assert session.misses == ()


def test_miss_is_the_error_of_the_sdk(tmp_path: Path) -> None:
    with open_session(tmp_path, "replay"), pytest.raises(CassetteMissError, match="nothing was recorded"):
        CLIENTS["AnthropicVertex"](SYSTEM)
