// Writing a mail: texts with bold words, lists, links and merge fields, and what comes in where one was.

const richOf = (node) => (node instanceof Element ? node : node?.parentElement)?.closest(".rich");
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
  const rich = document.getElementById(id);
  const range = caretIn(rich);
  const start = range.commonAncestorContainer;
  const link = (start instanceof Element ? start : start.parentElement).closest(".rich a");
  return { words: link ? link.textContent : range.toString(), ...(link?.dataset ?? {}) };
}

/* Puts HTML where one was writing, in place of what is selected or, with `link`, of the link one is in. */
function putIn(id, html, link) {
  const rich = document.getElementById(id);
  const range = selectIn(rich).getRangeAt(0);
  const start = range.commonAncestorContainer;
  const whole = link && (start instanceof Element ? start : start.parentElement).closest(".rich a");
  const made = range.createContextualFragment(html);
  const anew = made.querySelector("a");
  if (whole && anew?.textContent === whole.textContent) anew.innerHTML = whole.innerHTML;
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
