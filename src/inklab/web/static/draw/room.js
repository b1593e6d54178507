/** The Draw room: draw a digit, and see what the network sees, answers, and why. */

import { get, post, remove, tell, Trouble } from "../api.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { map, redraw } from "../map.js";
import { answerShown, ERROR_RATES } from "./answer.js";
import { bytes, floats, percent } from "./numbers.js";
import { openedShown } from "./opened.js";
import { sheet } from "./sheet.js";
import { whyShown } from "./why.js";

export const title = "Draw";

const SIDE = 28;
const MOST_BYTES = 15 * 2 ** 20;
const NOTHING = {
  answer: { digit: null, confidence: 0, probabilities: null, prediction_set: [], reason: "blank" }, image: null, layers: [],
};

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} visit `?network=NAME` opens another network
 */
export async function show(root, { params, signal }) {
  let network = params.get("network") ?? "inklab";
  let opened = null;
  let seen = NOTHING;

  const paper = sheet({ signal, onchange: (ended) => look(ended) });
  const answer = answerShown();
  const why = whyShown({ signal });
  const image = map([], { rows: SIDE, columns: SIDE, label: "" });
  const rate = element("select", { onchange: () => look(true) },
    ERROR_RATES.map(([value, words]) => element("option", { value }, words)));
  const choice = element("select", { onchange: () => choose(choice.value) });
  const inside = element("div", { "aria-live": "off" });
  const glance = element("span", { class: "glance", "aria-hidden": "true" });
  const kept = element("p", { "aria-live": "polite", class: "small" });

  const look = latest(async (ended) => {
    const by = network;
    let found = NOTHING;
    if (!paper.isBlank()) {
      const form = new FormData();
      form.append("picture", await paper.picture(), "drawing.png");
      const asked = new URLSearchParams({ network: by, error_rate: rate.value });
      found = await post(`/api/draw/look?${asked}`, form, { signal });
    }
    if (by !== network) return; // another was chosen meanwhile
    seen = { ...found, by };
    shown(ended);
  });

  function shown(ended) {
    answer.update(seen.answer);
    if (ended) answer.announce();
    glance.textContent = seen.answer.digit === null ? "" : `${seen.answer.digit} · ${percent(seen.answer.confidence)}`;
    redraw(image, seen.image ? bytes(seen.image) : new Uint8Array(SIDE * SIDE), {
      rows: SIDE, columns: SIDE, most: 255, label: `What the network sees${seen.image ? "" : ": nothing yet"}`,
    });
    why.update(seen, network, ended);
    opened?.update(seen.image, seen.layers.map(floats));
    for (const button of wrong) button.disabled = seen.image === null;
    if (!ended) fill(kept);
  }

  async function open() {
    fill(inside, element("p", { class: "soft" }, "Opening the network; for a run this takes some seconds the first time …"));
    const found = await get(`/api/draw/network?${new URLSearchParams({ network })}`, { signal });
    if (found.name !== network) return; // another was chosen meanwhile
    opened = openedShown({ network: found, signal });
    fill(inside, opened.root);
    if (seen.by === network) shown(true);
    else await look(true);
  }

  function choose(name) {
    network = name;
    opened = null;
    seen = NOTHING;
    history.replaceState(null, "", `#/draw?${new URLSearchParams({ network })}`);
    open().catch(silent);
  }

  async function keep(label) {
    const form = new FormData();
    form.append("picture", await paper.picture(true), "drawing.png");
    const { name, counts } = await post(`/api/drawings/${label}`, form, { signal });
    const total = counts.reduce((sum, one) => sum + one, 0);
    fill(kept, `Kept as a ${label}; ${total} ${total === 1 ? "drawing" : "drawings"} of your own so far. `,
      button("Take it back", () => takeBack(label, name).catch(silent)));
  }

  async function takeBack(label, name) {
    await remove(`/api/drawings/${label}/${name}`, { signal });
    fill(kept, "Taken back.");
  }

  async function place(file) {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      tell(`${file.name} has ${Math.round(file.size / 2 ** 20)} MiB; expected at most ${MOST_BYTES / 2 ** 20}.`);
      return;
    }
    const name = file.name || "What was given";
    await paper.place(file).catch(() => tell(`${name} is no picture that the browser can show.`));
  }

  const wrong = [...Array(10).keys()].map((label) => element("button", {
    class: "button", type: "button", disabled: true, "aria-label": `It was a ${label}`,
    onclick: () => keep(label).catch(silent),
  }, label));
  const button = (name, onclick) => element("button", { class: "button", type: "button", onclick }, name);

  fill(root,
    element("div", { class: "head" },
      element("div", { class: "stack" }, element("h1", {}, title),
        element("p", { class: "soft" }, "Draw a digit. The network reads it while you draw, says how sure it is, and lets you "
          + "look at every step of its reasoning.")),
      element("label", { class: "field" }, "Network", choice)),
    element("div", { class: "reading" },
      element("section", { class: "card stack", "aria-labelledby": "step-1" },
        element("h2", { id: "step-1" }, step(1), "Your drawing", glance),
        paper.root,
        element("div", { class: "row tools" },
          button("Undo", paper.undo), button("Clear", paper.clear), button("Try a 7", paper.example),
          element("label", { class: "button chooser" }, "Picture …",
            element("input", { type: "file", accept: "image/*", class: "sr", onchange: (event) => place(event.target.files[0]) }))),
        element("p", { class: "soft small" }, "With mouse, finger or pen; or paste or drop a picture. By keyboard: "
          + "arrow keys, and space for pen down.")),
      element("section", { class: "card stack sees", "aria-labelledby": "step-2" },
        element("h2", { id: "step-2" }, step(2), "What it sees"),
        image,
        element("p", { class: "soft small" }, "The ink alone, 28 × 28 pixels, scaled and centred as the digits were that it "
          + "learned from. Everything below starts from these 784 numbers.")),
      element("section", { class: "card stack", "aria-labelledby": "step-3" },
        element("h2", { id: "step-3" }, step(3), "What it answers"),
        answer.root,
        element("label", { class: "field inline" }, "The set may miss the truth", rate),
        element("div", { class: "stack wrong" }, element("p", { id: "wrong" }, "Wrong, or unsure? Keep it as what it was:"),
          element("div", { class: "row labels", role: "group", "aria-labelledby": "wrong" }, wrong), kept))),
    element("section", { class: "card stack", "aria-labelledby": "step-4" },
      element("h2", { id: "step-4" }, step(4), "Why"),
      why.root),
    element("section", { class: "card stack", "aria-labelledby": "step-5" },
      element("h2", { id: "step-5" }, step(5), "Inside the network"),
      element("p", { class: "soft" }, "From the image at the top to the answer at the bottom. Click a map to see where its "
        + "numbers come from."),
      inside));

  document.addEventListener("paste", (event) => place(event.clipboardData.files[0]), { signal });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    place(event.dataTransfer.files[0]);
  });

  shown(false);
  const models = await get("/api/models", { signal });
  fill(choice, models.map(({ name, recipe, shipped }) => element("option", { value: name, selected: name === network },
    shipped ? "inklab’s own" : name === recipe ? name : `${name} (${recipe})`)));
  await open();
}

const step = (number) => element("span", { class: "step", "aria-hidden": "true" }, number);

/** What went wrong with the service has been told already; anything else is a fault of the page. */
function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
