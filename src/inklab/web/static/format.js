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
 * @returns {string} "87.3%"; ">99.9%" and "<0.1%" near the ends, because no prediction is certain
 */
export const confidence = (fraction) => (fraction > 0.999 ? ">99.9%" : fraction < 0.001 ? "<0.1%" : percent(fraction, 1));

/**
 * @param {number} fraction
 * @returns {string} a confidence inside a sentence: "87.3%", "more than 99.9%", "less than 0.1%"
 */
export const confidenceInWords = (fraction) => confidence(fraction).replace(">", "more than ").replace("<", "less than ");

/**
 * @param {number} digit
 * @returns {string} "a 7", "an 8"
 */
export const withArticle = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

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
 * @param {ArrayLike<number>} values that are printed together
 * @returns {number} the decimals that show two digits of the largest value: two from 0.1 to 10, more below, fewer above
 */
export function decimalsOf(values) {
  const largest = Array.from(values).reduce((best, value) => Math.max(best, Math.abs(value)), 0);
  if (largest >= 10) return largest >= 100 ? 0 : 1;
  return largest >= 0.1 || largest < 1e-6 ? 2 : 1 - Math.floor(Math.log10(largest));
}

/**
 * @param {number} value
 * @param {number} [decimals] by default as many as `decimalsOf` gives for the value alone
 * @returns {string} with a true minus sign
 */
export const decimal = (value, decimals = decimalsOf([value])) => value.toFixed(decimals).replace("-", "−").replace(/^−(0(\.0+)?)$/, "$1");

/**
 * @param {number} value
 * @param {number} decimals
 * @returns {string} a decimal after its sign: "+ 1.20", "− 0.31"
 */
export const signedDecimal = (value, decimals) => decimal(value, decimals).replace(/^(−?)/, (sign) => `${sign || "+"} `);
