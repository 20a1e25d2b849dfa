"""What a request asks for, by method and path, on every surface."""

import pytest

from harness.errors import UnknownModelError
from harness.provider.endpoints import Endpoint, find_endpoint, is_count, is_message_call
from harness.provider.models import find_model

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{SONNET}"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"
GOOGLE = "/v1/projects/p/locations/us-east5/publishers/anthropic/models"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/messages", Endpoint("messages", "messages")),
        ("/v1/messages/", Endpoint("messages", "messages")),
        ("/v1/messages?beta=true", Endpoint("messages", "messages")),
        ("/anthropic/v1/messages", Endpoint("messages", "messages")),
        ("/v1/projects/p/locations/eu/workspaces/w/invoke/v1/messages", Endpoint("messages", "messages")),
        ("/gateway/a/v1/messages/count_tokens", Endpoint("count_tokens", "messages")),
        ("/v1/messages/batches", Endpoint("batches", "messages")),
        ("/v1/messages/batches/b1/cancel", Endpoint("batches", "messages")),
        (f"/model/{SONNET}/invoke", Endpoint("messages", "invoke", SONNET, False)),
        (f"/model/{SONNET.replace(':', '%3A')}/converse", Endpoint("messages", "converse", SONNET, False)),
        (f"/model/{SONNET}/converse-stream", Endpoint("messages", "converse", SONNET, True)),
        (f"/model/{SONNET}/count-tokens", Endpoint("count_tokens", "invoke", SONNET, False)),
        (f"/a/model/{SONNET}/invoke-with-response-stream", Endpoint("messages", "invoke", SONNET, True)),
        (f"/model/{ARN.replace('/', '%2F')}/invoke", Endpoint("messages", "invoke", ARN, False)),
        (f"/model/{PROFILE.replace('/', '%2F')}/converse", Endpoint("messages", "converse", PROFILE, False)),
        ("/model/a1b2c3/invoke", Endpoint("messages", "invoke", "a1b2c3", False)),
        ("/model/us.amazon.nova-lite-v1:0/invoke", None),
        ("/model/arn:aws:bedrock:us-east-1::foundation-model%2Fmeta.llama3-8b/converse", None),
        (f"/model/{SONNET}/other", None),
        (f"{GOOGLE}/claude-opus-5:rawPredict", Endpoint("messages", "vertex", "claude-opus-5", False, "us-east5")),
        (
            f"{GOOGLE}/claude-opus-4-5@20251101:streamRawPredict",
            Endpoint("messages", "vertex", "claude-opus-4-5@20251101", True, "us-east5"),
        ),
        (f"{GOOGLE}/count-tokens:rawPredict", Endpoint("count_tokens", "vertex", None, False, "us-east5")),
        (f"{GOOGLE.replace('anthropic', 'google')}/gemini-3:rawPredict", None),
        ("/v1/chat/completions", None),
        ("/v1/models", None),
        ("/v1/messages-of-mine", None),
    ],
)
def test_post_is_known_by_the_end_of_its_path(path: str, expected: Endpoint | None) -> None:
    assert find_endpoint("POST", path) == expected
    assert is_message_call("POST", path) is (expected is not None and expected.kind == "messages")
    assert is_count("POST", path) is (expected is not None and expected.kind == "count_tokens")


def test_other_methods_ask_for_no_message() -> None:
    assert find_endpoint("GET", "/v1/models/claude-opus-5") == Endpoint("models", "messages")
    assert find_endpoint("GET", "/v1/messages/batches/b1") == Endpoint("batches", "messages")
    assert find_endpoint("GET", "/v1/messages") is None
    assert find_endpoint("GET", f"/model/{SONNET}/invoke") is None


@pytest.mark.parametrize(
    ("path", "cache_name"),
    [
        (f"/model/{SONNET}/invoke", "claude-sonnet-4-5-20250929 bedrock us"),
        (f"/model/{ARN.replace('/', '%2F')}/converse", "claude-sonnet-4-5-20250929 bedrock us"),
        (f"{GOOGLE}/claude-opus-5:rawPredict", "claude-opus-5 vertex us-east5"),
        ("/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict", "claude-opus-4-5-20251101 vertex"),
    ],
)
def test_name_of_the_model_says_the_surface(path: str, cache_name: str) -> None:
    endpoint = find_endpoint("POST", path)
    assert endpoint is not None
    assert endpoint.model_name is not None
    assert find_model(endpoint.model_name).cache_name == cache_name


def test_opaque_id_names_no_model() -> None:
    endpoint = find_endpoint("POST", "/model/a1b2c3/invoke")
    assert endpoint is not None
    assert endpoint.model_name == "bedrock/a1b2c3"
    with pytest.raises(UnknownModelError):
        find_model(endpoint.model_name)
