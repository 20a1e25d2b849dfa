"""``--assume``: change an assumption about the prompt cache, where the documentation is silent."""

import argparse
from dataclasses import fields

from harness.prompt.assumptions import DEFAULT, Assumptions

_NAMES = {row.name.partition("_")[2].replace("_", "-"): row.name for row in fields(Assumptions) if row.type is bool}
_EXAMPLE = "ttl-in-key=no"


def add_assumptions(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--assume``."""
    defaults = ", ".join(f"{name}={_word(getattr(DEFAULT, field))}" for name, field in _NAMES.items())
    parser.add_argument(
        "--assume",
        metavar="NAME=yes|no",
        action="append",
        default=[],
        type=_parse,
        help=f"change an assumption where the documentation is silent, such as {_EXAMPLE} (default: {defaults})",
    )


def read_assumptions(options: argparse.Namespace) -> Assumptions:
    """Read the assumptions from the options."""
    return Assumptions(**dict(options.assume))


def _parse(text: str) -> tuple[str, bool]:
    name, _, word = text.partition("=")
    if name not in _NAMES or word not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"{text!r}, expected one of {', '.join(_NAMES)} with =yes or =no")
    return _NAMES[name], word == "yes"


def _word(value: bool) -> str:
    return "yes" if value else "no"
