// What has been drawn on one picture: up to four extreme points, then a box; every step can be undone.
// Boxes are inclusive pixels [xmin, ymin, xmax, ymax] inside the picture, at least two pixels each way.

import { within } from "../picture.js";

const POINTS = 4; // Papadopoulos et al. 2017: the top, bottom, left- and right-most point

export class Drawing {
  #past = [];
  #width;
  #height;
  points = [];
  box = null;
  kept = null; // the box that was given as the answer
  passed = null; // what lay there when the answer was given that there is nothing to draw

  constructor(width, height, box = null) {
    this.#width = width;
    this.#height = height;
    this.box = this.kept = box;
  }

  get left() {
    return this.box ? 0 : POINTS - this.points.length;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get isKept() {
    return this.kept !== null && String(this.box) === String(this.kept);
  }

  remember() {
    this.#past.push({ points: this.points, box: this.box });
  }

  undo() {
    const before = this.#past.pop();
    if (before) Object.assign(this, before);
  }

  clear() {
    if (!this.box && !this.points.length) return;
    this.remember();
    this.points = [];
    this.box = null;
  }

  addPoint(pixel) {
    if (this.box) return;
    this.remember();
    this.points = [...this.points, pixel];
    if (this.points.length === POINTS) this.#close();
  }

  #close() {
    this.span(this.points);
    this.points = [];
  }

  // The box that just holds these pixels.
  span(pixels) {
    const [xs, ys] = [pixels.map(([x]) => x), pixels.map(([, y]) => y)];
    const [xmin, xmax] = apart(Math.min(...xs), Math.max(...xs), this.#width);
    const [ymin, ymax] = apart(Math.min(...ys), Math.max(...ys), this.#height);
    this.points = [];
    this.box = [xmin, ymin, xmax, ymax];
  }

  // Move the sides that a handle holds: `sides` has "w" or "e", "n" or "s".
  move(sides, [x, y]) {
    let [xmin, ymin, xmax, ymax] = this.box;
    if (sides.includes("w")) xmin = within(x, 0, xmax - 1);
    if (sides.includes("e")) xmax = within(x, xmin + 1, this.#width - 1);
    if (sides.includes("n")) ymin = within(y, 0, ymax - 1);
    if (sides.includes("s")) ymax = within(y, ymin + 1, this.#height - 1);
    this.box = [xmin, ymin, xmax, ymax];
  }

  // Where a handle sits, as the pixel it moves.
  pixelOf(sides) {
    const [xmin, ymin, xmax, ymax] = this.box;
    const x = sides.includes("w") ? xmin : sides.includes("e") ? xmax : Math.round((xmin + xmax) / 2);
    const y = sides.includes("n") ? ymin : sides.includes("s") ? ymax : Math.round((ymin + ymax) / 2);
    return [x, y];
  }
}

function apart(low, high, size) {
  if (high > low) return [low, high];
  return high + 1 < size ? [low, high + 1] : [low - 1, high];
}
