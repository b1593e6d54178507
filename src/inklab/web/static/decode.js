/** Arrays as the service sends them: base64 of their bytes. */

/**
 * @param {string} text base64
 * @returns {Uint8Array}
 */
export function bytes(text) {
  const letters = atob(text);
  const array = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) array[i] = letters.charCodeAt(i);
  return array;
}

/**
 * @param {string} text base64 of int8
 * @returns {Int8Array}
 */
export const signedBytes = (text) => new Int8Array(bytes(text).buffer);

/**
 * @param {string} text base64 of little-endian float32
 * @returns {Float32Array}
 */
export const floats = (text) => new Float32Array(bytes(text).buffer);
