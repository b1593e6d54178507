/** Why: the pixels that the answer hangs on, and in a network of one layer the evidence for each digit. */

import { post } from "../api.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { largest, map } from "../map.js";
import { bytes, floats, percent, short } from "./numbers.js";

const SIDE = 28;
const PLACES = [["top left", "top", "top right"], ["left", "middle", "right"], ["bottom left", "bottom", "bottom right"]];

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, update: function(Object, string, boolean): void}} what is shown; it is told each
 *   look, the network's name, and whether the stroke has ended
 */
export function whyShown({ signal }) {
  const evidence = element("div", { class: "evidence", hidden: true });
  const maps = element("div", { class: "relevance", "aria-live": "polite" });
  const button = element("button", { class: "button", type: "button", "aria-pressed": "false", onclick: turn },
    "What does it hang on?");
  let last = null;

  const ask = latest(async ({ answer, image }, network) => {
    const digit = answer.digit ?? answer.probabilities.indexOf(Math.max(...answer.probabilities));
    const found = await post("/api/draw/relevance", { network, image, digit }, { signal });
    fill(maps, ...shown(found, digit, image));
  });

  function turn() {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (on && last) ask(...last);
    else fill(maps);
  }

  return {
    root: element("div", { class: "stack" }, evidence, element("div", { class: "row" }, button,
      element("span", { class: "soft small" }, "Asks the network again, some two thousand times, with a few pixels changed.")), maps),
    update(look, network, ended) {
      last = look.image ? [look, network] : null;
      evidence.hidden = !look.evidence;
      if (look.evidence) fill(evidence, ...weighed(look));
      if (!last) fill(maps);
      else if (ended && button.getAttribute("aria-pressed") === "true") ask(...last);
    },
  };
}

/** @returns {HTMLElement[]} the two maps, each over the image, with a sentence */
function shown({ saliency, occlusion, probability }, digit, image) {
  const lost = occlusion.map((left) => probability - left);
  const at = lost.indexOf(Math.max(...lost));
  const place = PLACES[Math.floor((3 * Math.floor(at / SIDE)) / SIDE)][Math.floor((3 * (at % SIDE)) / SIDE)];
  const [now, then] = [percent(probability), `${percent(occlusion[at])} sure of a ${digit}`];
  const sentence = lost[at] < 0.005
    ? `No single patch decides: whatever 5 × 5 pixels are wiped out, it stays ${then}.`
    : `Most hangs on the ink at the ${place}: without it, it would be ${then}, not ${now}.`;
  return [
    element("p", { class: "finding" }, sentence),
    over(image, lost, { most: Math.max(largest(lost), 0.01), label: `Occlusion map for ${digit}` }, "Wiped out",
      "Blue: wiping out the 5 × 5 pixels around here makes the answer less probable. Orange: more probable."),
    over(image, saliency, { label: `Saliency map for ${digit}` }, "Touched up",
      "Blue: a little more ink here makes the answer more probable. Orange: less ink would."),
  ];
}

/** @returns {HTMLElement} a map laid over the image that it is about */
function over(image, values, look, title, caption) {
  return element("figure", { class: "laid" },
    element("div", { class: "over" },
      map(bytes(image), { rows: SIDE, columns: SIDE, most: 255, label: "The image" }),
      map(values, { rows: SIDE, columns: SIDE, palette: "diverging", clear: true, ...look })),
    element("figcaption", {}, element("strong", {}, title), " ", element("span", { class: "soft" }, caption)));
}

/** @returns {HTMLElement[]} ten signed maps with their sums, of a network that only weighs pixels */
function weighed({ evidence, biases, answer }) {
  const all = floats(evidence);
  const most = largest(all);
  const digits = [...Array(10).keys()].map((digit) => {
    const pixels = all.subarray(digit * SIDE * SIDE, (digit + 1) * SIDE * SIDE);
    const total = pixels.reduce((sum, one) => sum + one, biases[digit]);
    return element("figure", { class: answer.digit === digit ? "weighed first" : "weighed" },
      map(pixels, { rows: SIDE, columns: SIDE, most, palette: "diverging", label: `Evidence for ${digit}: ${short(total)}` }),
      element("figcaption", { class: "number" }, `${digit}: ${short(total)}`));
  });
  return [
    element("p", {}, "This network only weighs: each pixel's ink times a weight, blue for a digit and orange against it; "
      + "the sum, with what the digit starts from, is its evidence. The largest wins."),
    element("div", { class: "weighings" }, digits),
  ];
}
