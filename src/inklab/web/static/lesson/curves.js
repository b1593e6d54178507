/** Curves: how a training went, or goes. */

import { chart } from "../chart.js";
import { element } from "../element.js";

/**
 * @param {Object} part of the lesson
 * @param {{signal: AbortSignal}} options
 * @returns {HTMLElement}
 */
export function curves({ points, heading }, { signal }) {
  const plot = element("div", { class: "plot" });
  const valid = points.filter((one) => one.valid_accuracy !== null);
  const traces = [
    line("training digits of the step", points, "accuracy", "--series-2", { width: 1 }),
    line("valid digits", valid, "valid_accuracy", "--series-1", { width: 2.5 }),
  ];
  const last = valid.at(-1);
  chart(plot, traces, axes("accuracy", { tickformat: ".0%", rangemode: "normal" }), { label: `How the training of “${heading}” went`, signal })
    .catch(() => { plot.hidden = true; });
  return element("figure", {}, plot, element("figcaption", { class: "soft small" },
    last ? `Your own training: after ${last.step.toLocaleString("en")} steps it reads ${(100 * last.valid_accuracy).toFixed(1)} % of the valid digits.` : "Your own training."));
}

/**
 * Draw what two trainings that differ in one thing come to, and go on drawing while they are under way.
 *
 * @param {HTMLElement} plot
 * @param {"valid_accuracy"|"valid_loss"} what
 * @param {{signal: AbortSignal, label: string}} options
 * @returns {{update: function(Object[]): Promise<void>}} given the twins, as the service has them
 */
export function twinCurves(plot, what, { signal, label }) {
  let made = null;
  const traces = (twins) => twins.flatMap((twin, i) => [
    line(twin.name, twin.points, what, `--series-${i + 1}`, { width: 2.5, dash: i ? "dash" : "solid" }),
    what === "valid_loss" && line(`${twin.name}, its own digits`, twin.points, "loss", `--series-${i + 1}`, { width: 1, dash: "dot" }),
  ]).filter(Boolean);
  const layout = what === "valid_loss" ? axes("loss, nats a digit", { rangemode: "tozero" }) : axes("accuracy on valid digits", { tickformat: ".0%" });
  return {
    async update(twins) {
      if (made) return made.update(traces(twins));
      made = await chart(plot, traces(twins), layout, { label, signal });
    },
  };
}

const line = (name, points, what, color, look) => ({
  name, x: points.map(({ step }) => step), y: points.map((one) => one[what]), mode: "lines", line: { color, ...look },
});
const axes = (name, more) => ({ xaxis: { title: { text: "steps" } }, yaxis: { title: { text: name }, ...more } });
