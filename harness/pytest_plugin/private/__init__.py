"""Private runs: no text of a test, a prompt or an answer is shown or written.

The rule is that nothing leaves a run but what the harness itself puts together: the standard streams are closed for all
other code (`streams`), reports are emptied before any plugin sees them (`reports`), ids become digests (`names`), what
pytest and Hypothesis keep on disk is not written (`files`), and options that write elsewhere are refused (`refused`).
What is shown instead is in `screen`. docs/private.md lists every channel.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin.private.names import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pytest_plugin.private.plugin import PrivateRun

_OPTION = "--harness"


@contextmanager
def starting(config: pytest.Config, parser: pytest.Parser, arguments: list[str]) -> Iterator[None]:
    """Around the import of the first ``conftest.py``: make the run private, if the options ask for it.

    Raises:
        pytest.UsageError: an option of the harness is misspelled; or the run is to be private, and an option shows or
            writes what cannot be withheld, or a ``conftest.py`` cannot be imported.
    """
    _check_spelling(parser, arguments)
    if not config.known_args_namespace.harness_private:
        yield
        return
    from harness.pytest_plugin.private.plugin import starting_privately

    with starting_privately(config):
        yield


def find_run(config: pytest.Config) -> PrivateRun | None:
    """What makes a run private; ``None`` for any other run."""
    found: PrivateRun | None = config.pluginmanager.get_plugin(NAME)
    return found


def _check_spelling(parser: pytest.Parser, arguments: list[str]) -> None:
    # pytest would import the project's conftest.py first, and show all of what it raises: the option may be
    # --harness-private, cut short.
    if not any(argument.startswith(_OPTION) for argument in arguments):
        return
    _, unknown = parser.parse_known_and_unknown_args(arguments)
    for argument in unknown:
        if argument.startswith(_OPTION):
            raise pytest.UsageError(f"unrecognized option {argument}\n  try: pytest --help, and spell it out")
