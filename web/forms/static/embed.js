// Shows hosted forms within a page: <div data-perennial-form="NAME"></div> becomes a frame as high
// as its form, which is told what the page's address says of the campaign.
(() => {
  "use strict";
  const base = new URL(document.currentScript.src).origin;
  const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

  function visitor() {
    // As Segment's library keeps it, which speaks to the same server.
    try { return (localStorage.getItem("ajs_anonymous_id") || "").replace(/^"|"$/g, ""); } catch { return ""; }
  }

  function address(place) {
    const here = new URL(location.href), asked = new URLSearchParams();
    for (const name of UTM) if (here.searchParams.get(name)) asked.set(name, here.searchParams.get(name));
    asked.set("page", here.origin + here.pathname);
    if (document.referrer) asked.set("referrer", document.referrer.split(/[?#]/)[0]);
    if (visitor()) asked.set("visitor", visitor());
    const language = place.dataset.language || document.documentElement.lang;
    if (language) asked.set("language", language);
    return `${base}/f/${encodeURIComponent(place.dataset.perennialForm)}/embed?${asked}`;
  }

  function show(place) {
    if (place.querySelector("iframe")) return;
    const frame = document.createElement("iframe");
    frame.src = address(place);
    frame.title = place.dataset.title || place.dataset.perennialForm;
    frame.style.cssText = "width:100%;border:0;min-height:12rem";
    place.replaceChildren(frame);
    window.addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow || event.origin !== base) return;
      const told = event.data;
      if (!told || told.perennial !== 1) return;
      if (Number.isFinite(told.height)) frame.style.height = `${Math.min(told.height, 20000)}px`;
      if (told.done) {
        place.dispatchEvent(new CustomEvent("perennial:done", { bubbles: true }));
        if (typeof told.to === "string" && told.to.startsWith("https://")) location.assign(told.to);
      }
    });
  }

  const all = () => document.querySelectorAll("[data-perennial-form]").forEach(show);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
