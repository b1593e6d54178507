/** Numbers as the service sends them, and as people read them. */

/**
 * @param {string} text base64
 * @returns {Uint8Array}
 */
export function bytes(text) {
  const letters = atob(text);
  const found = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) found[i] = letters.charCodeAt(i);
  return found;
}

/**
 * @param {string} text base64 of little-endian float32
 * @returns {Float32Array}
 */
export const floats = (text) => new Float32Array(bytes(text).buffer);

/**
 * @param {number} share
 * @returns {string} a percentage that never claims certainty: 99.9 % for 0.99999
 */
export function percent(share) {
  const hundredths = Math.min(100 * share, 99.9);
  return `${hundredths.toFixed(hundredths >= 10 && hundredths < 99 ? 0 : 1)}\u00a0%`;
}

/**
 * @param {number} value
 * @returns {string} with a true minus sign, and as many decimals as one can take in
 */
export function short(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−").replace(/^−0(\.0+)?$/, "0$1");
}
