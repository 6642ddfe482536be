// Follows the service as long as somebody looks, and shows what it says.

import { Problem, call, stream, token } from "./api.js";
import { button } from "./acting.js";
import { signIn } from "./dialogs.js";
import { byId, mark, say } from "./dom.js";
import { showFailures } from "./failures.js";
import { showFlow } from "./flow.js";
import { showHealth, showStatus } from "./health.js";
import { followLetters } from "./letters.js";
import { showRelays } from "./relays.js";

const LATE_MS = 4000;
const DEAD_MS = 10000;
const LONGEST_MS = 10000;

let heard = 0;
let listening = null;

function show(glance) {
  byId("main").hidden = false;
  say(byId("notice"), "");
  byId("sign-out").hidden = token.get() === null;
  showHealth(glance);
  showFlow(glance);
  showRelays(glance);
  showFailures(glance);
  followLetters(glance);
}

function live(state, words) {
  mark(byId("live"), "data-state", state);
  say(byId("live-text"), words);
  document.body.classList.toggle("stale", state === "off");
}

const pause = (ms) => new Promise((after) => setTimeout(after, ms));

const seen = () =>
  document.hidden ? new Promise((now) => document.addEventListener("visibilitychange", now, { once: true })) : null;

async function follow() {
  let wait = 500;
  for (;;) {
    await seen();
    listening = new AbortController();
    try {
      for await (const glance of stream("/events", listening.signal)) {
        heard = Date.now();
        wait = 500;
        if (glance === null) continue;
        live("on", "live");
        show(glance);
      }
    } catch (problem) {
      if (problem.needsToken) {
        await enter(token.get() === null ? "The mails that are shown here are not for everybody." : problem.message);
        continue;
      }
      if (problem.name !== "AbortError") {
        const words = problem instanceof Problem ? problem.message : "The connection was lost.";
        live("off", problem.status === 403 ? "nothing to see" : words);
        if (byId("main").hidden) say(byId("notice"), words);
      }
    }
    await pause(wait);
    wait = Math.min(wait * 2, LONGEST_MS);
  }
}

async function enter(why) {
  token.forget();
  byId("main").hidden = true;
  byId("steering").hidden = true;
  live("off", "not signed in");
  call("GET", "/health").then(showStatus, () => {});
  while (!(await signIn(why, { needed: true })));
}

setInterval(() => {
  const silent = Date.now() - heard;
  if (!heard || document.hidden || silent < LATE_MS) return;
  live("off", `no news for ${Math.round(silent / 1000)} s`);
  if (silent > DEAD_MS) {
    heard = Date.now();
    listening?.abort();
  }
}, 1000);

document.addEventListener("visibilitychange", () => {
  if (document.hidden) listening?.abort();
});

button(byId("sign-out"), () => {
  token.forget();
  location.reload();
});

follow();
