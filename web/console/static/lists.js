// Lists: files, filters of several values, sorting, the keys of a page, and the search over everything.

/* Fetches a list as a file and gives it to the browser; the status of the answer. */
async function saveFile(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return answer?.status ?? 0;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return answer.status;
}

// A filter of several values opens below its button, in the browser's top layer.
document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches(".many [popover]")) return;
  const button = event.target.previousElementSibling.getBoundingClientRect();
  const width = event.target.offsetWidth;
  event.target.style.left = `${Math.max(8, Math.min(button.left, innerWidth - width - 8))}px`;
  event.target.style.top = `${button.bottom + 4}px`;
  event.target.style.maxHeight = `${Math.max(160, innerHeight - button.bottom - 16)}px`;
}, true);
document.addEventListener("change", ({ target }) => {
  const many = target.closest(".many");
  if (!many) return;
  const chosen = [...many.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent.trim());
  const button = many.querySelector("button");
  const more = chosen.length > 2 ? ` +${chosen.length - 2}` : "";
  button.querySelector("span").textContent = chosen.slice(0, 2).join(", ") + more || button.dataset.any;
  button.classList.toggle("chosen", chosen.length > 0);
}, true);
const chosenOf = (many) => [...many.querySelectorAll("input:checked")].map((box) => box.value);

// A list that is there as a whole is sorted where it stands: by numbers and times, else by words.
document.addEventListener("click", (event) => {
  const heading = event.target.closest("th[data-sorts]");
  if (!heading) return;
  const down = heading.ariaSort === "ascending";
  for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
  heading.ariaSort = down ? "descending" : "ascending";
  const body = heading.closest("table").tBodies[0];
  const value = (row) => {
    const cell = row.cells[heading.cellIndex];
    return cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  };
  const words = new Intl.Collator(document.documentElement.lang || "en", { numeric: true });
  const sorted = [...body.rows].sort((a, b) => words.compare(value(a), value(b)));
  body.append(...(down ? sorted.reverse() : sorted));
});

/* The texts in an element, without the keys that stand in it. */
function wordsIn(element) {
  if (!element) return "";
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const said = [];
  while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("kbd, i")) said.push(texts.currentNode.data.trim());
  return said.filter(Boolean).join(" ");
}

// ? tells which keys there are: those of everywhere, and those of what is to be seen now.
function showKeys() {
  const dialog = document.getElementById("keys");
  const own = dialog.querySelector(".own");
  own.replaceChildren();
  const seen = new Set();
  for (const one of document.querySelectorAll("[data-key]")) {
    const key = one.dataset.key;
    if (one.offsetParent === null || seen.has(key) || dialog.contains(one)) continue;
    const label = one.getAttribute("aria-label") || wordsIn(one) || wordsIn(one.closest("label"));
    if (!label) continue;
    seen.add(key);
    const row = document.createElement("div");
    const [name, said] = [document.createElement("dt"), document.createElement("dd")];
    name.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    said.textContent = label;
    row.append(name, said);
    own.append(row);
  }
  dialog.querySelector(".moves").hidden = !document.querySelector(".inbox .entry");
  dialog.showModal();
}
document.addEventListener("keydown", (event) => {
  const everywhere = document.querySelector("[data-search-all]");
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && everywhere) {
    event.preventDefault();
    everywhere.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable], .cm-editor")) return;
  if (event.key === "?" && !document.querySelector(".q-dialog, dialog[open]")) {
    event.preventDefault();
    showKeys();
  }
  // A list's own box comes first; console.js has focused it then.
  if (event.key === "/" && !event.defaultPrevented && everywhere && !document.querySelector(".q-dialog, dialog[open]")) {
    event.preventDefault();
    everywhere.click();
  }
});

// In the search over everything, arrows walk through what was found, and Enter opens the first.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".everything");
  if (!box) return;
  const links = [...box.querySelectorAll(".results a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "Enter" && at < 0 && links.length) links[0].click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !links.length) return;
  event.preventDefault();
  if (at + step < 0) box.querySelector("input").focus();
  else links[Math.min(at + step, links.length - 1)].focus();
});

// On a phone the navigation is a bar that scrolls: where one is stands in its middle.
addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".side [aria-current=page]");
  const bar = here?.closest(".side");
  if (bar && bar.scrollWidth > bar.clientWidth) {
    bar.scrollLeft += here.getBoundingClientRect().left - (bar.clientWidth - here.offsetWidth) / 2;
  }
});
