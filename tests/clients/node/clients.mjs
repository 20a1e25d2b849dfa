// Calls of the node SDK and of Vercel's AI SDK, each cold and then warm; prints what each read and wrote as JSON lines.
import Anthropic, { APIError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateObject, generateText, streamText, tool } from "ai";
import assert from "node:assert/strict";
import { z } from "zod";

const url = process.env.ANTHROPIC_BASE_URL;
const model = "claude-sonnet-4-6";
const text = "You compare resumes with jobs, carefully and briefly. ".repeat(200);
const system = (name) => [{ type: "text", text: `${name}. ${text}`, cache_control: { type: "ephemeral" } }];
const messages = [{ role: "user", content: "Hello" }];
const client = new Anthropic({ maxRetries: 0 });
const of = (usage) => [usage.cache_read_input_tokens, usage.cache_creation_input_tokens];

const provider = createAnthropic({ baseURL: `${url}/v1`, apiKey: "offline" });
const cached = { anthropic: { cacheControl: { type: "ephemeral" } } };
const prompt = (name, question = "Hello") => [
  { role: "system", content: `${name}. ${text}`, providerOptions: cached },
  { role: "user", content: question },
];
const ofVercel = (usage) => [usage.inputTokenDetails.cacheReadTokens, usage.inputTokenDetails.cacheWriteTokens];

const clients = {
  async node_create() {
    return of((await client.messages.create({ model, max_tokens: 50, system: system("node create"), messages })).usage);
  },
  async node_stream() {
    const stream = client.messages.stream({ model, max_tokens: 50, system: system("node stream"), messages });
    const message = await stream.finalMessage();
    assert.ok(message.content[0].text);
    return of(message.usage);
  },
  async node_tools() {
    const tools = [{ name: "find_job", input_schema: { type: "object", properties: { title: { type: "string" } }, required: ["title"] } }];
    const message = await client.messages.create({
      model, max_tokens: 50, system: system("node tools"), messages, tools, tool_choice: { type: "any" },
    });
    assert.equal(message.content[0].type, "tool_use");
    assert.equal(typeof message.content[0].input.title, "string");
    return of(message.usage);
  },
  async node_count() {
    const counted = await client.messages.countTokens({ model, system: system("node count"), messages });
    const { usage } = await client.messages.create({ model, max_tokens: 50, system: system("node count"), messages });
    assert.equal(counted.input_tokens, usage.input_tokens + of(usage)[0] + of(usage)[1]);
    return of(usage);
  },
  async node_batch() {
    const params = { model, max_tokens: 50, system: system("node batch"), messages };
    const batch = await client.messages.batches.create({ requests: [{ custom_id: "a", params }] });
    assert.equal((await client.messages.batches.retrieve(batch.id)).processing_status, "ended");
    for await (const result of await client.messages.batches.results(batch.id)) return of(result.result.message.usage);
  },
  async node_errors() {
    const fail = (status) =>
      client.messages.create({ model, max_tokens: 50, messages }, { headers: { "harness-fault": `status=${status}` } });
    for (const [status, kind] of [[400, BadRequestError], [404, NotFoundError], [429, RateLimitError], [529, InternalServerError]]) {
      await assert.rejects(fail(status), (error) => error instanceof kind && error instanceof APIError && error.status === status);
    }
    return of((await client.messages.create({ model, max_tokens: 50, system: system("node errors"), messages })).usage);
  },
  async vercel_text() {
    const answer = await generateText({ model: provider(model), messages: prompt("vercel text"), maxRetries: 0, allowSystemInMessages: true });
    assert.ok(answer.text);
    return ofVercel(answer.usage);
  },
  async vercel_stream() {
    const answer = streamText({ model: provider(model), messages: prompt("vercel stream"), maxRetries: 0, allowSystemInMessages: true });
    assert.ok(await answer.text);
    return ofVercel(await answer.usage);
  },
  async vercel_object() {
    const answer = await generateObject({
      model: provider(model), schema: z.object({ score: z.number() }), messages: prompt("vercel object"), maxRetries: 0, allowSystemInMessages: true,
    });
    assert.equal(typeof answer.object.score, "number");
    return ofVercel(answer.usage);
  },
  async vercel_tools() {
    const asked = [];
    const get_weather = tool({
      description: "Say how the weather is.",
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => { asked.push(city); return "cold"; },
    });
    const answer = await generateText({
      model: provider(model), messages: prompt("vercel tools", "How is the weather?"), tools: { get_weather }, maxRetries: 0, allowSystemInMessages: true,
      stopWhen: ({ steps }) => steps.length === 3,
    });
    assert.deepEqual(asked, ["x"]);
    assert.equal(answer.text, "It is cold.");
    return ofVercel(answer.steps[0].usage);
  },
};

for (const [name, ask] of Object.entries(clients)) {
  for (const call of ["cold", "warm"]) {
    try {
      const [read, written] = await ask();
      console.log(JSON.stringify({ client: name, call, read, written }));
    } catch (error) {
      console.log(JSON.stringify({ client: name, error: String(error?.stack ?? error) }));
      break;
    }
  }
}
