"""A scratch project with suites and a lock file, as input for commands."""

import json
import sys
from pathlib import Path

from harness.cassettes.store import CassetteStore
from harness.lock.accept import keep_texts
from harness.lock.check import find_suite_files
from harness.lock.compare import CaseRequests
from harness.lock.entries import Lock, LockEntry
from harness.lock.locate import Source
from harness.lock.lockfile import write_lock
from harness.prompt import read
from harness.prompt.tokens import TextCounter
from harness.suites.capture import capture
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun

PROMPT = "".join(f"Rule {number}: be polite.\n" for number in range(200))

CALL = """
def ask(client, prompt, question):
    message = client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=500,
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question}],
    )
    return message.content[0].text
"""

BUILD = """
def ask(prompt, question):
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question}],
    }
"""

SUITE = """\
suites:
  support:
    {kind}: app.py:ask
    client: {client}
    prompts:
      v1: {{file: prompt.md}}
    cases:
      refund: {{question: How do I get a refund}}
      parcel: {{question: Where is my parcel}}
"""

COUNT = TextCounter()


class Project:
    """A folder with suites and a lock file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        """Write a file; a module is imported again afterwards."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for module in [key for key, value in sys.modules.items() if getattr(value, "__file__", None) == str(path)]:
            del sys.modules[module]
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def add_suite(self, app: str = CALL, *, folder: str = "support", client: str = "anthropic") -> None:
        """Create a folder with the suite ``support``, its application and its prompt."""
        kind = "call" if "(client" in app or client == "http" else "build"
        self.write(f"{folder}/suite.yaml", SUITE.format(kind=kind, client=client))
        self.write(f"{folder}/app.py", app)
        self.write(f"{folder}/prompt.md", PROMPT)

    def accept(self, lock: str = "prompts.lock") -> Lock:
        """Write the lock file, and the texts, as a run with ``--harness-update-lock`` would."""
        store = CassetteStore(self.path / "cassettes")
        entries: dict[str, LockEntry] = {}
        for path in find_suite_files(self.path):
            source = read_suite_file(path)
            for suite in map(source.load, source.entries):
                for version in suite.versions:
                    for case in suite.cases:
                        entry = self._accept(CaseRun(suite=suite, version=version, case=case), store)
                        entries[entry.key] = entry
        accepted = Lock(entries=entries)
        write_lock(self.path / lock, accepted)
        return accepted

    def _accept(self, run: CaseRun, store: CassetteStore) -> LockEntry:
        captured = capture(run, load_function(run.suite))
        subject = CaseRequests(
            suite=run.cassette(self.path).rsplit("/", 2)[0],
            version=run.version.name,
            case=run.case.name,
            prompts=tuple(read(json.loads(body), COUNT) for body in captured.bodies),
            source=Source(file="", line=1, prompts={}),
            reason=run.version.cache_bust,
        )
        entry = subject.make_entry()
        for prompt, call in zip(subject.prompts, entry.calls, strict=True):
            keep_texts(prompt, call, store.put_text)
        return entry
