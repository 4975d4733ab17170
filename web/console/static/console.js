// Countdowns, keys that press buttons, and the browser's time zone.
document.cookie = `perennial_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;

// Until it is connected NiceGUI polls once for each event, and the first poll wins: what was typed or
// pressed meanwhile arrives in any order. Its socket keeps everything in order by itself.
Object.defineProperty(window, "did_handshake", { get: () => Boolean(window.socket), set() {} });

const loaded = new WeakMap();

const unit = (number, name) => new Intl.NumberFormat(document.documentElement.lang || "en",
  { style: "unit", unit: name, unitDisplay: "short" }).format(number);

/* The largest unit that tells enough, and the next smaller one while it matters. */
function span(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 1 || (days && !hours)) return unit(days, "day");
  if (days) return `${unit(days, "day")} ${unit(hours, "hour")}`;
  if (hours) return `${unit(hours, "hour")} ${unit(minutes, "minute")}`;
  if (minutes >= 5) return unit(minutes, "minute");
  return minutes ? `${unit(minutes, "minute")} ${unit(seconds % 60, "second")}` : unit(seconds, "second");
}

function count() {
  for (const element of document.querySelectorAll(".countdown")) {
    if (!loaded.has(element) || loaded.get(element).due !== element.dataset.left) {
      loaded.set(element, { due: element.dataset.left, at: performance.now() });
    }
    const passed = (performance.now() - loaded.get(element).at) / 1000;
    const left = Number(element.dataset.left) - passed * Number(element.dataset.factor);
    const words = left < 0 ? element.dataset.late : element.dataset.ahead;
    element.textContent = words.replace("{time}", span(Math.abs(Math.round(left))));
    element.setAttribute("aria-label", `${element.textContent}, ${element.title}`);
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
  // A dialog covers what is behind it, for keys as well.
  const open = [...document.querySelectorAll(".q-dialog")].at(-1) ?? document;
  const button = [...open.querySelectorAll("[data-key]")]
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

// The inbox: its address names the task, so that a page that is loaded anew shows it again; on a
// phone, where a task takes the place of the list, the browser's way back leads to the list.
function atTask(task, push = false) {
  const address = new URL(location.href);
  const was = address.searchParams.get("task");
  if (task) address.searchParams.set("task", task);
  else address.searchParams.delete("task");
  if (push && !was && matchMedia("(max-width: 52rem)").matches) history.pushState({ listed: true }, "", address);
  else history.replaceState(history.state, "", address);
}
function inAddress(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}
function toList() {
  if (history.state?.listed) history.back();
  else atTask(0);
}
addEventListener("popstate", () => {
  const inbox = document.querySelector(".inbox");
  const task = new URL(location.href).searchParams.get("task");
  if (task) inbox?.querySelector(`[data-task="${CSS.escape(task)}"]`)?.click();
  else inbox?.dispatchEvent(new Event("leave"));
});

// A note is kept until its task is done: a phone that makes the call forgets the page meanwhile.
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.draft) return;
  if (target.value) sessionStorage.setItem(target.dataset.draft, target.value);
  else sessionStorage.removeItem(target.dataset.draft);
});
new MutationObserver(() => {
  for (const note of document.querySelectorAll("textarea[data-draft]:not([data-kept])")) {
    note.dataset.kept = "";
    const kept = sessionStorage.getItem(note.dataset.draft);
    if (!kept || note.value) continue;
    note.value = kept;
    note.dispatchEvent(new Event("input", { bubbles: true }));
  }
}).observe(document.documentElement, { childList: true, subtree: true });

// A snippet is copied, and the button says so for a moment.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
});

// Who has called comes back to the task: how it went is asked at once.
let called = false;
document.addEventListener("click", ({ target }) => {
  if (target.closest(".task a[data-dial]")) called = true;
});
function askOutcome() {
  if (!called || document.hidden) return;
  called = false;
  const ways = document.querySelector(".task .endings");
  if (!ways) return;
  ways.scrollIntoView({ block: "center" });
  ways.querySelector("button")?.focus({ preventScroll: true });
  ways.classList.add("asked");
  setTimeout(() => ways.classList.remove("asked"), 3000);
}
addEventListener("focus", askOutcome);
document.addEventListener("visibilitychange", askOutcome);

// The drawing of a cadence: a step that was changed is gone to as it is drawn anew, and what was done can be undone.
async function toStep(act, at) {
  await new Promise((drawn) => setTimeout(drawn, 50));
  const buttons = [...document.querySelectorAll(`[data-at="${CSS.escape(at)}"]`)].filter((one) => !one.disabled);
  (buttons.find((one) => one.dataset.act === act) ?? buttons.at(-1) ?? document.querySelector("[data-act]"))?.focus();
}
let tool = null;
document.addEventListener("focusin", ({ target }) => { tool = target.closest("[data-act]")?.dataset ?? null; });
document.addEventListener("focusout", ({ target }) => setTimeout(() => {
  if (target.isConnected && document.activeElement === document.body) tool = null;
}));
new MutationObserver(() => {
  if (tool && document.activeElement === document.body) {
    document.querySelector(`[data-at="${CSS.escape(tool.at)}"][data-act="${tool.act}"]:not(:disabled)`)?.focus();
  }
}).observe(document.documentElement, { childList: true, subtree: true });
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z") return;
  if (event.target.closest("input, textarea, select, [contenteditable], .cm-editor") || document.querySelector(".q-dialog")) return;
  const button = document.querySelector(event.shiftKey ? "[data-redo]" : "[data-undo]");
  if (!button) return;
  event.preventDefault();
  if (!button.disabled) button.click();
});

// The editor: where a mistake is, a name for those who hear the page, and dark colours.
function goTo(editor, line, column) {
  const found = editor.state.doc.line(Math.min(line, editor.state.doc.lines));
  editor.dispatch({ selection: { anchor: Math.min(found.from + column - 1, found.to) }, scrollIntoView: true });
  editor.focus();
}
new MutationObserver(() => {
  for (const text of document.querySelectorAll(".code .cm-content:not([aria-label])")) {
    const code = text.closest(".code");
    text.setAttribute("aria-label", code.dataset.label);
    text.tabIndex = 0;
    colour(getElement(Number(code.id.slice(1))), JSON.parse(code.dataset.phrases ?? "{}"));
  }
}).observe(document.documentElement, { childList: true, subtree: true });

// A theme of CodeMirror is light or dark for good; these colours are of console.css, for both.
async function colour({ editor, themeConfig }, phrases) {
  const CM = await import("nicegui-codemirror");
  // The bundle leaves out the names of the tags; the style that it brings has them.
  const tags = Object.fromEntries(CM.defaultHighlightStyle.specs.flatMap(({ tag }) => tag).map((tag) => [String(tag), tag]));
  const name = tags["definition(propertyName)"];
  const style = CM.HighlightStyle.define([
    { tag: [name, name.base, tags.typeName, tags.keyword], class: "code-name" },
    { tag: [tags.string, tags.literal, tags.atom, tags.bool], class: "code-value" },
    { tag: [tags.comment, tags.meta], class: "code-comment" },
    { tag: tags.invalid, class: "code-invalid" },
  ]);
  const fields = new CM.MatchDecorator({ regexp: /\{[{%#].*?[#%}]\}/g, decoration: CM.Decoration.mark({ class: "code-field" }) });
  const marked = CM.ViewPlugin.fromClass(class {
    constructor(view) { this.decorations = fields.createDeco(view); }
    update(update) { this.decorations = fields.updateDeco(update, this.decorations); }
  }, { decorations: (plugin) => plugin.decorations });
  editor.dispatch({ effects: [
    themeConfig.reconfigure([]),
    CM.StateEffect.appendConfig.of([CM.syntaxHighlighting(style), marked, CM.EditorState.phrases.of(phrases)]),
  ] });
}

// What is typed without a connection is sent when it is back; a page that can't go on loads anew and would forget it.
let unsent = false;
document.addEventListener("input", ({ target }) => {
  if (unsent || !target.closest(".cm-editor") || window.socket?.connected) return;
  unsent = true;
  window.socket?.once("connect", () => { unsent = false; });
});
addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });

// A time in full, in the zone of the page, for whoever points at it.
document.addEventListener("mouseover", (event) => {
  const time = event.target.closest("time[datetime]");
  if (!time || time.title) return;
  const timeZone = time.closest("[data-zone]")?.dataset.zone;
  const shape = { dateStyle: "full", timeStyle: "short", timeZone };
  time.title = new Intl.DateTimeFormat(document.documentElement.lang || "en", shape)
    .format(new Date(time.dateTime));
});

// What is told just before a page loads anew would go with the old page: the new one tells it again.
addEventListener("DOMContentLoaded", () => {
  const create = Quasar.Notify.create;
  const told = new Set();
  Quasar.Notify.create = (message) => {
    if (message.timeout) {
      told.add(message);
      setTimeout(() => told.delete(message), message.timeout);
    }
    return create(message);
  };
  addEventListener("beforeunload", () => sessionStorage.setItem("told", JSON.stringify([...told])));
  for (const message of JSON.parse(sessionStorage.getItem("told") ?? "[]")) create(message);
  sessionStorage.removeItem("told");
});

// What has come and was not seen: in the title, beside the navigation and, where the visitor has asked for it, on the desktop.
const plainTitle = document.title.replace(/^\(\d+\) /, "");
const desktopIsOn = () => "Notification" in window && Notification.permission === "granted"
  && localStorage.getItem("perennial_desktop") === "on";
function notifyOf(number, lines) {
  document.title = number ? `(${number}) ${plainTitle}` : plainTitle;
  for (const count of document.querySelectorAll(".bell b")) {
    count.hidden = !number;
    count.textContent = number;
    count.setAttribute("aria-label", count.dataset.said.replace("{number}", number));
  }
  for (const { id, text, detail } of lines) {
    // The pages of a browser share this: each appears once, whichever page is first.
    if (id <= Number(localStorage.getItem("perennial_told") || 0)) continue;
    localStorage.setItem("perennial_told", id);
    if (!desktopIsOn()) continue;
    const shown = new Notification(text, { body: detail, tag: `perennial-${id}`, icon: "/console/static/leaf.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      location.href = `/console/notifications?to=${id}`;
      shown.close();
    });
  }
}

// Whether this browser shows them on its desktop: only a press of a button may ask for it.
function desktop() {
  for (const place of document.querySelectorAll(".on-desktop")) {
    const denied = !("Notification" in window) || Notification.permission === "denied";
    const state = denied ? "denied" : desktopIsOn() ? "on" : "off";
    if (place.dataset.state === state) continue;
    place.dataset.state = state;
    place.querySelector("span").textContent = place.dataset[state];
    const button = place.querySelector("button");
    button.hidden = denied;
    button.textContent = state === "on" ? place.dataset.stop : place.dataset.start;
  }
}
document.addEventListener("click", async ({ target }) => {
  if (!target.closest(".on-desktop button")) return;
  if (desktopIsOn()) localStorage.removeItem("perennial_desktop");
  else if (await Notification.requestPermission() === "granted") localStorage.setItem("perennial_desktop", "on");
  desktop();
});
new MutationObserver(desktop).observe(document.documentElement, { childList: true, subtree: true });
