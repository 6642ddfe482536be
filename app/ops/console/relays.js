// The relays: how each is, and what can be done about it.

import { act, button } from "./acting.js";
import { ask } from "./dialogs.js";
import { byId, el, keyed, mark, part, say } from "./dom.js";
import { clock, count, rate, since } from "./format.js";

const WORDS = {
  closed: "well",
  open: "left alone",
  "half-open": "being tried",
  resting: "resting, as it asked",
  paused: "paused",
};

export function showRelays({ stats }) {
  keyed(byId("relays"), stats.relays, (relay) => relay.name, make, (node, relay) => {
    mark(node, "data-state", relay.status);
    say(part(node, "status"), WORDS[relay.status] ?? relay.status);
    say(part(node, "since"), `for ${since(relay.since, stats.at)}`);
    say(part(node, "limits"), limits(relay));
    say(part(node, "accepted"), relay.last_accepted_at ? `took a mail ${since(relay.last_accepted_at, stats.at)} ago` : "took no mail yet");
    part(node, "error").hidden = !relay.last_error;
    say(part(node, "error"), relay.last_error && `last error: ${relay.last_error}`);
    part(node, "pause").hidden = relay.status === "paused";
    part(node, "resume").hidden = relay.status !== "paused";
    part(node, "reset").hidden = !["open", "half-open", "resting"].includes(relay.status);
  });
}

function limits(relay) {
  const words = [`${count(relay.connections)}${relay.most_connections ? ` of ${count(relay.most_connections)}` : ""} connections`];
  if (relay.rate) words.push(`at most ${rate(relay.rate)} /s`);
  if (relay.limit) words.push(`it takes ${rate(relay.limit)} /s`);
  if (relay.waiting) words.push(`${count(relay.waiting)} mails wait for one`);
  if (relay.resting_until) words.push(`asked again at ${clock(relay.resting_until)}`);
  return words.join(" · ");
}

function make({ name }) {
  const path = `/admin/relays/${encodeURIComponent(name)}`;
  const steer = (action, words, before) => {
    const node = el("button", { type: "button", "data-part": action, "aria-label": `${words} relay ${name}` }, words);
    button(node, async () => {
      if (before && !(await ask({ ...before, yes: words }))) return;
      await act("POST", `${path}/${action}`, undefined, (relay) => `Relay ${relay.name} is ${WORDS[relay.status] ?? relay.status}.`);
    });
    return node;
  };
  return el("li", {},
    el("div", { class: "what" },
      el("p", {}, el("strong", {}, name)),
      el("p", { class: "state" }, el("span", { class: "mark", "aria-hidden": "true" }), el("span", { "data-part": "status" }), " ", el("span", { class: "soft", "data-part": "since" })),
      el("p", { class: "soft" }, el("span", { "data-part": "limits" }), " · ", el("span", { "data-part": "accepted" })),
      el("p", { class: "words", "data-part": "error" })),
    el("div", { class: "actions" },
      steer("reset", "Reset"),
      steer("pause", "Pause", { title: `Pause relay ${name}?`, text: "It gets no more mail until you resume it; mails under way end." }),
      steer("resume", "Resume")));
}
