"""A script of the emulator: rules that say which requests get which answers and faults.

As a file, it is YAML: a list of rules, the first one that matches answers. For example:

    - when: {text: "weather", turn: 1}
      answer: {call: get_weather, input: {city: Oslo}}
    - when: {model: "claude-haiku-*"}
      times: 2
      fault: {status: 529}
    - answer: Hello!
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, NoReturn

from harness.emulator.answers import CallTool, Plan, Reply, Responder, resolve
from harness.emulator.faults import Fault
from harness.emulator.responder import question_of, respond
from harness.errors import RequestError, ScriptError
from harness.files import read_file
from harness.files.yaml_text import YamlPlace, parse_yaml

_RULE_KEYS = ("when", "times", "answer", "fault")
_CONDITIONS = ("model", "text", "tool", "turn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Answers the requests for which all conditions hold that are set."""

    model: str | None = None
    """A pattern for the whole model id, with ``*``: ``claude-haiku-*``."""
    text: str | None = None
    """A regular expression that is found in the last user message that has text, not only results of tools."""
    tool: str | None = None
    """The name of a tool that the request offers."""
    turn: int | None = None
    """The number of the turn, from 1: one more than the messages of the assistant."""
    times: int | None = None
    """How many requests it answers at most."""
    answer: Reply | None = None
    """``None`` for the emulator's own answer."""
    fault: Fault = field(default_factory=Fault)

    def matches(self, request: Mapping[str, Any]) -> bool:
        """Whether the conditions hold for a request body."""
        return (
            (self.model is None or fnmatchcase(str(request.get("model")), self.model))
            and (self.text is None or re.search(self.text, question_of(request)) is not None)
            and (self.tool is None or self.tool in _tool_names(request))
            and (self.turn is None or self.turn == _turn(request))
        )


class Choice(NamedTuple):
    """What a request gets."""

    reply: Reply
    is_default: bool
    """Nobody asked for this reply."""
    fault: Fault


class Script:
    """Rules in order, and what answers where none of them does."""

    def __init__(
        self, rules: Sequence[Rule] = (), *, responder: Responder | None = None, is_strict: bool = False
    ) -> None:
        """Let ``responder`` answer what no rule answers, or nothing at all if ``is_strict``."""
        self._rules = list(rules)
        self._counts: dict[int, int] = {}
        self._responder = responder
        self._is_strict = is_strict
        self._lock = Lock()

    def add(self, rule: Rule) -> None:
        """Add a rule behind the others."""
        with self._lock:
            self._rules.append(rule)

    def choose(self, request: Mapping[str, Any]) -> Choice:
        """Choose the answer to a request, and count it for its rule.

        Raises:
            RequestError: nothing answers the request, or the answer is none that the request allows.
        """
        rule = self._take(request)
        if rule is None and self._is_strict:
            raise RequestError("No rule of the emulator's script matches this request (strict mode)")
        fault = Fault() if rule is None else rule.fault
        if fault.status is not None:
            return Choice(fault, is_default=False, fault=fault)
        given = None if rule is None else rule.answer
        if given is None and self._responder is not None:
            given = self._responder(request)
        if given is None:
            return Choice(respond(request), is_default=True, fault=fault)
        reply = resolve(given, request)
        return Choice(reply, is_default=False, fault=fault | reply if isinstance(reply, Fault) else fault)

    def _take(self, request: Mapping[str, Any]) -> Rule | None:
        with self._lock:
            for index, rule in enumerate(self._rules):
                used = self._counts.get(index, 0)
                if (rule.times is None or used < rule.times) and rule.matches(request):
                    self._counts[index] = used + 1
                    return rule
        return None


def read_script(path: Path) -> list[Rule]:
    """Read the rules of a script file.

    Raises:
        ScriptError: the file is unreadable or no script; the message starts with ``path:line:``.
    """
    try:
        text = read_file(path).decode()
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScriptError(f"{path}:1: not UTF-8") from None
    value, lines = parse_yaml(text, path, ScriptError)
    if not isinstance(value, list):
        raise ScriptError(f"{path}:1: a script is a list of rules", hint="begin each rule with a dash")
    return [_RuleReader(path, lines, (index,)).read(rule) for index, rule in enumerate(value)]


class _RuleReader:
    """Reads one rule of a file."""

    def __init__(self, path: Path, lines: Mapping[YamlPlace, int], place: YamlPlace) -> None:
        self._path, self._lines, self._place = path, lines, place

    def read(self, rule: Any) -> Rule:
        """Check and convert the rule."""
        self._check_keys(rule, _RULE_KEYS, "a rule", ())
        when = rule.get("when") or {}
        self._check_keys(when, _CONDITIONS, "when", ("when",))
        for key, kind in (("model", str), ("text", str), ("tool", str), ("turn", int)):
            if key in when and (not isinstance(when[key], kind) or isinstance(when[key], bool)):
                self._fail(f"{key} is {when[key]!r}, expected {'a number' if kind is int else 'a text'}", ("when", key))
        self._check_pattern(when.get("text"))
        times = rule.get("times")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            self._fail(f"times is {times!r}, expected a number from 1", ("times",))
        answer = self._answer(rule["answer"], ("answer",)) if rule.get("answer") is not None else None
        return Rule(**when, times=times, answer=answer, fault=self._fault(rule.get("fault")))

    def _answer(self, given: Any, place: YamlPlace) -> Reply:
        if isinstance(given, str | list):
            return given
        if not isinstance(given, dict):
            self._fail(f"an answer is {given!r}, expected a text, blocks or an object", place)
        if "call" in given:
            self._check_keys(given, ("call", "input"), "a call", place)
            if not isinstance(given.get("input", {}), dict):
                self._fail(f"the input is {given['input']!r}, expected an object", (*place, "input"))
            return CallTool(str(given["call"]), given.get("input"))
        if "plan" in given:
            self._check_keys(given, ("plan",), "a plan", place)
            steps = given["plan"] if isinstance(given["plan"], list) else [given["plan"]]
            return Plan(*(self._answer(step, (*place, "plan", index)) for index, step in enumerate(steps)))
        if "error" not in given and "content" not in given:
            self._fail("an answer has none of call, plan, error and content", place)
        return dict(given)

    def _fault(self, given: Any) -> Fault:
        if given is None:
            return Fault()
        if not isinstance(given, dict):
            self._fail(f"fault is {given!r}, expected an object", ("fault",))
        try:
            return Fault.from_values(given)
        except RequestError as error:
            self._fail(error.message, ("fault",))

    def _check_pattern(self, pattern: str | None) -> None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            self._fail(f"text is {pattern!r}, no regular expression: {error}", ("when", "text"))

    def _check_keys(self, given: Any, known: Sequence[str], what: str, place: YamlPlace) -> None:
        if not isinstance(given, dict):
            self._fail(f"{what} is {given!r}, expected an object", place)
        for key in given:
            if key not in known:
                self._fail(f"{what} has no key {key!r}; it has {', '.join(known)}", (*place, key))

    def _fail(self, problem: str, place: YamlPlace) -> NoReturn:
        whole = (*self._place, *place)
        line = next((self._lines[whole[:end]] for end in range(len(whole), 0, -1) if whole[:end] in self._lines), 1)
        raise ScriptError(f"{self._path}:{line}: {problem}")


def _tool_names(request: Mapping[str, Any]) -> list[Any]:
    return [tool.get("name") for tool in request.get("tools") or () if isinstance(tool, Mapping)]


def _turn(request: Mapping[str, Any]) -> int:
    messages: Sequence[Any] = request.get("messages") or ()
    return 1 + [message.get("role") for message in messages].count("assistant")
