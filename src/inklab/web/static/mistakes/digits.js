/** Test digits, a page at a time: each with what it is and what was said of it. */

import { bytes, percent } from "../draw/numbers.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { map } from "../map.js";

const PIXELS = 28 * 28;

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, show: function(string, function(number): Promise<Object>): Promise<void>}} `show` is
 *   given a heading and what fetches the page that begins at a number
 */
export function digitsShown({ signal }) {
  const heading = element("p", { class: "which", "aria-live": "polite" });
  const list = element("ul", { class: "digits" });
  const more = element("button", { class: "button", type: "button", hidden: true });
  const root = element("div", { class: "stack" }, heading, list, more);

  const show = latest(async (words, page) => {
    const first = await page(0);
    if (signal.aborted) return;
    heading.textContent = first.total ? `${words}: ${first.total.toLocaleString("en")}` : `${words}: none`;
    fill(list, shown(first));
    let next = first.digits.length;
    const offer = (total) => {
      more.hidden = next >= total;
      more.textContent = `Show more (${(total - next).toLocaleString("en")} left)`;
    };
    more.onclick = latest(async () => {
      const another = await page(next);
      next += another.digits.length;
      list.append(...shown(another));
      offer(another.total);
    });
    offer(first.total);
  });
  return { root, show };
}

/**
 * @param {{digits: Object[], images: string}} page as the service sends it
 * @returns {HTMLElement[]}
 */
function shown({ digits, images }) {
  const pixels = bytes(images);
  return digits.map((digit, i) => element("li", {},
    digitShown(digit, pixels.subarray(i * PIXELS, (i + 1) * PIXELS)), caption(digit)));
}

/**
 * @param {Object} digit
 * @param {Uint8Array} pixels
 * @returns {HTMLCanvasElement}
 */
export function digitShown(digit, pixels) {
  return map(pixels, { rows: 28, columns: 28, most: 255, label: `Test digit ${digit.index}, a ${digit.label}` });
}

/** @returns {HTMLElement} what it is, and what one or two networks say of it */
function caption({ label, answer, probability, other, other_probability }) {
  if (other === null) {
    return element("p", { class: "small" }, element("strong", {}, label === answer ? answer : `${label} read as ${answer}`), ` ${percent(probability)}`);
  }
  return element("p", { class: "small" }, element("strong", {}, `a ${label}`),
    element("span", { class: answer === label ? "good" : "bad" }, `first: ${answer}, ${percent(probability)}`),
    element("span", { class: other === label ? "good" : "bad" }, `second: ${other}, ${percent(other_probability)}`));
}
