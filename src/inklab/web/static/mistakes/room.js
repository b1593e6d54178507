/** The Mistakes room. */

import { element } from "../element.js";

export const title = "Mistakes";

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} visit
 */
export async function show(root) {
  root.append(element("h1", {}, title));
}
