// Which key was meant: the reader's own keys become the canonical ones; who is typing is left alone.
const PRESSED = "button, a, summary";

export class Keys {
  constructor(translation) {
    this.translation = translation;
  }

  // The canonical name of a pressed key, or "" for one that means nothing any more.
  canonical(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const own = this.translation[key] ?? key;
    return event.shiftKey && own.length > 1 ? `Shift+${own}` : own;
  }
}

export function isTyping(target) {
  return Boolean(
    target.isContentEditable ||
      target.matches?.("textarea, select, input:not([type=radio], [type=checkbox], [type=hidden])"),
  );
}

// Enter and space on these do what they always do.
export function isPressing(target, key) {
  return (key === "Enter" || key === " ") && Boolean(target.closest?.(PRESSED));
}

// Ctrl or Command with a letter, whatever its case.
export function chord(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return "";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}
