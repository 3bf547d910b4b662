// The picture to draw on. A click sets an extreme point, a drag makes a box, a drag at a handle moves it;
// everything works from the keyboard too: arrows move a cross, Space sets a point, handles take arrows.

import { draw, drawBox, Picture } from "../picture.js";
import { ARROWS } from "../zoom.js";
import { handleOf, Handles } from "./handles.js";
import { Loupe } from "./loupe.js";

const DRAG_FROM = 6; // CSS pixels; less is a click

export class Canvas {
  #svg;
  #overlay;
  #handles;
  #loupe;
  #changed;
  #gesture = null;
  #fingers = new Set();
  #cross = null;
  locked = false;

  constructor(svg, loupe, changed) {
    this.#svg = svg;
    this.#changed = changed;
    this.picture = new Picture(svg);
    this.#overlay = draw("g", {}, svg);
    this.#handles = new Handles(this.picture, svg);
    this.#loupe = new Loupe(loupe);
    this.picture.whenMoved(() => this.drawing && this.#paint());
    const on = (name, act) => svg.addEventListener(name, (event) => act.call(this, event));
    on("pointerdown", this.#down);
    on("pointermove", this.#move);
    on("pointerup", this.#up);
    on("pointercancel", this.#cancel);
    on("pointerleave", () => this.#gesture ?? this.#point(null));
    on("contextmenu", (event) => event.preventDefault());
  }

  show(item, drawing, label) {
    this.drawing = drawing;
    this.#gesture = null;
    this.picture.show(item.picture, item.width, item.height, label);
    this.picture.setBoxes(item.boxes, "taken");
    this.#loupe.show(item);
    this.#point(null);
  }

  // What undoes ends a drag too: the box it held may be gone.
  undo() {
    this.#gesture = null;
    this.drawing.undo();
    this.#paint();
  }

  clear() {
    this.#gesture = null;
    this.drawing.clear();
    this.#paint();
  }

  // Returns whether the key was one of the canvas's.
  key(event) {
    if (this.locked) return false;
    const sides = handleOf({ target: document.activeElement });
    if (event.key in ARROWS) return this.#arrow(ARROWS[event.key], event.shiftKey ? 10 : 1, sides);
    if (event.key !== " " || sides || !this.#cross) return false;
    this.drawing.addPoint(this.#cross);
    this.#paint();
    return true;
  }

  #arrow([dx, dy], step, sides) {
    const [x, y] = sides ? this.drawing.pixelOf(sides) : (this.#cross ?? this.picture.middle());
    const pixel = this.picture.pixelAt([x + dx * step, y + dy * step]);
    if (sides) {
      this.drawing.remember();
      this.drawing.move(sides, pixel);
    }
    this.picture.reveal(pixel);
    this.#point(pixel);
    return true;
  }

  #down(event) {
    // What lies under a finger may be painted anew and take the finger's end with it: the canvas never goes.
    this.#svg.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") this.#fingers.add(event.pointerId);
    if (this.#fingers.size > 1) return this.#abandon(); // two fingers zoom
    if (this.locked || event.button !== 0) return;
    const [sides, pixel] = [handleOf(event), this.#pixel(event)];
    const held = sides ? this.drawing.pixelOf(sides) : pixel; // a handle may lie beside what it moves
    const offset = [held[0] - pixel[0], held[1] - pixel[1]];
    this.#gesture = { sides, offset, start: pixel, x: event.clientX, y: event.clientY, dragging: false };
  }

  #move(event) {
    // Browsers repeat a resting mouse's place when the page changes; that must not take the cross from the keys.
    if (event.pointerType === "mouse" && !event.movementX && !event.movementY) return;
    const pixel = this.#pixel(event);
    if (this.#gesture) this.#drag(this.#gesture, event, pixel);
    this.#point(pixel);
  }

  #drag(gesture, event, [x, y]) {
    const { sides, offset, start } = gesture;
    if (!gesture.dragging && Math.hypot(event.clientX - gesture.x, event.clientY - gesture.y) < DRAG_FROM) return;
    if (!gesture.dragging) this.drawing.remember();
    gesture.dragging = true;
    if (sides) this.drawing.move(sides, [x + offset[0], y + offset[1]]);
    else this.drawing.span([start, [x, y]]);
  }

  #up(event) {
    const gesture = this.#gesture;
    this.#fingers.delete(event.pointerId);
    this.#gesture = null;
    if (gesture && !gesture.dragging && !gesture.sides) this.drawing.addPoint(this.#pixel(event));
    this.#point(event.pointerType === "touch" ? null : this.#pixel(event));
  }

  #cancel(event) {
    this.#fingers.delete(event.pointerId);
    this.#abandon();
  }

  #abandon() {
    if (this.#gesture?.dragging) this.drawing.undo();
    this.#gesture = null;
    this.#point(null);
  }

  #pixel(event) {
    return this.picture.pixelAt(this.picture.pointAt(event));
  }

  #point(pixel) {
    this.#cross = pixel;
    this.#loupe.look(pixel, this.picture, this.drawing);
    this.#paint();
  }

  #paint() {
    const { width, height, scale } = this.picture;
    this.#overlay.replaceChildren();
    if (this.drawing.box) drawBox(this.drawing.box, "box", this.#overlay);
    for (const [x, y] of this.drawing.points) {
      draw("circle", { cx: x + 0.5, cy: y + 0.5, r: 5 / scale }, draw("g", { class: "point" }, this.#overlay));
    }
    if (this.#cross && !this.drawing.box) crosshair(this.#overlay, this.#cross, width, height);
    this.#handles.place(this.drawing);
    this.#changed();
  }
}

function crosshair(parent, [x, y], width, height) {
  const group = draw("g", { class: "cross" }, parent);
  for (const layer of ["white", "black"]) {
    draw("line", { class: layer, x1: 0, x2: width, y1: y + 0.5, y2: y + 0.5 }, group);
    draw("line", { class: layer, y1: 0, y2: height, x1: x + 0.5, x2: x + 0.5 }, group);
  }
}
