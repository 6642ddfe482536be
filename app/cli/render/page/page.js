const at = (id) => document.getElementById(id);
const views = [...document.querySelectorAll("nav button")];
let state = null;
let view = "wide";

function size(count) {
  return count < 1000 ? `${count} bytes` : `${(count / 1000).toFixed(1)} kB`;
}

function show() {
  if (!state) return;
  const whole = state.problem === null;
  at("problem").hidden = whole;
  at("problem").textContent = state.problem ?? "";
  document.title = whole ? state.subject : "cannot be rendered";
  if (!whole) {
    // The last mail stays to be looked at.
    at("flaws").hidden = true;
    return;
  }
  at("subject").textContent = state.subject;
  const parts = ["html", "text"].filter((each) => state.bytes[each] !== null);
  at("sizes").textContent =
    `${size(state.bytes.mail)}: ` + parts.map((each) => `${each} ${size(state.bytes[each])}`).join(", ");
  at("flaws").hidden = state.warnings.length === 0;
  at("count").textContent =
    state.warnings.length === 1 ? "1 warning" : `${state.warnings.length} warnings`;
  at("warnings").replaceChildren(
    ...state.warnings.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
  const framed = (view === "wide" || view === "phone") && state.has_html;
  at("mail").hidden = !framed;
  at("mail").className = view;
  at("plain").hidden = framed;
  at("plain").textContent = view === "raw" ? state.raw : (state.text ?? "(no text part)");
}

async function load() {
  const answer = await fetch("/state");
  state = await answer.json();
  if (state.problem === null) at("mail").src = `/mail?${state.version}`;
  at("state").textContent = `made ${new Date().toLocaleTimeString()}`;
  show();
}

for (const button of views) {
  button.addEventListener("click", () => {
    view = button.dataset.view;
    for (const each of views) each.setAttribute("aria-pressed", String(each === button));
    show();
  });
}

const changes = new EventSource("/changes");
changes.onmessage = load;
changes.onerror = () => {
  at("state").textContent = "kafka-mailer render has ended";
};
