// A picture and its boxes in an SVG whose units are the picture's own pixels; zooming moves its window.

const SVG = "http://www.w3.org/2000/svg";
const NEAREST = 16; // times

export function draw(name, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

// A box of inclusive pixels covers the area up to the far side of its last pixel.
export const areaOf = ([xmin, ymin, xmax, ymax]) => ({ x: xmin, y: ymin, width: xmax - xmin + 1, height: ymax - ymin + 1 });

export function drawBox(box, name, parent) {
  const group = draw("g", { class: name }, parent);
  for (const layer of ["black", "white", "colour"]) draw("rect", { class: layer, ...areaOf(box) }, group);
}

export class Picture {
  #image;
  #boxes;
  #view;
  #listeners = [];

  constructor(svg) {
    this.svg = svg;
    svg.replaceChildren();
    this.#image = draw("image", { preserveAspectRatio: "none" }, svg);
    this.#boxes = draw("g", {}, svg);
    this.#image.addEventListener("error", () => svg.parentElement.classList.add("broken"));
    new ResizeObserver(() => this.#moved()).observe(svg);
  }

  show(address, width, height, label) {
    Object.assign(this, { width, height });
    this.svg.parentElement.classList.remove("broken");
    this.svg.setAttribute("aria-label", label);
    this.#image.setAttribute("width", width);
    this.#image.setAttribute("height", height);
    this.#image.setAttribute("href", address);
    this.fit();
  }

  // `boxes` of the classes "box" (the one in question) or "taken" (accepted before).
  setBoxes(boxes, name) {
    this.#boxes.replaceChildren();
    for (const box of boxes) drawBox(box, name, this.#boxes);
  }

  whenMoved(listener) {
    this.#listeners.push(listener);
  }

  get scale() {
    return this.svg.getScreenCTM()?.a || 1; // CSS pixels to a pixel of the picture
  }

  get zoom() {
    return this.width / this.#view.width;
  }

  fit() {
    this.look({ x: 0, y: 0, width: this.width, height: this.height });
  }

  look(view) {
    this.#view = view;
    this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    this.#moved();
  }

  // Look at a box and a margin of a share of its size, which may reach past the picture's edge.
  lookAt(box, share) {
    const { x, y, width, height } = areaOf(box);
    const [dx, dy] = [Math.max(4, width * share), Math.max(4, height * share)];
    this.look({ x: x - dx, y: y - dy, width: width + 2 * dx, height: height + 2 * dy });
  }

  zoomBy(factor, [x, y] = this.middle()) {
    const zoom = Math.max(1, Math.min(NEAREST, this.zoom * factor));
    const shrink = this.zoom / zoom;
    this.panTo(x - (x - this.#view.x) * shrink, y - (y - this.#view.y) * shrink, zoom);
  }

  panBy(dx, dy) {
    this.panTo(this.#view.x + dx, this.#view.y + dy);
  }

  panTo(x, y, zoom = this.zoom) {
    const [width, height] = [this.width / zoom, this.height / zoom];
    this.look({ x: within(x, 0, this.width - width), y: within(y, 0, this.height - height), width, height });
  }

  // Bring a point into the window if zooming has left it outside.
  reveal([x, y]) {
    const { x: left, y: top, width, height } = this.#view;
    const [dx, dy] = [width / 10, height / 10];
    if (x < left + dx || x > left + width - dx || y < top + dy || y > top + height - dy) {
      this.panTo(x - width / 2, y - height / 2);
    }
  }

  middle() {
    return [this.#view.x + this.#view.width / 2, this.#view.y + this.#view.height / 2];
  }

  // Where a pointer is, in the picture's pixels, with fractions.
  pointAt(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  // The pixel under a point, the nearest one for a point outside.
  pixelAt([x, y]) {
    return [within(Math.floor(x), 0, this.width - 1), within(Math.floor(y), 0, this.height - 1)];
  }

  #moved() {
    for (const listener of this.#listeners) listener();
  }
}

export const within = (value, least, most) => Math.max(least, Math.min(most, value));
