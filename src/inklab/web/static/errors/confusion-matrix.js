/** The confusion matrix: a table with a button per cell, which shows the images of the cell. */

import { element } from "../element.js";
import { count } from "../format.js";

const DIGITS = [...Array(10).keys()];
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {{confusion: number[][]}} metrics
 * @param {function(number, number): void} onselect gets the label and the prediction of a cell
 * @returns {{root: HTMLElement, mark: function(number=, number=): void}} `mark` highlights a cell, or none
 */
export function confusionMatrix({ confusion }, onselect) {
  const largestError = Math.max(1, ...DIGITS.flatMap((label) => DIGITS.filter((prediction) => prediction !== label).map((prediction) => confusion[label][prediction])));
  const buttons = DIGITS.map((label) => DIGITS.map((prediction) => {
    const total = confusion[label][prediction];
    const isCorrect = label === prediction;
    return element("button", {
      type: "button", tabindex: label + prediction ? -1 : 0, "aria-pressed": "false",
      class: `number ${isCorrect ? "correct" : total ? "wrong" : "none"}`,
      style: isCorrect ? null : `--heat: ${Math.round((40 * Math.log1p(total)) / Math.log1p(largestError))}%`,
      "aria-label": `${count(total)} images of ${label} read as ${prediction}`,
      onclick: () => { mark(label, prediction); onselect(label, prediction); },
      onkeydown: (event) => moveFocus(event, label, prediction),
      onfocus: () => { for (const button of buttons.flat()) button.tabIndex = button === buttons[label][prediction] ? 0 : -1; },
    }, total ? count(total) : "·");
  }));

  function mark(label, prediction) {
    for (const button of buttons.flat()) button.setAttribute("aria-pressed", "false");
    buttons[label]?.[prediction]?.setAttribute("aria-pressed", "true");
  }

  function moveFocus(event, label, prediction) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[(label + step[0] + 10) % 10][(prediction + step[1] + 10) % 10].focus();
  }

  const root = element("div", { class: "stack" },
    element("table", { class: "confusion" },
      element("caption", { class: "muted small" }, "Rows are true digits, columns are predictions. Click a cell to show its images; the arrow keys move between cells."),
      element("thead", {}, element("tr", {}, element("td", {}), DIGITS.map((prediction) => element("th", { scope: "col", class: "number" }, prediction)))),
      element("tbody", {}, DIGITS.map((label) => element("tr", {}, element("th", { scope: "row", class: "number" }, label),
        DIGITS.map((prediction) => element("td", {}, buttons[label][prediction])))))));
  return { root, mark };
}
