/** The answer: the digit, how probable each of the ten is, the set, or why there is no digit. */

import { element, fill } from "../element.js";
import { percent } from "./numbers.js";

const REASONS = {
  blank: ["No ink yet", "No stroke is to be seen: draw a digit, or choose a clearer picture."],
  "several digits": ["Several digits", "There is more than one, and they are read one at a time: "
    + "clear the sheet, or cut the picture."],
  "no digit": ["No digit", "It is like nothing the network learned as a digit. "
    + "The bars say which digit it would be, if it were one."],
};

/** The error rates that were calibrated, and what they mean. */
export const ERROR_RATES = [
  ["0.01", "1 in 100"],
  ["0.005", "1 in 200"],
  ["0.001", "1 in 1,000"],
];

/**
 * @typedef {Object} Answer as /api/read has it
 * @property {?number} digit
 * @property {number} confidence
 * @property {?number[]} probabilities
 * @property {number[]} set
 * @property {?string} reason
 */

/**
 * @returns {{root: HTMLElement, update: function(Answer): void, announce: function(): void}} what is shown of an
 *   answer; `announce` has a screen reader say the last one, which for each point of a stroke would be too much
 */
export function answerShown() {
  const digit = element("p", { class: "digit" });
  const sure = element("p", { class: "sure" });
  const told = element("p", { class: "soft" });
  const set = element("p", {});
  const said = element("p", { class: "sr", "aria-live": "polite" });
  const rows = [...Array(10).keys()].map((one) => {
    const bar = element("span", { class: "bar" });
    const share = element("span", { class: "share number" });
    const name = element("span", { class: "name number" }, one);
    const root = element("li", {}, name, element("span", { class: "track" }, bar), share);
    return { root, bar, share };
  });
  let last = "";

  return {
    root: element("div", { class: "answer stack" },
      element("div", { class: "said" }, digit, element("div", {}, sure, told)),
      element("ol", { class: "bars", "aria-label": "Probability of each digit" }, rows.map((row) => row.root)), set, said),
    update(answer) {
      const none = answer.digit === null;
      const [title, meaning] = REASONS[answer.reason] ?? ["Unreadable", answer.reason];
      digit.classList.toggle("none", none);
      digit.textContent = none ? "–" : answer.digit;
      sure.textContent = none ? title : `${percent(answer.confidence)} sure`;
      told.textContent = none ? meaning : second(answer);
      rows.forEach(({ root, bar, share }, one) => {
        const probability = answer.probabilities?.[one] ?? 0;
        bar.style.width = `${100 * probability}%`;
        share.textContent = answer.probabilities ? percent(probability) : "";
        root.classList.toggle("first", one === answer.digit);
        root.classList.toggle("within", !none && answer.prediction_set.includes(one));
      });
      const numbers = answer.prediction_set.join(", ");
      fill(set, answer.reason === "no digit" ? "The set of digits it could be is empty."
        : !answer.probabilities ? "The set of digits it could be: nothing to say yet."
        : answer.prediction_set.length === 0 ? "The set is empty: it is not like the digits that were calibrated on."
          : ["It could be ", element("strong", { class: "number" }, `{${numbers}}`),
            answer.prediction_set.length === 1 ? ", and no other." : ", and the truth is among them."]);
      last = none ? `${title}. ${meaning}`
        : `${answer.digit}, ${percent(answer.confidence)} sure. The set is ${numbers || "empty"}.`;
    },
    announce() {
      if (said.textContent !== last) said.textContent = last;
    },
  };
}

/** @returns {string} what comes next, where it is worth a word */
function second({ digit, probabilities }) {
  const [next, share] = probabilities.map((p, one) => [one, p]).filter(([one]) => one !== digit)
    .reduce((best, one) => (one[1] > best[1] ? one : best));
  return share < 0.001 ? "Nothing else comes near." : `Next comes ${next}, with ${percent(share)}.`;
}
