/** Work that is asked for faster than it is done. */

import { Trouble } from "./api.js";

/**
 * Let work be done one piece at a time; of what is asked for meanwhile only the last is done, and after it nothing.
 *
 * @template {Array} T
 * @param {function(...T): Promise<void>} work what goes wrong with the service has been told by then, and ends it
 * @returns {function(...T): Promise<void>}
 */
export function latest(work) {
  let running = false;
  let waiting;
  return async (...asked) => {
    waiting = asked;
    if (running) return;
    running = true;
    try {
      while (waiting) {
        const now = waiting;
        waiting = undefined;
        await work(...now);
      }
    } catch (error) {
      if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
    } finally {
      running = false;
    }
  };
}
