// Doing something about the service: asked for the token where it is needed, and told of the end.

import { call, token } from "./api.js";
import { signIn, tell } from "./dialogs.js";

// The answer, or null when it was not to be; `done` words what to tell, if anything.
export async function act(method, path, body, done) {
  if (token.get() === null && !(await signIn("Changing anything needs the token."))) return null;
  try {
    const answer = await call(method, path, body);
    if (done) tell(done(answer));
    return answer;
  } catch (problem) {
    if (problem.needsToken) {
      token.forget();
      if (await signIn("The token is not, or no longer, the service's.")) {
        return act(method, path, body, done);
      }
      return null;
    }
    tell(`Not done: ${problem.message}`);
    return null;
  }
}

// Busy as long as `work` runs, so that nothing is done twice by two clicks.
export function button(node, work) {
  node.addEventListener("click", () => busy(node, work));
}

export async function busy(node, work) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    node.removeAttribute("aria-busy");
  }
}
