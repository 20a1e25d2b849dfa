"""The spellings of model ids on each surface: Anthropic's API, Amazon Bedrock, Google Cloud, Foundry and gateways.

Sources: platform.claude.com/docs/en/build-with-claude/{claude-on-amazon-bedrock-legacy, claude-in-amazon-bedrock,
claude-on-vertex-ai, claude-in-microsoft-foundry}; docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles.html;
github.com/BerriAI/litellm, model_prices_and_context_window.json (all checked 2026-11-25).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple
from urllib.parse import unquote

Surface = Literal["anthropic", "bedrock", "vertex"]
"""Whose prompt cache answers. Foundry, Claude Platform on AWS and gateways use Anthropic's ids and rules."""

_OPAQUE = re.compile(
    r"(?:^|[:/])(?:application-inference-profile|provisioned-model|custom-model|custom-model-deployment"
    r"|imported-model|prompt|prompt-router|default-prompt-router|endpoint)/"
)
"""Resources of a Bedrock account whose names do not say which model is behind them."""

_LOCATION = re.compile(r"(?:^|/)locations/([^/]+)/publishers/anthropic/")
_METHOD = re.compile(r":(?:streamRawPredict|rawPredict|predict)$")
_PUBLISHER = re.compile(r"^(?:(?:(?P<geo>[a-z][a-z-]*)\.)?anthropic[./-])?(?:databricks-)?")
_BEDROCK = re.compile(r"^arn:|^bedrock(?:_mantle)?/|(?:^|[/.])anthropic\.claude|-v\d(?::\d+)?(?::\d+k)?$")
_GOOGLE = re.compile(r"@|^vertex_ai/|publishers/anthropic/")
_PREFIXES: dict[Surface, str] = {"bedrock": "bedrock/", "vertex": "publishers/anthropic/models/"}
"""What says the surface of an id that does not say it itself."""
_NAME = re.compile(
    r"""^claude-(?:
       (?P<family>opus|sonnet|haiku|fable|mythos)-(?:(?P<major>\d)(?:[-.](?P<minor>\d))?(?!\d)|(?P<preview>preview))
      |(?P<major_first>\d)(?:[-.](?P<minor_first>\d))?-(?P<family_last>opus|sonnet|haiku|fable|mythos))
      (?:-v2(?=@))?                                                   # claude-3-5-sonnet-v2@20241022
      (?:[-@](?P<date>20\d{6}|20\d\d-\d\d-\d\d|default|latest))?
      (?:-v\d(?::\d+)?(?::\d+k)?)?                                    # -v1, -v1:0, -v1:0:200k
      (?:-fast|-think(?:ing)?)?
      (?::(?:beta|batch|thinking|free|nitro|floor|online|extended|exacto))?
      (?:\[1m\])?$""",
    re.VERBOSE,
)

Version = tuple[str, str, str]
"""Family, major and minor version: ``("opus", "4", "8")``."""


class ModelName(NamedTuple):
    """What a spelling says about a model."""

    version: Version
    date: str | None
    """Eight digits. Gateways give dates of their own, so it decides only between snapshots of one version."""
    surface: Surface
    geo: str
    """The prefix of a Bedrock inference profile or the location of Google Cloud, such as ``global``; empty for none."""


def read_name(spelling: str) -> ModelName | None:
    """Read a model id in any spelling; ``None`` if it names no version of Claude.

    Understands ids with dates, dots instead of dashes, prefixes of gateways, inference profiles and ARNs of
    Bedrock, and resource names of Google Cloud.
    """
    text = unquote(spelling.strip())
    if _OPAQUE.search(text):
        return None
    tail = _METHOD.sub("", text.rpartition("/")[2])
    publisher = _PUBLISHER.match(tail)
    assert publisher is not None
    found = _NAME.match(tail[publisher.end() :])
    if found is None:
        return None
    date = (found["date"] or "").replace("-", "")
    location = _LOCATION.search(text)
    return ModelName(
        version=_version(found),
        date=date if date.isdigit() else None,
        surface=find_surface(text),
        geo=publisher["geo"] or (location[1] if location else ""),
    )


def index_ids(ids: Iterable[str]) -> Mapping[Version, tuple[str, ...]]:
    """Group Anthropic's own ids by version; two snapshots of one version share a group."""
    groups: dict[Version, tuple[str, ...]] = {}
    for model_id in ids:
        name = read_name(model_id)
        assert name is not None, f"{model_id} is not in the form of Anthropic's ids"
        groups[name.version] = (*groups.get(name.version, ()), model_id)
    return groups


def find_id(name: ModelName, groups: Mapping[Version, tuple[str, ...]]) -> str | None:
    """Find Anthropic's id of a model; without a date, the latest snapshot of its version."""
    ids = groups.get(name.version, ())
    if len(ids) < 2:
        return next(iter(ids), None)
    if name.date is None:
        return max(ids)
    return next((model_id for model_id in ids if model_id.endswith(name.date)), None)


def _version(found: re.Match[str]) -> Version:
    if found["preview"]:
        return found["family"], "preview", "0"
    minor = found["minor"] or found["minor_first"] or "0"
    return found["family"] or found["family_last"], found["major"] or found["major_first"], minor


def spell_on(surface: Surface, model_id: str) -> str:
    """Spell an id so that it also says on which surface it is; an id that does already stays as it is."""
    if surface == "anthropic" or find_surface(model_id) == surface:
        return model_id
    return f"{_PREFIXES[surface]}{model_id}"


def drop_prefix(spelling: str) -> str:
    """The id in a spelling, without what says its surface: the opposite of `spell_on`."""
    return spelling.rpartition(_PREFIXES["vertex"])[2].removeprefix(_PREFIXES["bedrock"])


def find_surface(spelling: str) -> Surface:
    """Find whose prompt cache answers, as far as the spelling of an id tells."""
    if _BEDROCK.search(spelling):
        return "bedrock"
    return "vertex" if _GOOGLE.search(spelling) else "anthropic"
