// Eight handles round a box: to drag, or to reach by Tab and move with the arrow keys.

import { draw } from "../picture.js";

const NAMES = {
  nw: "top left corner", n: "top edge", ne: "top right corner", e: "right edge",
  se: "bottom right corner", s: "bottom edge", sw: "bottom left corner", w: "left edge",
};
const HIT = matchMedia("(pointer: coarse)").matches ? 44 : 26; // CSS pixels across
const GRIP = 11;

export class Handles {
  #group;
  #picture;
  #all;

  constructor(picture, svg) {
    this.#picture = picture;
    this.#group = draw("g", {}, svg);
    this.#all = Object.keys(NAMES).map((sides) => this.#build(sides));
  }

  // Handles keep their size on the screen; round a small box they move outwards, so that none covers another.
  place(drawing) {
    this.#group.toggleAttribute("hidden", !drawing.box);
    this.#group.style.display = drawing.box ? "" : "none";
    if (!drawing.box) return;
    const { scale } = this.#picture;
    const [xmin, ymin, xmax, ymax] = drawing.box;
    const out = (side) => Math.max(0, HIT - ((side + 1) * scale) / 2) / scale;
    const [dx, dy] = [out(xmax - xmin), out(ymax - ymin)];
    for (const handle of this.#all) {
      const { sides } = handle.dataset;
      const x = sides.includes("w") ? xmin - dx : sides.includes("e") ? xmax + 1 + dx : (xmin + xmax + 1) / 2;
      const y = sides.includes("n") ? ymin - dy : sides.includes("s") ? ymax + 1 + dy : (ymin + ymax + 1) / 2;
      resize(handle.firstChild, x, y, HIT / scale);
      resize(handle.lastChild, x, y, GRIP / scale);
      handle.setAttribute("aria-label", `${NAMES[sides]}, ${drawing.pixelOf(sides).join(", ")}`);
    }
  }

  #build(sides) {
    const handle = draw("g", { class: "handle", tabindex: 0, role: "button", "data-sides": sides }, this.#group);
    draw("rect", { class: "hit" }, handle);
    draw("rect", { class: "grip" }, handle);
    return handle;
  }
}

export const handleOf = (event) => event.target.closest?.(".handle")?.dataset.sides;

function resize(rect, x, y, side) {
  for (const [name, value] of Object.entries({ x: x - side / 2, y: y - side / 2, width: side, height: side })) {
    rect.setAttribute(name, value);
  }
}
