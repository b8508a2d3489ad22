// What this browser remembers between visits; nothing, where storage is switched off.
export function recall(name) {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    window.localStorage.setItem(name, value);
  } catch {
    // then nothing is remembered
  }
}
