/** The Train room: start a run, watch it learn, compare it with others. */

import { get } from "../api.js";
import { element, fill } from "../element.js";
import { recipeForm } from "./recipe.js";
import { runShown } from "./run.js";
import { runList } from "./runs.js";
import { silent } from "./figures.js";

export const title = "Train";

const REFRESH_MS = 5000;

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} visit `?run=NAME` watches a run
 */
export async function show(root, { params, signal }) {
  const sheet = element("link", { rel: "stylesheet", href: "/static/train/train.css" });
  document.head.append(sheet);
  signal.addEventListener("abort", () => sheet.remove(), { once: true });

  const watched = runShown({ signal, onchange: () => refresh(), onname: choose });
  const list = runList({ signal, onwatch: (name) => choose(name, true), onchange: () => refresh(), onrenamed: renamed, ondeleted: deleted });
  const form = recipeForm({ signal, onstart: (run) => { choose(run.name, true); refresh(); } });
  let name = params.get("run");

  function choose(run, scroll = false) {
    name = run;
    history.replaceState(null, "", run ? `#/train?${new URLSearchParams({ run })}` : "#/train");
    watched.show(run);
    if (scroll) watched.root.scrollIntoView({ block: "start" });
  }

  function renamed(before, after) {
    if (name === before) choose(after);
  }

  function deleted(gone) {
    if (name === gone) choose(null);
  }

  async function refresh() {
    try {
      list.update(await get("/api/runs", { signal, quiet: true }));
    } catch (error) {
      silent(error);
    }
  }

  fill(root,
    element("div", { class: "stack" }, element("h1", {}, title),
      element("p", { class: "soft" }, "Choose a recipe, change what you like, and watch a network learn. Training goes on by itself: you may close this page, and find it further on when you come back.")),
    element("div", { class: "halls" }, form.root, watched.root), list.root);

  const runs = await get("/api/runs", { signal });
  list.update(runs);
  choose(name ?? (runs.find((run) => run.state === "training" && !run.column) ?? runs.find((run) => !run.column))?.name ?? null);
  const timer = setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  await form.load();
}
