// The file of an import: one that is chosen or dropped is sent at once, and its page is opened.
const say = (form, text) => { form.querySelector("[role=alert]").textContent = text; };

function send(form, file) {
  const progress = form.querySelector("progress");
  const input = form.querySelector("input");
  say(form, "");
  if (file.size > Number(form.dataset.limit)) {
    say(form, form.dataset.large);
    return;
  }
  const body = new FormData();
  body.append("file", file);
  body.append("start", "false");
  body.append("encoding", form.querySelector("select").value);
  const request = new XMLHttpRequest();
  request.open("POST", "/api/imports");
  request.responseType = "json";
  request.upload.onprogress = (sent) => { if (sent.total) progress.value = sent.loaded / sent.total; };
  request.onload = () => {
    if (request.status === 201) {
      location.assign(`/console/import/${request.response.run.id}`);
      return;
    }
    over(request.response?.detail ?? form.dataset.lost);
  };
  request.onerror = () => over(form.dataset.lost);
  const over = (text) => {
    progress.hidden = true;
    input.disabled = false;
    input.value = "";
    say(form, text);
  };
  progress.value = 0;
  progress.hidden = false;
  input.disabled = true;
  request.send(body);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest(".drop");
  if (form && event.target.type === "file" && event.target.files.length) send(form, event.target.files[0]);
});
for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(name, (event) => {
    event.target.closest?.(".drop-zone")?.classList.toggle("over", over);
  });
}
