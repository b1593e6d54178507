/** The service: what is asked of it, and what went wrong, in one line. */

/** An answer that is none: its message is one line for the user. */
export class Trouble extends Error {
  /**
   * @param {string} message
   * @param {number} status of the answer; 0 where there was none
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/**
 * Say what went wrong in the page's live region, or, with nothing, take it away.
 *
 * @param {string} [message]
 */
export function tell(message = "") {
  const line = document.getElementById("trouble");
  line.textContent = message;
  line.hidden = !message;
}

/**
 * @typedef {Object} Options
 * @property {AbortSignal} [signal] gives the request up
 * @property {boolean} [quiet] leaves it to the caller to say what went wrong
 */

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON that was answered
 */
export const get = (path, options) => ask("GET", path, undefined, options);

/**
 * @param {string} path
 * @param {FormData|Blob|Object} [body] an object is sent as JSON
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON that was answered
 */
export const post = (path, body, options) => ask("POST", path, body, options);

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON that was answered
 */
export const remove = (path, options) => ask("DELETE", path, undefined, options);

/**
 * Listen to server-sent events until the signal aborts; the browser itself connects anew where it broke off.
 *
 * @param {string} url
 * @param {{signal: AbortSignal, on: Object<string, function(any): void>}} listening by the events' names, what is
 *   done with the JSON that each carries
 */
export function events(url, { signal, on }) {
  const source = new EventSource(url);
  for (const [name, listen] of Object.entries(on)) {
    source.addEventListener(name, (event) => listen(JSON.parse(event.data)));
  }
  signal.addEventListener("abort", () => source.close(), { once: true });
}

async function ask(method, path, body, { signal, quiet = false } = {}) {
  const plain = body !== undefined && !(body instanceof FormData) && !(body instanceof Blob);
  const headers = { Accept: "application/json", ...(plain && { "Content-Type": "application/json" }) };
  try {
    const answer = await fetch(path, { method, headers, signal, body: plain ? JSON.stringify(body) : body });
    const found = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new Trouble(found.error ?? `${method} ${path} was answered ${answer.status}`, answer.status);
    if (!quiet) tell();
    return found;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const trouble = error instanceof Trouble ? error
      : new Trouble("The workbench does not answer. Is `inklab web` still running?");
    if (!quiet) tell(trouble.message);
    throw trouble;
  }
}
