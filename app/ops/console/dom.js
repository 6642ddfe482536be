// Elements without ever parsing text as HTML: what strangers wrote is text, and stays it.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

// `props`: `class`, `on` (listeners by event), all others are attributes; null leaves one out.
export function el(tag, props = {}, ...children) {
  return filled(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Leaves alone what is so already: a selection, and whoever listens to the page, are not disturbed.
export function say(node, text) {
  const said = text === null || text === undefined ? "" : String(text);
  if (node.textContent !== said) node.textContent = said;
}

export function mark(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

// Makes `parent`'s children those of `items`, keeping the element of each key, its focus and state.
export function keyed(parent, items, keyOf, make, update) {
  const known = (parent.keyed ??= new Map());
  const left = new Set(known.keys());
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    left.delete(key);
    let node = known.get(key);
    if (node === undefined) {
      node = make(item);
      known.set(key, node);
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const key of left) {
    known.get(key).remove();
    known.delete(key);
  }
}

// Parts of an element by name: `part(node, "name")` finds what was made with `data-part="name"`.
export const part = (node, name) => node.querySelector(`[data-part="${name}"]`);
