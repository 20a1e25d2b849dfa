"""``harness cassettes``: import cassettes from vcrpy and export them to it."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cli import cassettes_hygiene
from harness.errors import CassetteError, UsageError
from harness.findings.words import count

_EXAMPLE = """\
exit codes:
  0  done
  1  check or prune --dry-run found something
  2  input that cannot be judged; the reason is on standard error

examples:
  harness cassettes import tests/cassettes/*.yaml --into cassettes
  harness cassettes export cassettes/test_app/test_ask.json --into vcr
  harness cassettes prune cassettes --used used.txt --dry-run
  harness cassettes check cassettes
"""

_SUFFIXES = (".yaml", ".yml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands, each with its arguments."""
    parser.description = "Convert cassettes from and to vcrpy YAML, byte for byte, and keep their folder clean."
    parser.epilog = _EXAMPLE
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (help_text, add) in _ACTIONS.items():
        add(actions.add_parser(name, help=help_text, formatter_class=argparse.RawDescriptionHelpFormatter))
    cassettes_hygiene.add_prune(actions)
    cassettes_hygiene.add_check(actions)


def run(options: argparse.Namespace) -> int:
    """Run the subcommand and return its exit code.

    Raises:
        CassetteError: a cassette is unreadable; the message starts with its file.
        UsageError: something would be overwritten.
    """
    return int(options.run_action(options))


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``import``."""
    parser.description = (
        "Convert vcrpy YAML cassettes to cassettes of the harness. "
        "Compressed bodies are decoded, and credentials removed."
    )
    parser.epilog = "example:\n  harness cassettes import tests/cassettes --into cassettes\n"
    parser.add_argument(
        "files", metavar="VCR_YAML", type=Path, nargs="+", help="a file, or a folder with .yaml and .yml files"
    )
    parser.add_argument("--into", metavar="FOLDER", type=Path, required=True, help="folder to write the cassettes to")
    parser.set_defaults(run_action=run_import)


def run_import(options: argparse.Namespace) -> int:
    """Read all files before writing the first, so that a bad one leaves nothing half done."""
    from harness.cassettes.interchange import read_vcr
    from harness.cassettes.store import CassetteStore

    store = CassetteStore(options.into)
    sources = _by_target(_find_yaml(options.files), store.path)
    cassettes = {name: read_vcr(path) for name, path in sources.items()}
    for name, cassette in cassettes.items():
        store.save(name, cassette)
        print(f"{store.path(name)}: {count(len(cassette.interactions), 'interaction')} from {sources[name]}")
    return 0


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``export``."""
    parser.description = "Convert cassettes of the harness to YAML that stock vcrpy plays."
    parser.epilog = "example:\n  harness cassettes export cassettes/test_app/*.json --into vcr\n"
    parser.add_argument("files", metavar="CASSETTE", type=Path, nargs="+", help="the .json file of a cassette")
    parser.add_argument("--into", metavar="FOLDER", type=Path, required=True, help="folder to write the YAML files to")
    parser.set_defaults(run_action=run_export)


def run_export(options: argparse.Namespace) -> int:
    """Write one YAML file for each cassette, under the cassette's name in its folder."""
    from harness.cassettes.interchange import write_vcr
    from harness.cassettes.store import CassetteStore

    found = [(name, (folder, path)) for path in options.files for folder, name in [_place(path)]]
    sources = _by_target([(name, path) for name, (_, path) in found], lambda name: options.into / f"{name}.yaml")
    folders = {name: folder for name, (folder, _) in found}
    for name, path in sources.items():
        cassette = CassetteStore(folders[name]).load(name)
        if cassette is None:
            raise CassetteError(f"{path}: no such cassette", hint="give the path of its .json file")
        target = options.into / f"{name}.yaml"
        try:
            write_vcr(cassette, target)
        except CassetteError as error:
            raise CassetteError(f"{path}: {error.message}") from None
        print(f"{target}: {count(len(cassette.interactions), 'interaction')} from {path}")
    return 0


_ACTIONS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "import": ("convert vcrpy YAML to cassettes", add_import),
    "export": ("convert cassettes to vcrpy YAML", add_export),
}
"""Each subcommand with its help text and the function that adds its arguments and sets ``run_action``."""


def _find_yaml(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    """Find files, each with the name of its cassette; in a folder, names are relative to it."""
    for path in paths:
        if not path.is_dir():
            yield path.stem, path
            continue
        files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        if not files:
            raise UsageError(f"{path}: no .yaml or .yml file in this folder")
        for file in files:
            yield file.relative_to(path).with_suffix("").as_posix(), file


def _by_target(
    found: Iterator[tuple[str, Path]] | list[tuple[str, Path]], target: Callable[[str], Path]
) -> dict[str, Path]:
    """Group sources by name; raise if two share a name or a target exists."""
    sources: dict[str, Path] = {}
    for name, path in found:
        if name in sources:
            raise UsageError(f"{sources[name]} and {path} would both become {target(name)}")
        if target(name).exists():
            raise UsageError(f"{target(name)} already exists", hint="remove it first, or choose another folder")
        sources[name] = path
    return sources


def _place(path: Path) -> tuple[Path, str]:
    """The cassette folder of a file (the one with ``blobs/``), and the cassette's name in it."""
    folder = next((parent for parent in path.parents if (parent / "blobs").is_dir()), path.parent)
    return folder, path.relative_to(folder).with_suffix("").as_posix()
