/** Two networks side by side: the digits on which they differ, and whether that is more than chance. */

import { get } from "../api.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { digitsShown } from "./digits.js";
import { between, exact } from "./figures.js";

const CHANCE = 0.05;
const PAGE = 24;
const WHICH = [
  ["only_first", "Only the first is right"],
  ["only_second", "Only the second is right"],
  ["neither", "Both wrong, differently"],
];

/**
 * @param {{network: string, other: string, networks: Object[], signal: AbortSignal, onchoose: function(string): void}}
 *   options the network that is looked at, the one to compare it with or "", and those there are
 * @returns {HTMLElement}
 */
export function comparisonShown({ network, other, networks, signal, onchoose }) {
  const others = networks.filter(({ name }) => name !== network);
  if (!others.length) {
    return element("p", { class: "soft" }, "There is no other network yet. Train one in the ", element("a", { href: "#/train" }, "Train room"), ", and look here again.");
  }
  const found = element("div", { class: "stack", "aria-live": "polite" });
  const select = element("select", { onchange: () => { onchoose(select.value); compare(select.value); } },
    element("option", { value: "" }, "Choose a network …"),
    others.map((one) => element("option", { value: one.name, selected: one.name === other }, called(one))));

  const compare = latest(async (second) => {
    if (!second) return fill(found);
    fill(found, element("p", { class: "soft" }, "Asking both networks every test digit …"));
    const asked = { first: network, second };
    const both = await get(`/api/mistakes/compare?${new URLSearchParams(asked)}`, { signal }).catch((error) => { fill(found); throw error; });
    const digits = digitsShown({ signal });
    const buttons = WHICH.map(([which, words]) => element("button", { class: "button", type: "button", "aria-pressed": "false", onclick: () => open(which, words) }, words));
    const open = (which, words) => {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(WHICH[i][0] === which)));
      return digits.show(words, (start) => get(`/api/mistakes/differences?${new URLSearchParams({ ...asked, which, start, count: PAGE })}`, { signal }));
    };
    fill(found, table(both), element("p", {}, verdict(both)), element("div", { class: "row" }, buttons), digits.root);
    await open(...WHICH[both.only_first || !both.only_second ? 0 : 1]);
  });

  if (other) compare(other);
  return element("div", { class: "stack" },
    element("label", { class: "field narrow" }, "The second network", select), found);
}

/** @returns {HTMLElement} how both fare, alone and together */
function table({ first, second, both_right, only_first, only_second, both_wrong }) {
  const cell = (value) => element("td", { class: "number" }, value.toLocaleString("en"));
  const row = (name, ...values) => element("tr", {}, element("th", { scope: "row" }, name), values.map(cell));
  const head = (...names) => element("thead", {}, element("tr", {}, element("td", {}), names.map((name) => element("th", { scope: "col", class: "number" }, name))));
  const side = (name, one) => element("tr", {}, element("th", { scope: "row" }, `${name}: ${one.network}`),
    [exact(one.accuracy), between(one.accuracy_interval), one.errors.toLocaleString("en")].map((value) => element("td", { class: "number" }, value)));
  const scroll = (label, ...children) => element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, element("table", { class: "figures" }, children));
  return element("div", { class: "grid" },
    scroll("Accuracy of both", head("Right", "95 % interval", "Mistakes"), element("tbody", {}, side("First", first), side("Second", second))),
    scroll("Right and wrong together", head("Second right", "Second wrong"), element("tbody", {}, row("First right", both_right, only_first), row("First wrong", only_second, both_wrong))));
}

/** @returns {string} what McNemar's test says, in words */
function verdict({ only_first, only_second, p_value, differ, n }) {
  const apart = only_first + only_second;
  if (!apart) return `No digit tells them apart: they are right on the same ${n.toLocaleString("en")} digits.`;
  const p = p_value < 0.001 ? "less than one time in a thousand" : `${exact(p_value, 1)} of the time`;
  const better = only_first > only_second ? "first" : "second";
  const odds = `Of the ${apart.toLocaleString("en")} digits that only one of them reads rightly, the first has ${only_first.toLocaleString("en")} and the second ${only_second.toLocaleString("en")}. `
    + `If both were equally good, chance would split them at least so unevenly ${p} (McNemar’s exact test)`;
  const judged = p_value < CHANCE ? `so the ${better} is better on such digits` : "so this may well be chance";
  return `${odds}: ${judged}. Their answers differ on ${differ.toLocaleString("en")} digits.`;
}

/** @returns {string} what a network is called in a list */
export function called({ name, recipe, shipped }) {
  return shipped ? "inklab’s own" : name === recipe ? name : `${name} (${recipe})`;
}
