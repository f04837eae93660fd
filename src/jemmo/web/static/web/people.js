// The last pages visited, without search terms: the initial content of "your last steps".
const STEPS = "jemmo-steps";
const place = location.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…");
const time = `${new Date().toISOString().slice(11, 16)} UTC`; // like the other times in a message to support
const steps = (sessionStorage.getItem(STEPS) || "").split("\n").filter(Boolean);
steps.push(`${time} ${place}`);
sessionStorage.setItem(STEPS, steps.slice(-6).join("\n"));

const fillSteps = () => document.querySelectorAll("[data-steps]").forEach((field) => {
  if (!field.value) field.value = sessionStorage.getItem(STEPS);
});
fillSteps();

// The help bubble loads its content when it opens, takes the focus, and returns it when it closes.
const panel = document.getElementById("help-panel");
panel?.addEventListener("toggle", (event) => {
  if (event.newState === "open") {
    htmx.trigger(panel, "help-open");
    document.getElementById("help-title").focus();
  } else if (panel.contains(document.activeElement) || document.activeElement === document.body) {
    document.querySelector(".help-button").focus();
  }
});
document.addEventListener("htmx:afterSwap", fillSteps);
// A file that is too large is reported at once rather than after the upload.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset.largest) return;
  const tooLarge = [...target.files].some((file) => file.size > Number(target.dataset.largest));
  target.setCustomValidity(tooLarge ? target.dataset.tooLarge : "");
  target.reportValidity();
});
// Apply a filter that was chosen before htmx was ready to notice it.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form.filters[hx-get]")) {
    const chosen = [...form.querySelectorAll("select")].some(
      (select) => select.selectedIndex !== Math.max(0, [...select.options].findIndex((one) => one.defaultSelected)));
    const search = form.querySelector("input[type=search]");
    if (chosen || (search && search.value !== search.defaultValue)) htmx.trigger(form, "submit");
  }
});
