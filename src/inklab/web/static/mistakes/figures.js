/** What was measured of a network: as a whole, digit by digit, and whether it knows how sure to be. */

import { chart } from "../chart.js";
import { element } from "../element.js";

/** @returns {string} a fraction as a percentage with so many decimals */
export const exact = (share, decimals = 2) => `${(100 * share).toFixed(decimals)} %`;

/** @returns {string} an interval of fractions */
export const between = ([low, high]) => `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)} %`;

/** @returns {HTMLElement} the figures that come first */
export function headline({ n, data, errors, accuracy, accuracy_interval, nll, ece }) {
  const figure = (value, words, ...about) => element("div", { class: "figure" },
    element("dt", { class: "soft small" }, words), element("dd", {}, element("span", { class: "value" }, value), about));
  return element("dl", { class: "headline" },
    figure(exact(accuracy), "read rightly", element("span", { class: "soft small" }, `95 % interval ${between(accuracy_interval)}`)),
    figure(errors.toLocaleString("en"), errors === 1 ? "mistake" : "mistakes", element("span", { class: "soft small" }, `in ${n.toLocaleString("en")} test digits of ${data}`)),
    figure(exact(ece), "calibration error", element("span", { class: "soft small" }, "how far sureness and truth lie apart")),
    figure(nll.toFixed(3), "nats of surprise a digit", element("span", { class: "soft small" }, "−log of the truth’s probability")));
}

/** @returns {HTMLElement} precision, recall and F1 of each digit */
export function perDigit({ digits }) {
  const least = Math.min(...digits.filter(({ n }) => n).map(({ f1 }) => f1));
  const row = ({ digit, n, precision, recall, f1 }) => element("tr", { class: f1 === least ? "least" : null },
    element("th", { scope: "row", class: "number" }, digit),
    [n.toLocaleString("en"), exact(precision, 1), exact(recall, 1), exact(f1, 1)].map((value) => element("td", { class: "number" }, value)));
  return element("div", { class: "stack" },
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures of each digit" },
      element("table", { class: "figures" },
        element("thead", {}, element("tr", {}, ["Digit", "There are", "Precision", "Recall", "F1"].map((name) => element("th", { scope: "col", class: "number" }, name)))),
        element("tbody", {}, digits.map(row)))),
    element("p", { class: "soft small" }, "Precision: of the answers that say so, how many are right. Recall: of the digits that are so, how many are found. F1 is their harmonic mean; the lowest is marked."));
}

/** @returns {HTMLElement} a calibration diagram with a sentence, and its numbers as a table */
export function calibrationShown({ bins, ece, n }, { signal }) {
  const plot = element("div", { class: "plot" });
  const traces = [
    { x: [0, 1], y: [0, 1], mode: "lines", line: { color: "--strong-line", dash: "dash", width: 1 }, name: "as often as it says", hoverinfo: "skip" },
    {
      x: bins.map((one) => one.confidence), y: bins.map((one) => one.accuracy), mode: "markers", name: "this network; large dots are many digits",
      marker: { color: "--series-1", size: bins.map((one) => 6 + 14 * Math.sqrt(one.n / n)) },
      text: bins.map((one) => `${one.n.toLocaleString("en")} digits`),
      hovertemplate: "says %{x:.1%}, is right %{y:.1%}<br>%{text}<extra></extra>",
    },
  ];
  const axis = (text) => ({ title: { text }, tickformat: ".0%", range: [-0.04, 1.06] });
  chart(plot, traces, { xaxis: axis("how sure it says it is"), yaxis: axis("how often it is right") },
    { label: "Calibration diagram; its numbers are in the table below", signal }).catch(() => { plot.hidden = true; });
  const surer = bins.reduce((sum, one) => sum + one.n * (one.confidence - one.accuracy), 0) / n;
  const way = Math.abs(surer) < ece / 4 ? "sometimes too sure, sometimes not sure enough" : surer > 0 ? "mostly surer than it should be" : "mostly less sure than it could be";
  return element("div", { class: "stack" },
    element("p", {}, `Sureness and truth lie ${exact(ece)} apart in the mean; it is ${way}.`),
    plot,
    element("details", {}, element("summary", {}, "The numbers"),
      element("table", { class: "figures" },
        element("thead", {}, element("tr", {}, ["It says", "Right", "Digits"].map((name) => element("th", { scope: "col", class: "number" }, name)))),
        element("tbody", {}, bins.map((one) => element("tr", {}, [exact(one.confidence, 1), exact(one.accuracy, 1), one.n.toLocaleString("en")].map((value) => element("td", { class: "number" }, value))))))));
}
