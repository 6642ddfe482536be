"""What a page's reader needs, looked up in the page itself: scripts for `page.evaluate`."""

from __future__ import annotations

# Text that stands out too little from what is behind it (WCAG 2.2, 1.4.3); what is disabled may.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      layers.push(rgba(getComputedStyle(at).backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest(":disabled, [aria-busy=true], noscript, option")) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const below = behind(node);
    const both = [light(over(rgba(style.color), below)), light(below)];
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return found;
}"""

# Controls without a name, ids that are there twice, references to nothing, targets too small to
# hit (WCAG 2.2, 2.5.8).
NAMELESS = """() => {
  const found = [];
  const elsewhere = (node) =>
    (node.getAttribute("aria-labelledby") ?? "").split(" ")
      .map((id) => document.getElementById(id)?.textContent).join("");
  const name = (node) =>
    node.getAttribute("aria-label") || node.labels?.[0]?.textContent ||
    node.textContent.trim() || node.getAttribute("title") || elsewhere(node);
  const targets = "button, input, select, summary";
  const others = "a, iframe, dialog, section, progress";
  for (const node of document.querySelectorAll(`${targets}, ${others}`)) {
    if (!node.checkVisibility()) continue;
    if (!name(node)) found.push(`no name: ${node.outerHTML.slice(0, 80)}`);
    const { width, height } = node.getBoundingClientRect();
    if (node.matches(targets) && Math.min(width, height) < 24) found.push(`small: ${name(node)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  found.push(...ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `twice: ${id}`));
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      const lost = node.getAttribute(attribute).split(" ").filter((id) => !ids.includes(id));
      found.push(...lost.map((id) => `refers to nothing: ${id}`));
    }
  }
  return found;
}"""
