// Pressing twice is pressing once: while a form's answer is awaited, it is not sent again. Forms that search or that
// htmx sends see to themselves; after one that downloads, the page stays and may be pressed again.
const PATIENCE = 10_000; // milliseconds; then nothing may come any more, as where loading was stopped
let sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "downloads" in form.dataset) return;
  if (event.timeStamp - (sent.get(form) ?? -Infinity) < PATIENCE) event.preventDefault();
  else {
    sent.set(form, event.timeStamp);
    progress(event.submitter);
  }
});
addEventListener("pageshow", () => { // the way back may lead to a page as it was left
  sent = new WeakMap();
  for (const button of document.querySelectorAll("button[data-idle]")) button.textContent = button.dataset.idle;
});
// A button whose answer takes a while says what is being done.
function progress(button) {
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
}
