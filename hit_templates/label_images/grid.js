// A grid of photos, one of four looks each. One tab stop; arrows move, Space marks, Shift takes a range.

import { dialogIsOpen } from "../dialogs.js";

const SAID = { yes: "shows it", no: "not marked", unsure: "not sure", report: "reported" };
const KEYS = { 1: "yes", y: "yes", 2: "no", n: "no", 3: "unsure", u: "unsure", 4: "report", r: "report" };
const LONG_PRESS = 450; // milliseconds

export class Grid {
  #list;
  #items;
  #hooks;
  #tiles = [];
  #visible = new Set();
  #here = 0;
  #anchor = 0;

  constructor(list, items, hooks) {
    this.#list = list;
    this.#items = items;
    this.#hooks = hooks;
    items.forEach((item, index) => this.#build(item, index));
    list.addEventListener("keydown", (event) => this.#key(event));
    this.#watch();
    this.refresh();
  }

  // What lies behind an open dialog is not looked at.
  inView() {
    if (dialogIsOpen()) return [];
    return [...this.#visible].map((index) => this.#items[index]);
  }

  goTo(item) {
    this.#anchor = this.#items.indexOf(item);
    this.#focus(this.#anchor);
  }

  refresh() {
    this.#tiles.forEach((tile, index) => {
      const look = this.#hooks.lookOf(this.#items[index]);
      const name = `Photo ${index + 1}: ${isBroken(tile) ? "did not load, " : ""}${SAID[look]}`;
      const [photo, unsure, report] = tile.querySelectorAll("button");
      if (photo.getAttribute("aria-label") === name) return;
      tile.dataset.look = look;
      photo.setAttribute("aria-label", name);
      photo.setAttribute("aria-pressed", look === "yes");
      unsure.setAttribute("aria-pressed", look === "unsure");
      report.setAttribute("aria-pressed", look === "report");
    });
  }

  #build(item, index) {
    const tile = document.createElement("li");
    tile.className = "tile";
    const photo = button("photo", "", index === 0 ? 0 : -1);
    const image = new Image(item.width, item.height);
    image.src = item.picture;
    image.alt = "";
    image.draggable = false;
    for (const how of ["load", "error"]) image.addEventListener(how, () => this.#arrived(tile, item, how === "load"));
    photo.append(image);
    const unsure = tool("unsure", "?", "Not sure", `Photo ${index + 1}: not sure`);
    const report = tool("report", "⚑", "Report", `Photo ${index + 1}: report as broken or offensive`);
    const enlarge = tool("enlarge", "⤢", "Large", `Photo ${index + 1}: large view`);
    const tools = document.createElement("span");
    tools.className = "tools";
    tools.append(unsure, report, enlarge);
    tile.append(photo, tools);
    photo.addEventListener("click", (event) => this.#click(index, event));
    unsure.addEventListener("click", () => this.#toggle(index, "unsure"));
    report.addEventListener("click", () => this.#toggle(index, "report"));
    enlarge.addEventListener("click", () => this.#hooks.enlarge(item));
    photo.addEventListener("focus", () => this.#arrive(index));
    tile.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.#hooks.pointedAt(item));
    this.#longPress(photo, item);
    for (const marker of [photo, unsure, report]) marker.disabled = this.#hooks.locked;
    this.#tiles.push(tile);
    this.#list.append(tile);
  }

  #watch() {
    // A photo counts as seen once most of it was on the screen.
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const index = this.#tiles.indexOf(target);
          this.#visible[isIntersecting ? "add" : "delete"](index);
        }
        this.#lookAround();
      },
      { threshold: 0.6 },
    );
    for (const tile of this.#tiles) observer.observe(tile);
    document.addEventListener("close", () => this.#lookAround(), { capture: true });
  }

  // A closing dialog may open the next one: look only after that.
  #lookAround() {
    setTimeout(() => this.inView().forEach((item) => this.#hooks.saw(item)));
  }

  #arrived(tile, item, well) {
    tile.classList.toggle("broken", !well);
    this.#hooks.arrived(item, well);
    this.#lookAround();
  }

  #click(index, event) {
    if (isBroken(this.#tiles[index])) this.#photo(index).firstChild.src = this.#items[index].picture; // again
    else if (event.shiftKey) this.#range(this.#anchor, index);
    else this.#toggle(index, "yes");
  }

  #toggle(index, look) {
    const item = this.#items[index];
    this.#hooks.mark(item, this.#hooks.lookOf(item) === look ? "no" : look);
    this.#anchor = index;
    this.#photo(index).focus({ preventScroll: true });
  }

  // Shift carries the look of the photo where the range began to all up to `end`.
  #range(start, end) {
    const look = this.#hooks.lookOf(this.#items[start]);
    const [first, last] = [Math.min(start, end), Math.max(start, end)];
    for (const item of this.#items.slice(first, last + 1)) this.#hooks.mark(item, look);
  }

  #arrive(index) {
    this.#photo(this.#here).tabIndex = -1;
    this.#photo(index).tabIndex = 0;
    this.#here = index;
    this.#hooks.pointedAt(this.#items[index]);
  }

  #focus(index) {
    this.#photo(Math.max(0, Math.min(this.#items.length - 1, index))).focus();
  }

  #photo(index) {
    return this.#tiles[index].firstChild;
  }

  #key(event) {
    if (dialogIsOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = this.#target(key);
    if (target !== undefined) {
      if (event.shiftKey) this.#range(this.#anchor, target);
      else this.#anchor = target;
      this.#focus(target);
    } else if (key === "z") this.#hooks.enlarge(this.#items[this.#here]);
    else if (KEYS[key] && !this.#hooks.locked) this.#give(KEYS[key]);
    else return;
    event.preventDefault();
  }

  // Focus goes on by itself; a range that follows still begins at the photo just marked.
  #give(look) {
    this.#hooks.mark(this.#items[this.#here], look);
    this.#anchor = this.#here;
    this.#focus(this.#here + 1);
  }

  #target(key) {
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (key === "Home") return 0;
    if (key === "End") return this.#items.length - 1;
    if (!(key in steps)) return undefined;
    const target = this.#here + steps[key];
    return target >= 0 && target < this.#items.length ? target : this.#here;
  }

  #longPress(photo, item) {
    let timer;
    const stop = () => clearTimeout(timer);
    photo.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse") timer = setTimeout(() => this.#hooks.enlarge(item), LONG_PRESS);
    });
    for (const name of ["pointerup", "pointercancel", "pointermove"]) photo.addEventListener(name, stop);
    photo.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}

const isBroken = (tile) => tile.classList.contains("broken");

function button(name, text, tabIndex, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.tabIndex = tabIndex;
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function tool(name, sign, text, label) {
  const made = button(name, "", -1, label);
  const [icon, words] = ["span", "small"].map((kind) => document.createElement(kind));
  icon.textContent = sign;
  words.textContent = text;
  made.append(icon, words);
  made.title = text;
  return made;
}
