/** Work that is requested faster than it is done. */

import { ignoreApiError } from "./request.js";

/**
 * Run work one call at a time. Of the calls that arrive meanwhile, only the last is run.
 *
 * @template {Array} T
 * @param {function(...T): Promise<void>} work an error of the service has been shown already, and ends it
 * @returns {function(...T): Promise<void>}
 */
export function latestOnly(work) {
  let isRunning = false;
  let waiting;
  return async (...call) => {
    waiting = call;
    if (isRunning) return;
    isRunning = true;
    try {
      while (waiting) {
        const current = waiting;
        waiting = undefined;
        await work(...current);
      }
    } catch (error) {
      ignoreApiError(error);
    } finally {
      isRunning = false;
    }
  };
}
