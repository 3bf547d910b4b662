// A magnifying glass that shows the pixels round the pointer, in the corner where the pointer is not.

import { areaOf, draw } from "../picture.js";

const REACH = 14; // pixels of the picture to each side, at 1:1; fewer when zoomed in

export class Loupe {
  #svg;
  #image;
  #box;
  #mark;

  constructor(svg) {
    this.#svg = svg;
    this.#image = draw("image", { preserveAspectRatio: "none" }, svg);
    this.#box = draw("rect", { class: "colour" }, draw("g", { class: "box" }, svg));
    this.#mark = draw("g", { class: "cross" }, svg);
  }

  show({ picture, width, height }) {
    this.#image.setAttribute("href", picture);
    this.#image.setAttribute("width", width);
    this.#image.setAttribute("height", height);
  }

  look(pixel, picture, drawing) {
    this.#svg.toggleAttribute("hidden", !pixel);
    if (!pixel) return;
    const [x, y] = [pixel[0] + 0.5, pixel[1] + 0.5];
    const reach = Math.max(6, Math.min(60, (REACH * 2) / picture.scale));
    this.#svg.setAttribute("viewBox", `${x - reach} ${y - reach} ${2 * reach} ${2 * reach}`);
    this.#frame(drawing.box);
    this.#cross(x, y, reach);
    this.#keepAway(pixel, picture);
  }

  #frame(box) {
    const area = box ? areaOf(box) : { x: 0, y: 0, width: 0, height: 0 };
    for (const [name, value] of Object.entries(area)) this.#box.setAttribute(name, value);
  }

  #cross(x, y, reach) {
    this.#mark.replaceChildren();
    for (const layer of ["white", "black"]) {
      draw("line", { class: layer, x1: x - reach, x2: x + reach, y1: y, y2: y }, this.#mark);
      draw("line", { class: layer, y1: y - reach, y2: y + reach, x1: x, x2: x }, this.#mark);
    }
  }

  // The glass sits at the top right, or at the top left while the pointer is on the right.
  #keepAway([x], picture) {
    const { left, width } = picture.svg.getBoundingClientRect();
    const onScreen = new DOMPoint(x, 0).matrixTransform(picture.svg.getScreenCTM()).x;
    this.#svg.classList.toggle("away", onScreen > left + width / 2);
  }
}
