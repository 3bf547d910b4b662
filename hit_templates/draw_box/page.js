// draw_box: draw a box round one instance that has none, or say why not.

import { answer, answerTo, preview, question, whenChanged } from "../assignment.js";
import { current, giveAnswer, runSequence } from "../sequence.js";
import { zoomable } from "../zoom.js";
import { Canvas } from "./canvas.js";
import { Drawing } from "./drawing.js";

const byId = (id) => document.getElementById(id);
const [keep, undo, clear, guide] = ["keep", "undo", "clear", "guide"].map(byId);
const canvas = new Canvas(byId("canvas"), byId("loupe"), changed);
const drawings = new Map();
const zoomKey = zoomable(canvas.picture, 2);
canvas.locked = preview;

// What was begun on an item is still there when the worker comes back to it.
function drawingFor(item, answer) {
  if (!drawings.has(item)) drawings.set(item, new Drawing(item.width, item.height, answer?.box ?? null));
  return drawings.get(item);
}

function show(item, answer) {
  const taken = item.boxes.length;
  const label = `Photo to draw on, ${taken} ${taken === 1 ? "box" : "boxes"} done already`;
  canvas.show(item, drawingFor(item, answer), label);
}

function changed() {
  const { drawing } = canvas;
  if (!drawing) return;
  keep.disabled = preview || !drawing.box;
  undo.disabled = !drawing.canUndo;
  clear.disabled = !drawing.box && !drawing.points.length;
  const text = sentence(drawing);
  if (guide.textContent !== text) guide.textContent = text;
  settle(drawing);
}

// A kept box that is changed is no answer until it is kept again, or the change undone; nor is "nothing to
// draw" once a box is drawn after it.
function settle(drawing) {
  const given = answerTo(current());
  const taken = given?.box ? !drawing.isKept : given && drawing.box && String(drawing.box) !== drawing.passed;
  if (taken) answer(current(), undefined);
  else if (given === undefined && drawing.isKept) answer(current(), { box: drawing.kept });
}

// What lay there when the worker said that there is nothing to draw.
function pass() {
  const { drawing } = canvas;
  if (drawing) drawing.passed = answerTo(current())?.none ? String(drawing.box) : null;
}

function keepBox() {
  const { drawing } = canvas;
  drawing.kept = drawing.box;
  giveAnswer({ box: drawing.box });
}

function sentence({ box, left }) {
  if (box) return "Adjust it if you like, then keep it.";
  if (left === 4) return `Click the top, bottom, left and right end of one ${question.synset.words[0]} without a box. Or drag.`;
  return `${left} more ${left === 1 ? "end" : "ends"} to click.`;
}

function key(event) {
  if (event.key !== "Escape") return canvas.key(event) || zoomKey(event);
  canvas.clear();
  return true;
}

function shortcut(event) {
  if (event.altKey || event.key.toLowerCase() !== "z") return false;
  canvas.undo();
  return true;
}

keep.addEventListener("click", keepBox);
undo.addEventListener("click", () => canvas.undo());
clear.addEventListener("click", () => canvas.clear());
whenChanged(pass);
runSequence(show, key, undefined, shortcut);
