/** The training curves of a run: loss and accuracy by step, on training batches and on the validation set. */

import { chart, LOG_AXIS } from "../chart.js";
import { latestOnly } from "../coalesce.js";
import { element } from "../element.js";
import { count, percent } from "../format.js";

const MAX_LIVE_POINTS = 400; // of the snapshots between two reports

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, addReports: function(number, Object[]): void, addSnapshot: function(Object): void, clear: function(): void}}
 */
export function trainingCurves({ signal }) {
  const figures = [["Loss (cross-entropy, nats per image)", "loss"], ["Accuracy", "accuracy"]].map(([title, metric]) => {
    const plot = element("div", { class: "plot" });
    return { plot, title, metric, root: element("figure", {}, element("figcaption", {}, title), plot) };
  });
  let reports = [];
  let snapshots = [];
  let charts;

  const draw = latestOnly(async () => {
    charts ??= await Promise.all(figures.map(({ plot, title, metric }) =>
      chart(plot, traces(metric), layout(metric), { label: `${title} by step`, signal })));
    await Promise.all(figures.map(({ plot, metric }, i) => {
      plot.setAttribute("aria-label", description(metric));
      return charts[i].update(traces(metric), layout(metric));
    }));
  });

  function traces(metric) {
    const validated = reports.filter((report) => report.valid_loss !== undefined);
    const trace = (name, points, key, color, options) => ({
      name, x: points.map((point) => point.step), y: points.map((point) => point[key]), type: "scatter", line: { color, width: 2 }, ...options,
    });
    return [trace("16 images of the next batch", snapshots, metric, "--training", { legendrank: 3, mode: "markers", marker: { color: "--training", size: 4 }, opacity: 0.35 }),
      trace("training batch", reports, metric, "--training", { legendrank: 1, mode: "lines", line: { color: "--training", width: 1.5 } }),
      trace("validation set", validated, `valid_${metric}`, "--validation", { legendrank: 2, mode: "lines+markers", marker: { size: 7 } })];
  }

  function layout(metric) {
    const lowest = Math.min(1, ...reports.flatMap((report) => [report.accuracy, report.valid_accuracy ?? 1]));
    return {
      showlegend: true,
      xaxis: { title: { text: "step" }, rangemode: "tozero" },
      yaxis: metric === "loss" ? LOG_AXIS : { tickformat: ".0%", range: [Math.max(0, Math.min(0.9, lowest) - 0.02), 1.01] },
    };
  }

  function description(metric) {
    const last = reports.at(-1);
    if (!last) return `${metric}: no reports yet`;
    const format = (value) => (metric === "loss" ? value.toPrecision(3) : percent(value, 1));
    const validation = reports.findLast((report) => report.valid_loss !== undefined)?.[`valid_${metric}`];
    return `${metric} at step ${count(last.step)}: training batch ${format(last[metric])}${validation === undefined ? "" : `, validation set ${format(validation)}`}`;
  }

  return {
    root: element("div", { class: "curves" }, figures.map((figure) => figure.root)),
    addReports(start, added) {
      reports = [...reports.slice(0, start), ...added];
      draw();
    },
    addSnapshot({ step, loss, accuracy }) {
      snapshots.push({ step, loss, accuracy });
      if (snapshots.length > MAX_LIVE_POINTS) snapshots = snapshots.filter((_, i) => i % 2);
      draw();
    },
    clear() {
      [reports, snapshots] = [[], []];
      draw();
    },
  };
}
