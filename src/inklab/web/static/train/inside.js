/** What a network looks like while it learns: the digit it is shown, its filters, its maps, its answer. */

import { element, fill } from "../element.js";
import { map, redraw } from "../map.js";

const GAP = 1; // pixels between two maps
const WIDE = 2; // a mosaic is about so much wider than it is high
const CALLED = { image: "The digit it is shown", filters: "What the first layer looks for" };

/**
 * @typedef {Object} Layer
 * @property {string} name
 * @property {number[]} shape (rows, columns), (maps, rows, columns) or (units)
 * @property {number} most the largest number
 * @property {string} values base64 of int8, in 127ths of it
 */

/** @returns {{root: HTMLElement, update: function(?Object): void}} it is told what a `live` event carries */
export function insideShown() {
  const pictures = new Map();
  const maps = element("div", { class: "inside" });
  const bars = [...Array(10).keys()].map((digit) => {
    const bar = element("span", { class: "bar" });
    const share = element("span", { class: "share" });
    return { bar, share, root: element("li", {}, element("span", { class: "number" }, digit), element("span", { class: "track" }, bar), share) };
  });
  const answer = element("figure", { class: "answer" }, element("figcaption", {}, "What it answers now"),
    element("ul", { class: "bars" }, bars.map((one) => one.root)));
  const none = element("p", { class: "soft" }, "While a run trains, its filters and what it makes of one digit are shown here as they change.");
  const root = element("div", {}, none, maps);

  function update(seen) {
    none.hidden = Boolean(seen);
    if (!seen) {
      pictures.clear();
      fill(maps);
      return;
    }
    if (seen.layers.length !== pictures.size || seen.layers.some(({ name }) => !pictures.has(name))) rebuild(seen.layers);
    for (const layer of seen.layers) redraw(pictures.get(layer.name), ...tiled(layer));
    seen.probabilities.slice(0, 10).forEach((share, digit) => {
      bars[digit].bar.style.width = `${100 * share}%`;
      bars[digit].share.textContent = `${(100 * share).toFixed(1)} %`;
      bars[digit].root.classList.toggle("first", share === Math.max(...seen.probabilities));
    });
  }

  function rebuild(layers) {
    pictures.clear();
    const figures = layers.map((layer) => {
      const canvas = map(...tiled(layer));
      pictures.set(layer.name, canvas);
      const { columns } = tiled(layer)[1];
      canvas.style.width = `${Math.round(columns * scaleOf(layer))}px`;
      return element("figure", {}, element("figcaption", {}, captionOf(layer)), canvas);
    });
    fill(maps, figures, answer);
  }

  return { root, update };
}

function captionOf({ name, shape }) {
  if (CALLED[name]) return CALLED[name];
  const layer = name.replace(/^maps\.\d+\./, "");
  return `What ${layer} makes of it: ${shape[0]} ${shape.length === 1 ? "units" : `maps of ${shape[1]} × ${shape[2]}`}`;
}

/** @returns {number} pixels on the page for each number */
function scaleOf({ name, shape }) {
  if (name === "image") return 5;
  if (shape.length === 1) return 8;
  return shape[2] >= 20 ? 1.5 : shape[2] >= 10 ? 3 : 6;
}

/** @returns {[Float32Array, import("../map.js").Look]} a layer's maps side by side, and how they are drawn */
function tiled(layer) {
  const { name, shape } = layer;
  const values = signed(layer.values);
  const label = captionOf(layer);
  if (shape.length === 2) return [values, { rows: shape[0], columns: shape[1], most: 127, label }];
  const [maps, rows, columns] = shape.length === 3 ? shape : [shape[0], 1, 1];
  const gap = shape.length === 3 ? GAP : 0;
  const across = acrossOf(maps, Math.sqrt(WIDE * maps * rows / columns));
  const [height, width] = [Math.ceil(maps / across) * (rows + gap) - gap, across * (columns + gap) - gap];
  const laid = new Float32Array(height * width);
  for (let m = 0; m < maps; m++) {
    const [top, left] = [Math.floor(m / across) * (rows + gap), (m % across) * (columns + gap)];
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) laid[(top + r) * width + left + c] = values[(m * rows + r) * columns + c];
    }
  }
  return [laid, { rows: height, columns: width, palette: name === "filters" ? "diverging" : "ink", most: 127, label }];
}

/** @returns {number} how many of n maps stand in a row: about so many, and so that the rows are full if that can be */
function acrossOf(n, about) {
  const isNear = (across) => n % across === 0 && across > about / 2 && across < about * 2;
  const full = [...Array(n).keys()].map((i) => i + 1).filter(isNear);
  const far = (across) => Math.abs(Math.log(across / about));
  return full.length ? full.reduce((best, one) => (far(one) <= far(best) ? one : best)) : Math.min(n, Math.ceil(about));
}

/** @returns {Int8Array} */
function signed(text) {
  const letters = atob(text);
  const found = new Int8Array(letters.length);
  for (let i = 0; i < letters.length; i++) found[i] = letters.charCodeAt(i);
  return found;
}
