// How the service is: the bar at the top, what is wrong, and the buttons that steer it.

import { act, button } from "./acting.js";
import { ask, tell } from "./dialogs.js";
import { byId, el, keyed, mark, part, say } from "./dom.js";
import { seconds, since } from "./format.js";

let told = null;

// What everybody may know.
export function showStatus(health) {
  const words = health.phase === "running" ? health.status : `${health.status}: ${health.phase}`;
  mark(byId("status"), "data-state", health.status);
  say(byId("status-text"), words);
  say(byId("identity"), `${health.instance} · ${health.version} · up ${seconds(health.uptime_s)}`);
  document.title = health.status === "ok" ? "kafka-mailer" : `${health.status} · kafka-mailer`;
  if (told !== null && told !== words) tell(`The service is ${words}.`);
  told = words;
}

export function showHealth({ health, stats }) {
  showStatus(health);
  showIssues(health.issues, stats.at);
  byId("steering").hidden = false;
  const stopped = ["paused", "draining"].includes(health.phase);
  byId("resume").hidden = !stopped;
  byId("pause").hidden = byId("drain").hidden = stopped;
}

function showIssues(issues, now) {
  byId("issues").hidden = !issues.length;
  const make = () =>
    el("li", {},
      el("span", { class: "mark", "aria-hidden": "true" }),
      el("div", {},
        el("p", {}, el("strong", { "data-part": "severity" }), " ", el("span", { "data-part": "text" }), " ", el("span", { class: "soft", "data-part": "since" })),
        el("p", { class: "soft", "data-part": "action" })));
  keyed(byId("issue-list"), issues, (issue) => `${issue.code} ${issue.text.split(":")[0]}`, make, (node, issue) => {
    mark(node, "data-state", issue.severity);
    say(part(node, "severity"), issue.severity);
    say(part(node, "text"), issue.text);
    say(part(node, "since"), issue.since ? `for ${since(issue.since, now)}` : "");
    say(part(node, "action"), issue.action);
  });
}

const steered = ({ phase }) => `The service is ${phase}.`;

button(byId("pause"), async () => {
  const agreed = await ask({
    title: "Pause sending?",
    text: "Nothing more is sent by this instance until you resume. Mails under way end; others wait.",
    yes: "Pause",
  });
  if (agreed) await act("POST", "/admin/pause", undefined, steered);
});

button(byId("drain"), async () => {
  const agreed = await ask({
    title: "Drain this instance?",
    text: "It takes up nothing more, finishes what is in hand, and stays up with its partitions until you resume.",
    yes: "Drain",
  });
  if (agreed) await act("POST", "/admin/drain", undefined, steered);
});

button(byId("resume"), () => act("POST", "/admin/resume", undefined, steered));
