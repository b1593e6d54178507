/** The curves of a run: loss and accuracy over its steps, of the batches it learns from and of the valid split. */

import { chart, LOGARITHMIC } from "../chart.js";
import { element } from "../element.js";
import { latest } from "../latest.js";

const MOST_LIVE = 400; // points between the reports

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, reports: function(number, Object[]): void, live: function(Object): void, clear: function(): void}}
 */
export function curvesShown({ signal }) {
  const [loss, right] = ["Loss, in nats", "Accuracy"].map((title) => {
    const plot = element("div", { class: "plot" });
    return { plot, title, figure: element("figure", {}, element("figcaption", {}, title), plot) };
  });
  let told = [];
  let between = [];
  let charts;

  const draw = latest(async () => {
    const parts = [[loss, "loss"], [right, "accuracy"]];
    charts ??= await Promise.all(parts.map(([{ plot, title }, field]) =>
      chart(plot, traces(field), layout(field), { label: `${title} over the steps`, signal })));
    await Promise.all(parts.map(([{ plot }, field], i) => {
      plot.setAttribute("aria-label", described(field));
      return charts[i].update(traces(field), layout(field));
    }));
  });

  function traces(field) {
    const valid = told.filter((one) => one.valid_loss !== undefined);
    const line = (name, found, of, colour, more) => ({
      name, x: found.map((one) => one.step), y: found.map((one) => one[of]), type: "scatter", line: { color: colour, width: 2 }, ...more,
    });
    return [line("16 images", between, field, "--series-1", { mode: "markers", marker: { color: "--series-1", size: 4 }, opacity: 0.35 }),
      line("batches", told, field, "--series-1", { mode: "lines", line: { color: "--series-1", width: 1.5 } }),
      line("valid", valid, `valid_${field}`, "--series-2", { mode: "lines+markers", marker: { size: 7 } })];
  }

  function layout(field) {
    const least = Math.min(1, ...told.map((one) => one.accuracy));
    return {
      showlegend: true,
      legend: { traceorder: "reversed" },
      xaxis: { title: { text: "steps" }, rangemode: "tozero" },
      yaxis: field === "loss" ? LOGARITHMIC : { tickformat: ".0%", range: [Math.max(0, Math.min(0.9, least) - 0.02), 1.01] },
    };
  }

  function described(field) {
    const last = told.at(-1);
    if (!last) return `${field}: nothing yet`;
    const value = (one) => (field === "loss" ? one.toPrecision(3) : `${(100 * one).toFixed(1)} %`);
    const valid = told.findLast((one) => one.valid_loss !== undefined)?.[`valid_${field}`];
    return `${field} at step ${last.step}: ${value(last[field])}${valid === undefined ? "" : `, on valid ${value(valid)}`}`;
  }

  return {
    root: element("div", { class: "curves" }, loss.figure, right.figure),
    reports(start, reports) {
      told = [...told.slice(0, start), ...reports];
      draw();
    },
    live(seen) {
      between.push({ step: seen.step, loss: seen.loss, accuracy: seen.accuracy });
      if (between.length > MOST_LIVE) between = between.filter((_, i) => i % 2);
      draw();
    },
    clear() {
      [told, between] = [[], []];
      draw();
    },
  };
}
