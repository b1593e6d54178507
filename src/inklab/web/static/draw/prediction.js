/** The prediction: the digit, the probability of each digit, the prediction set, or the reason for a refusal. */

import { element, fill } from "../element.js";
import { confidence } from "../format.js";

const REASONS = {
  blank: ["Blank", "The picture shows no stroke. Draw a digit, or choose a clearer picture."],
  "several digits": ["Several digits", "The picture shows several separate digits. Inklab reads one at a time: "
    + "clear the drawing or crop the picture."],
  "no digit": ["Not a digit", "The picture is unlike the digits in the training data. "
    + "The bars show which digit it would be if it were one."],
};

/** The calibrated error rates, with their labels. */
export const ERROR_RATES = [
  ["0.01", "1 in 100"],
  ["0.005", "1 in 200"],
  ["0.001", "1 in 1,000"],
];

/**
 * @typedef {Object} Prediction as /api/read has it
 * @property {?number} digit
 * @property {number} confidence
 * @property {?number[]} probabilities
 * @property {number[]} prediction_set
 * @property {?string} reason
 */

/**
 * @returns {{root: HTMLElement, update: function(Prediction, string): void, announce: function(): void}} `update`
 *   takes a prediction and the label of its error rate. `announce` has a screen reader say the last prediction, which
 *   would be too much for each point of a stroke
 */
export function predictionView() {
  const digit = element("p", { class: "digit" });
  const title = element("p", { class: "confidence" });
  const details = element("p", { class: "muted" });
  const predictionSet = element("p", {});
  const announcement = element("p", { class: "sr", "aria-live": "polite" });
  const rows = [...Array(10).keys()].map((label) => {
    const bar = element("span", { class: "bar" });
    const probability = element("span", { class: "probability number" });
    const name = element("span", { class: "name number" }, label);
    const root = element("li", {}, name, element("span", { class: "track" }, bar), probability);
    return { root, bar, probability };
  });
  let summary = "";

  return {
    root: element("div", { class: "prediction stack" },
      element("div", { class: "result" }, digit, element("div", {}, title, details)),
      element("ol", { class: "bars", "aria-label": "Probability of each digit" }, rows.map((row) => row.root)),
      predictionSet, announcement),
    update(prediction, errorRate) {
      const isRefused = prediction.digit === null;
      const [reason, advice] = REASONS[prediction.reason] ?? ["Unreadable", prediction.reason];
      digit.classList.toggle("none", isRefused);
      digit.textContent = isRefused ? "–" : prediction.digit;
      title.textContent = isRefused ? reason : `${confidence(prediction.confidence)} confidence`;
      details.textContent = isRefused ? advice : runnerUp(prediction);
      rows.forEach(({ root, bar, probability }, label) => {
        const value = prediction.probabilities?.[label] ?? 0;
        bar.style.width = `${100 * value}%`;
        probability.textContent = prediction.probabilities ? confidence(value) : "";
        root.classList.toggle("first", label === prediction.digit);
        root.classList.toggle("within", !isRefused && prediction.prediction_set.includes(label));
      });
      const members = prediction.prediction_set.join(", ");
      fill(predictionSet, prediction.reason === "blank" ? "There is no prediction set yet."
        : isRefused ? "No prediction set: the picture was refused."
          : ["Prediction set: ", element("strong", { class: "number" }, `{${members}}`),
            `. Over pictures like the calibration images, the set misses the true digit for at most ${errorRate} pictures.`]);
      summary = isRefused ? `${reason}. ${advice}`
        : `${prediction.digit}, ${confidence(prediction.confidence)} confidence. Prediction set: ${members}.`;
    },
    announce() {
      if (announcement.textContent !== summary) announcement.textContent = summary;
    },
  };
}

/** @returns {string} the second most probable digit, unless its probability is negligible */
function runnerUp({ digit, probabilities }) {
  const [second, probability] = probabilities.map((value, label) => [label, value]).filter(([label]) => label !== digit)
    .reduce((best, candidate) => (candidate[1] > best[1] ? candidate : best));
  return probability < 0.001 ? "No other digit is likely." : `Second: ${second}, with ${confidence(probability)}.`;
}
