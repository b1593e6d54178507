/** One run, as it goes: its state, its curves, what it looks like inside, and what can be done with it. */

import { events, get, post } from "../api.js";
import { element, fill } from "../element.js";
import { confirmed } from "./ask.js";
import { curvesShown } from "./curves.js";
import { accuracy, count, duration, silent } from "./figures.js";
import { insideShown } from "./inside.js";

const AGAIN_MS = 1000;
const STATES = { training: "is training", paused: "is paused", finished: "is finished", failed: "has failed" };

/**
 * @param {{signal: AbortSignal, onchange: function(): void, onname: function(?string): void}} options who is told when its
 *   state changes, and when it is gone
 * @returns {{root: HTMLElement, show: function(?string): void}} the latter follows a run by its name
 */
export function runShown({ signal, onchange, onname }) {
  const curves = curvesShown({ signal });
  const inside = insideShown();
  const heading = element("h2", { id: "watched" }, "No run yet");
  const chip = element("span", { class: "chip", hidden: true });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Steps taken" });
  const figures = element("dl", { class: "facts" });
  const reason = element("p", { class: "mistake", hidden: true });
  const said = element("p", { class: "sr", "aria-live": "polite" });
  const [pause, resume, stop] = [
    button("Pause", () => act("pause", "Pausing …")), button("Resume", () => act("resume", "Resuming …")), button("Stop and delete …", () => end(), "danger"),
  ];
  const links = element("span", { class: "row" });
  const body = element("div", { class: "stack", hidden: true }, element("div", { class: "standing" }, bar, figures), reason,
    element("div", { class: "row" }, pause, resume, stop, links), said, curves.root, inside.root);
  const none = element("p", { class: "soft" }, "Choose a recipe and start: what it learns is shown here as it learns it.");
  const root = element("section", { class: "card stack watched", "aria-labelledby": "watched" },
    element("div", { class: "row" }, heading, chip), none, body);

  let name = null;
  let run = null;
  let following = new AbortController();
  signal.addEventListener("abort", () => following.abort(), { once: true });

  function show(wanted) {
    following.abort();
    following = new AbortController();
    name = wanted;
    run = null;
    curves.clear();
    inside.update(null);
    body.hidden = !name;
    none.hidden = Boolean(name);
    chip.hidden = true;
    fill(heading, name ?? "No run yet");
    if (name) follow(following.signal).catch(silent);
  }

  /** Follow the run, of a committee the column that came last, until it trains no more. */
  async function follow(until) {
    const found = await get(`/api/runs/one?${new URLSearchParams({ run: name })}`, { signal: until });
    stand(found);
    const part = found.columns.at(-1) ?? found.name;
    if (found.settings.columns.length && !found.columns.length) {
      if (found.state === "training") later(until);
      return;
    }
    const stream = new AbortController();
    until.addEventListener("abort", () => stream.abort(), { once: true });
    events(`/api/training/events?${new URLSearchParams({ run: part })}`, { signal: stream.signal, on: {
      reports({ start, reports }) {
        curves.reports(start, reports);
        run.valid_accuracy = reports.findLast((one) => one.step > 0 && one.valid_accuracy !== undefined)?.valid_accuracy ?? run.valid_accuracy;
        report(reports.at(-1));
      },
      live(seen) {
        curves.live(seen);
        inside.update(seen);
        report(seen);
      },
      async end(last) {
        stream.abort();
        if (part !== name) { // a column: another may have begun
          const committee = await get(`/api/runs/one?${new URLSearchParams({ run: name })}`, { signal: until });
          stand(committee);
          if (committee.state === "training") later(until);
          else onchange();
          return;
        }
        const was = run?.state;
        stand({ ...run, ...last });
        if (was !== last.state) {
          said.textContent = `${name} ${STATES[last.state]}`;
          onchange();
        }
      },
      trouble({ error }) {
        stream.abort();
        stand({ ...run, state: "failed", reason: error });
      },
    } });
  }

  function later(until) {
    const timer = setTimeout(() => { curves.clear(); follow(until).catch(silent); }, AGAIN_MS);
    until.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  function stand(found) {
    run = found;
    chip.hidden = false;
    chip.className = `chip ${run.state}`;
    chip.textContent = run.state;
    pause.hidden = run.state !== "training";
    resume.hidden = !["paused", "failed"].includes(run.state);
    stop.hidden = run.state !== "training" || run.column;
    reason.hidden = !run.reason;
    reason.textContent = run.reason;
    const asked = new URLSearchParams({ run: run.name });
    fill(links, run.state === "finished" && [
      element("a", { class: "button", href: `#/draw?${new URLSearchParams({ network: run.name })}` }, "Draw for it"),
      element("a", { class: "button", href: `#/mistakes?${asked}` }, "See its mistakes")]);
    if (run.report) report(run.columns.length ? run.report : { ...run.report, step: run.step });
    else tell(run.step, null, null);
  }

  /** Tell how far the run is; of a committee, how far the column. */
  function report(latest) {
    tell(latest.step, latest.images_per_s, latest.accuracy);
  }

  function tell(step, imagesPerS, right) {
    const of = run.columns.length ? run.steps / run.settings.columns.length : run.steps;
    bar.value = run.state === "finished" ? 1 : step / of;
    const isTraining = run.state === "training";
    const left = imagesPerS ? (of - step) * run.settings.batch_size / imagesPerS : null;
    fill(figures, [["Step", `${count(step)} of ${count(of)}`], ["Of the batch right", accuracy(right)], ["Of valid right", accuracy(run.valid_accuracy)],
      ["Images a second", imagesPerS ? count(imagesPerS) : "–"], isTraining ? ["Time left", duration(left && Math.ceil(left))] : ["Trained for", duration(run.elapsed_s)],
      run.columns.length ? ["Columns begun", `${run.columns.length} of ${run.settings.columns.length}`] : null]
      .filter(Boolean).map(([what, value]) => element("div", {}, element("dt", {}, what), element("dd", {}, value))));
  }

  async function act(what, saying) {
    said.textContent = saying;
    for (const one of [pause, resume, stop]) one.disabled = true;
    try {
      await post(`/api/training/${what}`, { run: name }, { signal });
      said.textContent = what === "pause" ? `${name} is paused` : `${name} is training`;
      if (what === "resume") show(name);
      else if (run.settings.columns.length) show(name);
      onchange();
    } finally {
      for (const one of [pause, resume, stop]) one.disabled = false;
    }
  }

  async function end() {
    const isSure = await confirmed({
      question: `Stop ${name} and delete it?`, yes: "Stop and delete", danger: true,
      details: "What it has learned so far is lost. To go on with it another time, pause it instead.",
    });
    if (!isSure) return;
    await act("stop", "Stopping …");
    onname(null);
  }

  function button(words, onclick, kind = "") {
    return element("button", { class: `button ${kind}`, type: "button", onclick: () => onclick().catch(silent) }, words);
  }

  return { root, show };
}
