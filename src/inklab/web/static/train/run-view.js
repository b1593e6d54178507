/** One run: its state, its training curves, the latest snapshot, and the actions on it. */

import { confirm } from "../dialog.js";
import { element, fill } from "../element.js";
import { count, duration, percent } from "../format.js";
import { events, get, ignoreApiError, pause as wait, post, remove, runPath } from "../request.js";
import { snapshotView } from "./snapshot-view.js";
import { trainingCurves } from "./training-curves.js";

const RETRY_MS = 1000;
const STATES = { training: "is training", paused: "is paused", finished: "is finished", failed: "has failed" };

/**
 * @param {{signal: AbortSignal, onchange: function(): void, ondeleted: function(): void}} options the listeners are
 *   called when the state changes, and when the run is deleted
 * @returns {{root: HTMLElement, show: function(?string): void}} `show` takes the name of a run and follows it
 */
export function runView({ signal, onchange, ondeleted }) {
  const curves = trainingCurves({ signal });
  const snapshot = snapshotView();
  const heading = element("h2", { id: "run" }, "No run selected");
  const chip = element("span", { class: "chip", hidden: true });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Training progress" });
  const facts = element("dl", { class: "facts" });
  const failure = element("p", { class: "form-error", hidden: true });
  const announcement = element("p", { class: "sr", "aria-live": "polite" });
  const [pause, resume, stop] = [
    button("Pause", () => act("pause", "Pausing …")), button("Resume", () => act("resume", "Resuming …")), button("Stop and delete …", () => stopAndDelete(), "danger"),
  ];
  const links = element("span", { class: "row" });
  const body = element("div", { class: "stack", hidden: true }, element("div", { class: "status" }, bar, facts), failure,
    element("div", { class: "row" }, pause, resume, stop, links), announcement, curves.root, snapshot.root);
  const hint = element("p", { class: "muted" });
  const root = element("section", { class: "card stack run", "aria-labelledby": "run" },
    element("div", { class: "row" }, heading, chip), hint, body);

  let name = null;
  let run = null;
  let following = new AbortController();
  signal.addEventListener("abort", () => following.abort(), { once: true });

  function show(newName) {
    following.abort();
    following = new AbortController();
    name = newName;
    run = null;
    curves.clear();
    snapshot.update(null);
    body.hidden = !name;
    hint.hidden = Boolean(name);
    fill(hint, "Choose a recipe and start training. The progress is shown here.");
    chip.hidden = true;
    fill(heading, name ?? "No run selected");
    if (name) follow(following.signal).catch((error) => {
      if (error.status >= 400 && error.status < 500 && !run) showMissing(error.message);
      ignoreApiError(error);
    });
  }

  function showMissing(message) {
    body.hidden = true;
    hint.hidden = false;
    fill(heading, "No run selected");
    fill(hint, message.includes("is not a run") ? `There is no run named ${name}.` : message);
  }

  /** Follow a run, or the latest member of an ensemble, until its training ends. */
  async function follow(until) {
    updateRun(await get(runPath(name), { signal: until }));
    const followed = run.members.at(-1) ?? name;
    if (run.member_count && !run.members.length) {
      if (run.state === "training") await followAgain(until);
      return;
    }
    const stream = new AbortController();
    until.addEventListener("abort", () => stream.abort(), { once: true });
    events(runPath(followed, "events"), { signal: stream.signal, on: {
      reports({ start, reports }) {
        curves.addReports(start, reports);
        run.valid_accuracy = reports.findLast((report) => report.step > 0 && report.valid_accuracy !== undefined)?.valid_accuracy ?? run.valid_accuracy;
        updateFacts(reports.at(-1));
      },
      snapshot(data) {
        curves.addSnapshot(data);
        snapshot.update(data);
        updateFacts(data);
      },
      async end(last) {
        stream.abort();
        if (followed !== name) { // a member of an ensemble: the next one may have started
          updateRun(await get(runPath(name), { signal: until }));
          if (run.state === "training") await followAgain(until).catch(ignoreApiError);
          else onchange();
          return;
        }
        const stateBefore = run?.state;
        updateRun({ ...run, ...last });
        if (stateBefore !== last.state) {
          announcement.textContent = `${name} ${STATES[last.state]}`;
          onchange();
        }
      },
      failure({ error }) {
        stream.abort();
        updateRun({ ...run, state: "failed", failure: error });
      },
    } });
  }

  async function followAgain(until) {
    await wait(RETRY_MS, until);
    curves.clear();
    await follow(until);
  }

  function updateRun(status) {
    run = status;
    chip.hidden = false;
    chip.className = `chip ${run.state}`;
    chip.textContent = run.state;
    pause.hidden = run.state !== "training";
    resume.hidden = !["paused", "failed"].includes(run.state);
    stop.hidden = run.state !== "training" || run.is_member;
    failure.hidden = !run.failure;
    failure.textContent = run.failure;
    const query = new URLSearchParams({ model: run.name });
    fill(links, run.state === "finished" && [
      element("a", { class: "button", href: `#/draw?${query}` }, "Draw with this network"),
      element("a", { class: "button", href: `#/errors?${query}` }, "Show its errors")]);
    const report = run.report ?? { step: run.step, images_per_s: null, accuracy: null };
    updateFacts(run.member_count ? report : { ...report, step: run.step });
  }

  /** Show the progress of the run; of an ensemble, the progress of the member in training. */
  function updateFacts({ step, images_per_s: imagesPerS, accuracy }) {
    const steps = run.member_count ? run.steps / run.member_count : run.steps;
    bar.value = run.state === "finished" ? 1 : step / steps;
    const remaining = imagesPerS ? (steps - step) * run.settings.batch_size / imagesPerS : null;
    fill(facts, [["Step", `${count(step)} of ${count(steps)}`], ["Accuracy on the training batch", percent(accuracy)], ["Validation accuracy", percent(run.valid_accuracy)],
      ["Images per second", imagesPerS ? count(imagesPerS) : "–"], run.state === "training" ? ["Time left", duration(remaining)] : ["Training time", duration(run.elapsed_s)],
      run.member_count ? ["Members started", `${run.members.length} of ${run.member_count}`] : null]
      .filter(Boolean).map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
  }

  async function act(action, message) {
    announcement.textContent = message;
    for (const control of [pause, resume, stop]) control.disabled = true;
    try {
      if (action === "delete") await remove(runPath(name), { signal });
      else await post(runPath(name, action), undefined, { signal });
      announcement.textContent = `${name} ${{ pause: "is paused", resume: "is training", delete: "is deleted" }[action]}`;
      if (action === "delete") ondeleted();
      else if (action === "resume" || run.member_count) show(name);
      onchange();
    } finally {
      for (const control of [pause, resume, stop]) control.disabled = false;
    }
  }

  async function stopAndDelete() {
    const isConfirmed = await confirm({
      question: `Stop ${name} and delete it?`, action: "Stop and delete", danger: true,
      details: "The weights trained so far will be lost. To continue the training later, pause the run instead.",
    });
    if (isConfirmed) await act("delete", "Stopping …");
  }

  function button(label, onclick, kind = "") {
    return element("button", { class: `button ${kind}`, type: "button", onclick: () => onclick().catch(ignoreApiError) }, label);
  }

  return { root, show };
}
