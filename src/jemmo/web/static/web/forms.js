// A double click submits only once: a form is not sent again while its response is pending. Search forms and forms that
// htmx sends are exempt. After a download, the page stays and the form can be submitted again.
const PATIENCE = 10_000; // milliseconds; then the response may never come, for example because loading was stopped
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
addEventListener("pageshow", () => { // going back may restore the page as it was left
  sent = new WeakMap();
  for (const button of document.querySelectorAll("button[data-idle]")) button.textContent = button.dataset.idle;
});
// A slow button says what is being done.
function progress(button) {
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
}
