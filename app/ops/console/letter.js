// One dead letter: why it died, the mail that it would be, and what it is made of.

import { busy } from "./acting.js";
import { call } from "./api.js";
import { byId, el, say } from "./dom.js";
import { clock, plural } from "./format.js";

const dialog = byId("letter");

byId("letter-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => byId("letter-body").replaceChildren());
// A click beside it.
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

// `replay(letter)` tells whether a replay was begun.
export async function openLetter(place, replay) {
  say(byId("letter-title"), `Letter ${place}`);
  byId("letter-body").replaceChildren(el("p", { class: "soft" }, "Reading…"));
  dialog.showModal();
  byId("letter-close").focus();
  try {
    show(await call("GET", `/admin/dlq/${place}`), replay);
  } catch (problem) {
    byId("letter-body").replaceChildren(el("p", { class: "error", role: "alert" }, problem.message));
  }
}

function show(letter, replay) {
  say(byId("letter-title"), letter.id);
  const again = el("button", { type: "button", class: "main" }, letter.replayed ? "Replay again" : "Replay");
  again.addEventListener("click", () =>
    busy(again, async () => { if (await replay(letter)) dialog.close(); }));
  byId("letter-body").replaceChildren(
    why(letter),
    el("div", { class: "between" }, el("p", { class: "soft" }, letter.replayed ? `Replayed ${clock(letter.replayed_at)}` : "Not replayed yet"), again),
    ...mail(letter),
    ...record(letter),
  );
}

function why(letter) {
  return pairs([
    ["Kind", letter.error_kind ?? "unknown"],
    ["Reply", [letter.error_code, letter.error_text].filter(Boolean).join(" ") || "none"],
    ["Failed", `${clock(letter.failed_at)}${letter.attempts === null ? "" : `, after ${plural(letter.attempts, "attempt")}`}`],
    ["First seen", letter.first_seen && clock(letter.first_seen)],
    ["To", letter.recipients.join(", ")],
    ["Type", letter.type],
    ["Place", `${letter.partition}/${letter.offset}${letter.origin ? `, from ${letter.origin}` : ""}`],
    ["Notes", letter.notes.join("; ")],
  ], "why");
}

function mail(letter) {
  const title = el("h3", {}, "The mail that it would be");
  if (letter.mail === null) return [title, el("p", { class: "error" }, `There is none: ${letter.problem}`)];
  const { subject, text, html, recipients, attachments } = letter.mail;
  const parts = [title, pairs([
    ["Subject", subject ?? "none"],
    ["To", recipients.join(", ")],
    ["Attachments", attachments.join(", ")],
  ], "mail")];
  if (letter.preview) {
    // An origin of its own, no scripts: `sandbox` here and in its answer's policy.
    const frame = el("iframe", { sandbox: true, src: letter.preview.replace(/^\//, ""), title: "The mail's HTML", referrerpolicy: "no-referrer" });
    parts.push(frame, el("p", { class: "soft" }, "Scripts do not run here, and nothing is loaded from elsewhere."));
  } else if (html !== null) {
    parts.push(el("p", { class: "soft" }, "Its HTML is too large to be shown here."));
  }
  if (text) {
    const shown = el("pre", { tabindex: "0", role: "region", "aria-label": "The mail's text" }, text);
    parts.push(letter.preview ? el("details", {}, el("summary", {}, "Text"), shown) : shown);
  }
  return parts;
}

function record(letter) {
  const written = typeof letter.message === "string" ? letter.message : JSON.stringify(letter.message, null, 2);
  return [
    el("details", {}, el("summary", {}, `Headers of the record (${letter.headers.length})`),
      pairs(letter.headers.map(({ name, value }) => [name, value || "(empty)"]), "headers")),
    el("details", {}, el("summary", {}, "Value of the record"),
      el("pre", { tabindex: "0", role: "region", "aria-label": "The record's value" }, written ?? "none")),
  ];
}

function pairs(rows, name) {
  const shown = rows.filter(([, value]) => value);
  return el("dl", { class: `pairs ${name}` }, ...shown.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
}
