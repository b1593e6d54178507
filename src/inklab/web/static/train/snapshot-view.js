/** A snapshot of a network in training: a digit, the first-layer weights, the activations, and the prediction. */

import { signedBytes } from "../decode.js";
import { element, fill } from "../element.js";
import { confidence, count } from "../format.js";
import { heatmap, updateHeatmap } from "../heatmap.js";

const GAP = 1; // pixels between two maps
const ASPECT = 2; // of the maps of a layer side by side, width to height
const CAPTIONS = { image: "Input image", filters: "First-layer weights" };
const SCALE_MAXIMUM = 127; // the values are int8 fractions of the largest one

/**
 * @typedef {Object} LayerSnapshot
 * @property {string} name
 * @property {number[]} shape (rows, columns), (maps, rows, columns) or (units)
 * @property {string} values base64 of int8
 */

/** @returns {{root: HTMLElement, update: function(?Object): void}} `update` takes the data of a `snapshot` event */
export function snapshotView() {
  const canvases = new Map();
  const maps = element("div", { class: "snapshot" });
  const bars = [...Array(10).keys()].map((digit) => {
    const bar = element("span", { class: "bar" });
    const probability = element("span", { class: "probability" });
    return { bar, probability, root: element("li", {}, element("span", { class: "number" }, digit), element("span", { class: "track" }, bar), probability) };
  });
  const prediction = element("figure", { class: "prediction" }, element("figcaption", {}, "Current prediction"),
    element("ul", { class: "bars" }, bars.map((bar) => bar.root)));
  const hint = element("p", { class: "muted" }, "While a run trains, its first-layer weights and the activations for one validation image are shown here.");
  const root = element("div", {}, hint, maps);

  function update(snapshot) {
    hint.hidden = Boolean(snapshot);
    if (!snapshot) {
      canvases.clear();
      fill(maps);
      return;
    }
    if (snapshot.layers.length !== canvases.size || snapshot.layers.some(({ name }) => !canvases.has(name))) rebuild(snapshot.layers);
    for (const layer of snapshot.layers) updateHeatmap(canvases.get(layer.name), ...tile(layer));
    const largest = Math.max(...snapshot.probabilities);
    snapshot.probabilities.slice(0, 10).forEach((probability, digit) => {
      bars[digit].bar.style.width = `${100 * probability}%`;
      bars[digit].probability.textContent = confidence(probability);
      bars[digit].root.classList.toggle("first", probability === largest);
    });
  }

  function rebuild(layers) {
    canvases.clear();
    const figures = layers.map((layer) => {
      const [values, options] = tile(layer);
      const canvas = heatmap(values, options);
      canvases.set(layer.name, canvas);
      canvas.style.width = `${Math.round(options.columns * scaleOf(layer))}px`;
      return element("figure", {}, element("figcaption", {}, captionOf(layer)), canvas);
    });
    fill(maps, figures, prediction);
  }

  return { root, update };
}

function captionOf({ name, shape }) {
  if (CAPTIONS[name]) return CAPTIONS[name];
  const size = shape.length === 1 ? `${count(shape[0])} units` : `${count(shape[0])} maps of ${shape[1]} × ${shape[2]}`;
  return `Activations of ${name.replace(/^(maps|activations)\.\d+\./, "")}: ${size}`;
}

/** @returns {number} pixels on the page for each value */
function scaleOf({ name, shape }) {
  if (name === "image") return 5;
  if (shape.length === 1) return 8;
  return shape[2] >= 20 ? 1.5 : shape[2] >= 10 ? 3 : 6;
}

/** @returns {[ArrayLike<number>, import("../heatmap.js").HeatmapOptions]} the maps of a layer side by side */
function tile(layer) {
  const { name, shape } = layer;
  const values = signedBytes(layer.values);
  const label = captionOf(layer);
  const maximum = SCALE_MAXIMUM;
  if (shape.length === 2) return [values, { rows: shape[0], columns: shape[1], maximum, label }];
  const [maps, rows, columns] = shape.length === 3 ? shape : [shape[0], 1, 1];
  const gap = shape.length === 3 ? GAP : 0;
  const perRow = mapsPerRow(maps, Math.sqrt(ASPECT * maps * rows / columns));
  const [height, width] = [Math.ceil(maps / perRow) * (rows + gap) - gap, perRow * (columns + gap) - gap];
  const tiled = new Float32Array(height * width);
  for (let m = 0; m < maps; m++) {
    const [top, left] = [Math.floor(m / perRow) * (rows + gap), (m % perRow) * (columns + gap)];
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) tiled[(top + r) * width + left + c] = values[(m * rows + r) * columns + c];
    }
  }
  return [tiled, { rows: height, columns: width, scale: name === "filters" ? "diverging" : "ink", maximum, label }];
}

/** @returns {number} a divisor of n near the target, so that all rows are full; else the target rounded up */
function mapsPerRow(n, target) {
  const isNear = (candidate) => n % candidate === 0 && candidate > target / 2 && candidate < target * 2;
  const divisors = [...Array(n).keys()].map((i) => i + 1).filter(isNear);
  const distance = (candidate) => Math.abs(Math.log(candidate / target));
  return divisors.length ? divisors.reduce((best, candidate) => (distance(candidate) <= distance(best) ? candidate : best)) : Math.min(n, Math.ceil(target));
}
