/** Create elements of the page in one expression. */

/**
 * Create an element: `element("button", {class: "button", onclick: undo}, "Undo")`.
 *
 * @param {string} tag its name
 * @param {Object<string, any>} [attributes] attributes by name. A name that starts with "on" adds a listener. The
 *   values false, null, and undefined omit the attribute; true sets it without a value
 * @param {...(Node|string|number|null|undefined|false|Array)} children its content; text is never parsed as HTML
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...withoutMissing(children));
  return node;
}

/**
 * Replace the children of an element.
 *
 * @param {Element} parent
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...withoutMissing(children));
}

/** @returns {Array<Node|string>} the children without missing ones, arrays flattened */
function withoutMissing(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
