"""``harness cassettes``: import cassettes from vcrpy and export them to it."""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cli import cassettes_hygiene
from harness.errors import CassetteError, HarnessError, SecretError, UsageError
from harness.files.names import portable_name
from harness.findings.words import count

_EXAMPLE = """\
exit codes:
  0  done
  1  check or prune --dry-run found something
  2  input that cannot be judged; the reason is on standard error

examples:
  harness cassettes import tests/cassettes --into cassettes
  harness cassettes export cassettes/test_app/test_ask.json --into vcr
  harness cassettes prune cassettes --used used.txt --dry-run
  harness cassettes check cassettes
"""

_SUFFIXES = (".yaml", ".yml")
_ENDING = re.compile(r"\.ya?ml(?:\.\w+)?$|\.\w+$")
_CASSETTE = re.compile(r"(?i)^[^.].*\.(?:ya?ml(?:\.\w+)?|json|gz|br|zst)$")
"""Matches the names of files that may be cassettes, so that each that is none is named."""


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
        "Convert vcrpy YAML cassettes (.yaml, .yml, also .gz) to cassettes of the harness. Compressed bodies\n"
        "are decoded, and credentials removed. A folder keeps its layout, such as that of pytest-recording:\n"
        "MODULE/TEST.yaml becomes MODULE/TEST.json. Each file that is not imported is named with the reason."
    )
    parser.epilog = (
        "exit codes:\n"
        "  0  all files were imported\n"
        "  2  some were not; the reasons are on standard error\n\n"
        "example:\n  harness cassettes import tests/cassettes --into cassettes\n"
    )
    parser.add_argument(
        "files", metavar="VCR_YAML", type=Path, nargs="+", help="a file, or a folder with .yaml, .yml and .gz files"
    )
    parser.add_argument("--into", metavar="FOLDER", type=Path, required=True, help="folder to write the cassettes to")
    parser.set_defaults(run_action=run_import)


def run_import(options: argparse.Namespace) -> int:
    """Import what can be, and say of each other file why it cannot; return 2 if there are any, else 0."""
    from harness.cassettes.configuration import find_allowed, find_rules
    from harness.cassettes.interchange import read_vcr
    from harness.cassettes.scan import SecretGuard
    from harness.cassettes.scrub import Scrubber
    from harness.cassettes.store import CassetteStore

    store = CassetteStore(options.into, guard=SecretGuard(allowed=find_allowed(options.into)))
    scrubber = Scrubber(rules=find_rules(options.into))
    sources: dict[str, Path] = {}
    total = 0
    for name, path in _find_yaml(options.files, options.into):
        total += 1
        try:
            if path not in options.files:
                _check_ending(path)
            _check_target(store.path(name), sources.get(name))
            cassette = read_vcr(path, scrubber)
            store.save(name, cassette)
        except (CassetteError, SecretError, UsageError) as error:
            print(_not_imported(path, error), file=sys.stderr)
            continue
        sources[name] = path
        print(f"{store.path(name)}: {count(len(cassette.interactions), 'interaction')} from {path}")
    if len(sources) < total > 1:
        print(f"imported {len(sources):,} of {count(total, 'file')}", file=sys.stderr)
    return 0 if len(sources) == total else 2


def _not_imported(path: Path, error: HarnessError) -> str:
    """The line that says why a file is not imported; a reader of files says where the fault is."""
    place = re.match(rf"{re.escape(str(path))}(?::\d+)?(?=: )", error.message)
    reason = error.message[place.end() + 2 :] if place else error.message
    hint = f"\n  try: {error.hint}" if error.hint else ""
    return f"{place[0] if place else path}: not imported: {reason}{hint}"


def _check_ending(path: Path) -> None:
    if path.suffix not in (*_SUFFIXES, ".gz"):
        raise UsageError("expected a file that ends in .yaml, .yml, .yaml.gz or .yml.gz")


def _check_target(target: Path, other: Path | None) -> None:
    if other is not None:
        raise UsageError(f"{target} is the cassette of {other}", hint="import them into different folders")
    if target.exists():
        raise UsageError(f"{target} already exists", hint="remove it first, or choose another folder")


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


def _find_yaml(paths: list[Path], into: Path) -> Iterator[tuple[str, Path]]:
    """Find files, each with the name of its cassette; in a folder, names are relative to it."""
    for path in paths:
        if not path.is_dir():
            yield _cassette_name(_below_cassettes(path)), path
            continue
        own = into.resolve()
        found = (file for file in path.rglob("*") if _CASSETTE.search(file.name) and file.is_file())
        files = sorted(file for file in found if file.suffix != ".json" or own not in file.resolve().parents)
        if not files:
            raise UsageError(f"{path}: no .yaml or .yml file in this folder")
        for file in files:
            yield _cassette_name(file.relative_to(path)), file


def _below_cassettes(path: Path) -> Path:
    """The path below the folder ``cassettes``, where pytest-recording keeps a folder for each module; else the name."""
    parts = path.parts
    places = [number for number, part in enumerate(parts[:-1]) if part == "cassettes"]
    return Path(*parts[places[-1] + 1 :]) if places else Path(path.name)


def _cassette_name(path: Path) -> str:
    """The name that the harness gives to the cassette of a test, which pytest-recording names like the test."""
    return (path.parent / portable_name(_ENDING.sub("", path.name))).as_posix()


def _by_target(found: list[tuple[str, Path]], target: Callable[[str], Path]) -> dict[str, Path]:
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
