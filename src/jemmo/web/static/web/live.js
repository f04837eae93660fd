/* Keeps an open page up to date: listens to server-sent events, loads small parts automatically, and offers the rest
   without moving what is being read. Without this file pages still work and update when they are reloaded. */
"use strict";
(() => {
  const body = document.body;
  /* Only records are counted (docs/counts-and-times.md); for related data the page only says that it changed. */
  const records = { jobs: ["jobs"], talents: ["talents", "applications"] };
  const others = { jobs: ["departments", "stages"], talents: ["stages"] };
  const button = document.getElementById("news");
  const GONE = [404, 410];
  let waiting = 0;
  let looked = 0;
  let later = 0;

  /* Marks automatic requests, so that they do not keep an idle session alive (jemmo.web.frame.middleware). */
  const UNASKED = { "Jemmo-Unasked": "1" };
  body.addEventListener("htmx:configRequest", (event) => {
    const cause = event.detail.triggeringEvent;
    if (!cause || !cause.isTrusted) Object.assign(event.detail.headers, UNASKED);
  });

  const signal = (name, detail) => body.dispatchEvent(new CustomEvent(name, { detail }));

  /* At most one signal per second for repeated events. */
  const paced = (name) => {
    let timer = 0;
    let last = 0;
    return () => {
      clearTimeout(timer);
      const rest = last + 1000 - Date.now();
      timer = setTimeout(() => { last = Date.now(); signal(name); }, Math.max(0, rest));
    };
  };
  const syncMoved = paced("jemmo:sync");
  const noticed = paced("jemmo:notification");

  const offer = (text) => {
    if (!button) return;
    if (button.textContent !== text) button.textContent = text;
    button.hidden = false;
  };

  const list = () => document.getElementById("results");

  const show = (event) => {
    waiting = 0;
    if (button) button.hidden = true;
    const address = location.pathname + location.search;
    if (list()) htmx.ajax("GET", address, { target: "#results", swap: "innerHTML", event });
    else htmx.ajax("GET", address, { target: "#content", select: "#content", swap: "outerHTML", event });
  };

  /* The content of a page, without the parts that change with time or every sync. */
  const said = (root) => {
    const copy = root.querySelector("#content").cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = time.dateTime;
    for (const part of copy.querySelectorAll("[data-passing], .sync-icon, details > summary ~ * input, script")) part.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  /* The record was deleted, so its data must not stay on the page: the response replaces it at once. */
  const drop = (fresh) => {
    const answer = fresh.getElementById("content");
    const shown = document.getElementById("content");
    shown.replaceChildren(...(answer ? answer.childNodes : []));
    document.title = fresh.title;
    button.hidden = true;
  };

  /* A record page checks whether its own record changed, at most every five seconds. */
  const compare = () => {
    clearTimeout(later);
    const rest = looked + 5000 - Date.now();
    later = setTimeout(async () => {
      looked = Date.now();
      const answer = await fetch(location.href, { headers: { Accept: "text/html", ...UNASKED }, redirect: "error" }).catch(() => null);
      if (!answer || !(answer.ok || GONE.includes(answer.status))) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) { drop(fresh); return; }
      if (fresh.getElementById("content") && said(fresh) !== said(document)) offer(button.dataset.some);
    }, Math.max(0, rest));
  };

  const changed = (streams, final) => {
    const section = body.dataset.live;
    if (!button || !section) return;
    if (!list()) { compare(); return; }
    const number = (records[section] || []).reduce((sum, name) => sum + (streams[name] || 0), 0);
    if (!number && !(others[section] || []).some((name) => streams[name])) return;
    if (document.hidden || list().querySelector(".empty")) { show(); return; }
    if (final) waiting += number; // the number is known only at the end of a sync
    if (!waiting) { offer(button.dataset.some); return; }
    offer(waiting === 1 ? button.dataset.one : button.dataset.many.replace("{n}", waiting.toLocaleString(document.documentElement.lang)));
  };

  /* A toast stays while the pointer or the focus is on it. A missed one is still in the list. */
  const toasts = document.getElementById("toasts");
  const toast = async (number) => {
    if (!toasts || document.hidden) return;
    const answer = await fetch(`${toasts.dataset.toast}${number}/`, { headers: UNASKED, redirect: "error" }).catch(() => null);
    const text = answer && answer.ok ? await answer.text() : "";
    if (!text) return;
    const box = document.createElement("div");
    box.innerHTML = text;
    toasts.replaceChildren(...[...toasts.children].slice(-2), box);
    const leave = () => {
      if (box.matches(":hover, :focus-within")) setTimeout(leave, 2000);
      else box.remove();
    };
    setTimeout(leave, 8000);
  };
  if (toasts) toasts.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest(".toast").parentElement.remove();
  });

  const heard = {
    records_changed: (event) => changed(event.streams || {}, event.final),
    sync_requested: syncMoved,
    sync_started: syncMoved,
    sync_progress: syncMoved,
    sync_ended: syncMoved,
    notification: (event) => { noticed(); toast(event.notification); },
    message: (event) => signal("jemmo:message", event),
    resync: () => { syncMoved(); noticed(); if (list()) offer(button.dataset.some); else if (button) compare(); },
    /* Jobs and people must not stay on screen after the session has ended. Reloading asks to sign in. */
    signed_out: () => { source.close(); body.dataset.connected = "no"; location.reload(); },
  };

  let met = false;
  heard.hello = () => {
    if (met) { syncMoved(); noticed(); }
    met = true;
    body.dataset.connected = "yes";
  };

  if (button) button.addEventListener("click", show);
  const source = new EventSource(`${body.dataset.events}?since=${encodeURIComponent(body.dataset.since)}`);
  source.addEventListener("message", (message) => {
    const event = JSON.parse(message.data);
    if (heard[event.kind]) heard[event.kind](event);
  });
  source.addEventListener("error", () => { body.dataset.connected = "no"; });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement.closest(".sync-icon")) document.activeElement.blur();
  });
})();
