/** Questions to the user, in a dialog of the page. */

import { element } from "../element.js";

/**
 * @param {{question: string, details: string, yes: string, danger?: boolean}} asked
 * @returns {Promise<boolean>} whether the user said yes
 */
export async function confirmed(asked) {
  return (await answered(asked, null)) !== null;
}

/**
 * @param {{question: string, details: string, yes: string, value: string, label: string}} asked
 * @returns {Promise<?string>} what the user wrote; null where they went back
 */
export function written(asked) {
  const input = element("input", { type: "text", value: asked.value, maxlength: 100, required: true });
  return answered(asked, input);
}

function answered({ question, details, yes, label, danger = false }, input) {
  const form = element("form", { method: "dialog", class: "stack" },
    element("h2", { id: "asked" }, question),
    element("p", {}, details),
    input && element("label", { class: "field" }, label, input),
    element("div", { class: "row" },
      element("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, yes),
      element("button", { class: "button", value: "no", formnovalidate: true, autofocus: !input }, "Cancel")));
  const dialog = element("dialog", { class: "card ask", "aria-labelledby": "asked" }, form);
  document.body.append(dialog);
  dialog.showModal();
  input?.select();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes" ? (input?.value.trim() ?? "") : null);
  }, { once: true }));
}
