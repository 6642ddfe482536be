// Calls of the service. The token lives as long as the tab.

const KEY = "kafka-mailer.token";

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }

  get needsToken() {
    return this.status === 401;
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

export async function call(method, path, body) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await asked(path, { method, headers, body: body && JSON.stringify(body) });
  return answer.json();
}

// The JSON of each event, as it comes, until the stream ends.
export async function* stream(path, signal) {
  const answer = await asked(path, { headers: { accept: "text/event-stream" }, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      yield data === undefined ? null : JSON.parse(data.slice(6));
    }
  }
}

async function asked(path, options) {
  const given = token.get();
  const headers = { ...options.headers };
  if (given) headers.authorization = `Bearer ${given}`;
  let answer;
  try {
    answer = await fetch(path.replace(/^\//, ""), {
      ...options, headers, cache: "no-store", credentials: "same-origin", redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The service does not answer.");
  }
  if (!answer.ok) throw new Problem(answer.status, await detailOf(answer));
  return answer;
}

async function detailOf(answer) {
  try {
    return (await answer.json()).detail;
  } catch {
    return `The answer was ${answer.status}.`;
  }
}
