// The page of a form: does the work that tells a browser from a program, says how high it is to the
// page around it, and which zone its reader is in. The form works without it.
(() => {
  "use strict";
  const BITS = 15;
  const SOONEST = 3200;

  const K = [];
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (prime) { K[found++] = (Math.cbrt(n) % 1) * 4294967296 | 0; }
  }
  const BEGIN = [2, 3, 5, 7, 11, 13, 17, 19].map((n) => (Math.sqrt(n) % 1) * 4294967296 | 0);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const words = new Int32Array(64);

  // The first 32 bits of SHA-256 (FIPS 180-4) of ASCII text of less than 56 characters.
  function hashBegins(text) {
    words.fill(0, 0, 16);
    for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
    words[text.length >> 2] |= 128 << (24 - 8 * (text.length & 3));
    words[15] = 8 * text.length;
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15], b = words[i - 2];
      words[i] = (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10)) + words[i - 7]
        + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + words[i - 16] | 0;
    }
    let [a, b, c, d, e, f, g, h] = BEGIN;
    for (let i = 0; i < 64; i++) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + words[i] | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)) | 0;
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
    }
    return a + BEGIN[0] | 0;
  }

  function work(page, done) {
    let tried = 0;
    (function some() {
      for (const until = tried + 4000; tried < until; tried++) {
        if (hashBegins(`${page}:${tried}`) >>> (32 - BITS) === 0) { done(String(tried)); return; }
      }
      setTimeout(some, 0);
    })();
  }

  const around = window.parent === window ? null : window.parent;
  function tell(what) { if (around) around.postMessage({ perennial: 1, ...what }, "*"); }

  const main = document.querySelector("main");
  if (around) {
    const measure = () => tell({ height: Math.ceil(document.body.getBoundingClientRect().height) });
    new ResizeObserver(measure).observe(document.body);
    measure();
  }
  if (main && "done" in main.dataset) tell({ done: true, to: main.dataset.done });

  const form = document.querySelector("form[data-page]");
  if (!form) return;
  const loaded = Date.now();
  form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  let wanted = false, sent = false;
  function send() {
    // Again for those who come back to the page by the browser's button.
    const rest = loaded + SOONEST - Date.now();
    if (rest > 0) { setTimeout(send, rest); return; }
    sent = true;
    form.submit();
  }
  work(form.dataset.page, (found) => {
    form.elements.work.value = found;
    if (wanted) send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (wanted) return;
    wanted = true;
    form.setAttribute("aria-busy", "true");
    if (form.elements.work.value) send();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && sent) { wanted = sent = false; form.removeAttribute("aria-busy"); }
  });
  const first = document.querySelector("[aria-invalid]") || document.getElementById("trouble");
  if (first && first.focus) { if (first.id === "trouble") first.tabIndex = -1; first.focus(); }
})();
