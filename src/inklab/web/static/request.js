/** Requests to the service; an error is shown in one line at the top of the page. */

/** The service did not answer, or answered with an error; the message is one line for the user. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status of the response; 0 if there was none
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/**
 * Show an error in the page's live region; without a message, hide the region.
 *
 * @param {string} [message]
 */
export function showError(message = "") {
  const line = document.getElementById("error");
  line.textContent = message;
  line.hidden = !message;
}

/** Ignore an `ApiError`, which the page has already shown, and an aborted request; throw any other error again. */
export function ignoreApiError(error) {
  if (!(error instanceof ApiError) && error.name !== "AbortError") throw error;
}

/**
 * @typedef {Object} Options
 * @property {AbortSignal} [signal] aborts the request
 * @property {boolean} [quiet] does not show errors; the caller does
 */

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON of the response
 */
export const get = (path, options) => send("GET", path, undefined, options);

/**
 * @param {string} path
 * @param {FormData|Blob|Object} [body] an object is sent as JSON
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON of the response
 */
export const post = (path, body, options) => send("POST", path, body, options);

/**
 * @param {string} path
 * @param {Object} body sent as JSON
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON of the response
 */
export const patch = (path, body, options) => send("PATCH", path, body, options);

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>} the JSON of the response
 */
export const remove = (path, options) => send("DELETE", path, undefined, options);

/**
 * @param {string} name of a run; it may contain slashes
 * @param {string} [action] such as "pause"
 * @returns {string} the path of a run, or of one of its actions
 */
export function runPath(name, action) {
  const path = `/api/runs/${name.split("/").map(encodeURIComponent).join("/")}`;
  return action ? `${path}/${action}` : path;
}

/**
 * Listen to server-sent events until the signal aborts. After a lost connection, the browser connects again.
 *
 * @param {string} url
 * @param {{signal: AbortSignal, on: Object<string, function(any): void>}} options the listeners by event name; each
 *   gets the JSON of its event
 */
export function events(url, { signal, on }) {
  const source = new EventSource(url);
  for (const [name, listener] of Object.entries(on)) {
    source.addEventListener(name, (event) => listener(JSON.parse(event.data)));
  }
  signal.addEventListener("abort", () => source.close(), { once: true });
}

/**
 * Wait, and throw an AbortError if the signal aborts.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
export async function pause(milliseconds, signal) {
  await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  signal.throwIfAborted();
}

async function send(method, path, body, { signal, quiet = false } = {}) {
  const isJson = body !== undefined && !(body instanceof FormData) && !(body instanceof Blob);
  const headers = { Accept: "application/json", ...(isJson && { "Content-Type": "application/json" }) };
  try {
    const response = await fetch(path, { method, headers, signal, body: isJson ? JSON.stringify(body) : body });
    const content = response.status === 204 ? null : await response.json();
    if (!response.ok) throw new ApiError(content.error ?? `${method} ${path} returned status ${response.status}`, response.status);
    if (!quiet) showError();
    return content;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const shown = error instanceof ApiError ? error : new ApiError("The server does not respond. Is `inklab web` still running?");
    if (!quiet) showError(shown.message);
    throw shown;
  }
}
