// What this browser remembers between visits: in cookies, so that the server paints the page as it was left.
// What one page leaves to the next one of its tab lies in the session's storage, where there is one.
const YEAR = 365 * 24 * 3600;

export function recall(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? found.slice(name.length + 1) : "";
}

export function leave(name, text) {
  try {
    window.sessionStorage.setItem(name, text);
  } catch {
    // full, or not allowed
  }
}

// What was left, once.
export function take(name) {
  try {
    const text = window.sessionStorage.getItem(name);
    window.sessionStorage.removeItem(name);
    return text;
  } catch {
    return null;
  }
}

export function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
}
