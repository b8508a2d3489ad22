// What this browser remembers between visits. In cookies, so that the server paints the page as it was left.
const YEAR = 365 * 24 * 3600;

export function recall(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? found.slice(name.length + 1) : "";
}

export function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
}
