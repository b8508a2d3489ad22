// Requests of the judging page, and what may come of them: ok, refused, lost, logged out.
const KEPT_ALIVE = 50_000; // characters that a browser still sends when the page is left
// Codes of refusals after which this lease can take no answer any more.
export const ENDED = ["lease_ended", "item_complete", "item_withdrawn", "already_submitted", "unknown_assignment", "paused"];
const WHOLE_PAGE = /<html[\s>]/i;
// What stands for a refusal that is none of our fragments, such as a whole page about a stale form.
const NOT_OURS = `<div class="notice error" role="alert" data-code="not_taken">
  <strong>The server did not take this.</strong>
  <div>Perhaps you have logged in anew since this page was opened. Open this site in another tab, log in there if it
    asks, then try once more here. What you typed is kept on this page.</div>
</div>`;

export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return cookie ? cookie.slice("csrftoken=".length) : field ? field.value : "";
}

// Returns { outcome: "ok" | "refused" | "lost" | "login", html, code }.
// "lost" says that nobody knows whether the request arrived: it may be repeated with the same body.
export async function send(url, body, method = "POST") {
  try {
    const response = await fetch(url, {
      method,
      body: method === "POST" ? body : undefined,
      headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() },
      keepalive: method === "POST" && sizeOf(body) < KEPT_ALIVE,
      signal: AbortSignal.timeout(20_000),
    });
    if (response.redirected) return { outcome: "login", html: "" };
    if (response.status >= 500) return { outcome: "lost", html: "" };
    return read(response.ok, await response.text());
  } catch {
    return { outcome: "lost", html: "" };
  }
}

function read(ok, html) {
  const isWhole = WHOLE_PAGE.test(html);
  if (ok) return isWhole ? { outcome: "lost", html: "" } : { outcome: "ok", html, code: codeOf(html) };
  const code = isWhole ? "" : codeOf(html);
  return code ? { outcome: "refused", html, code } : { outcome: "refused", html: NOT_OURS, code: "not_taken" };
}

const codeOf = (html) => /data-code="([a-z_]+)"/.exec(html)?.[1] ?? "";

// The sentence of a refusal.
export function messageOf(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content.querySelector("strong")?.textContent || "That did not work.";
}

export const get = (url) => send(url, null, "GET");

// The last word of a page that is left; nobody waits for an answer.
export function beacon(url, fields) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", csrfToken());
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  navigator.sendBeacon(url, body);
}

// A body without the token: the token may change while the page is open, the header has the newest.
export function bodyOf(form) {
  const body = new FormData(form);
  body.delete("csrfmiddlewaretoken");
  return body;
}

function sizeOf(body) {
  let size = 0;
  for (const [name, value] of body) size += 3 * (name.length + value.length) + 200;
  return size;
}
