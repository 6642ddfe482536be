// Dead letters: searched, listed, and sent to the queue again.

import { act, busy, button } from "./acting.js";
import { call } from "./api.js";
import { ask, tell } from "./dialogs.js";
import { byId, el, say } from "./dom.js";
import { clock, count, plural } from "./format.js";
import { openLetter } from "./letter.js";

const KINDS = [
  "invalid_message", "expired", "connection", "ambiguous", "relay_auth", "rate_limited", "temporary",
  "recipient", "policy", "content", "sender", "suppressed", "duplicate", "bug",
];
const PAGE = 25;
const SOON_MS = 5000;

byId("kind").append(...KINDS.map((kind) => el("option", { value: kind }, kind)));

let chosen = {};
let next = null;
let page = "newest";
let matching = 0;
let dead = null;
let due = null;
let asked = 0;

// Once the number of dead ones has changed, and the newest are what is looked at.
export function followLetters({ stats }) {
  const now = stats.outcomes.total.statuses.dead ?? 0;
  if (dead === null) read();
  else if (now !== dead && page === "newest") readSoon();
  dead = now;
}

function readSoon() {
  due ??= setTimeout(() => { due = null; read(); }, SOON_MS);
}

function wanted() {
  const selection = {};
  for (const name of ["kind", "id", "type"]) {
    const value = byId(name).value.trim();
    if (value) selection[name] = [value];
  }
  const text = byId("text").value.trim();
  if (text) selection.text = text;
  const seconds = Number(byId("since").value);
  if (seconds) selection.since = new Date(Date.now() - seconds * 1000).toISOString();
  return selection;
}

// What was asked for last is what is shown, whichever answer comes first.
async function read(before = null) {
  const turn = ++asked;
  const query = new URLSearchParams({ limit: PAGE });
  for (const [name, value] of Object.entries(chosen)) query.set(name, value);
  if (before) query.set("before", before);
  let found;
  try {
    found = await call("GET", `/admin/dlq?${query}`);
  } catch (problem) {
    if (turn !== asked) return;
    say(byId("letters-sum"), `Not read: ${problem.message}`);
    if (problem.status === 503) readSoon();
    return;
  }
  if (turn !== asked) return;
  ({ next, matching } = found);
  page = before ?? "newest";
  const selective = Object.keys(chosen).length > 0;
  say(byId("letters-sum"), `${plural(matching, "letter")} ${selective ? (matching === 1 ? "matches" : "match") : "in all"}${found.letters.length < matching ? `, ${count(found.letters.length)} shown` : ""}`);
  say(byId("replay-all"), selective ? "Replay those that match" : "Replay all");
  byId("replay-all").disabled = !matching;
  byId("older").disabled = next === null;
  byId("newest").disabled = page === "newest";
  list(found.letters);
}

function list(letters) {
  const focused = document.activeElement?.closest("#letters li")?.dataset.place;
  byId("letters").replaceChildren(...letters.map(row));
  if (focused) byId("letters").querySelector(`[data-place="${CSS.escape(focused)}"] button`)?.focus();
}

function row(letter) {
  const place = `${letter.partition}/${letter.offset}`;
  const open = el("button", { type: "button", class: "row", on: { click: () => openLetter(place, replayOne) } },
    el("time", { datetime: letter.failed_at }, clock(letter.failed_at)),
    el("span", { class: "tag" }, letter.error_kind ?? "unknown"),
    el("strong", { class: "cut" }, letter.id),
    el("span", { class: "cut soft" }, letter.recipients.join(", ")),
    el("span", { class: "cut why" }, [letter.error_code, letter.error_text].filter(Boolean).join(" ")),
    letter.replayed ? el("span", { class: "tag well" }, "replayed") : null);
  return el("li", { "data-place": place }, open);
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  chosen = wanted();
  busy(event.submitter ?? event.target, () => read());
});
button(byId("older"), () => read(next));
button(byId("newest"), () => read());

button(byId("replay-all"), async () => {
  const selective = Object.keys(chosen).length > 0;
  const agreed = await ask({
    title: `Replay ${plural(matching, "letter")}?`,
    text: "Each goes to the queue again, once, and is sent as a new mail would be. Those that were replayed before are left out.",
    yes: "Replay",
    fields: [{ name: "rate", label: "Letters a second at most (empty: as fast as it goes)", type: "number", min: 1, max: 100000, inputmode: "numeric" }],
  });
  if (!agreed) return;
  const which = selective ? { ...chosen } : { all: true };
  if (agreed.rate) which.rate = Number(agreed.rate);
  await replay(which);
});

async function replayOne(letter) {
  const place = `${letter.partition}/${letter.offset}`;
  if (letter.replayed) {
    const agreed = await ask({
      title: "Replay it once more?",
      text: `It was replayed before, ${clock(letter.replayed_at)}. Whoever got it then gets it again.`,
      yes: "Replay again",
    });
    if (!agreed) return false;
  }
  return replay({ places: [place], again: letter.replayed });
}

// Whether it was begun; it goes on by itself, and is shown until its end.
async function replay(which) {
  const work = await act("POST", "/admin/dlq/replay", which);
  if (work === null) return false;
  followWork(work);
  return true;
}

let followed = null;

async function followWork(work) {
  followed = work.id;
  byId("work").hidden = false;
  byId("work-stop").hidden = false;
  let now = work;
  while (followed === work.id) {
    showWork(now);
    if (now.state !== "running") break;
    await new Promise((after) => setTimeout(after, 500));
    try {
      now = await call("GET", `/admin/operations/${work.id}`);
    } catch (problem) {
      say(byId("work-text"), `How far it is cannot be told: ${problem.message}`);
      if (problem.status !== 0) break;
    }
  }
  if (now.state === "running") return;
  byId("work-stop").hidden = true;
  tell(byId("work-text").textContent);
  await read();
}

function showWork(work) {
  const counts = Object.entries(work.counts).map(([fate, number]) => `${count(number)} ${fate}`);
  const state = { running: "Replaying", done: "Replay done", failed: "Replay failed", cancelled: "Replay stopped" }[work.state];
  const more = [work.error, ...work.failures].filter(Boolean);
  say(byId("work-text"), `${state}: ${counts.join(", ") || "nothing yet"}${more.length ? `. ${more.join("; ")}` : ""}`);
  const bar = byId("work-bar");
  if (work.state !== "running") [bar.max, bar.value] = [1, 1];
  else if (work.of) [bar.max, bar.value] = [work.of, work.looked_at];
  else bar.removeAttribute("value");
}

button(byId("work-stop"), () => act("DELETE", `/admin/operations/${followed}`, undefined, () => "Stopping; what was sent stays sent."));
