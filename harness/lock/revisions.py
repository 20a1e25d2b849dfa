"""The lock file as git has it."""

import subprocess
from pathlib import Path

from harness.errors import HarnessError, LockError, UsageError
from harness.files import decode_text, relative
from harness.lock.entries import Lock
from harness.lock.lockfile import parse_lock


def read_revision(path: Path, revision: str) -> Lock:
    """Read the lock file as of a git revision; an empty one if there was none yet.

    Raises:
        LockError: it is not a lock file, or git cannot show it.
        UsageError: there is no such revision, or no git repository.
    """
    real = path.resolve()
    if _git(real.parent, "rev-parse", "--git-dir") is None:
        raise UsageError(f"--base is {revision!r}, but {real.parent} is not in a git repository")
    commit = None if revision.startswith("-") else _git(real.parent, "rev-parse", "--verify", f"{revision}^{{commit}}")
    if commit is None:
        raise UsageError(
            f"--base is {revision!r}, but git knows no such revision here", hint="check the name, or fetch it"
        )
    found, name = commit.decode().strip(), f"./{real.name}"
    if not _git(real.parent, "ls-tree", found, "--", name):
        return Lock()
    place = f"{revision}:{relative(path, Path.cwd())}"
    data = _git(real.parent, "show", f"{found}:{name}")
    if data is None:
        raise LockError(f"{place}: git cannot show it", hint="fetch it: a partial clone may lack it")
    return parse_lock(decode_text(data, place, LockError, file=path), place)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of git; ``None`` if it fails."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror}") from None
    return done.stdout if done.returncode == 0 else None


def read_committed(path: Path) -> Lock:
    """Read the lock file of git's HEAD; an empty one if HEAD has none, or none that can be read."""
    folder = next((folder for folder in path.absolute().parents if folder.is_dir()), path.parent)
    try:
        return read_revision(folder / path.name, "HEAD") if folder == path.absolute().parent else Lock()
    except HarnessError:
        return Lock()


def find_elsewhere(path: Path, start: Path) -> Path | None:
    """Find a lock file of the same name in the folder ``start`` or above it, up to the top of its git work tree."""
    for folder in (start, *start.parents):
        if (folder / path.name).is_file() and folder != path.parent:
            return folder / path.name
        if (folder / ".git").exists():
            break
    return None
