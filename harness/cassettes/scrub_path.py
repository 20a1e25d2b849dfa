"""Scrub the path and query of a request, whose parameters may be keys."""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_plus

REPLACEMENT = "<secret>"
"""Stands for a value whose name says that it is a secret, and for the secrets of others."""

QUERY_NAMES = (
    r"[\w.-]*(?:api[_-]?key|apikey|access[_-]?key|secret|token|passw(?:or)?d|pwd|auth|signature|credential)[\w.-]*"
    r"|key|subscription-key|sig|sign|code|pass|jwt|sid|session"
)
"""Names of parameters of a URL whose values are secrets."""

_IS_SECRET = re.compile(QUERY_NAMES, re.IGNORECASE)
_ORDINARY = re.compile(r"/v\d/[a-z_]+(?:/[a-z]+_\w{1,40}|/[a-z_]{1,30}|/claude-[\w.-]{1,40})*(?:\?beta=true)?")
"""Paths of the API that hold nothing else."""
_SAFE = "/:?&=@+<>,;!*~"


def scrub_path(path: str, scrub: Callable[[str], str]) -> str:
    """Scrub a path and its query; ``scrub`` does so for a plain text."""
    if _ORDINARY.fullmatch(path):
        return path
    place, mark, query = path.partition("?")

    def change(part: str, unquoted: str) -> str:
        changed = scrub(unquoted)
        return part if changed == unquoted else quote(changed, safe=_SAFE)

    place = "/".join(change(part, unquote(part)) for part in change(place, unquote(place)).split("/"))
    parameters = re.split(r"([&;])", query)
    return place + mark + "".join(_scrub_parameter(part, change) for part in parameters)


def _scrub_parameter(parameter: str, change: Callable[[str, str], str]) -> str:
    name, sign, value = parameter.partition("=")
    if value and _IS_SECRET.fullmatch(unquote_plus(name)):
        return f"{name}={REPLACEMENT}"
    return change(name, unquote_plus(name)) + sign + change(value, unquote_plus(value))
