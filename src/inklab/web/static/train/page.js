/** The Train page: start a run, watch it train, and compare it with other runs. */

import { element, fill } from "../element.js";
import { get, ignoreApiError } from "../request.js";
import { recipeForm } from "./recipe-form.js";
import { runList } from "./run-list.js";
import { runView } from "./run-view.js";

export const title = "Train";

const REFRESH_MS = 5000;

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} options `?run=NAME` selects a run
 */
export async function show(root, { params, signal }) {
  const view = runView({ signal, onchange: () => refresh(), ondeleted: () => select(null) });
  const list = runList({ signal, onselect: (name) => select(name, true), onchange: () => refresh(), onrenamed: renamed, ondeleted: deleted });
  const form = recipeForm({ signal, onstart: (run) => { select(run.name, true); refresh(); } });
  let selected = params.get("run");

  function select(name, scroll = false) {
    selected = name;
    history.replaceState(null, "", name ? `#/train?${new URLSearchParams({ run: name })}` : "#/train");
    view.show(name);
    if (scroll) view.root.scrollIntoView({ block: "start" });
  }

  function renamed(before, after) {
    if (selected === before) select(after);
  }

  function deleted(name) {
    if (selected === name) select(null);
  }

  async function refresh() {
    try {
      list.update(await get("/api/runs", { signal, quiet: true }));
    } catch (error) {
      ignoreApiError(error);
    }
  }

  fill(root,
    element("div", { class: "stack" }, element("h1", {}, title),
      element("p", { class: "muted" }, "Choose a recipe, change its settings, start training, and watch the network learn. Training runs in its own process: you can close this page and come back later.")),
    element("div", { class: "panels" }, form.root, view.root), list.root);

  const runs = await get("/api/runs", { signal });
  list.update(runs);
  select(selected ?? (runs.find((run) => run.state === "training" && !run.is_member) ?? runs.find((run) => !run.is_member))?.name ?? null);
  const timer = setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  await form.load();
}
