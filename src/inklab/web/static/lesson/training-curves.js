/** The training curves of the lesson's networks and of the experiments. */

import { chart } from "../chart.js";
import { element } from "../element.js";
import { count, percent } from "../format.js";

/**
 * @param {Object} part of the lesson
 * @param {{signal: AbortSignal}} options
 * @returns {HTMLElement}
 */
export function trainingCurves({ points, heading }, { signal }) {
  const plot = element("div", { class: "plot" });
  const validated = points.filter((point) => point.valid_accuracy !== null);
  const traces = [
    trace("training batch", points, "accuracy", "--training", { width: 1 }),
    { ...trace("validation set", validated, "valid_accuracy", "--validation", { width: 2.5 }), mode: "lines+markers", marker: { size: 7 } },
  ];
  chart(plot, traces, layout("accuracy", { tickformat: ".0%", rangemode: "normal" }), { label: `Training curves of ${heading}`, signal })
    .catch(() => { plot.hidden = true; });
  const last = validated.at(-1);
  return element("figure", {}, plot, element("figcaption", { class: "muted small" },
    last ? `Your training: ${percent(last.valid_accuracy)} validation accuracy after ${count(last.step)} steps.` : "Your training."));
}

/**
 * Draw the curves of two trainings that differ in one setting, also while they run.
 *
 * @param {HTMLElement} plot
 * @param {"valid_accuracy"|"valid_loss"} metric
 * @param {{signal: AbortSignal, label: string}} options
 * @returns {{update: function(Object[]): Promise<void>}} `update` takes the curves, as the service has them
 */
export function comparedCurves(plot, metric, { signal, label }) {
  let drawn = null;
  const isLoss = metric === "valid_loss";
  const traces = (curves) => curves.flatMap(({ name, points }, i) => [
    trace(isLoss ? `${name}, validation set` : name, points, metric, `--series-${i + 1}`, { width: 2.5, dash: i ? "dash" : "solid" }),
    isLoss && trace(`${name}, training batch`, points, "loss", `--series-${i + 1}`, { width: 1, dash: "dot" }),
  ]).filter(Boolean);
  const axes = isLoss ? layout("loss (cross-entropy, nats per image)", { rangemode: "tozero" }) : layout("validation accuracy", { tickformat: ".0%" });
  return {
    async update(curves) {
      if (drawn) return drawn.update(traces(curves));
      drawn = await chart(plot, traces(curves), axes, { label, signal });
    },
  };
}

const trace = (name, points, key, color, line) => ({
  name, x: points.map(({ step }) => step), y: points.map((point) => point[key]), mode: "lines", line: { color, ...line },
});
const layout = (name, axis) => ({ xaxis: { title: { text: "step" } }, yaxis: { title: { text: name }, ...axis } });
