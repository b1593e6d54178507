/** The Mistakes room: what a network gets wrong, how well it knows that, and how two networks differ. */

import { get, Trouble } from "../api.js";
import { element, fill } from "../element.js";
import { called, comparisonShown } from "./comparison.js";
import { confusionShown } from "./confusion.js";
import { digitsShown } from "./digits.js";
import { calibrationShown, headline, perDigit } from "./figures.js";
import { planeShown } from "./plane.js";

export const title = "Mistakes";

const SHIPPED = "inklab";
const PAGE = 24;

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} visit `?run=NAME` looks at another network, `&with=NAME`
 *   compares it
 */
export async function show(root, { params, signal }) {
  const asked = { run: params.get("run") ?? SHIPPED, with: params.get("with") ?? "" };
  const choice = element("select", { onchange: () => choose({ run: choice.value }) });
  const inside = element("div", { class: "stack looked" });
  let looking = new AbortController();

  function choose(changed) {
    Object.assign(asked, changed);
    if (asked.with === asked.run) asked.with = "";
    const named = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
    history.replaceState(null, "", `#/mistakes?${named}`);
    if ("run" in changed) look().catch(silent);
  }

  async function look() {
    looking.abort();
    looking = new AbortController();
    const until = AbortSignal.any([signal, looking.signal]);
    fill(inside, element("p", { class: "soft", role: "status" }, "Asking the network every test digit; the first time this takes some seconds …"));
    const network = asked.run;
    const summary = await get(`/api/mistakes/summary?${new URLSearchParams({ network })}`, { signal: until })
      .catch((error) => {
        if (error instanceof Trouble) fill(inside, element("p", { class: "soft" }, "There is nothing to show of this network."));
        throw error;
      });
    const digits = digitsShown({ signal: until });
    const page = (what, more = {}) => (start) => get(
      `/api/mistakes/${what}?${new URLSearchParams({ network, start, count: PAGE, ...more })}`, { signal: until });
    const matrix = confusionShown(summary, (label, answer) => digits.show(
      label === answer ? `${label}s that were read as ${label}, the least sure first` : `${label}s that were read as ${answer}, the surest first`,
      page("cell", { label, answer })));
    const list = (name, what, words) => element("button", {
      class: "button", type: "button", onclick: () => { matrix.mark(); digits.show(words, page(what)); },
    }, name);
    const comparison = comparisonShown({ network, other: asked.with, networks, signal: until, onchoose: (other) => choose({ with: other }) });
    fill(inside,
      headline(summary),
      element("div", { class: "confused" },
        section("matrix", "Which digits are taken for which", matrix.root),
        section("shown", "The digits themselves",
          element("div", { class: "row" },
            list("Most confident mistakes", "surest", "Mistakes, the surest first"),
            list("Least confident right answers", "unsurest", "Right answers, the least sure first")),
          digits.root)),
      element("div", { class: "measured" },
        section("per-digit", "Digit by digit", perDigit(summary)),
        section("calibration", "Is it as often right as it says?", calibrationShown(summary, { signal: until }))),
      section("plane", "How it sees them", planeShown({ network, signal: until })),
      section("comparison", "Against another network", comparison));
    await digits.show("Mistakes, the surest first", page("surest"));
  }

  fill(root,
    element("div", { class: "head" },
      element("div", { class: "stack" }, element("h1", {}, title),
        element("p", { class: "soft" }, "Every test digit, none of which the network was trained on: what it gets wrong, what it finds hard, and whether it knows.")),
      element("label", { class: "field" }, "Network", choice)),
    inside);
  const networks = await get("/api/models", { signal });
  fill(choice, networks.map((one) => element("option", { value: one.name, selected: one.name === asked.run }, called(one))));
  await look().catch(silent);
}

const section = (id, heading, ...children) => element("section", { class: `card stack ${id}`, "aria-labelledby": id },
  element("h2", { id }, heading), children);

/** What went wrong with the service has been told already; anything else is a fault of the page. */
function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
