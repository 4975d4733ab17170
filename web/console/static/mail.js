// Writing a mail: texts with bold words, lists, links and merge fields, and what comes in where one was.

const elementOf = (node) => (node instanceof Element ? node : node?.parentElement);
const richOf = (node) => elementOf(node)?.closest(".rich");
const linkOf = (range) => elementOf(range.commonAncestorContainer).closest(".rich a");
const carets = new WeakMap();
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (!selection.rangeCount) return;
  const range = selection.getRangeAt(0);
  const rich = richOf(range.commonAncestorContainer);
  if (rich) carets.set(rich, range.cloneRange());
});
document.addEventListener("focusin", ({ target }) => {
  if (!richOf(target)) return;
  document.execCommand("defaultParagraphSeparator", false, "p");
  document.execCommand("styleWithCSS", false, false);
});

// What is copied says its merge fields as a mail's text has them, so that they are fields where it is pasted.
for (const act of ["copy", "cut"])
  document.addEventListener(act, (event) => {
    const selection = getSelection();
    if (!richOf(selection.anchorNode) || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const field = elementOf(range.commonAncestorContainer).closest(".merge");
    if (field) range.selectNode(field);
    const copied = document.createElement("div");
    copied.style = "position: fixed; left: -200vw; white-space: pre-wrap";
    copied.append(range.cloneContents());
    for (const one of copied.querySelectorAll(".merge")) one.replaceWith(`{{${one.dataset.code}}}`);
    document.body.append(copied);
    event.clipboardData.setData("text/plain", copied.innerText);
    event.clipboardData.setData("text/html", copied.innerHTML);
    copied.remove();
    event.preventDefault();
    if (act === "cut") document.execCommand("delete");
  });
// What is pasted brings its words; a mail has looks of its own.
document.addEventListener("paste", (event) => {
  if (!richOf(event.target)) return;
  event.preventDefault();
  document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
});
document.addEventListener("click", (event) => {
  if (richOf(event.target) && event.target.closest("a")) event.preventDefault();
});

function caretIn(rich) {
  const range = carets.get(rich);
  if (range && rich.contains(range.commonAncestorContainer)) return range;
  const end = document.createRange();
  end.selectNodeContents(rich.lastElementChild ?? rich);
  end.collapse(false);
  return end;
}
function selectIn(rich) {
  const range = caretIn(rich);
  rich.focus();
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return selection;
}

/* Has the words where one writes be bold, a list and so on, or no more. */
function format(button, command) {
  selectIn(button.closest(".rich-text").querySelector(".rich"));
  document.execCommand(command);
}

/* The words that are selected, and the link that one is in. */
function linkAt(id) {
  const range = caretIn(document.getElementById(id));
  const link = linkOf(range);
  return { words: link ? link.textContent : range.toString(), ...(link?.dataset ?? {}) };
}

/* Has the link one is in, or else what is selected, lead where that of `html` does, or without one
   nowhere. What is in it stays: merge fields, and how it looks. */
function leadTo(id, html) {
  const rich = document.getElementById(id);
  const range = selectIn(rich).getRangeAt(0);
  const whole = linkOf(range);
  const { dataset } = range.createContextualFragment(html).querySelector("a") ?? {};
  if (whole && !dataset) whole.replaceWith(...whole.childNodes);
  else if (whole) Object.assign(whole.dataset, dataset);
  else if (elementOf(range.commonAncestorContainer).closest(".rich :is(p, li, h1, h2, h3, h4, div)")) {
    // The browser would leave merge fields out of the link.
    const link = Object.assign(document.createElement("a"), { href: "#" });
    Object.assign(link.dataset, dataset);
    link.append(range.extractContents());
    for (const inner of link.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
    range.insertNode(link);
    getSelection().selectAllChildren(link);
  } else {
    document.execCommand("createLink", false, "#made");
    for (const made of rich.querySelectorAll('a[href="#made"]')) {
      Object.assign(made.dataset, dataset);
      made.setAttribute("href", "#");
    }
  }
  rich.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Puts HTML where one was writing, in place of what is selected or, with `link`, of the link one is in. */
function putIn(id, html, link) {
  const rich = document.getElementById(id);
  const range = selectIn(rich).getRangeAt(0);
  const whole = link && linkOf(range);
  const made = range.createContextualFragment(html);
  const last = made.lastChild;
  if (whole) range.selectNode(whole);
  range.deleteContents();
  range.insertNode(made);
  if (last) range.setStartAfter(last);
  range.collapse(true);
  carets.set(rich, range.cloneRange());
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  rich.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Puts words into a field where one was writing. */
function putInField(field, words) {
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// Undo and redo of the whole mail, where no field has its own.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z") return;
  if (event.target.closest("input, textarea, [contenteditable], .cm-editor")) return;
  const way = event.shiftKey ? "redo" : "undo";
  document.querySelector(`[data-history="${way}"]`)?.click();
});
