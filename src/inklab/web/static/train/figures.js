/** Figures of a training as people read them. */

import { Trouble } from "../api.js";

/**
 * @param {?number} share
 * @returns {string} "98.76 %", or a dash where there is none
 */
export const accuracy = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(2)} %`);

/**
 * @param {number} value
 * @returns {string} whole, with commas
 */
export const count = (value) => Math.round(value).toLocaleString("en");

/**
 * @param {?number} seconds
 * @returns {string} "4 s", below ten "0.4 s", "3 min 20 s", "2 h 5 min"
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  if (seconds < 10 && seconds !== whole) return `${seconds.toFixed(1)} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** What went wrong with the service has been told already; anything else is a fault of the page. */
export function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
