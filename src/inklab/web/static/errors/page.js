/** The Errors page: what a network predicts wrongly, its calibration, and a comparison with another network. */

import { element, fill } from "../element.js";
import { modelLabel } from "../models.js";
import { ApiError, get, ignoreApiError } from "../request.js";
import { comparisonView } from "./comparison.js";
import { confusionMatrix } from "./confusion-matrix.js";
import { exampleList } from "./example-list.js";
import { calibrationChart, headline, perDigitTable } from "./metrics.js";
import { projectionView } from "./projection.js";

export const title = "Errors";

const SHIPPED = "inklab";
const PAGE_SIZE = 24;
const HEADINGS = { "most-confident": "Errors, most confident first", "least-confident": "Correct predictions, least confident first" };

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} options `?model=NAME` selects a network, `&with=NAME`
 *   compares it with another one
 */
export async function show(root, { params, signal }) {
  const route = { model: params.get("model") ?? SHIPPED, with: params.get("with") ?? "" };
  const modelSelect = element("select", { onchange: () => select({ model: modelSelect.value }) });
  const content = element("div", { class: "stack content" });
  let loading = new AbortController();

  function select(changes) {
    Object.assign(route, changes);
    if (route.with === route.model) route.with = "";
    const query = new URLSearchParams(Object.entries(route).filter(([, value]) => value));
    history.replaceState(null, "", `#/errors?${query}`);
    if ("model" in changes) load().catch(ignoreApiError);
  }

  async function load() {
    loading.abort();
    loading = new AbortController();
    const until = AbortSignal.any([signal, loading.signal]);
    fill(content, element("p", { class: "muted", role: "status" }, "Evaluating the network on every test image. This takes a few seconds the first time."));
    const { model } = route;
    const metrics = await get(`/api/errors/summary?${new URLSearchParams({ model })}`, { signal: until })
      .catch((error) => {
        if (error instanceof ApiError) fill(content, element("p", { class: "muted" }, "This network cannot be evaluated."));
        throw error;
      });
    const examples = exampleList({ signal: until });
    const pageOf = (path, query = {}) => (start) => get(
      `/api/errors/${path}?${new URLSearchParams({ model, start, count: PAGE_SIZE, ...query })}`, { signal: until });
    const matrix = confusionMatrix(metrics, (label, prediction) => examples.show(
      `${label} read as ${prediction}, ${label === prediction ? "least" : "most"} confident first`,
      pageOf("confusions", { label, prediction }), `No image of ${label} was read as ${prediction}.`));
    const listButton = (name, path) => element("button", {
      class: "button", type: "button", onclick: () => { matrix.mark(); examples.show(HEADINGS[path], pageOf(path)); },
    }, name);
    const comparison = comparisonView({ first: model, second: route.with, models, signal: until, onselect: (name) => select({ with: name }) });
    fill(content,
      headline(metrics),
      element("div", { class: "two-columns" },
        section("matrix", "Confusion matrix", matrix.root),
        section("examples", "Test images",
          element("div", { class: "row" },
            listButton("Most confident errors", "most-confident"),
            listButton("Least confident correct predictions", "least-confident")),
          examples.root)),
      element("div", { class: "two-columns" },
        section("per-digit", "Metrics per digit", perDigitTable(metrics)),
        section("calibration", "Calibration: does confidence match accuracy?", calibrationChart(metrics, { signal: until }))),
      section("projection", "Projection of the last layer’s input", projectionView({ model, signal: until })),
      section("comparison", "Compare with another network", comparison));
    await examples.show(HEADINGS["most-confident"], pageOf("most-confident"));
  }

  fill(root,
    element("div", { class: "head" },
      element("div", { class: "stack" }, element("h1", {}, title),
        element("p", { class: "muted" }, "The network on every image of the test set, which it was not trained on: its errors, the images that it finds hard, and its calibration.")),
      element("label", { class: "field" }, "Network", modelSelect)),
    content);
  const models = await get("/api/models", { signal });
  fill(modelSelect, models.map((model) => element("option", { value: model.name, selected: model.name === route.model }, modelLabel(model))));
  await load().catch(ignoreApiError);
}

const section = (id, heading, ...children) => element("section", { class: `card stack ${id}`, "aria-labelledby": id },
  element("h2", { id }, heading), children);
