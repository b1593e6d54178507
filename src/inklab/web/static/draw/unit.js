/** One feature map enlarged, and how one of its values is computed: its inputs, their weights, the sum. */

import { latestOnly } from "../coalesce.js";
import { element, fill } from "../element.js";
import { decimal, decimalsOf, signedDecimal } from "../format.js";
import { heatmap, largestMagnitude, updateHeatmap } from "../heatmap.js";
import { post } from "../request.js";

const MAX_ROWS_PRINTED = 5; // a larger window is drawn, not printed

/**
 * @param {{model: string, signal: AbortSignal, onclose: function(): void}} options
 * @returns {{root: HTMLElement, show: function(Object, number, Float32Array, string, ?ArrayLike<number>): void,
 *   focus: function(): void}} `show` takes a layer, the number of a map, the activations of the layer, the image
 *   (base64), and the input of the layer if it can be shown
 */
export function unitPanel({ model, signal, onclose }) {
  const heading = element("h3", {});
  const enlarged = heatmap([0], { rows: 1, columns: 1, label: "" });
  const cursor = element("span", { class: "cursor", "aria-hidden": "true" });
  const frame = element("div", {
    class: "enlarged", tabindex: 0, role: "application", onkeydown: moveByKey, onpointermove: moveByPointer, onpointerdown: moveByPointer,
  }, enlarged, cursor);
  const computation = element("div", { class: "computation", "aria-live": "polite" });
  const hint = element("p", { class: "muted small" });
  const root = element("section", { class: "unit card", onkeydown: closeOnEscape },
    element("div", { class: "row" }, heading,
      element("button", { class: "button quiet", type: "button", onclick: onclose }, "Close")),
    element("div", { class: "unit-parts" }, element("div", { class: "stack" }, frame, hint), computation));
  let current = null; // {layer, map, image, input, row, column}

  const load = latestOnly(async (requested) => {
    const { layer, map, row, column, image } = requested;
    const explanation = await post("/api/explain/unit", { model, image, layer: layer.name, map, row, column }, { signal });
    if (current === requested) fill(computation, ...describe(explanation, requested));
  });

  function moveTo(row, column) {
    if (row === current.row && column === current.column) return;
    current = { ...current, row, column };
    showCurrent();
  }

  function showCurrent() {
    const [, rows, columns] = current.layer.shape;
    cursor.style.width = `${100 / columns}%`;
    cursor.style.height = `${100 / rows}%`;
    cursor.style.left = `${(100 * current.column) / columns}%`;
    cursor.style.top = `${(100 * current.row) / rows}%`;
    load(current);
  }

  function moveByPointer(event) {
    const box = enlarged.getBoundingClientRect();
    const [, rows, columns] = current.layer.shape;
    const index = (fraction, length) => Math.max(0, Math.min(length - 1, Math.floor(fraction * length)));
    moveTo(index((event.clientY - box.top) / box.height, rows), index((event.clientX - box.left) / box.width, columns));
  }

  function moveByKey(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [, rows, columns] = current.layer.shape;
    moveTo(Math.max(0, Math.min(rows - 1, current.row + move[0])), Math.max(0, Math.min(columns - 1, current.column + move[1])));
  }

  function closeOnEscape(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onclose();
  }

  return {
    root,
    focus() {
      if (frame.hidden) root.querySelector("button").focus();
      else frame.focus();
    },
    show(layer, map, activations, image, input) {
      const [, rows, columns] = layer.shape;
      const isSame = current?.layer === layer && current.map === map;
      const size = rows * columns;
      const values = activations.subarray(map * size, (map + 1) * size);
      const strongest = values.reduce((best, value, i) => (Math.abs(value) > Math.abs(values[best]) ? i : best), 0);
      heading.textContent = `${size > 1 ? "Map" : "Unit"} ${map} of ${layer.name}`;
      frame.hidden = size === 1;
      frame.setAttribute("aria-label", `${heading.textContent}, enlarged. Arrow keys move between values.`);
      hint.textContent = size > 1 ? "Point at a value, or use the arrow keys, to see how it is computed. Maps, rows, and columns are counted from 0." : "";
      updateHeatmap(enlarged, values, { rows, columns, scale: "diverging", maximum: largestMagnitude(activations), label: heading.textContent });
      const { row, column } = isSame ? current : { row: Math.floor(strongest / columns), column: strongest % columns };
      current = { layer, map, image, input, row, column };
      showCurrent();
    },
  };
}

/** @returns {HTMLElement[]} how a value is computed, in words and small tables */
function describe(explanation, { layer, row, column, input }) {
  const valueOf = (decimals) => element("strong", { class: "number" }, decimal(explanation.value, decimals));
  const value = valueOf();
  const subject = layer.shape[1] > 1 ? `The value at row ${row}, column ${column}` : "The value";
  const [first] = explanation.terms;
  if (layer.kind === "pooling") {
    return [element("p", {}, subject, " is the maximum of this window in the previous layer: ", value),
      element("div", { class: "row" }, windowInMap(explanation, first, layer, input), table(first.window, "Input"))];
  }
  if (layer.kind === "ReLU") {
    const before = first.window[0][0];
    const reason = before < 0 ? `zero because the input, ${decimal(before)}, is negative: ` : "equal to the input, which is not negative: ";
    return [element("p", {}, subject, " is ", reason, value)];
  }
  if (layer.kind === "batch norm") {
    return [element("p", {}, subject, " is ", element("span", { class: "number" },
      `${decimal(first.window[0][0])} × ${decimal(first.kernel[0][0])} + ${decimal(explanation.bias)} = `), value)];
  }
  const mapCount = explanation.terms.length + explanation.other_maps;
  const isOfImage = isImage(layer.input_shape);
  const decimals = Math.max(2, decimalsOf([explanation.value, explanation.other_sum, explanation.bias, ...explanation.terms.map((term) => term.sum)]));
  const summands = explanation.terms.map((term) => signedDecimal(term.sum, decimals));
  if (explanation.other_maps) summands.push(`${signedDecimal(explanation.other_sum, decimals)} (${explanation.other_maps} other maps)`);
  if (explanation.bias) summands.push(`${signedDecimal(explanation.bias, decimals)} (bias)`);
  return [
    element("p", {}, subject, " is inputs × weights, summed", isOfImage ? " over the input image" : ` over the ${mapCount > 1 ? `${mapCount} maps of the ` : ""}previous layer`,
      explanation.bias ? ", plus the bias." : ".",
      mapCount > 1 && " The largest terms come first."),
    element("div", { class: "products" },
      explanation.terms.map((term) => product(term, mapCount > 1, decimals, windowInMap(explanation, term, layer, input)))),
    element("p", { class: "number equation" }, summands.length > 1 ? `${summands.join(" ").replace(/^\+ /, "")} = ` : "The sum is ", valueOf(decimals)),
  ];
}

/** @returns {boolean} whether the input of a layer is the image */
const isImage = (inputShape) => inputShape.join() === "1,28,28";

/** @returns {?HTMLElement} the map of the previous layer with the window marked, unless the window is the whole map */
function windowInMap(explanation, { map, window }, layer, input) {
  const [, rows, columns] = layer.input_shape;
  if (!input || (window.length === rows && window[0].length === columns)) return null;
  const size = rows * columns;
  const values = input.slice(map * size, (map + 1) * size);
  const picture = heatmap(values, { rows, columns, scale: "diverging", label: isImage(layer.input_shape) ? "Input image" : `Map ${map} of the previous layer` });
  const frame = element("span", { class: "cursor" });
  const clip = (from, length, limit) => [Math.max(from, 0), Math.min(from + length, limit) - Math.max(from, 0)];
  const [top, height] = clip(explanation.row, window.length, rows);
  const [left, width] = clip(explanation.column, window[0].length, columns);
  const share = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(frame.style, {
    top: share(top, rows), height: share(height, rows), left: share(left, columns), width: share(width, columns),
  });
  return element("div", { class: "input-map" }, picture, frame);
}

/** @returns {HTMLElement} inputs, their weights, and their contribution to the sum */
function product({ map, sum, window, kernel }, isOneOfMany, decimals, position) {
  return element("figure", { class: "product" },
    isOneOfMany && element("figcaption", { class: "small muted" }, `Map ${map} of the previous layer`),
    element("div", { class: "row" }, position, table(window, "Input"), element("span", { "aria-hidden": "true" }, "×"),
      table(kernel, "Weights"), isOneOfMany && element("span", { class: "number" }, `= ${decimal(sum, decimals)}`)));
}

/** @returns {HTMLElement} a table of numbers on their colors, under its name; a large one is only drawn */
function table(rows, name) {
  const values = rows.flat();
  const maximum = largestMagnitude(values);
  if (rows.length > MAX_ROWS_PRINTED) {
    return named(name, heatmap(values, { rows: rows.length, columns: rows[0].length, scale: "diverging", label: name }));
  }
  const decimals = decimalsOf(values);
  const cell = (value) => {
    const node = element("td", {}, decimal(value, decimals));
    const strength = Math.round((30 * Math.abs(value)) / maximum);
    node.style.background = `color-mix(in srgb, var(${value < 0 ? "--negative" : "--positive"}) ${strength}%, var(--map-zero))`;
    return node;
  };
  return named(name, element("table", { class: "numbers number", "aria-label": name }, rows.map((row) => element("tr", {}, row.map(cell)))));
}

const named = (name, content) => element("div", { class: "named" }, element("span", { class: "small muted", "aria-hidden": "true" }, name), content);
