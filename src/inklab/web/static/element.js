/** Elements of the page, made in one expression. */

/**
 * Make an element: `element("button", {class: "button", onclick: undo}, "Undo")`.
 *
 * @param {string} tag its name
 * @param {Object<string, any>} [attributes] attributes by name; those that begin with "on" are listeners; what is
 *   false, null or undefined is left out, and true is an attribute without a value
 * @param {...(Node|string|number|null|undefined|false|Array)} children what it holds; text is never read as HTML
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...present(children));
  return made;
}

/**
 * Put these children, and only these, into an element.
 *
 * @param {Element} parent
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

/** @returns {Array<Node|string>} the children that are there, those of arrays too */
function present(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
