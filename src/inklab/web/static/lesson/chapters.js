/** The chapters: words on one side, a live piece on the other, and one thing to try. */

import { element } from "../element.js";
import { curves } from "./curves.js";
import { digitThrough, filtersShown, weightsShown } from "./pictures.js";
import { fewerDigits, shuffle, sevenWithBar, together, withoutDropout } from "./tries.js";

/**
 * @param {Object} lesson as /api/lesson has it
 * @param {{signal: AbortSignal}} options
 * @returns {HTMLElement[]}
 */
export function chapters(lesson, { signal }) {
  const [single, deep] = lesson.parts;
  const has = { single: single.finished, deep: deep.finished };
  const options = { lesson, signal };
  return [
    chapter(1, "A single layer", [
      p(single.idea[0]),
      formula("z", sub("d"), " = Σ", sub("p"), " w", sub("d,p"), " x", sub("p"), " + b", sub("d")),
      p(single.idea[1]),
      formula("p", sub("d"), " = e", sup(["z", sub("d")]), " / Σ", sub("k"), " e", sup(["z", sub("k")]), "     loss = −log p", sub("truth")),
      p(single.idea[2], ` It took ${single.steps.toLocaleString("en")} such steps, at a learning rate of ${single.learning_rate}.`),
      source("The arrangement of ten weighted sums is logistic regression for many classes; Cox 1958, The Regression Analysis of Binary Sequences, is its beginning."),
    ], has.single && (() => curves(single, options)), has.single && {
      heading: "Shuffle the pixels",
      words: "Put all 784 pixels of every digit into another order, the same for all, and train again. You could not read them any more. Can it?",
      piece: () => shuffle("shuffled-softmax", options),
    }),
    chapter(2, "How good is it?", [
      p("On the digits it was trained on, any network looks good. So some are put aside: the valid digits, to choose by while working, and the test digits, which are looked at once, at the end."),
      p("Even that figure is a little luck: another ten thousand digits would give another. The interval says which true accuracies the digits at hand do not contradict. It narrows with the root of their number: four times the digits, half the width."),
      formula("width ≈ 4 √(a (1 − a) / n)"),
      p("Here a is the accuracy and n the number of digits."),
      source("Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference."),
    ], null, has.single && {
      heading: "Ask fewer digits",
      words: "Choose how many test digits are asked, and watch what one can still say.",
      piece: () => fewerDigits(options),
    }),
    chapter(3, "What it learned", [
      p(single.question.replace("ink on red", "ink on orange")),
      p("There is no idea of a line or a loop in it: only, pixel by pixel, how much ink there speaks for a digit. Where no digit ever has ink, the weights stayed at zero."),
    ], has.single && (() => weightsShown(options)), has.single && {
      heading: "Draw a seven with a bar",
      words: "Few of the sevens that it learned from had a bar. What does a bar cost a network that weighs pixels, and one that looks for strokes?",
      piece: () => sevenWithBar(options, has.deep),
    }),
    chapter(4, "Going deep", [
      ...deep.idea.slice(0, 2).map((words) => p(words)),
      element("dl", { class: "terms" },
        term("Convolution", "one small filter, slid over the whole image; its weights are the same everywhere, so a stroke learned in one corner is known in all."),
        term("Pooling", "the strongest of every 2 × 2 numbers goes on. Where exactly a stroke lies matters a little less each time."),
        term("Fully connected", "every unit weighs every number of the layer below, as the single layer weighed pixels."),
        term("Dropout", "in each step of training a random half of the units is left out; when reading, all are there.")),
      source("LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document Recognition; Srivastava et al. 2014, Dropout."),
    ], () => layersTable(deep), has.single && {
      heading: "Shuffle its pixels, too",
      words: "The single layer did not care where pixels lie. Train a small convolutional network for a moment, on digits as they are and on shuffled ones.",
      piece: () => shuffle("shuffled-cnn", options),
    }),
    chapter(5, "Training it", [
      p(deep.idea[2] ?? ""),
      p(`Each of the ${deep.steps.toLocaleString("en")} steps looks at ${deep.batch_size} digits. The line of the training digits is ragged, for each report measures only the digits of that step; the valid line is measured on all valid digits, so it is calmer and more honest.`),
      source("Kingma and Ba 2015, Adam: A Method for Stochastic Optimization."),
    ], has.deep && (() => curves(deep, options)), has.single && {
      heading: "Remove the dropout",
      words: "Give a fully connected network only 1,000 digits, so that it can learn them by heart, once with dropout and once without. Watch the loss on digits that it was not given.",
      piece: () => withoutDropout(options),
    }),
    chapter(6, "What its filters look for", [
      p("The 32 filters of the first layer began as random numbers. Training leaned each towards something: an edge of one direction, the end of a stroke, a spot. Blue is where a filter wants ink, orange where it wants none."),
      p("No one told it which to have. Several do nearly the same, and some hardly anything, so that a few can be lost."),
    ], null, has.deep && {
      heading: "Zero the filters",
      words: "Click filters to silence them: they then find nothing, anywhere. How many can it do without?",
      piece: () => filtersShown(options),
    }),
    chapter(7, "What its layers see", [
      p(deep.question),
      p("Each small picture is one map: bright where its filter found what it looks for. After pooling, a map has a quarter of the pixels."),
    ], null, has.deep && {
      heading: "Follow another digit",
      words: "Send any test digit through the network.",
      piece: () => digitThrough(options),
    }),
    chapter(8, "Doing better", [p(lesson.about_records), source("The papers are named in the table.")], () => recordsTable(lesson), has.deep && {
      heading: "Set your two against each other",
      words: "On which test digits is only one of them right, and can that be chance?",
      piece: () => together(options, [single.run, deep.run]),
    }),
  ];
}

const p = (...words) => element("p", {}, words);
const sub = (...of) => element("sub", {}, of);
const sup = (...of) => element("sup", {}, of);
const formula = (...parts) => element("p", { class: "formula" }, parts);
const source = (words) => element("p", { class: "soft small" }, "Source: ", words);
const term = (name, meaning) => [element("dt", {}, name), element("dd", {}, meaning)];

/** @returns {HTMLElement} one chapter; what needs a network that is not trained yet is left out */
function chapter(number, heading, words, live, thing) {
  const id = `chapter-${number}`;
  return element("section", { class: "card chapter", "aria-labelledby": id },
    element("h2", { id }, element("span", { class: "step", "aria-hidden": "true" }, number), heading),
    element("div", { class: live ? "parts" : "parts alone" }, element("div", { class: "words stack" }, words), live && element("div", { class: "live" }, live())),
    thing ? element("section", { class: "try stack", "aria-labelledby": `${id}-try` },
      element("h3", { id: `${id}-try` }, element("span", { class: "chip" }, "Try"), " ", thing.heading), p(thing.words), thing.piece())
      : element("p", { class: "soft small" }, "There is something to try here once your network is trained."));
}

function layersTable({ layers: [, ...rows] }) {
  return scroll("The layers of the network", ["Layer", "Kind", "What it puts out", "Parameters"], rows, [3]);
}

function recordsTable({ records: [head, ...rows] }) {
  return scroll("What the best published systems reach", head, rows, [1]);
}

function scroll(label, head, rows, numbers) {
  const kind = (i) => (numbers.includes(i) ? "number" : null);
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, head.map((name, i) => element("th", { scope: "col", class: kind(i) }, name)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, i) => element("td", { class: kind(i) }, cell)))))));
}
