// What is asked of the operator, and what is told besides.

import { call, token } from "./api.js";
import { byId, el, say } from "./dom.js";

let hiding;

// Shown for a while at the foot of the page, and read out.
export function tell(text) {
  say(byId("said"), text);
  clearTimeout(hiding);
  hiding = setTimeout(() => say(byId("said"), ""), 8000);
}

// The values of `fields` by name once the operator has agreed, null if not.
// A field: `{ name, label, type, ... }`, further ones are attributes of its input.
export function ask({ title, text, yes, fields = [] }) {
  const dialog = byId("ask");
  say(byId("ask-title"), title);
  say(byId("ask-text"), text);
  say(byId("ask-yes"), yes);
  const inputs = fields.map(({ label, ...attributes }) => {
    const input = el("input", { id: `ask-${attributes.name}`, ...attributes });
    const called = el("label", { for: input.id }, label);
    return { input, row: el("div", {}, called, input) };
  });
  byId("ask-fields").replaceChildren(...inputs.map(({ row }) => row));
  return new Promise((decided) => {
    const values = () =>
      Object.fromEntries(inputs.map(({ input }) => [
        input.name, input.type === "checkbox" ? input.checked : input.value,
      ]));
    byId("ask-form").onsubmit = (event) => {
      event.preventDefault();
      decided(values());
      dialog.close();
    };
    byId("ask-no").onclick = () => dialog.close();
    dialog.onclose = () => decided(null);
    dialog.showModal();
    // What may be agreed to by accident is not what the Enter key meets first.
    (inputs[0]?.input ?? byId("ask-no")).focus();
  });
}

let signing = null;

// Whether there is a token now that the service takes; asked once, whoever waits for it.
export function signIn(why, { needed = false } = {}) {
  signing ??= asked(why, needed).finally(() => { signing = null; });
  return signing;
}

function asked(why, needed) {
  const dialog = byId("sign-in");
  const input = byId("token");
  say(byId("sign-in-why"), why);
  say(byId("sign-in-error"), "");
  byId("sign-in-cancel").hidden = needed;
  input.value = "";
  return new Promise((decided) => {
    dialog.oncancel = (event) => { if (needed) event.preventDefault(); };
    byId("sign-in-cancel").onclick = () => dialog.close();
    // Escape twice closes a dialog in spite of all; a page that needs the token asks again.
    dialog.onclose = () => decided(false);
    byId("sign-in-form").onsubmit = async (event) => {
      event.preventDefault();
      say(byId("sign-in-error"), "");
      const before = token.get();
      token.set(input.value.trim());
      try {
        await call("GET", "/admin/settings");
        input.value = "";
        decided(true);
        dialog.close();
      } catch (problem) {
        before === null ? token.forget() : token.set(before);
        say(byId("sign-in-error"), `${problem.message}`);
        input.select();
      }
    };
    dialog.showModal();
    input.focus();
  });
}
