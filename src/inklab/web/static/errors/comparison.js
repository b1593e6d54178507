/** Two networks on the same test images: where they disagree, and whether the difference could be due to chance. */

import { latestOnly } from "../coalesce.js";
import { element, fill } from "../element.js";
import { count, interval, percent } from "../format.js";
import { modelLabel } from "../models.js";
import { get } from "../request.js";
import { exampleList } from "./example-list.js";

const SIGNIFICANCE = 0.05;
const PAGE_SIZE = 24;
const CASES = [
  ["only_first", "Only the first is correct"],
  ["only_second", "Only the second is correct"],
  ["neither", "Both wrong, in different ways"],
];

/**
 * @param {{first: string, second: string, models: Object[], signal: AbortSignal, onselect: function(string): void}}
 *   options the selected network, the network to compare with or "", and all networks
 * @returns {HTMLElement}
 */
export function comparisonView({ first, second, models, signal, onselect }) {
  const candidates = models.filter(({ name }) => name !== first);
  if (!candidates.length) {
    return element("p", { class: "muted" }, "There is no other network yet. Train one on the ", element("a", { href: "#/train" }, "Train page"), ", and come back.");
  }
  const result = element("div", { class: "stack", "aria-live": "polite" });
  const select = element("select", { onchange: () => { onselect(select.value); compare(select.value); } },
    element("option", { value: "" }, "Choose a network …"),
    candidates.map((candidate) => element("option", { value: candidate.name, selected: candidate.name === second }, modelLabel(candidate))));

  const compare = latestOnly(async (name) => {
    if (!name) return fill(result);
    fill(result, element("p", { class: "muted" }, "Evaluating both networks on every test image …"));
    const names = { first, second: name };
    const comparison = await get(`/api/comparison?${new URLSearchParams(names)}`, { signal }).catch((error) => { fill(result); throw error; });
    const examples = exampleList({ signal });
    const buttons = CASES.map(([which, label]) => element("button", { class: "button", type: "button", "aria-pressed": "false", onclick: () => open(which, label) }, label));
    const open = (which, label) => {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(CASES[i][0] === which)));
      return examples.show(label, (start) => get(`/api/comparison/disagreements?${new URLSearchParams({ ...names, which, start, count: PAGE_SIZE })}`, { signal }));
    };
    fill(result, tables(comparison), element("p", {}, verdict(comparison)), element("div", { class: "row" }, buttons), examples.root);
    await open(...CASES[comparison.only_first || !comparison.only_second ? 0 : 1]);
  });

  if (second) compare(second);
  return element("div", { class: "stack" },
    element("label", { class: "field narrow" }, "Second network", select), result);
}

/** @returns {HTMLElement} the accuracy of both networks, and a table of their joint results */
function tables({ first, second, both_correct, only_first, only_second, both_wrong }) {
  const cell = (value) => element("td", { class: "number" }, value);
  const row = (name, ...values) => element("tr", {}, element("th", { scope: "row" }, name), values.map(cell));
  const head = (...names) => element("thead", {}, element("tr", {}, element("td", {}), names.map((name) => element("th", { scope: "col", class: "number" }, name))));
  const network = (name, { model, accuracy, accuracy_interval, errors }) => row(`${name}: ${model}`, percent(accuracy), interval(accuracy_interval), count(errors));
  const scroll = (label, ...children) => element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, element("table", { class: "figures" }, children));
  return element("div", { class: "grid" },
    scroll("Accuracy of both networks", head("Accuracy", "95% interval", "Errors"), element("tbody", {}, network("First", first), network("Second", second))),
    scroll("Joint results", head("Second correct", "Second wrong"), element("tbody", {}, row("First correct", count(both_correct), count(only_first)), row("First wrong", count(only_second), count(both_wrong)))));
}

/** @returns {string} the result of McNemar's test in words */
function verdict({ only_first, only_second, p_value, disagreements }) {
  const split = only_first + only_second;
  const differ = `Their predictions differ on ${count(disagreements)} images.`;
  if (!split) return `Both networks are correct on the same images. ${differ}`;
  const conclusion = p_value < SIGNIFICANCE ? `The ${only_first > only_second ? "first" : "second"} network is better on images of this kind.`
    : "The difference could be due to chance.";
  return `Exactly one network is correct on ${count(split)} images: the first on ${count(only_first)}, the second on ${count(only_second)}. `
    + `If both were equally accurate, a split at least this uneven would occur with probability ${probability(p_value)} (McNemar’s exact test). ${conclusion} ${differ}`;
}

/** @returns {string} a p-value in percent */
export const probability = (p) => (p < 0.001 ? "below 0.1%" : percent(p, 1));
