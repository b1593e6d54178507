/** All runs: how each stands, chosen ones in one chart, renamed, deleted. */

import { get, post, remove } from "../api.js";
import { chart, LOGARITHMIC } from "../chart.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { confirmed, written } from "./ask.js";
import { accuracy, count, duration, silent } from "./figures.js";

const MOST_COMPARED = 6; // as many as there are colours
const MEASURES = {
  valid_accuracy: "accuracy on valid", valid_loss: "loss on valid", accuracy: "accuracy on the batches", loss: "loss on the batches",
};
const AXES = { step: "steps", epoch: "epochs", elapsed_s: "seconds" };

/**
 * @param {{signal: AbortSignal, onwatch: function(string): void, onchange: function(): void, onrenamed: function(string, string): void,
 *   ondeleted: function(string): void}} options who is told of what
 * @returns {{root: HTMLElement, update: function(Object[]): void}} it is told the runs, as /api/runs has them
 */
export function runList({ signal, onwatch, onchange, onrenamed, ondeleted }) {
  const compared = new Map(); // name -> reports
  let runs = [];
  const rows = element("tbody");
  const head = [["Compare"], ["Name"], ["State"], ["Steps", "number"], ["Right on valid", "number"], ["On test", "number"], ["Trained for", "number"], [""]];
  const table = element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, head.map(([words, kind]) => element("th", { scope: "col", class: kind }, words || element("span", { class: "sr" }, "What to do"))))), rows);
  const none = element("p", { class: "soft" }, "None yet. What you start here, or with ", element("code", {}, "inklab train"), ", is listed here.");
  const measure = element("select", { onchange: () => draw() }, Object.entries(MEASURES).map(([value, words]) => element("option", { value }, words)));
  const axis = element("select", { onchange: () => draw() }, Object.entries(AXES).map(([value, words]) => element("option", { value }, words)));
  const plot = element("div", { class: "plot tall" });
  const comparison = element("div", { class: "stack", hidden: true },
    element("div", { class: "row" }, element("label", { class: "field inline" }, "Compare", measure), element("label", { class: "field inline" }, "over", axis)), plot);
  let drawn;

  const draw = latest(async () => {
    comparison.hidden = !compared.size;
    if (!compared.size) return;
    const isLoss = measure.value.endsWith("loss");
    const traces = [...compared].map(([name, reports], i) => {
      const found = reports.filter((one) => one[measure.value] !== undefined);
      return {
        name, x: found.map((one) => one[axis.value]), y: found.map((one) => one[measure.value]), type: "scatter",
        mode: found.length > 60 ? "lines" : "lines+markers", line: { color: `--series-${i + 1}`, width: 2 },
      };
    });
    const layout = {
      showlegend: true, xaxis: { title: { text: AXES[axis.value] }, rangemode: "tozero" },
      yaxis: isLoss ? LOGARITHMIC : { tickformat: ".1%" },
    };
    drawn ??= await chart(plot, traces, layout, { label: "", signal });
    plot.setAttribute("aria-label", `${MEASURES[measure.value]} over ${AXES[axis.value]} of ${[...compared.keys()].join(", ")}`);
    await drawn.update(traces, layout);
  });

  async function compare(box, name) {
    if (!box.checked) compared.delete(name);
    else {
      compared.set(name, []);
      await load(name);
    }
    limit();
    draw();
  }

  async function load(name) {
    const found = await get(`/api/runs/metrics?${new URLSearchParams({ run: name })}`, { signal });
    if (compared.has(name)) compared.set(name, found.reports);
  }

  function limit() {
    for (const box of rows.querySelectorAll("input")) box.disabled = !box.checked && compared.size >= MOST_COMPARED;
  }

  async function rename(run) {
    const last = run.name.split("/").at(-1);
    const name = await written({ question: `Rename ${run.name}`, details: "Letters, digits, spaces and . + = - _", label: "Name", value: last, yes: "Rename" });
    if (name === null || name === last) return;
    const found = await post("/api/runs/rename", { run: run.name, name }, { signal });
    forget(run.name);
    onrenamed(run.name, found.name);
    onchange();
  }

  async function discard(run) {
    const isSure = await confirmed({
      question: `Delete ${run.name}?`, yes: "Delete", danger: true,
      details: `Its weights, metrics and pictures are deleted${run.elapsed_s ? `, which took ${duration(run.elapsed_s)} to train` : ""}. This cannot be undone.`,
    });
    if (!isSure) return;
    await remove(`/api/runs?${new URLSearchParams({ run: run.name })}`, { signal });
    forget(run.name);
    ondeleted(run.name);
    onchange();
  }

  function forget(name) {
    compared.delete(name);
    draw();
  }

  function row(run) {
    const box = element("input", {
      type: "checkbox", checked: compared.has(run.name), "aria-label": `Compare ${run.name}`, onchange: () => compare(box, run.name).catch(silent),
    });
    const act = (words, label, onclick, disabled) => element("button", {
      class: "button quiet", type: "button", disabled, "aria-label": `${label} ${run.name}`, onclick: () => onclick(run).catch(silent),
    }, words);
    const isFixed = run.state === "training" || run.column;
    return element("tr", {},
      element("td", {}, run.columns.length ? "" : box),
      element("th", { scope: "row" }, element("button", { class: "link", type: "button", onclick: () => onwatch(run.name) }, run.name),
        element("span", { class: "small soft" }, [run.recipe === run.name ? "" : run.recipe, ...run.changes].filter(Boolean).join(", "))),
      element("td", {}, element("span", { class: `chip ${run.state}`, title: run.reason || false }, run.state)),
      element("td", { class: "number" }, run.state === "finished" ? count(run.steps) : `${count(run.step)} of ${count(run.steps)}`),
      element("td", { class: "number" }, accuracy(run.valid_accuracy)),
      element("td", { class: "number" }, accuracy(run.test_accuracy)),
      element("td", { class: "number" }, duration(run.elapsed_s)),
      element("td", { class: "acts" }, act("Rename", "Rename", rename, isFixed), act("Delete", "Delete", discard, isFixed)));
  }

  return {
    root: element("section", { class: "card stack", "aria-labelledby": "runs" }, element("h2", { id: "runs" }, "All runs"), none,
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "List of runs" }, table), comparison),
    update(found) {
      const before = JSON.stringify(runs);
      const isSame = before === JSON.stringify(found);
      if (isSame && rows.childElementCount) return;
      runs = found;
      none.hidden = runs.length > 0;
      table.hidden = !runs.length;
      const focused = rows.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent : null;
      fill(rows, runs.map(row));
      limit();
      if (focused) [...rows.querySelectorAll("button, input")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === focused)?.focus();
      for (const run of runs.filter((one) => one.state === "training" && compared.has(one.name))) load(run.name).then(draw).catch(silent);
    },
  };
}
