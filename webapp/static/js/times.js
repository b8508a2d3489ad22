// Shows <time datetime> in the reader's own time zone; with data-relative as "5 minutes ago".
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

export function showTimes(root) {
  if (!root.querySelectorAll) return;
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.title = exact.format(moment);
    element.textContent =
      element.dataset.relative === undefined ? exact.format(moment) : ago(moment);
  }
}

function ago(moment) {
  const seconds = (moment.getTime() - Date.now()) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

window.setInterval(() => {
  if (!document.hidden) showTimes(document);
}, 60_000);
