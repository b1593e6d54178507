/** One map large, and how one of its numbers came about: the window of the layer below, the filter, the sum. */

import { post } from "../api.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { largest, map as mapOf, redraw } from "../map.js";
import { short } from "./numbers.js";

const MOST_PRINTED = 5; // a window of more rows is drawn, not printed

/**
 * @param {{network: string, signal: AbortSignal, onclose: function(): void}} options
 * @returns {{root: HTMLElement, show: function(Object, number, Float32Array, string, ?ArrayLike<number>): void,
 *   focus: function(): void}} `show` takes a layer, which of its maps, all that the layer puts out, the image (base64)
 *   and what the layer looks at, if that can be shown
 */
export function explained({ network, signal, onclose }) {
  const heading = element("h3", {});
  const large = mapOf([0], { rows: 1, columns: 1, label: "" });
  const cursor = element("span", { class: "cursor", "aria-hidden": "true" });
  const frame = element("div", {
    class: "large", tabindex: 0, role: "application", onkeydown: walk, onpointermove: point, onpointerdown: point,
  }, large, cursor);
  const sum = element("div", { class: "sum", "aria-live": "polite" });
  const hint = element("p", { class: "soft small" });
  const root = element("section", { class: "explained card", onkeydown: leave },
    element("div", { class: "row" }, heading,
      element("button", { class: "button quiet", type: "button", onclick: onclose }, "Close")),
    element("div", { class: "explained-parts" }, element("div", { class: "stack" }, frame, hint), sum));
  let shown = null; // {layer, map, image, row, column}

  const ask = latest(async (asked) => {
    const { layer, map, row, column, image } = asked;
    const found = await post("/api/draw/number", { network, image, layer: layer.name, map, row, column }, { signal });
    if (shown === asked) fill(sum, ...told(found, asked));
  });

  function at(row, column) {
    if (row === shown.row && column === shown.column) return;
    shown = { ...shown, row, column };
    mark();
  }

  function mark() {
    const [, rows, columns] = shown.layer.shape;
    cursor.style.width = `${100 / columns}%`;
    cursor.style.height = `${100 / rows}%`;
    cursor.style.left = `${(100 * shown.column) / columns}%`;
    cursor.style.top = `${(100 * shown.row) / rows}%`;
    ask(shown);
  }

  function point(event) {
    const box = large.getBoundingClientRect();
    const [, rows, columns] = shown.layer.shape;
    const inside = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    at(inside((event.clientY - box.top) / box.height, rows), inside((event.clientX - box.left) / box.width, columns));
  }

  function walk(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [, rows, columns] = shown.layer.shape;
    at(Math.max(0, Math.min(rows - 1, shown.row + move[0])), Math.max(0, Math.min(columns - 1, shown.column + move[1])));
  }

  function leave(event) {
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
    show(layer, map, values, image, below) {
      const [, rows, columns] = layer.shape;
      const same = shown?.layer === layer && shown.map === map;
      const size = rows * columns;
      const numbers = values.subarray(map * size, (map + 1) * size);
      const strongest = numbers.reduce((best, one, i) => (Math.abs(one) > Math.abs(numbers[best]) ? i : best), 0);
      heading.textContent = `${size > 1 ? "Map" : "Unit"} ${map} of ${layer.name}`;
      frame.hidden = size === 1;
      frame.setAttribute("aria-label", `${heading.textContent}, large. Arrow keys move from number to number.`);
      hint.textContent = size > 1 ? "Point at a number, or move with the arrow keys, to see how it came about." : "";
      redraw(large, numbers, { rows, columns, palette: "diverging", most: largest(values), label: heading.textContent });
      const { row, column } = same ? shown : { row: Math.floor(strongest / columns), column: strongest % columns };
      shown = { layer, map, image, below, row, column };
      mark();
    },
  };
}

/** @returns {HTMLElement[]} the account of a number, in words and small tables */
function told(found, { layer, row, column, below }) {
  const value = element("strong", { class: "number" }, short(found.value));
  const where = layer.shape[1] > 1 ? `The number in row ${row}, column ${column}` : "The number";
  if (layer.kind === "pooling") {
    const [part] = found.parts;
    return [element("p", {}, where, " is the largest of the window in the layer below: ", value),
      element("div", { class: "row" }, place(found, part, layer, below), table(part.window, "Window"))];
  }
  if (layer.kind === "rectifying") {
    const input = found.parts[0].window[0][0];
    const reason = input < 0 ? `zero, for what is below it, ${short(input)}, is less: ` : "what is below it: ";
    return [element("p", {}, where, " is ", reason, value)];
  }
  if (layer.kind === "normalising") {
    const [part] = found.parts;
    return [element("p", {}, where, " is ", element("span", { class: "number" },
      `${short(part.window[0][0])} × ${short(part.filter[0][0])} + ${short(found.bias)} = `), value)];
  }
  const many = found.parts.length + found.others > 1;
  const terms = found.parts.map((part) => signed(part.sum));
  if (found.others) terms.push(`${signed(found.others_sum)} (${found.others} others)`);
  if (found.bias) terms.push(`${signed(found.bias)} (bias)`);
  return [
    element("p", {}, where, " is the sum of window times filter, number by number",
      many ? `, over the ${found.parts.length + found.others} maps below; the strongest first:` : ":"),
    element("div", { class: "products" }, found.parts.map((part) => product(part, many, place(found, part, layer, below)))),
    element("p", { class: "number equation" }, terms.length > 1 ? `${terms.join(" ").replace(/^\+ /, "")} = ` : "The sum is ", value),
  ];
}

/** @returns {?HTMLElement} the map of the layer below, with the window marked, unless the window is all of it */
function place(found, { map, window }, layer, below) {
  const [, rows, columns] = layer.below;
  if (!below || (window.length === rows && window[0].length === columns)) return null;
  const size = rows * columns;
  const numbers = below.slice(map * size, (map + 1) * size);
  const picture = mapOf(numbers, { rows, columns, palette: "diverging", label: `Map ${map} below` });
  const frame = element("span", { class: "cursor" });
  const inside = (from, length, count) => [Math.max(from, 0), Math.min(from + length, count) - Math.max(from, 0)];
  const [top, height] = inside(found.row, window.length, rows);
  const [left, width] = inside(found.column, window[0].length, columns);
  const share = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(frame.style, {
    top: share(top, rows), height: share(height, rows), left: share(left, columns), width: share(width, columns),
  });
  return element("div", { class: "below" }, picture, frame);
}

/** @returns {HTMLElement} a window, its filter, and what they add to the sum */
function product({ map, sum, window, filter }, many, where) {
  return element("figure", { class: "product" },
    many && element("figcaption", { class: "small soft" }, `Map ${map} below`),
    element("div", { class: "row" }, where, table(window, "Window"), element("span", { "aria-hidden": "true" }, "×"),
      table(filter, "Filter"), many && element("span", { class: "number" }, `= ${short(sum)}`)));
}

/** @returns {HTMLElement} a table of numbers, printed on their colours where it is small */
function table(rows, name) {
  const values = rows.flat();
  const most = largest(values);
  if (rows.length > MOST_PRINTED) {
    return mapOf(values, { rows: rows.length, columns: rows[0].length, palette: "diverging", label: name });
  }
  const cell = (value) => {
    const made = element("td", {}, short(value));
    const strength = Math.round((30 * Math.abs(value)) / most);
    const end = value < 0 ? "--map-against" : "--map-for";
    made.style.background = `color-mix(in srgb, var(${end}) ${strength}%, var(--map-paper))`;
    return made;
  };
  return element("table", { class: "numbers number", "aria-label": name }, rows.map((row) => element("tr", {}, row.map(cell))));
}

const signed = (value) => `${short(value).startsWith("−") ? "−" : "+"} ${short(Math.abs(value))}`;
