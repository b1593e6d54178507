/** Numbers as people read them; every page prints them with these functions. */

const MISSING = "–";

/**
 * @param {?number} fraction
 * @param {number} [decimals]
 * @returns {string} "98.76%", or a dash if the value is missing
 */
export const percent = (fraction, decimals = 2) => (fraction === null || fraction === undefined ? MISSING
  : `${(100 * fraction).toFixed(decimals)}%`);

/**
 * @param {[number, number]} bounds fractions
 * @returns {string} "98.12% to 98.64%"
 */
export const interval = ([low, high]) => `${percent(low)} to ${percent(high)}`;

/**
 * @param {number} fraction
 * @returns {string} "87.3%"; above 99.9% it is ">99.9%", because no prediction is certain
 */
export const confidence = (fraction) => (fraction > 0.999 ? ">99.9%" : percent(fraction, 1));

/**
 * @param {number} value
 * @returns {string} rounded, with a comma between thousands
 */
export const count = (value) => Math.round(value).toLocaleString("en");

/**
 * @param {number} value
 * @param {string} noun in the singular
 * @returns {string} "1 drawing", "1,200 drawings"
 */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/**
 * @param {?number} seconds
 * @returns {string} "4.2 s" below 100 seconds, then "3 min 20 s", then "2 h 5 min"
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return MISSING;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * @param {number} value
 * @returns {string} two decimals below 10, one below 100, none above; with a true minus sign
 */
export function decimal(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−").replace(/^−0(\.0+)?$/, "0$1");
}

/**
 * @param {number} value
 * @returns {string} a decimal after its sign: "+ 1.20", "− 0.31"
 */
export const signedDecimal = (value) => `${decimal(value).startsWith("−") ? "−" : "+"} ${decimal(Math.abs(value))}`;
