// Requests of the judging page, and what may come of them: ok, refused, lost, logged out.
const KEPT_ALIVE = 50_000; // characters that a browser still sends when the page is left

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
    const html = await response.text();
    const [, code = ""] = /data-code="([a-z_]+)"/.exec(html) || [];
    return { outcome: response.ok ? "ok" : "refused", html, code };
  } catch {
    return { outcome: "lost", html: "" };
  }
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
