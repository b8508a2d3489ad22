// Requests of the judging page, and what may come of them: ok, refused, lost, logged out.
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return cookie ? cookie.slice("csrftoken=".length) : field ? field.value : "";
}

// Returns { outcome: "ok" | "refused" | "lost" | "login", html, response }.
// "lost" says that nobody knows whether the request arrived: it may be repeated with the same body.
export async function send(url, body) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() },
      signal: AbortSignal.timeout(20_000),
    });
    if (response.redirected) return { outcome: "login" };
    if (response.status >= 500) return { outcome: "lost", response };
    const html = await response.text();
    return { outcome: response.ok ? "ok" : "refused", html, response };
  } catch {
    return { outcome: "lost", response };
  }
}

// A body without the token: the token may change while the page is open, the header has the newest.
export function bodyOf(form) {
  const body = new FormData(form);
  body.delete("csrfmiddlewaretoken");
  return body;
}
