// The latest failures, by kind: how many, and the last ones in the relays' own words.

import { byId, el, keyed, mark, part, say } from "./dom.js";
import { clock, count, plural } from "./format.js";

export function showFailures({ failures, stats }) {
  const kinds = new Map();
  for (const failure of failures) {
    if (!kinds.has(failure.kind)) kinds.set(failure.kind, []);
    kinds.get(failure.kind).push(failure);
  }
  const lately = stats.outcomes.last_15m.kinds;
  keyed(byId("failures"), [...kinds], ([kind]) => kind, makeKind, (node, [kind, found]) => {
    say(part(node, "count"), `${count(lately[kind] ?? 0)} in 15 min`);
    say(part(node, "last"), [found[0].code, found[0].text].filter(Boolean).join(" "));
    keyed(part(node, "list"), found, (each) => `${each.at} ${each.id} ${each.attempt}`, makeFailure, () => {});
  });
  say(byId("failures-sum"), kinds.size ? "by kind, the latest first" : "none since the start");
}

// The first one there is shows its mails at once.
function makeKind([kind]) {
  return el("details", { class: "kind", open: !byId("failures").children.length },
    el("summary", {}, el("span", { class: "tag" }, kind), el("span", { class: "number", "data-part": "count" }), el("span", { class: "soft cut", "data-part": "last" })),
    el("ul", { "data-part": "list" }));
}

function makeFailure(failure) {
  const to = failure.recipients.join(", ");
  const next = failure.next_attempt_at ? `, next try ${clock(failure.next_attempt_at)}` : "";
  const node = el("li", {},
    el("div", { class: "between" },
      el("p", {}, el("time", { datetime: failure.at }, clock(failure.at)), " ", el("strong", {}, failure.id), " ", el("span", { class: "soft" }, to)),
      el("p", { class: "soft" }, `${failure.status} after ${plural(failure.attempt, "attempt")}${next}`)),
    el("p", {}, failure.relay && el("span", { class: "soft" }, `${failure.relay}: `), [failure.code, failure.text].filter(Boolean).join(" ") || "no reply"));
  mark(node, "data-state", failure.status);
  return node;
}
