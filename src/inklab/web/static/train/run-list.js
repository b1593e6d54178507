/** All runs in a table: compare selected runs in a chart, rename them, delete them. */

import { chart, LOG_AXIS } from "../chart.js";
import { latestOnly } from "../coalesce.js";
import { confirm, prompt } from "../dialog.js";
import { element, fill } from "../element.js";
import { count, duration, percent } from "../format.js";
import { get, ignoreApiError, patch, remove, runPath } from "../request.js";

const MAX_COMPARED = 6; // the number of series colors
const METRICS = {
  valid_accuracy: "validation accuracy", valid_loss: "validation loss", accuracy: "accuracy on the training batch", loss: "loss on the training batch",
};
const AXES = { step: "step", epoch: "epoch", elapsed_s: "seconds" };
const COLUMNS = [["Compare"], ["Name"], ["State"], ["Steps", "number"], ["Validation accuracy", "number"], ["Test accuracy", "number"], ["Training time", "number"]];

/**
 * @param {{signal: AbortSignal, onselect: function(string): void, onchange: function(): void, onrenamed: function(string, string): void,
 *   ondeleted: function(string): void}} options the listeners
 * @returns {{root: HTMLElement, update: function(Object[]): void}} `update` takes the runs, as /api/runs has them
 */
export function runList({ signal, onselect, onchange, onrenamed, ondeleted }) {
  const compared = new Map(); // name -> reports
  let runs = [];
  const rows = element("tbody");
  const table = element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, COLUMNS.map(([label, kind]) => element("th", { scope: "col", class: kind }, label)),
      element("th", { scope: "col" }, element("span", { class: "sr" }, "Actions")))), rows);
  const hint = element("p", { class: "muted" }, "No runs yet. Runs that you start here or with ", element("code", {}, "inklab train"), " are listed here.");
  const options = (labels) => Object.entries(labels).map(([value, label]) => element("option", { value }, label));
  const metric = element("select", { onchange: () => draw() }, options(METRICS));
  const axis = element("select", { onchange: () => draw() }, options(AXES));
  const plot = element("div", { class: "plot tall" });
  const comparison = element("div", { class: "stack", hidden: true },
    element("div", { class: "row" }, element("label", { class: "field inline" }, "Compare", metric), element("label", { class: "field inline" }, "by", axis)), plot);
  let comparisonChart;

  const draw = latestOnly(async () => {
    comparison.hidden = !compared.size;
    if (!compared.size) return;
    const traces = [...compared].map(([name, reports], i) => {
      const points = reports.filter((report) => report[metric.value] !== undefined);
      return {
        name, x: points.map((point) => point[axis.value]), y: points.map((point) => point[metric.value]), type: "scatter",
        mode: points.length > 60 ? "lines" : "lines+markers", line: { color: `--series-${i + 1}`, width: 2 },
      };
    });
    const hasPoints = traces.some(({ x }) => x.length);
    const layout = {
      annotations: hasPoints ? [] : [{ text: "No progress yet", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5 }],
      showlegend: true, xaxis: { title: { text: AXES[axis.value] }, rangemode: "tozero" },
      yaxis: metric.value.endsWith("loss") ? LOG_AXIS : { tickformat: ".1%" },
    };
    comparisonChart ??= await chart(plot, traces, layout, { label: "", signal });
    plot.setAttribute("aria-label", `${METRICS[metric.value]} by ${AXES[axis.value]} of ${[...compared.keys()].join(", ")}`);
    await comparisonChart.update(traces, layout);
  });

  async function compare(checkbox, name) {
    if (!checkbox.checked) compared.delete(name);
    else {
      compared.set(name, []);
      await loadReports(name);
    }
    limitCompared();
    draw();
  }

  async function loadReports(name) {
    const { reports } = await get(runPath(name, "metrics"), { signal });
    if (compared.has(name)) compared.set(name, reports);
  }

  function limitCompared() {
    for (const checkbox of rows.querySelectorAll("input")) checkbox.disabled = !checkbox.checked && compared.size >= MAX_COMPARED;
  }

  async function rename(run) {
    const nameBefore = run.name.split("/").at(-1);
    const name = await prompt({
      question: `Rename ${run.name}`, details: "Allowed: letters, digits, spaces, and . + = - _", label: "Name", value: nameBefore, action: "Rename",
    });
    if (name === null || name === nameBefore) return;
    const renamed = await patch(runPath(run.name), { name }, { signal });
    forget(run.name);
    onrenamed(run.name, renamed.name);
    onchange();
  }

  async function deleteRun(run) {
    const isConfirmed = await confirm({
      question: `Delete ${run.name}?`, action: "Delete", danger: true,
      details: `This deletes its weights, metrics, and figures${run.elapsed_s ? `; training took ${duration(run.elapsed_s)}` : ""}. It cannot be undone.`,
    });
    if (!isConfirmed) return;
    await remove(runPath(run.name), { signal });
    forget(run.name);
    ondeleted(run.name);
    onchange();
  }

  function forget(name) {
    compared.delete(name);
    draw();
  }

  function row(run) {
    const checkbox = element("input", {
      type: "checkbox", checked: compared.has(run.name), "aria-label": `Compare ${run.name}`, onchange: () => compare(checkbox, run.name).catch(ignoreApiError),
    });
    const action = (label, onclick) => element("button", {
      class: "button quiet", type: "button", disabled: run.state === "training" || run.is_member, "aria-label": `${label} ${run.name}`,
      onclick: () => onclick(run).catch(ignoreApiError),
    }, label);
    return element("tr", {},
      element("td", {}, run.member_count ? "" : checkbox),
      element("th", { scope: "row" }, element("button", { class: "link", type: "button", onclick: () => onselect(run.name) }, run.name),
        element("span", { class: "small muted" }, [run.recipe === run.name ? "" : run.recipe, ...run.changes].filter(Boolean).join(", "))),
      element("td", {}, element("span", { class: `chip ${run.state}`, title: run.failure || false }, run.state)),
      element("td", { class: "number" }, run.state === "finished" ? count(run.steps) : `${count(run.step)} of ${count(run.steps)}`),
      element("td", { class: "number" }, percent(run.valid_accuracy)),
      element("td", { class: "number" }, percent(run.test_accuracy)),
      element("td", { class: "number" }, duration(run.elapsed_s)),
      element("td", { class: "actions" }, action("Rename", rename), action("Delete", deleteRun)));
  }

  return {
    root: element("section", { class: "card stack", "aria-labelledby": "runs" }, element("h2", { id: "runs" }, "All runs"), hint,
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" }, table), comparison),
    update(newRuns) {
      const isSame = JSON.stringify(runs) === JSON.stringify(newRuns);
      if (isSame && rows.childElementCount) return;
      runs = newRuns;
      hint.hidden = runs.length > 0;
      table.hidden = !runs.length;
      const nameOf = (control) => control.getAttribute("aria-label") ?? control.textContent;
      const focused = rows.contains(document.activeElement) ? nameOf(document.activeElement) : null;
      fill(rows, runs.map(row));
      limitCompared();
      if (focused) [...rows.querySelectorAll("button, input")].find((control) => nameOf(control) === focused)?.focus();
      for (const run of runs.filter(({ state, name }) => state === "training" && compared.has(name))) loadReports(run.name).then(draw).catch(ignoreApiError);
    },
  };
}
