/** Charts by Plotly, in the colours of the page; its script is loaded when the first is drawn. */

import { colour } from "./theme.js";

const SCRIPT = "/static/plotly.min.js";
const READABLE = [-3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
/** An axis of logarithms. Plotly's own labels between the powers of ten leave the power out: 5 for 0.5. */
export const LOGARITHMIC = { type: "log", tickvals: READABLE, ticktext: READABLE.map(String) };
let loading;

/** @returns {Promise<any>} Plotly, loaded once */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = undefined; reject(new Error("the charts' script cannot be loaded")); };
    document.head.append(script);
  });
  return loading;
}

/**
 * @typedef {Object} Chart
 * @property {function(Object[], Object=): Promise<void>} update shows other traces, in another layout if one is given
 */

/**
 * Draw a chart into an element, and again in other colours when the theme changes, until the signal aborts.
 *
 * @param {HTMLElement} root what it fills; its height is the style sheet's
 * @param {Object[]} traces as Plotly has them; a colour may be the name of a token, such as "--series-1"
 * @param {Object} layout as Plotly has it; what is left out is the page's own
 * @param {{label: string, signal: AbortSignal}} options what a screen reader says, and when it ends
 * @returns {Promise<Chart>}
 */
export async function chart(root, traces, layout, { label, signal }) {
  const Plotly = await plotly();
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", label);
  let now = { traces, layout };
  const show = () => Plotly.react(root, coloured(now.traces), coloured(styled(now.layout)), {
    displayModeBar: false, responsive: true,
  });
  signal.addEventListener("abort", () => Plotly.purge(root), { once: true });
  document.addEventListener("theme", show, { signal });
  if (!signal.aborted) await show();
  return {
    async update(others, another = now.layout) {
      now = { traces: others, layout: another };
      if (!signal.aborted) await show();
    },
  };
}

/** @returns {Object} a layout in the page's type, without a frame of its own */
function styled(layout) {
  const axis = { gridcolor: "--line", zerolinecolor: "--line", linecolor: "--line", automargin: true };
  return {
    margin: { l: 48, r: 12, t: 36, b: 40 },
    ...layout,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", ...layout.legend }, // above what is plotted, however many rows it takes
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: "--ink", ...layout.font },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
}

/** @returns {any} the same with the names of tokens replaced by their colours */
function coloured(part) {
  if (typeof part === "string") return part.startsWith("--") ? colour(part) : part;
  if (Array.isArray(part)) return part.map((one) => (typeof one === "number" ? one : coloured(one)));
  if (part === null || typeof part !== "object" || ArrayBuffer.isView(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, coloured(one)]));
}
