// Countdowns, keys that press buttons, and the browser's time zone.
document.cookie = `perennial_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;

const loaded = new WeakMap();

const UNITS = { en: [" d", " h", " min"], ko: ["일", "시간", "분"], zh: ["天", "小时", "分"] };

function shown(seconds) {
  const [d, h, min] = UNITS[document.documentElement.lang.slice(0, 2)] ?? UNITS.en;
  const late = seconds < 0;
  const left = Math.abs(Math.round(seconds));
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const text = days ? `${days}${d} ${hours}${h}`
    : hours ? `${hours}${h} ${minutes}${min}`
    : `${minutes}:${String(left % 60).padStart(2, "0")}`;
  return late ? `−${text}` : text;
}

function count() {
  for (const element of document.querySelectorAll(".countdown")) {
    if (!loaded.has(element) || loaded.get(element).due !== element.dataset.left) {
      loaded.set(element, { due: element.dataset.left, at: performance.now() });
    }
    const passed = (performance.now() - loaded.get(element).at) / 1000;
    const left = Number(element.dataset.left) - passed * Number(element.dataset.factor);
    element.textContent = shown(left);
    element.classList.toggle("late", left < 0);
    element.classList.toggle("soon", left >= 0 && left < 300);
  }
}
setInterval(count, 1000);
new MutationObserver((changes) => {
  // What this script writes is no news, or it would count for ever.
  if (changes.some((one) => !one.target.closest(".countdown"))) count();
}).observe(document.documentElement, { childList: true, subtree: true });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable], .cm-editor")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  // Whoever has tabbed to a button or a link presses that one.
  if (event.key === "Enter" && event.target.closest("a, button, summary, [role=tab]")) return;
  if (move(event.key)) {
    event.preventDefault();
    return;
  }
  const button = [...document.querySelectorAll("[data-key]")]
    .findLast((one) => one.dataset.key === event.key && one.offsetParent !== null && !one.disabled);
  if (button) {
    event.preventDefault();
    if (button.matches("input, textarea")) button.focus();
    else button.click();
  }
});

// The list of the inbox: j, k and arrows move through it; a list that was drawn anew keeps its place.
let place = null;
const rows = () => [...document.querySelectorAll(".inbox .entry")].filter((row) => row.offsetParent !== null);

function move(key) {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
  const list = rows();
  if (!step || !list.length) return false;
  const focused = list.indexOf(document.activeElement);
  const from = focused < 0 ? list.findIndex((row) => row.hasAttribute("aria-current")) : focused;
  list[Math.min(Math.max(from + step, 0), list.length - 1)].focus();
  return true;
}

document.addEventListener("focusin", (event) => {
  const list = rows();
  const at = list.indexOf(event.target);
  place = at < 0 ? null : { task: event.target.dataset.task, at };
});
document.addEventListener("focusout", ({ target }) => setTimeout(() => {
  // Left on purpose, not taken away with the row.
  if (target.isConnected && document.activeElement === document.body) place = null;
}));
new MutationObserver(() => {
  if (!place || document.activeElement !== document.body) return;
  const list = rows();
  (list.find((row) => row.dataset.task === place.task) ?? list[Math.min(place.at, list.length - 1)])?.focus();
}).observe(document.documentElement, { childList: true, subtree: true });

// The editor: where a mistake is, a name for those who hear the page, and dark colours.
function goTo(editor, line, column) {
  const found = editor.state.doc.line(Math.min(line, editor.state.doc.lines));
  editor.dispatch({ selection: { anchor: Math.min(found.from + column - 1, found.to) }, scrollIntoView: true });
  editor.focus();
}
new MutationObserver(() => {
  for (const text of document.querySelectorAll(".code .cm-content:not([aria-label])")) {
    text.setAttribute("aria-label", text.closest(".code").dataset.label);
    text.tabIndex = 0;
  }
}).observe(document.documentElement, { childList: true, subtree: true });

// A time in full, in the zone of the page, for whoever points at it.
document.addEventListener("mouseover", (event) => {
  const time = event.target.closest("time[datetime]");
  if (!time || time.title) return;
  const timeZone = time.closest("[data-zone]")?.dataset.zone;
  const shape = { dateStyle: "full", timeStyle: "short", timeZone };
  time.title = new Intl.DateTimeFormat(document.documentElement.lang || "en", shape)
    .format(new Date(time.dateTime));
});
