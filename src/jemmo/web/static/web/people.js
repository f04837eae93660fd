// The last pages looked at, without what was searched for: what "your last steps" starts with.
const STEPS = "jemmo-steps";
const place = location.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…");
const time = new Date().toTimeString().slice(0, 5);
const steps = (sessionStorage.getItem(STEPS) || "").split("\n").filter(Boolean);
steps.push(`${time} ${place}`);
sessionStorage.setItem(STEPS, steps.slice(-6).join("\n"));

const fillSteps = () => document.querySelectorAll("[data-steps]").forEach((field) => {
  if (!field.value) field.value = sessionStorage.getItem(STEPS);
});
fillSteps();

// The help bubble asks for its content when it opens, and hands the focus over and back.
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
