// Shows the cases of a run: unpacks them, filters them, and draws 50 at a time. Texts enter the page as text only.
"use strict";

const STEP = 50;
const ORDER = { failed: 0, skipped: 1, passed: 2 };
const TOKENS = [
  ["cache_read_input_tokens", "read from the cache"],
  ["cache_creation_input_tokens", "written to it"],
  ["input_tokens", "uncached input"],
  ["output_tokens", "output"],
];
const CHECKED = new Map([[true, "passed"], [false, "failed"], [null, "cannot tell"]]);
const COLOURS = { passed: "good", failed: "bad", skipped: "warn", "cannot tell": "warn" };

const byId = (id) => document.getElementById(id);

/** Control, invisible and direction-changing characters become escapes; line breaks and tabs stay. */
function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === "\n" || char === "\t") return char;
    const code = char.codePointAt(0);
    const [mark, width] = code > 0xffff ? ["U", 8] : code > 0xff ? ["u", 4] : ["x", 2];
    return `\\${mark}${code.toString(16).padStart(width, "0")}`;
  });
}

/** Make an element with a class and children; strings become text. */
function make(tag, kind, ...children) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  for (const child of children) {
    if (child !== null) node.append(typeof child === "string" ? visible(child) : child);
  }
  return node;
}

const badge = (word) => make("span", `badge ${COLOURS[word] ?? "plain"}`, word);
const whole = (number) => (number ?? 0).toLocaleString("en-US");

/** Dollars with all their digits, without zeros at the end. */
function dollars(amount) {
  if (amount === null) return "not known";
  const shorter = amount.includes(".") ? amount.replace(/\.?0+$/, "") : amount;
  return shorter.startsWith("-") ? `-$${shorter.slice(1)}` : `$${shorter}`;
}

function table(caption, titles, rows) {
  const head = make("tr", "", ...titles.map((title, at) => make("th", at ? "number" : "", title)));
  for (const cell of head.children) cell.scope = "col";
  const body = rows.map(([first, ...others]) => {
    const name = make("th", "", first);
    name.scope = "row";
    return make("tr", "", name, ...others.map((cell) => make("td", "number", cell)));
  });
  const grid = make("table", "", make("caption", "", caption), make("thead", "", head), make("tbody", "", ...body));
  return scrolling(make("div", "scroll", grid), caption);
}

/** Let a part that may scroll be reached by keyboard. */
function scrolling(node, name) {
  node.tabIndex = 0;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", name);
  return node;
}

function callsOf(one) {
  const titles = ["call", ...TOKENS.map(([, title]) => title), "cost", "without the cache"];
  const rows = one.calls.map((call, at) => [
    `${at + 1}`,
    ...TOKENS.map(([key]) => whole(call.usage[key])),
    dollars(call.cost_usd),
    dollars(call.cost_without_cache_usd),
  ]);
  return rows.length ? table("Usage", titles, rows) : null;
}

function checksOf(one) {
  const rows = one.checks.map((check) => {
    const score = check.score === null ? "" : ` (score ${check.score})`;
    const place = check.place ? ` (${check.place})` : "";
    return make("li", "", badge(CHECKED.get(check.passed)), " ", make("b", "", check.check), `${score}: ${check.why}${place}`);
  });
  return rows.length ? make("ul", "checks", ...rows) : null;
}

function answersOf(one) {
  return one.answers.flatMap((answer, at) => {
    const title = `Answer ${at + 1}`;
    const withheld = answer.text === null;
    const text = withheld ? `${whole(answer.length)} characters, sha256 ${answer.sha256.slice(0, 12)}` : answer.text;
    const parts = [make("h3", "", title), scrolling(make("pre", "answer", text), title)];
    if (answer.accepted_diff) {
      parts.push(make("h3", "", `${title} against the accepted one`), diffOf(answer.accepted_diff, title));
    }
    return parts;
  });
}

function diffOf(diff, title) {
  const tags = { "+": "ins", "-": "del" };
  const rows = diff.split("\n").map((line) => make(tags[line[0]] ?? "span", "line", line || " "));
  return scrolling(make("pre", "answer", ...rows), `${title}: difference`);
}

function bodyOf(one) {
  const who = [one.model, one.answered_by && `answered by ${one.answered_by}`].filter(Boolean).join(", ");
  return make(
    "div", "body", make("p", "", make("code", "", one.id)), who ? make("p", "", who) : null,
    checksOf(one), callsOf(one), ...answersOf(one),
  );
}

/** Make the row of a case; its body is made when it is opened for the first time. */
function rowOf(one) {
  const passed = one.checks.filter((check) => check.passed === true).length;
  const checks = one.checks.length ? `${passed} of ${one.checks.length} checks` : "";
  const summary = make(
    "summary", "", badge(one.outcome), " ", make("span", "name", one.case || one.id), " ",
    make("small", "", `${one.suite} ${one.version}`), " ", make("small", "checked", checks),
  );
  const row = make("details", "case", summary);
  row.addEventListener("toggle", () => {
    if (row.open && row.childElementCount === 1) row.append(bodyOf(one));
  });
  return row;
}

function wordsOf(one) {
  const checks = one.checks.flatMap((check) => [check.check, check.why, CHECKED.get(check.passed)]);
  const answers = one.answers.map((answer) => answer.text ?? "");
  return [one.id, one.suite, one.version, one.case, one.outcome, one.model ?? "", ...checks, ...answers].join("\n").toLowerCase();
}

/** Turn columns into rows again; the counterpart of `fold` in cases.py. */
function unfold(part) {
  if (part.plain) return part.plain;
  if (part.lengths) {
    const items = unfold(part.items);
    let at = 0;
    return part.lengths.map((length) => items.slice(at, (at += length)));
  }
  const columns = Object.entries(part.fields).map(([key, values]) => [key, unfold(values)]);
  return columns[0][1].map((_, row) => Object.fromEntries(columns.map(([key, values]) => [key, values[row]])));
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return unfold(JSON.parse(await new Response(stream).text()));
}

function start(all) {
  const rows = all.map((one) => ({ one, words: null })).sort((a, b) => ORDER[a.one.outcome] - ORDER[b.one.outcome]);
  const selects = ["outcome", "suite", "version"].map(byId).filter(Boolean);
  const [search, list, more] = ["search", "list", "more"].map(byId);
  let found = rows;

  function matches(row, terms) {
    if (!selects.every(({ id, value }) => !value || row.one[id] === value.slice(1))) return false;
    if (!terms.length) return true;
    row.words ??= wordsOf(row.one);
    return terms.every((term) => row.words.includes(term));
  }

  function showMore() {
    const from = list.childElementCount;
    list.append(...found.slice(from, from + STEP).map((row) => rowOf(row.one)));
    more.hidden = list.childElementCount >= found.length;
    if (from && list.children[from]) list.children[from].firstElementChild.focus();
  }

  function filter() {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) => matches(row, terms));
    list.replaceChildren();
    byId("count").textContent = `${whole(found.length)} of ${whole(rows.length)} ${rows.length === 1 ? "case" : "cases"}`;
    showMore();
  }

  search.addEventListener("input", filter);
  for (const select of selects) select.addEventListener("change", filter);
  more.addEventListener("click", showMore);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search && search.value) {
      event.preventDefault();
      search.value = "";
      filter();
    }
  });
  byId("filters").hidden = false;
  byId("plain").hidden = true;
  filter();
}

/** Open all tables for paper, and close them again. */
function openForPrint() {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const part of opened) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
}

openForPrint();
// Where the browser cannot unpack them, the failed cases stay in the page as they are.
if (byId("data") && "DecompressionStream" in window) {
  unpack(byId("data").textContent).then(start);
}
