"""``--model``: say which model stands behind an id of the user's own."""

import argparse
from contextlib import AbstractContextManager, nullcontext


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--model``."""
    parser.add_argument(
        "--model",
        metavar="[NAME=]MODEL",
        action="append",
        default=[],
        help="the model behind an id that does not name it, such as a deployment or an inference profile; "
        "without NAME, behind every such id, and behind a body that names no model",
    )


def named_models(options: argparse.Namespace) -> AbstractContextManager[None]:
    """Apply the mapping of the options while a command runs.

    Raises:
        UnknownModelError: an id is mapped to a model that is not known.
        UsageError: a mapping has no model.
    """
    lines: list[str] = getattr(options, "model", [])
    if not lines:
        return nullcontext()
    # Few commands need the table of models, and fewer a mapping.
    from harness.provider.models import name_models, parse_names

    return name_models(parse_names(lines, "--model"))
