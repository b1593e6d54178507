/** The layers of a network with their feature maps; a click enlarges a map and shows how its values are computed. */

import { bytes } from "../decode.js";
import { element } from "../element.js";
import { count, decimal, decimalsOf } from "../format.js";
import { colorize, largestMagnitude } from "../heatmap.js";
import { unitPanel } from "./unit.js";

const GAP = 4; // pixels between two maps
const MAX_UNITS_OPEN = 256; // a fully connected layer with more units starts folded
const DESCRIPTIONS = {
  convolution: ({ kernel_size: [rows, columns], input_shape: [inputs] }) => "Each feature map is the response to one filter at every position. "
    + `The filter has one ${rows} × ${columns} kernel${inputs > 1 ? " per map of the previous layer" : ""}. Blue is positive, orange is negative.`,
  pooling: ({ kernel_size: [rows, columns] }) =>
    `Keeps the maximum of every ${rows} × ${columns} block. The maps get smaller, and small shifts matter less.`,
  "batch norm": () => "Normalizes each map: multiplies it by one number and adds another.",
  ReLU: () => "Sets negative values to zero.",
  "fully connected": () => "Each unit is a weighted sum of all values of the previous layer.",
};
const LAST = "One logit per digit. The larger a logit is than the others, the more probable its digit.";
const REJECT_UNIT = " The last logit stands for “not a digit”.";

/**
 * @typedef {Object} Layer as /api/explain/layers has it
 * @property {string} name
 * @property {string} kind
 * @property {[number, number, number]} shape maps, rows, columns
 * @property {[number, number, number]} input_shape
 * @property {number} parameters
 * @property {[number, number]} kernel_size
 */

/**
 * @param {{network: Object, signal: AbortSignal}} options the network, as /api/explain/layers has it
 * @returns {{root: HTMLElement, update: function(?string, Float32Array[]): void}} `update` takes the image (base64)
 *   and the activations of each layer
 */
export function layersView({ network, signal }) {
  const panel = unitPanel({ model: network.name, signal, onclose: close });
  let selected = null; // {view, map}
  let image = null;

  const views = network.layers.map((layer, i) => {
    const isLast = i === network.layers.length - 1;
    const grid = mapGrid(layer, isLast, (map) => select(view, map));
    const [maps, rows, columns] = layer.shape;
    const size = rows * columns === 1 ? `${count(maps)} units` : `${count(maps)} maps of ${rows} × ${columns}`;
    const details = element("details", { class: "layer", open: isLast || isOpen(layer), ontoggle: () => draw(view) },
      element("summary", {}, element("strong", {}, layer.name), " ", layer.kind, element("span", { class: "muted" }, ` · ${size}`,
        layer.parameters > 0 && ` · ${count(layer.parameters)} parameters`)),
      element("p", { class: "muted small" }, isLast ? LAST + (maps > 10 ? REJECT_UNIT : "") : DESCRIPTIONS[layer.kind](layer)),
      grid.root);
    const view = { layer, details, grid, values: null };
    return view;
  });

  function draw(view) {
    if (view.details.open) view.grid.draw(view.values);
  }

  function select(view, map) {
    if (!image) return;
    selected?.view.grid.mark(-1);
    selected = { view, map };
    view.grid.mark(map);
    view.grid.root.after(panel.root);
    panel.show(view.layer, map, view.values, image, inputOf(view));
    panel.focus();
  }

  /** @returns {?Float32Array|Uint8Array} the input of a layer, if it is the image or the layer before */
  function inputOf({ layer }) {
    const before = views[network.layers.indexOf(layer) - 1];
    const [shape, values] = before ? [before.layer.shape, before.values] : [[1, 28, 28], bytes(image)];
    return shape.join() === layer.input_shape.join() ? values : null;
  }

  function close() {
    const { view, map } = selected;
    selected = null;
    view.grid.mark(-1);
    panel.root.remove();
    view.grid.focus(map);
  }

  document.addEventListener("theme", () => views.forEach(draw), { signal });
  return {
    root: element("div", { class: "layers" }, views.map((view) => view.details)),
    update(newImage, activations) {
      image = newImage;
      views.forEach((view, i) => {
        view.values = image ? activations[i] : null;
        draw(view);
      });
      if (!selected) return;
      if (image) panel.show(selected.view.layer, selected.map, selected.view.values, image, inputOf(selected.view));
      else close();
    },
  };
}

const isOpen = ({ kind, shape }) => kind === "convolution" || (kind === "fully connected" && shape[0] <= MAX_UNITS_OPEN);

/** @returns {number} pixels on the page for each value of a map */
function scaleOf(rows) {
  if (rows >= 10) return Math.max(1, Math.round(56 / rows));
  return rows >= 5 ? 6 : rows >= 2 ? 9 : 24;
}

/** All maps of a layer on one canvas, under a button for each. */
function mapGrid({ name, shape: [maps, rows, columns] }, isLast, select) {
  const scale = isLast ? 44 : scaleOf(rows);
  const [width, height] = [columns * scale, rows * scale];
  const canvas = element("canvas", { class: "map-canvas", "aria-hidden": "true" });
  const buttons = [...Array(maps).keys()].map((map) => element("button", {
    type: "button", tabindex: map ? -1 : 0, onclick: () => select(map),
    "aria-label": isLast ? `Logit of ${className(map)}` : `${rows > 1 ? "Map" : "Unit"} ${map} of ${name}`,
  }, isLast && element("span", { class: "number", "aria-hidden": "true" }, map < 10 ? map : "none"),
  isLast && element("span", { class: "number muted value" })));
  const cells = element("div", { class: "cells", role: "group", "aria-label": `Maps of ${name}`, onkeydown: moveFocus }, buttons);
  const root = element("div", { class: isLast ? "map-grid last" : "map-grid" }, canvas, cells);
  const scratch = element("canvas");
  let perRow = 0;

  function layOut() {
    const available = root.clientWidth || 600;
    const fitting = Math.max(1, Math.min(maps, Math.floor((available + GAP) / (width + GAP))));
    if (fitting === perRow) return;
    perRow = fitting;
    canvas.width = perRow * (width + GAP) - GAP;
    canvas.height = Math.ceil(maps / perRow) * (height + GAP) - GAP;
    for (const part of [canvas, cells]) part.style.width = `${canvas.width}px`;
    cells.style.gridTemplateColumns = `repeat(${perRow}, ${width}px)`;
    cells.style.gridAutoRows = `${height}px`;
  }

  function moveFocus(event) {
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow, Home: -at, End: maps - 1 - at }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    focus(Math.max(0, Math.min(maps - 1, at + step)));
  }

  function focus(map) {
    for (const button of buttons) button.tabIndex = -1;
    buttons[map].tabIndex = 0;
    buttons[map].focus();
  }

  let drawn = null;
  new ResizeObserver(() => { if (drawn) draw(drawn); }).observe(root);

  function draw(values) {
    drawn = values;
    layOut();
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    root.classList.toggle("empty", !values);
    if (isLast) buttons.forEach((button, map) => { button.lastChild.textContent = values ? decimal(values[map], decimalsOf(values)) : ""; });
    if (!values) return;
    scratch.width = columns;
    scratch.height = maps * rows;
    const strip = scratch.getContext("2d");
    const shades = isLast ? centered(values) : values;
    const maximum = largestMagnitude(shades) * (isLast ? 3 : 1); // pale where numbers are printed on the color
    strip.putImageData(colorize(strip.createImageData(columns, maps * rows), shades, { scale: "diverging", maximum }), 0, 0);
    context.imageSmoothingEnabled = false;
    for (let map = 0; map < maps; map++) {
      const [x, y] = [(map % perRow) * (width + GAP), Math.floor(map / perRow) * (height + GAP)];
      context.drawImage(scratch, 0, map * rows, columns, rows, x, y, width, height);
    }
  }

  return {
    root,
    draw,
    focus,
    mark: (map) => buttons.forEach((button, i) => button.classList.toggle("selected", i === map)),
  };
}

/** @returns {string} the class of a unit of the last layer */
const className = (map) => (map < 10 ? String(map) : "not a digit");

/** @returns {ArrayLike<number>} the logits minus the mean of the ten digits: softmax depends on nothing else */
function centered(logits) {
  const mean = logits.slice(0, 10).reduce((sum, logit) => sum + logit / 10, 0);
  return logits.map((logit) => logit - mean);
}
