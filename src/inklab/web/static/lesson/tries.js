/** Things to try: each is carried out by the service, and its effect is shown. */

import { get, post, Trouble } from "../api.js";
import { bytes, percent } from "../draw/numbers.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { map } from "../map.js";
import { between, exact } from "../mistakes/figures.js";
import { twinCurves } from "./curves.js";

const EVERY_MS = 500;
const COUNTS = [50, 100, 200, 500, 1000, 2000, 5000, 10000];
const VERDICTS = {
  "shuffled-softmax": ([plain, shuffled]) => `As they are ${exact(plain.valid_accuracy, 1)}, shuffled ${exact(shuffled.valid_accuracy, 1)} of the valid digits. `
    + "To a single layer a pixel is only a number in a list; which one lies beside which it never knew. A sum does not care about the order of its terms.",
  "shuffled-cnn": ([plain, shuffled]) => `As they are ${exact(plain.valid_accuracy, 1)}, shuffled ${exact(shuffled.valid_accuracy, 1)} of the valid digits. `
    + (plain.valid_accuracy > shuffled.valid_accuracy ? "Its filters look at neighbours. Shuffled, neighbours have nothing to do with each other, and what convolution knew beforehand is worth nothing."
      : "Here it made no difference; with so few digits that can be luck."),
  dropout: ([kept, removed]) => {
    const [one, other] = [kept, removed].map((twin) => twin.points.at(-1));
    return `At the end: with dropout a loss of ${one.loss.toFixed(3)} on its own digits and ${one.valid_loss.toFixed(3)} on valid ones; without, ${other.loss.toFixed(3)} and ${other.valid_loss.toFixed(3)}. `
      + (other.valid_loss > one.valid_loss ? "Without dropout it fits its own digits better and new ones worse: it learned more by heart." : "This time dropout did not help; the effect is small, and this was one short training.");
  },
};

/** @returns {HTMLElement} a button, and what comes of it: a digit, shuffled, and the curves of both */
export function shuffle(name, { signal }) {
  const digits = element("div", { class: "row pair" });
  get("/api/lesson/order?index=1", { signal }).then(({ label, image, shuffled }) => fill(digits,
    [[image, `A ${label}, as it is`], [shuffled, "The same, shuffled"]].map(([packed, words]) => element("figure", {}, picture(packed, words), element("figcaption", { class: "small" }, words))))).catch(silent);
  return element("div", { class: "stack" }, digits, experiment(name, "Shuffle and train", "valid_accuracy", { signal }));
}

/** @returns {HTMLElement} a button, and the losses with and without dropout */
export const withoutDropout = ({ signal }) => experiment("dropout", "Train both", "valid_loss", { signal });

/** A button that begins an experiment; its curves while it goes on, and at the end what it shows. */
function experiment(name, words, what, { signal }) {
  const said = element("p", { "aria-live": "polite" });
  const plot = element("div", { class: "plot", hidden: true });
  const bar = element("progress", { hidden: true, "aria-label": "How far the experiment is" });
  const curves = twinCurves(plot, what, { signal, label: `Curves of the experiment “${words}”` });
  const button = element("button", { class: "button primary", type: "button", onclick: () => carryOut().catch(silent) }, words);

  async function shown(tried) {
    const steps = tried.twins.map(({ steps: all, points }) => [points.at(-1)?.step ?? 0, all]);
    bar.max = steps.reduce((sum, [, all]) => sum + all, 0) || 1;
    bar.value = steps.reduce((sum, [done]) => sum + done, 0);
    bar.hidden = !["waiting", "running"].includes(tried.state);
    button.disabled = !bar.hidden;
    plot.hidden = !tried.twins.length;
    if (tried.twins.length) await curves.update(tried.twins);
    if (tried.state === "done") said.textContent = VERDICTS[name](tried.twins);
    else said.textContent = tried.state === "failed" ? `That failed: ${tried.error}` : tried.state === "waiting" ? "Waits for another experiment …" : "";
    button.hidden = tried.state === "done";
  }

  async function carryOut() {
    let tried = await post(`/api/lesson/experiments/${name}`, undefined, { signal });
    await follow(tried);
  }

  async function follow(tried) {
    await shown(tried);
    while (["waiting", "running"].includes(tried.state) && !signal.aborted) {
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
      tried = await get(`/api/lesson/experiments/${name}`, { signal });
      await shown(tried);
    }
  }

  get(`/api/lesson/experiments/${name}`, { signal }).then(follow).catch(silent); // it may have been done before
  return element("div", { class: "stack experiment" }, element("div", { class: "row" }, button, bar), plot, said);
}

/** @returns {HTMLElement} a slider of how many digits are asked, and what can be said then */
export function fewerDigits({ signal }) {
  const said = element("p", { "aria-live": "polite" }, " ");
  const band = element("div", { class: "band", "aria-hidden": "true" }, element("span", { class: "reach" }), element("span", { class: "at" }));
  const slider = element("input", { type: "range", min: 0, max: COUNTS.length - 1, value: 4, oninput: () => ask(COUNTS[slider.value]), "aria-valuetext": "1,000 digits" });
  const ask = latest(async (count) => {
    slider.setAttribute("aria-valuetext", `${count.toLocaleString("en")} digits`);
    const { n, errors, accuracy, accuracy_interval } = await get(`/api/lesson/sample?${new URLSearchParams({ count })}`, { signal });
    const place = (share) => `${Math.max(0, (share - 0.7) / 0.3) * 100}%`;
    const [reach, at] = band.children;
    reach.style.left = place(accuracy_interval[0]);
    reach.style.right = `calc(100% - ${place(accuracy_interval[1])})`;
    at.style.left = place(accuracy);
    fill(said, `${n.toLocaleString("en")} digits, ${errors.toLocaleString("en")} mistakes: `, element("strong", {}, exact(accuracy, 1)), ` read rightly. 95 % interval: ${between(accuracy_interval)}.`);
  });
  ask(COUNTS[4]);
  return element("div", { class: "stack" }, element("label", { class: "field" }, "How many digits are asked", slider), band,
    element("p", { class: "row ends soft small", "aria-hidden": "true" }, element("span", {}, "70 %"), element("span", {}, "100 %")), said);
}

/** @returns {HTMLElement} a seven as it is and with a bar, and what the networks say of both */
export function sevenWithBar({ signal, lesson }, hasDeep) {
  const root = element("div", { class: "stack" });
  const parts = hasDeep ? ["softmax", "cnn"] : ["softmax"];
  const names = { softmax: "The single layer", cnn: "The convolutional network" };
  Promise.all(parts.map((part) => get(`/api/lesson/bar?${new URLSearchParams({ part })}`, { signal }))).then((found) => {
    const said = (probabilities) => {
      const digit = probabilities.indexOf(Math.max(...probabilities));
      return digit === 7 ? `a 7, ${percent(probabilities[7])} sure` : `a ${digit}, ${percent(probabilities[digit])} sure; a 7 with ${percent(probabilities[7])}`;
    };
    fill(root, element("div", { class: "grid" }, ["As it is", "With a bar"].map((words, i) => element("figure", { class: "seven" }, picture(found[0][i].image, words),
      element("figcaption", {}, element("strong", {}, words), parts.map((part, j) => element("p", { class: "small" }, `${names[part]}: ${said(found[j][i].probabilities)}.`)))))),
    element("p", {}, "Now by your own hand: ", lesson.parts.slice(0, parts.length).map((part, i) => [i ? " or " : "",
      element("a", { href: `#/draw?${new URLSearchParams({ network: part.run })}` }, `draw one for ${names[part.folder].toLowerCase()}`)]), "."));
  }).catch(silent);
  return root;
}

/** @returns {HTMLElement} a button that compares the two networks on all test digits */
export function together({ signal }, [first, second]) {
  const said = element("p", { "aria-live": "polite" });
  const button = element("button", { class: "button primary", type: "button", onclick: () => compare().catch(silent) }, "Compare them");
  async function compare() {
    button.disabled = true;
    said.textContent = "Asking both every test digit …";
    const both = await get(`/api/mistakes/compare?${new URLSearchParams({ first, second })}`, { signal }).finally(() => { button.disabled = false; said.textContent = ""; });
    const chance = both.p_value < 0.001 ? "less than once in a thousand times" : `${exact(both.p_value, 1)} of the time`;
    fill(said, `Only the single layer is right on ${both.only_first.toLocaleString("en")} digits, only the convolutional network on ${both.only_second.toLocaleString("en")}; `
      + `between equals, chance does at least this ${chance}. Both are wrong on ${both.both_wrong.toLocaleString("en")}. `,
    element("a", { href: `#/mistakes?${new URLSearchParams({ run: second, with: first })}` }, "Look at these digits"), ".");
  }
  return element("div", { class: "stack" }, element("div", { class: "row" }, button), said);
}

const picture = (packed, label) => map(bytes(packed), { rows: 28, columns: 28, most: 255, label });

function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
