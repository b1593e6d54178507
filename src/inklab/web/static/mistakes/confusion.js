/** The confusion matrix: which digits are taken for which, as a table whose cells can be opened. */

import { element } from "../element.js";

const DIGITS = [...Array(10).keys()];
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {{confusion: number[][], n: number}} summary
 * @param {function(number, number): void} open is given the true digit and the answer of a cell
 * @returns {{root: HTMLElement, mark: function(number=, number=): void}} `mark` shows which cell is open, if any
 */
export function confusionShown({ confusion }, open) {
  const most = Math.max(1, ...DIGITS.flatMap((label) => DIGITS.filter((answer) => answer !== label).map((answer) => confusion[label][answer])));
  const buttons = DIGITS.map((label) => DIGITS.map((answer) => {
    const count = confusion[label][answer];
    const right = label === answer;
    return element("button", {
      type: "button", tabindex: label + answer ? -1 : 0, "aria-pressed": "false",
      class: `number ${right ? "right" : count ? "wrong" : "none"}`,
      style: right ? null : `--heat: ${Math.round((40 * Math.log1p(count)) / Math.log1p(most))}%`,
      "aria-label": right ? `${count} of digit ${label} read rightly` : `${count} of digit ${label} read as ${answer}`,
      onclick: () => { mark(label, answer); open(label, answer); },
      onkeydown: (event) => walk(event, label, answer),
      onfocus: () => { for (const other of buttons.flat()) other.tabIndex = other === buttons[label][answer] ? 0 : -1; },
    }, count || "·");
  }));

  function mark(label, answer) {
    for (const button of buttons.flat()) button.setAttribute("aria-pressed", "false");
    buttons[label]?.[answer]?.setAttribute("aria-pressed", "true");
  }

  function walk(event, label, answer) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[(label + step[0] + 10) % 10][(answer + step[1] + 10) % 10].focus();
  }

  const root = element("div", { class: "stack" },
    element("table", { class: "confusion" },
      element("caption", { class: "soft small" }, "A row is what the digit is, a column what it was read as. Click a cell for its digits; arrow keys go from cell to cell."),
      element("thead", {}, element("tr", {}, element("td", {}), DIGITS.map((answer) => element("th", { scope: "col", class: "number" }, answer)))),
      element("tbody", {}, DIGITS.map((label) => element("tr", {}, element("th", { scope: "row", class: "number" }, label),
        DIGITS.map((answer) => element("td", {}, buttons[label][answer])))))));
  return { root, mark };
}
