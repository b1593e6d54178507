/** Test images with their labels and predictions, one page at a time. */

import { latestOnly } from "../coalesce.js";
import { bytes } from "../decode.js";
import { element, fill } from "../element.js";
import { confidence, count, withArticle } from "../format.js";
import { heatmap } from "../heatmap.js";

const PIXELS = 28 * 28;

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, show: function(string, function(number): Promise<Object>, string=): Promise<void>}}
 *   `show` takes a heading, a function that fetches the page that starts at a number, and the heading of an empty list
 */
export function exampleList({ signal }) {
  const heading = element("p", { class: "list-heading", "aria-live": "polite" });
  const list = element("ul", { class: "examples-grid" });
  const more = element("button", { class: "button", type: "button", hidden: true });
  const root = element("div", { class: "stack" }, heading, list, more);

  const show = latestOnly(async (title, fetchPage, emptyTitle = `${title}: none`) => {
    const first = await fetchPage(0);
    if (signal.aborted) return;
    heading.textContent = first.total ? `${title}: ${count(first.total)}` : emptyTitle;
    fill(list, itemsOf(first));
    let next = first.examples.length;
    const updateButton = (total) => {
      more.hidden = next >= total;
      more.textContent = `Show more (${count(total - next)} left)`;
    };
    more.onclick = latestOnly(async () => {
      const page = await fetchPage(next);
      next += page.examples.length;
      list.append(...itemsOf(page));
      updateButton(page.total);
    });
    updateButton(first.total);
  });
  return { root, show };
}

/**
 * @param {{examples: Object[], images: string}} page as the service sends it
 * @returns {HTMLElement[]}
 */
function itemsOf({ examples, images }) {
  const pixels = bytes(images);
  return examples.map((example, i) => element("li", {},
    exampleImage(example, pixels.subarray(i * PIXELS, (i + 1) * PIXELS)), caption(example)));
}

/**
 * @param {{index: number, label: number}} example
 * @param {Uint8Array} pixels
 * @returns {HTMLCanvasElement}
 */
export function exampleImage({ index, label }, pixels) {
  return heatmap(pixels, { rows: 28, columns: 28, maximum: 255, label: `Test image ${count(index)}, ${withArticle(label)}` });
}

/** @returns {HTMLElement} the label and the predictions of one or two networks */
function caption(example) {
  const { label, prediction, other_prediction: second } = example;
  if (second === null) {
    return element("p", { class: "small" }, element("strong", {}, label === prediction ? prediction : `${label} read as ${prediction}`), ` ${confidence(example.confidence)}`);
  }
  return element("p", { class: "small" }, element("strong", {}, `True: ${label}`),
    element("span", { class: prediction === label ? "good" : "bad" }, `first: ${prediction}, ${confidence(example.confidence)}`),
    element("span", { class: second === label ? "good" : "bad" }, `second: ${second}, ${confidence(example.other_confidence)}`));
}
