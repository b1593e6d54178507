/** A map: a table of numbers as a small picture. */

import { channels } from "./theme.js";

/**
 * @typedef {Object} Look
 * @property {number} rows
 * @property {number} columns
 * @property {"ink"|"diverging"} [palette] from paper to ink, or through paper from against to for
 * @property {number} [most] the number that gets the full colour; the largest there is where left out
 * @property {boolean} [clear] whether 0 is clear, to be laid over another map, instead of paper
 * @property {string} label what a screen reader says
 */

/** The colours of -1, 0 and 1. */
const PALETTES = {
  ink: ["--map-against", "--map-paper", "--map-ink"],
  diverging: ["--map-against", "--map-paper", "--map-for"],
};

/** What each canvas shows, so that it is drawn anew when the theme changes. */
const shown = new WeakMap();

/**
 * Make a canvas with one pixel a number; its size on the page is the style sheet's.
 *
 * @param {ArrayLike<number>} values row by row
 * @param {Look} look
 * @returns {HTMLCanvasElement}
 */
export function map(values, look) {
  const canvas = document.createElement("canvas");
  canvas.className = "map";
  canvas.setAttribute("role", "img");
  redraw(canvas, values, look);
  return canvas;
}

/**
 * Show other numbers on the canvas of a map.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {Look} look
 */
export function redraw(canvas, values, look) {
  canvas.setAttribute("aria-label", look.label);
  shown.set(canvas, { values, look });
  draw(canvas);
}

/** @returns {number} the largest number regardless of its sign, and never 0 */
export function largest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

/**
 * Colour pixels by numbers.
 *
 * @param {ImageData} picture as many pixels as there are numbers
 * @param {ArrayLike<number>} values
 * @param {{palette?: string, most?: number, clear?: boolean}} look as `Look` has them
 * @returns {ImageData} the same
 */
export function tinted(picture, values, { palette = "ink", most = largest(values), clear = false }) {
  const [below, none, above] = PALETTES[palette].map(channels);
  for (let i = 0; i < values.length; i++) {
    const share = Math.max(-1, Math.min(1, values[i] / most));
    const end = share < 0 ? below : above;
    const strength = clear ? 1 : Math.abs(share);
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = none[c] + strength * (end[c] - none[c]);
    picture.data[4 * i + 3] = clear ? 255 * Math.abs(share) : 255;
  }
  return picture;
}

function draw(canvas) {
  const { values, look } = shown.get(canvas);
  if (canvas.width !== look.columns) canvas.width = look.columns;
  if (canvas.height !== look.rows) canvas.height = look.rows;
  const context = canvas.getContext("2d");
  context.putImageData(tinted(context.createImageData(look.columns, look.rows), values, look), 0, 0);
}

document.addEventListener("theme", () => {
  for (const canvas of document.querySelectorAll("canvas.map")) {
    if (shown.has(canvas)) draw(canvas);
  }
});
