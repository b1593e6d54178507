/** Questions to the user, in a dialog of the page. */

import { element } from "./element.js";

/**
 * @param {{question: string, details: string, action: string, danger?: boolean}} options the action labels the button
 * @returns {Promise<boolean>} whether the user confirmed
 */
export async function confirm(options) {
  return (await ask(options, null)) !== null;
}

/**
 * @param {{question: string, details: string, action: string, value: string, label: string}} options
 * @returns {Promise<?string>} the text that the user entered; null if they canceled
 */
export function prompt(options) {
  const input = element("input", { type: "text", value: options.value, maxlength: 100, required: true });
  return ask(options, input);
}

function ask({ question, details, action, label, danger = false }, input) {
  const form = element("form", { method: "dialog", class: "stack" },
    element("h2", { id: "question" }, question),
    element("p", {}, details),
    input && element("label", { class: "field" }, label, input),
    element("div", { class: "row" },
      element("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, action),
      element("button", { class: "button", value: "no", formnovalidate: true, autofocus: !input }, "Cancel")));
  const dialog = element("dialog", { class: "card", "aria-labelledby": "question" }, form);
  document.body.append(dialog);
  dialog.showModal();
  input?.select();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes" ? (input?.value.trim() ?? "") : null);
  }, { once: true }));
}
