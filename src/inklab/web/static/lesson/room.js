/** The Lesson room: chapters beside live pieces, all of them from the reader's own two networks. */

import { get, post, Trouble } from "../api.js";
import { element, fill } from "../element.js";
import { chapters } from "./chapters.js";

export const title = "Lesson";

const EVERY_MS = 1500;
const NAMES = { softmax: "The single layer", cnn: "The convolutional network" };

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} visit
 */
export async function show(root, { signal }) {
  const standing = element("div", {});
  const course = element("div", { class: "course" });
  let shown = "";
  let leaving = new AbortController();

  function update(lesson) {
    fill(standing, standingShown(lesson, begin));
    const now = [lesson.name, ...lesson.parts.map(({ finished }) => finished)].join();
    if (now === shown) return;
    shown = now;
    leaving.abort();
    leaving = new AbortController();
    fill(course, chapters(lesson, { signal: AbortSignal.any([signal, leaving.signal]) }));
  }

  async function follow(lesson) {
    update(lesson);
    while (lesson.state === "running") {
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
      if (signal.aborted) return;
      lesson = await get("/api/lesson", { signal });
      update(lesson);
    }
  }

  async function begin() {
    await follow(await post("/api/lesson", undefined, { signal })).catch((error) => {
      if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
    });
  }

  fill(root,
    element("div", { class: "stack" }, element("h1", {}, title),
      element("p", { class: "soft" }, "Two networks that read handwritten digits: first the simplest there is, then one that looks for strokes. "
        + "Every number and picture below comes from your own two, trained on this computer; at the end of each chapter is one thing to try.")),
    standing, course, notebooks());
  await follow(await get("/api/lesson", { signal }));
}

/** @returns {HTMLElement} where to go on, for who wants to type */
function notebooks() {
  return element("section", { class: "card stack", "aria-label": "The course" },
    element("h2", {}, "Type it yourself"),
    element("p", {}, "Four notebooks build all of this by hand, with exercises that say whether you are right: a single layer, going deep, doing better, being honest. "
      + "They are in the folder ", element("code", {}, "lessons"), " of the project: ",
    element("code", {}, "make course-open"), " starts them in JupyterLab, ",
    element("code", {}, "make course"), " writes them as pages into ", element("code", {}, "build/course"), "."));
}

/** @returns {HTMLElement[]} how the lesson stands, and what can be done about it */
function standingShown({ state, error, parts, name }, begin) {
  if (state === "finished") {
    return [element("p", { class: "soft small" }, `Your lesson is in the runs’ folder ${name}: trained in ${parts.map((part) => `${part.elapsed_s.toFixed(1)} s`).join(" and ")}.`)];
  }
  const button = element("button", { class: "button primary", type: "button", onclick: () => { button.disabled = true; begin(); } },
    state === "none" ? "Train my two networks" : "Go on with it");
  const bars = parts.map((part) => {
    const step = part.points.at(-1)?.step ?? 0;
    const words = part.finished ? "trained" : part.points.length ? `step ${step.toLocaleString("en")} of ${part.steps.toLocaleString("en")}` : "waits";
    const id = `progress-${part.folder}`;
    return element("div", { class: "part" }, element("label", { for: id }, NAMES[part.folder], element("span", { class: "soft small" }, ` ${words}`)),
      element("progress", { id, max: part.steps, value: part.finished ? part.steps : step }));
  });
  return [element("section", { class: "card stack", "aria-label": "Your two networks" },
    state === "none" && element("p", {}, "There are no networks of your own yet. The single layer takes a few seconds, the convolutional network a minute or two; chapters come alive as soon as their network is trained."),
    state === "stopped" && element("p", {}, "Your lesson was stopped before its end; nothing is lost."),
    error && element("p", { class: "bad" }, `It stopped by itself: ${error}`),
    state !== "none" && bars,
    state === "running" ? element("p", { class: "soft small" }, "It goes on even if you close this page.") : element("div", { class: "row" }, button))];
}
