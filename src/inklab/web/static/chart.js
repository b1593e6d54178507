/** Charts by Plotly, in the colors of the page; Plotly is loaded when the first chart is drawn. */

import { color } from "./theme.js";

const SCRIPT = "/static/plotly.min.js";
const TICKS = [-3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
/** A logarithmic axis. Plotly's own labels between powers of ten omit the power: 5 for 0.5. */
export const LOG_AXIS = { type: "log", tickvals: TICKS, ticktext: TICKS.map(String) };
let loading;

/** @returns {Promise<any>} Plotly, loaded once */
function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = undefined; reject(new Error("Plotly cannot be loaded.")); };
    document.head.append(script);
  });
  return loading;
}

/**
 * @typedef {Object} Chart
 * @property {function(Object[], Object=): Promise<void>} update shows other traces, and another layout if given
 */

/**
 * Draw a chart into an element, and draw it again when the theme changes, until the signal aborts.
 *
 * @param {HTMLElement} root filled by the chart; the style sheet sets its height
 * @param {Object[]} traces of Plotly; a color may be a token, such as "--training"
 * @param {Object} layout of Plotly; missing settings get the page's defaults
 * @param {{label: string, signal: AbortSignal}} options the label is for screen readers
 * @returns {Promise<Chart>}
 */
export async function chart(root, traces, layout, { label, signal }) {
  const Plotly = await loadPlotly();
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", label);
  let current = { traces, layout };
  const draw = () => Plotly.react(root, resolveColors(current.traces), resolveColors(withDefaults(current.layout)), {
    displayModeBar: false, responsive: true,
  });
  signal.addEventListener("abort", () => Plotly.purge(root), { once: true });
  document.addEventListener("theme", draw, { signal });
  if (!signal.aborted) await draw();
  return {
    async update(newTraces, newLayout = current.layout) {
      current = { traces: newTraces, layout: newLayout };
      if (!signal.aborted) await draw();
    },
  };
}

/** @returns {Object} a layout with the page's font and colors */
function withDefaults(layout) {
  const axis = { gridcolor: "--line", zerolinecolor: "--line", linecolor: "--line", automargin: true };
  return {
    margin: { l: 48, r: 12, t: 36, b: 40 },
    ...layout,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", ...layout.legend }, // above the plot, however many rows it takes
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: "--text", ...layout.font },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
}

/** @returns {any} the same value with tokens replaced by their colors */
function resolveColors(value) {
  if (typeof value === "string") return value.startsWith("--") ? color(value) : value;
  if (Array.isArray(value)) return value.map((item) => (typeof item === "number" ? item : resolveColors(item)));
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveColors(item)]));
}
