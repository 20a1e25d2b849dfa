"""Changes that lose nothing."""

from tests.promptcache.pairs.build import (
    HOUR,
    MARK,
    MINIMUM_1024,
    OLD,
    OTHER,
    STATIC,
    THINKING,
    THOUGHT_CHAT,
    TOOL_CHAT,
    TOOLS,
    assistant,
    chat,
    full,
    hit,
    image,
    marked_blocks,
    padded,
    request,
    result,
    sized,
    system,
    text,
    tool,
    use,
    user,
)

HARMLESS = [
    hit("nothing changed", system(), system()),
    hit("another user message behind the breakpoint", system(), system(messages=[user("Something else.")])),
    hit("another max_tokens", system(), system(max_tokens=10)),
    hit("streamed", system(), system(stream=True)),
    hit("another temperature", system(), system(temperature=0.5)),
    hit("stop sequences and metadata", system(), system(stop_sequences=["x"], metadata={"user_id": "u"})),
    hit("another service tier", system(), system(service_tier="auto")),
    hit("top-level keys in another order", system(), dict(reversed(system().items()))),
    hit("a block's own keys in another order", system(), request(system=[dict(reversed(text(STATIC, MARK).items()))])),
    hit(
        "system as a string with an automatic breakpoint",
        request(system=STATIC, cache_control=MARK, messages=[user("Go on.")]),
        request(system=[text(STATIC)], cache_control=MARK, messages=[user("Go on.")]),
    ),
    hit(
        "message content as a string",
        request(messages=[user(text(STATIC, MARK))]),
        request(messages=[user(text(STATIC, MARK)), assistant("Yes."), user(text("More.", MARK))]),
    ),
    hit(
        "content string becomes one text block",
        system(messages=[user("Go on.")]),
        system(messages=[user(text("Go on."))]),
    ),
    hit("conversation goes on", request(messages=chat(3)), request(messages=chat(5))),
    hit(
        "conversation goes on under an automatic breakpoint",
        request(messages=chat(3, mark=None), cache_control=MARK),
        request(messages=chat(5, mark=None), cache_control=MARK),
    ),
    hit(
        "explicit breakpoint becomes automatic",
        request(messages=chat(3)),
        request(messages=chat(3, mark=None), cache_control=MARK),
    ),
    hit(
        "tool result appended",
        request(tools=TOOLS, messages=[user(text(STATIC, MARK))]),
        request(tools=TOOLS, messages=[user(text(STATIC)), assistant(use(1)), user(result(1, mark=MARK))]),
    ),
    hit(
        "marker moved to a later block",
        request(system=[text(STATIC, MARK), text("Tail.")]),
        request(system=[text(STATIC), text("Tail.", MARK)]),
    ),
    hit("a second marker further on", system(), system(messages=[user(text("Go on.", MARK))])),
    hit(
        "the earlier of two markers removed",
        request(system=[text(STATIC, MARK), text(OTHER, MARK)]),
        request(system=[text(STATIC), text(OTHER, MARK)]),
    ),
    hit(
        "effort spelled out at its default",
        full(),
        full(output_config={"effort": "high"}),
        levels=("hit", "hit", "hit"),
    ),
    hit("tool_choice spelled out at its default", full(), full(tool_choice={"type": "auto"})),
    hit("thinking spelled out as disabled", full(), full(thinking={"type": "disabled"})),
    hit(
        "deferred tool added",
        full(),
        full(tools=[tool("a"), tool("b", MARK, description=STATIC), tool("z", defer_loading=True)]),
    ),
    hit(
        "tool_choice after the last breakpoint", system(tools=TOOLS), system(tools=TOOLS, tool_choice={"type": "any"})
    ),
    hit("image after the last breakpoint", system(), system(messages=[user(text("Look."), image())])),
    hit(
        "a further image",
        request(messages=[user(image(), text(STATIC, MARK))]),
        request(messages=[user(image(), text(STATIC)), assistant("Yes."), user(image(), text("And this?", MARK))]),
    ),
    hit(
        "ids of tool calls differ",
        request(tools=TOOLS, messages=TOOL_CHAT),
        request(
            tools=TOOLS,
            messages=[
                user("Weather in Oslo?"),
                assistant({**use(1), "id": "toolu_9"}),
                user({**result(1, STATIC, MARK), "tool_use_id": "toolu_9"}),
            ],
        ),
    ),
    hit(
        "effort changed behind a system breakpoint, by assumption",
        system(),
        system(output_config={"effort": "low"}),
        levels=("n/a", "model_specific", "n/a"),
    ),
    hit(
        "thinking changed behind a system breakpoint, by assumption",
        system(),
        system(thinking=THINKING),
        levels=("n/a", "model_specific", "n/a"),
    ),
    hit(
        "thinking kept by a model that keeps it all",
        request(tools=TOOLS, messages=THOUGHT_CHAT),
        request(
            tools=TOOLS,
            messages=[*THOUGHT_CHAT[:2], user(result(1, STATIC)), assistant("4 C."), user(text("And now?", MARK))],
        ),
    ),
    hit(
        "tool results alone strip no thinking",
        request(model=OLD, thinking=THINKING, tools=TOOLS, messages=THOUGHT_CHAT),
        request(
            model=OLD,
            thinking=THINKING,
            tools=TOOLS,
            messages=[*THOUGHT_CHAT[:2], user(result(1, STATIC)), assistant(use(2)), user(result(2, mark=MARK))],
        ),
    ),
    hit(
        "a system message in mid-conversation",
        request(model="claude-opus-4-8", messages=[user(text(STATIC, MARK))]),
        request(
            model="claude-opus-4-8",
            messages=[user(text(STATIC)), {"role": "system", "content": [text("Be brief.", MARK)]}],
        ),
    ),
    hit("five minutes to the second", system(), system(), gap=300),
    hit("one hour to the second", system(mark=HOUR), system(mark=HOUR), gap=3600),
    hit("19 positions further on", request(messages=padded(1)), request(messages=padded(20))),
    hit(
        "30 calls of tools in two turns are few positions",
        request(tools=TOOLS, messages=[user(text(STATIC, MARK))]),
        request(
            tools=TOOLS,
            messages=[
                user(text(STATIC)),
                assistant(*(use(n) for n in range(30))),
                user(*(result(n) for n in range(29)), result(29, mark=MARK)),
            ],
        ),
    ),
    hit("exactly the minimum", system(sized(1024), model=MINIMUM_1024), system(sized(1024), model=MINIMUM_1024)),
    hit("four breakpoints", marked_blocks(4), marked_blocks(4)),
    hit(
        "1h before 5m",
        request(system=[text(STATIC, HOUR), text(OTHER, MARK)]),
        request(system=[text(STATIC, HOUR), text(OTHER, MARK)]),
    ),
    hit("pre-warmed with max_tokens 0", system(max_tokens=0), system()),
]
