/** The network opened: every layer with its maps; one that is clicked is shown large, with the sums behind it. */

import { element, fill } from "../element.js";
import { largest, tinted } from "../map.js";
import { explained } from "./number.js";
import { bytes, short } from "./numbers.js";

const GAP = 4; // pixels between two maps
const MOST_OPEN = 256; // a layer of more units is folded at first
const KINDS = {
  convolution: ({ window: [rows, columns] }) =>
    `Each map looks for one pattern of ${rows} × ${columns} pixels, everywhere. `
    + "Blue where it is found, orange where its opposite is.",
  pooling: ({ window: [rows, columns] }) =>
    `Keeps the largest of every ${rows} × ${columns} numbers: maps get smaller, and small shifts stop to matter.`,
  normalising: () => "Brings each map to a common scale: times one number, plus another.",
  rectifying: () => "Keeps what is above zero, and makes everything else zero.",
  "fully connected": () => "Each unit weighs all numbers of the layer below at once.",
};
const LAST = "One number a digit: the evidence for it. The larger it is than the others, the more probable the digit.";
const NONE = " The last one is for “no digit”.";

/**
 * @typedef {Object} Layer as /api/draw/network has it
 * @property {string} name
 * @property {string} kind
 * @property {[number, number, number]} shape maps, rows, columns
 * @property {[number, number, number]} below
 * @property {number} parameters
 * @property {[number, number]} window
 */

/**
 * @param {{network: Object, signal: AbortSignal}} options the network, as /api/draw/network has it
 * @returns {{root: HTMLElement, update: function(?string, Float32Array[]): void}} what is shown; it is told the image
 *   (base64) and what each layer makes of it
 */
export function openedShown({ network, signal }) {
  const panel = explained({ network: network.name, signal, onclose: close });
  let chosen = null; // {view, map}
  let image = null;

  const views = network.layers.map((layer, i) => {
    const isLast = i === network.layers.length - 1;
    const mosaic = mosaicOf(layer, isLast, (map) => choose(view, map));
    const [maps, rows, columns] = layer.shape;
    const size = rows * columns === 1 ? `${maps} units` : `${maps} maps of ${rows} × ${columns}`;
    const details = element("details", { class: "layer", open: isLast || isOpen(layer), ontoggle: () => draw(view) },
      element("summary", {}, element("strong", {}, layer.name), " ", layer.kind, element("span", { class: "soft" }, ` · ${size}`,
        layer.parameters > 0 && ` · ${layer.parameters.toLocaleString("en")} numbers learned`)),
      element("p", { class: "soft small" }, isLast ? LAST + (maps > 10 ? NONE : "") : KINDS[layer.kind](layer)),
      mosaic.root);
    const view = { layer, details, mosaic, values: null };
    return view;
  });

  function draw(view) {
    if (view.details.open) view.mosaic.draw(view.values);
  }

  function choose(view, map) {
    if (!image) return;
    chosen?.view.mosaic.mark(-1);
    chosen = { view, map };
    view.mosaic.mark(map);
    view.mosaic.root.after(panel.root);
    panel.show(view.layer, map, view.values, image, below(view));
    panel.focus();
  }

  /** @returns {?Float32Array|Uint8Array} what a layer looks at, where that is the image or the layer before it */
  function below({ layer }) {
    const before = views[network.layers.indexOf(layer) - 1];
    const [shape, values] = before ? [before.layer.shape, before.values] : [[1, 28, 28], bytes(image)];
    return shape.join() === layer.below.join() ? values : null;
  }

  function close() {
    const { view, map } = chosen;
    chosen = null;
    view.mosaic.mark(-1);
    panel.root.remove();
    view.mosaic.focus(map);
  }

  document.addEventListener("theme", () => views.forEach(draw), { signal });
  return {
    root: element("div", { class: "layers" }, views.map((view) => view.details)),
    update(seen, layers) {
      image = seen;
      views.forEach((view, i) => {
        view.values = image ? layers[i] : null;
        draw(view);
      });
      if (!chosen) return;
      if (image) panel.show(chosen.view.layer, chosen.map, chosen.view.values, image, below(chosen.view));
      else close();
    },
  };
}

const isOpen = ({ kind, shape }) => kind === "convolution" || (kind === "fully connected" && shape[0] <= MOST_OPEN);

/** @returns {number} how many pixels on the page a number of a map gets */
function scaleOf(rows) {
  if (rows >= 10) return Math.max(1, Math.round(56 / rows));
  return rows >= 5 ? 6 : rows >= 2 ? 9 : 24;
}

/** All maps of a layer on one canvas, under a button for each. */
function mosaicOf({ name, shape: [maps, rows, columns] }, isLast, choose) {
  const scale = isLast ? 44 : scaleOf(rows);
  const [width, height] = [columns * scale, rows * scale];
  const canvas = element("canvas", { class: "mosaic-canvas", "aria-hidden": "true" });
  const buttons = [...Array(maps).keys()].map((map) => element("button", {
    type: "button", tabindex: map ? -1 : 0, onclick: () => choose(map),
    "aria-label": isLast ? `Evidence for ${called(map)}` : `${rows > 1 ? "Map" : "Unit"} ${map} of ${name}`,
  }, isLast && element("span", { class: "number", "aria-hidden": "true" }, map < 10 ? map : "none"),
  isLast && element("span", { class: "number soft value" })));
  const cells = element("div", { class: "cells", role: "group", "aria-label": `Maps of ${name}`, onkeydown: walk }, buttons);
  const root = element("div", { class: isLast ? "mosaic last" : "mosaic" }, canvas, cells);
  const scratch = element("canvas");
  let across = 0; // maps in a row

  function lay() {
    const room = root.clientWidth || 600;
    const now = Math.max(1, Math.min(maps, Math.floor((room + GAP) / (width + GAP))));
    if (now === across) return;
    across = now;
    canvas.width = across * (width + GAP) - GAP;
    canvas.height = Math.ceil(maps / across) * (height + GAP) - GAP;
    for (const one of [canvas, cells]) one.style.width = `${canvas.width}px`;
    cells.style.gridTemplateColumns = `repeat(${across}, ${width}px)`;
    cells.style.gridAutoRows = `${height}px`;
  }

  function walk(event) {
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -at, End: maps - 1 - at }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    focus(Math.max(0, Math.min(maps - 1, at + step)));
  }

  function focus(map) {
    for (const button of buttons) button.tabIndex = -1;
    buttons[map].tabIndex = 0;
    buttons[map].focus();
  }

  let shown = null;
  new ResizeObserver(() => { if (shown) draw(shown); }).observe(root);

  function draw(values) {
    shown = values;
    lay();
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    root.classList.toggle("empty", !values);
    if (isLast) buttons.forEach((button, map) => { button.lastChild.textContent = values ? short(values[map]) : ""; });
    if (!values) return;
    scratch.width = columns;
    scratch.height = maps * rows;
    const strip = scratch.getContext("2d");
    const tints = isLast ? apart(values) : values;
    const most = largest(tints) * (isLast ? 3 : 1); // pale where numbers stand on it
    strip.putImageData(tinted(strip.createImageData(columns, maps * rows), tints, { palette: "diverging", most }), 0, 0);
    context.imageSmoothingEnabled = false;
    for (let map = 0; map < maps; map++) {
      const [x, y] = [(map % across) * (width + GAP), Math.floor(map / across) * (height + GAP)];
      context.drawImage(scratch, 0, map * rows, columns, rows, x, y, width, height);
    }
  }

  return {
    root,
    draw,
    focus,
    mark: (map) => buttons.forEach((button, i) => button.classList.toggle("chosen", i === map)),
  };
}

/** @returns {string} what a unit of the last layer stands for */
const called = (map) => (map < 10 ? String(map) : "no digit");

/** @returns {ArrayLike<number>} by how far each evidence is from the digits' mean: only that decides */
function apart(values) {
  const mean = values.slice(0, 10).reduce((sum, one) => sum + one / 10, 0);
  return values.map((one) => one - mean);
}
