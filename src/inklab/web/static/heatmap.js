/** A heatmap: an array of numbers as a small picture, one pixel per number. */

import { channels } from "./theme.js";

/**
 * @typedef {Object} HeatmapOptions
 * @property {number} rows
 * @property {number} columns
 * @property {"ink"|"diverging"} [scale] from background to ink, or from negative through zero to positive
 * @property {number} [maximum] the magnitude that gets the full color; by default the largest one
 * @property {boolean} [transparent] whether 0 is transparent, so that the heatmap can lie over another one
 * @property {string} label for screen readers
 */

/** The colors of -1, 0, and 1. */
const SCALES = {
  ink: ["--negative", "--map-zero", "--map-ink"],
  diverging: ["--negative", "--map-zero", "--positive"],
};

/** What each canvas shows, so that it can be redrawn when the theme changes. */
const drawn = new WeakMap();

/**
 * Create a canvas with one pixel per number; the style sheet sets its size on the page.
 *
 * @param {ArrayLike<number>} values row by row
 * @param {HeatmapOptions} options
 * @returns {HTMLCanvasElement}
 */
export function heatmap(values, options) {
  const canvas = document.createElement("canvas");
  canvas.className = "heatmap";
  canvas.setAttribute("role", "img");
  updateHeatmap(canvas, values, options);
  return canvas;
}

/**
 * Show other numbers on the canvas of a heatmap.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {HeatmapOptions} options
 */
export function updateHeatmap(canvas, values, options) {
  canvas.setAttribute("aria-label", options.label);
  drawn.set(canvas, { values, options });
  draw(canvas);
}

/** @returns {number} the largest magnitude; 1 if all values are 0 */
export function largestMagnitude(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest || 1;
}

/**
 * Color pixels by numbers.
 *
 * @param {ImageData} picture as many pixels as there are numbers
 * @param {ArrayLike<number>} values
 * @param {{scale?: string, maximum?: number, transparent?: boolean}} options as in `HeatmapOptions`
 * @returns {ImageData} the same picture
 */
export function colorize(picture, values, { scale = "ink", maximum = largestMagnitude(values), transparent = false }) {
  const [negative, zero, positive] = SCALES[scale].map(channels);
  for (let i = 0; i < values.length; i++) {
    const fraction = Math.max(-1, Math.min(1, values[i] / maximum));
    const end = fraction < 0 ? negative : positive;
    const strength = transparent ? 1 : Math.abs(fraction);
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = zero[c] + strength * (end[c] - zero[c]);
    picture.data[4 * i + 3] = transparent ? 255 * Math.abs(fraction) : 255;
  }
  return picture;
}

function draw(canvas) {
  const { values, options } = drawn.get(canvas);
  if (canvas.width !== options.columns) canvas.width = options.columns;
  if (canvas.height !== options.rows) canvas.height = options.rows;
  const context = canvas.getContext("2d");
  context.putImageData(colorize(context.createImageData(options.columns, options.rows), values, options), 0, 0);
}

document.addEventListener("theme", () => {
  for (const canvas of document.querySelectorAll("canvas.heatmap")) {
    if (drawn.has(canvas)) draw(canvas);
  }
});
