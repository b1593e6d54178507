/** The metrics of a network on the test set: as a whole, per digit, and its calibration. */

import { chart } from "../chart.js";
import { element } from "../element.js";
import { count, interval, percent } from "../format.js";

/** @returns {HTMLElement} the main metrics */
export function headline({ n, data, errors, accuracy, accuracy_interval, nll, ece }) {
  const metric = (value, name, details) => element("div", { class: "metric" },
    element("dt", { class: "muted small" }, name),
    element("dd", {}, element("span", { class: "value" }, value), element("span", { class: "muted small" }, details)));
  return element("dl", { class: "headline" },
    metric(percent(accuracy), "accuracy", `95% interval ${interval(accuracy_interval)}`),
    metric(count(errors), errors === 1 ? "error" : "errors", `in ${count(n)} test images of ${data}`),
    metric(percent(ece), "expected calibration error (ECE)", "mean gap between confidence and accuracy"),
    metric(nll.toFixed(3), "loss (cross-entropy, nats per image)", "mean −log probability of the true digit"));
}

/** @returns {HTMLElement} precision, recall, and F1 of each digit */
export function perDigitTable({ digits }) {
  const lowest = Math.min(...digits.filter(({ n }) => n).map(({ f1 }) => f1));
  const row = ({ digit, n, precision, recall, f1 }) => element("tr", { class: f1 === lowest ? "lowest" : null },
    element("th", { scope: "row", class: "number" }, digit),
    [count(n), percent(precision, 1), percent(recall, 1), percent(f1, 1)].map(numberCell));
  return element("div", { class: "stack" },
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of metrics per digit" },
      element("table", { class: "figures" },
        element("thead", {}, element("tr", {}, ["Digit", "Count", "Precision", "Recall", "F1"].map(numberHead))),
        element("tbody", {}, digits.map(row)))),
    element("p", { class: "muted small" }, "Precision is the fraction of the predictions of a digit that are correct. Recall is the fraction of the images of a digit that are predicted correctly. F1 is the harmonic mean of both; the lowest is highlighted."));
}

/** @returns {HTMLElement} a calibration diagram with a sentence, and its numbers as a table */
export function calibrationChart({ bins, ece, n }, { signal }) {
  const plot = element("div", { class: "plot" });
  const traces = [
    { x: [0, 1], y: [0, 1], mode: "lines", line: { color: "--strong-line", dash: "dash", width: 1 }, name: "perfect calibration", hoverinfo: "skip" },
    {
      x: bins.map((bin) => bin.confidence), y: bins.map((bin) => bin.accuracy), mode: "markers", name: "this network (larger dots: more images)",
      marker: { color: "--accent", size: bins.map((bin) => 6 + 14 * Math.sqrt(bin.n / n)) },
      text: bins.map((bin) => `${count(bin.n)} images`),
      hovertemplate: "confidence %{x:.1%}, accuracy %{y:.1%}<br>%{text}<extra></extra>",
    },
  ];
  const axis = (text) => ({ title: { text }, tickformat: ".0%", range: [-0.04, 1.06] });
  chart(plot, traces, { xaxis: axis("confidence"), yaxis: axis("accuracy") },
    { label: "Calibration diagram; the table below has its numbers", signal }).catch(() => { plot.hidden = true; });
  const overconfidence = bins.reduce((sum, bin) => sum + bin.n * (bin.confidence - bin.accuracy), 0) / n;
  const direction = Math.abs(overconfidence) < ece / 4 ? "sometimes overconfident and sometimes underconfident"
    : overconfidence > 0 ? "mostly overconfident" : "mostly underconfident";
  return element("div", { class: "stack" },
    element("p", {}, `The mean gap between confidence and accuracy is ${percent(ece)}. The network is ${direction}.`),
    plot,
    element("details", {}, element("summary", {}, "Table"),
      element("table", { class: "figures" },
        element("thead", {}, element("tr", {}, ["Confidence", "Accuracy", "Images"].map(numberHead))),
        element("tbody", {}, bins.map((bin) => element("tr", {}, [percent(bin.confidence, 1), percent(bin.accuracy, 1), count(bin.n)].map(numberCell)))))));
}

const numberHead = (name) => element("th", { scope: "col", class: "number" }, name);
const numberCell = (value) => element("td", { class: "number" }, value);
