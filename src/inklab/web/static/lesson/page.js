/** The Lesson page: chapters with text, figures, and experiments, all from the user's own two networks. */

import { element, fill } from "../element.js";
import { count, duration } from "../format.js";
import { get, ignoreApiError, pause, post } from "../request.js";
import { chapters } from "./chapters.js";

export const title = "Lesson";

const POLL_MS = 1500;
/** The names of the two networks, by the folder of their run. */
const NETWORKS = { softmax: "The single layer", cnn: "The convolutional network" };

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} options
 */
export async function show(root, { signal }) {
  const status = element("div", {});
  const course = element("div", { class: "course" });
  let shownVersion = "";
  let leaving = new AbortController();

  function update(lesson) {
    fill(status, statusView(lesson, start));
    const version = [lesson.name, ...lesson.parts.map(({ finished }) => finished)].join();
    if (version === shownVersion) return;
    shownVersion = version;
    leaving.abort();
    leaving = new AbortController();
    fill(course, chapters(lesson, { signal: AbortSignal.any([signal, leaving.signal]) }));
  }

  async function follow(lesson) {
    update(lesson);
    while (lesson.state === "running") {
      await pause(POLL_MS, signal);
      lesson = await get("/api/lesson", { signal });
      update(lesson);
    }
  }

  const start = () => post("/api/lesson", undefined, { signal }).then(follow).catch(ignoreApiError);

  fill(root,
    element("div", { class: "stack" }, element("h1", {}, title),
      element("p", { class: "muted" }, "Two networks that read handwritten digits: a single layer, then a convolutional network. "
        + "The results come from networks trained on this computer, except the published results at the end. Each chapter has an experiment.")),
    status, course, notebooks());
  await follow(await get("/api/lesson", { signal }));
}

/** @returns {HTMLElement} the notebooks, for readers who prefer to write code */
function notebooks() {
  return element("section", { class: "card stack", "aria-label": "Notebooks" },
    element("h2", {}, "Notebooks"),
    element("p", {}, "If you prefer to write code: four notebooks build all of this step by step, with exercises that check your answers. "
      + "They are in the folder ", element("code", {}, "lessons"), " of the project. ",
    element("code", {}, "make course-open"), " opens them in JupyterLab; ",
    element("code", {}, "make course"), " writes them as HTML pages to ", element("code", {}, "build/course"), "."));
}

/** @returns {HTMLElement[]} the state of the lesson, and a button to start or resume it */
function statusView({ state, error, parts, name }, start) {
  if (state === "finished") {
    return [element("p", { class: "muted small" }, `Your lesson is the folder ${name} in your runs folder. Training took ${parts.map((part) => duration(part.elapsed_s)).join(" and ")}.`)];
  }
  const button = element("button", { class: "button primary", type: "button", onclick: () => { button.disabled = true; start(); } },
    state === "none" ? "Train my two networks" : "Resume");
  const bars = parts.map((part) => {
    const step = part.points.at(-1)?.step ?? 0;
    const progress = part.finished ? "trained" : part.points.length ? `step ${count(step)} of ${count(part.steps)}` : "waiting";
    const id = `progress-${part.folder}`;
    return element("div", { class: "part" }, element("label", { for: id }, NETWORKS[part.folder], element("span", { class: "muted small" }, ` ${progress}`)),
      element("progress", { id, max: part.steps, value: part.finished ? part.steps : step }));
  });
  return [element("section", { class: "card stack", "aria-label": "Your two networks" },
    state === "none" && element("p", {}, "You have not trained the two networks yet. The single layer takes a few seconds, the convolutional network a minute or two. A chapter shows its figures once its network is trained."),
    state === "stopped" && element("p", {}, "The lesson was stopped before its end. Nothing is lost."),
    error && element("p", { class: "bad" }, `The lesson failed: ${error}`),
    state !== "none" && bars,
    state === "running" ? element("p", { class: "muted small" }, "The training continues if you close this page.") : element("div", { class: "row" }, button))];
}
