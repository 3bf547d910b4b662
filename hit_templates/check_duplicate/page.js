// check_duplicate: two pictures beside each other, or in one place by turns.

import { Picture } from "../picture.js";
import { runSequence } from "../sequence.js";

const TURN = 500; // milliseconds: one change in half a second stays far below what can harm

const stage = document.querySelector(".stage");
const [left, right] = ["left", "right"].map((id) => new Picture(document.querySelector(`#${id} svg`)));
const [flip, blink, mirror] = ["flip", "blink", "mirror"].map((id) => document.getElementById(id));
let timer = null;

function show(item) {
  sideBySide();
  setMirrored(false);
  left.show(item.picture, item.width, item.height, "Picture A");
  right.show(item.other, item.other_width, item.other_height, "Picture B");
}

// Flipping by hand: A, then B in its place, then both beside each other again.
function turn() {
  stopBlinking();
  if (stage.classList.contains("second")) sideBySide();
  else if (stage.classList.contains("stacked")) stage.classList.add("second");
  else stage.classList.add("stacked");
}

function toggleBlink() {
  if (timer) return sideBySide();
  stage.classList.add("stacked");
  timer = setInterval(() => stage.classList.toggle("second"), TURN);
  blink.setAttribute("aria-pressed", "true");
}

function stopBlinking() {
  clearInterval(timer);
  timer = null;
  blink.setAttribute("aria-pressed", "false");
}

function sideBySide() {
  stopBlinking();
  stage.classList.remove("stacked", "second");
}

function setMirrored(on) {
  document.getElementById("right").classList.toggle("mirrored", on);
  mirror.setAttribute("aria-pressed", on);
}

function key(event) {
  const act = { f: turn, b: blink.hidden ? turn : () => blink.click(), m: () => mirror.click(), escape: sideBySide }[event.key.toLowerCase()];
  act?.();
  return Boolean(act);
}

// Who asked for less motion turns the pictures by hand.
blink.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
flip.addEventListener("click", turn);
blink.addEventListener("click", toggleBlink);
mirror.addEventListener("click", () => setMirrored(mirror.getAttribute("aria-pressed") !== "true"));
runSequence(show, key);
