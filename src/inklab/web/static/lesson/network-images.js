/** Pictures of the user's own networks: weights, filters before and after training, feature maps. */

import { latestOnly } from "../coalesce.js";
import { bytes, floats } from "../decode.js";
import { element, fill } from "../element.js";
import { confidenceInWords, count, interval, percent, withArticle } from "../format.js";
import { heatmap, largestMagnitude } from "../heatmap.js";
import { ApiError, get, ignoreApiError, post } from "../request.js";

const LAYER_CAPTIONS = {
  relu1: "32 feature maps after the first convolution and ReLU, 28 × 28", pool1: "after pooling, 14 × 14",
  relu2: "64 feature maps after the second convolution and ReLU, 14 × 14", pool2: "after pooling, 7 × 7",
};

/** @returns {HTMLElement} the weights of the single layer, one image per digit */
export function weightImages({ signal }) {
  const root = element("div", { class: "weights" });
  get("/api/lesson/weights", { signal }).then((stack) => {
    fill(root, heatmaps(stack, "diverging", (digit) => `Weights of ${digit}`)
      .map((canvas, digit) => element("figure", {}, canvas, element("figcaption", { class: "number" }, digit))));
  }).catch(ignoreApiError);
  return root;
}

/** @returns {HTMLElement} the first-layer filters before training, after it, and their change, with the correlation */
export function filterChange({ steps }, { signal }) {
  const root = element("div", { class: "stack" });
  get("/api/lesson/filters", { signal }).then(({ start, end, change, amplification, description }) => {
    const largest = largestMagnitude(floats(start.values));
    const stages = [[start, "Before training", largest], [end, `After ${count(steps)} steps`, largest],
      [change, `Change, amplified ${count(amplification)} times`, largest / amplification]];
    fill(root, element("div", { class: "filter-stages" }, stages.map(([stack, caption, maximum]) => element("figure", {},
      element("div", { class: "filter-grid" }, heatmaps(stack, "diverging", (i) => `Filter ${i}, ${caption.toLowerCase()}`, maximum)),
      element("figcaption", { class: "small" }, caption)))),
    element("p", {}, description));
  }).catch(ignoreApiError);
  return root;
}

/** @returns {HTMLElement} the first-layer filters as buttons, and the accuracy without the ablated ones */
export function filterAblation({ signal }) {
  const grid = element("div", { class: "filters", role: "group", "aria-label": "Filters of the first layer" });
  const result = element("p", { "aria-live": "polite" }, " ");
  const ablated = new Set();
  let complete = null; // the accuracy with all filters
  let buttons = [];

  const measure = latestOnly(async () => {
    const measured = await post("/api/lesson/ablate", { filters: [...ablated] }, { signal });
    complete ??= measured;
    const lost = measured.errors - complete.errors;
    fill(result, element("strong", {}, percent(measured.accuracy, 1)), ` accuracy on the first ${count(measured.n)} test images (95% interval ${interval(measured.accuracy_interval)}), `,
      ablated.size ? `with ${ablated.size} of ${buttons.length} filters ablated: ${lost === 0 ? "as many errors as" : `${count(Math.abs(lost))} ${lost > 0 ? "more" : "fewer"} error${Math.abs(lost) === 1 ? "" : "s"} than`} with all filters.` : "with all filters.");
  });
  const toggle = (...filters) => {
    for (const filter of filters) {
      if (!ablated.delete(filter)) ablated.add(filter);
      buttons[filter].setAttribute("aria-pressed", String(ablated.has(filter)));
    }
    measure();
  };
  const present = () => buttons.map((_, i) => i).filter((i) => !ablated.has(i));
  const button = (name, filters) => element("button", { class: "button", type: "button", onclick: () => toggle(...filters()) }, name);

  get("/api/lesson/filters", { signal }).then(({ end }) => {
    buttons = heatmaps(end, "diverging", (i) => `Filter ${i}`).map((canvas, i) => element("button", {
      type: "button", "aria-pressed": "false", "aria-label": `Ablate filter ${i}`, onclick: () => toggle(i),
    }, canvas));
    fill(grid, buttons);
    measure();
  }).catch(ignoreApiError);
  return element("div", { class: "stack" }, grid,
    element("div", { class: "row" },
      button("Ablate every second filter", () => present().filter((i) => i % 2)),
      button("Ablate all", present),
      button("Restore all", () => [...ablated])), result);
}

/** @returns {HTMLElement} a test image, its feature maps in every layer, and the prediction */
export function activationsView({ signal }) {
  const maps = element("div", { class: "activations stack", "aria-live": "off" });
  const errorLine = element("span", { class: "bad", role: "alert" });
  const number = element("input", { type: "number", min: 0, value: 1, inputmode: "numeric", onchange: () => load(Math.max(0, Math.floor(number.valueAsNumber || 0))) });

  const load = latestOnly(async (index) => {
    const { label, image, layers, probabilities } = await get(`/api/lesson/activations?${new URLSearchParams({ index })}`, { signal, quiet: true })
      .catch((error) => { if (error instanceof ApiError) fill(errorLine, error.message); throw error; });
    fill(errorLine);
    const prediction = probabilities.indexOf(Math.max(...probabilities));
    const picture = heatmap(bytes(image), { rows: 28, columns: 28, maximum: 255, label: `Test image ${count(index)}` });
    picture.style.width = "5rem";
    fill(maps,
      element("div", { class: "row" }, picture, element("p", { "aria-live": "polite" },
        `Test image ${count(index)} is ${withArticle(label)}. The network predicts `, element("strong", {}, prediction), ` with ${confidenceInWords(probabilities[prediction])} confidence.`)),
      layers.map((layer) => element("figure", {}, element("figcaption", { class: "muted small" }, LAYER_CAPTIONS[layer.name]),
        element("div", { class: `maps ${layer.name}` }, heatmaps(layer.maps, "ink", (i) => `Map ${i} of ${layer.name}`)))));
  });
  load(1);
  const random = element("button", { class: "button", type: "button", onclick: () => { number.value = Math.floor(Math.random() * 300); load(number.valueAsNumber); } }, "Random image");
  return element("div", { class: "stack" },
    element("div", { class: "row" }, element("label", { class: "field inline" }, "Test image, counted from 0", number), random, errorLine), maps);
}

/** @returns {HTMLCanvasElement[]} one heatmap per image of a stack, all on the same scale */
function heatmaps({ count: n, rows, columns, values }, scale, labelOf, maximum = largestMagnitude(floats(values))) {
  const all = floats(values);
  return [...Array(n).keys()].map((i) => heatmap(all.subarray(i * rows * columns, (i + 1) * rows * columns), { rows, columns, scale, maximum, label: labelOf(i) }));
}
