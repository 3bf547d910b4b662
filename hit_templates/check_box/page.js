// check_box: is the one box shown good, and if not, why?

import { Picture } from "../picture.js";
import { runSequence } from "../sequence.js";

const MARGIN = 0.2; // of the box's size, round the close-up

const whole = new Picture(document.getElementById("whole"));
const close = new Picture(document.getElementById("close"));
const firstReason = document.querySelector('[data-key="1"]');

function show(item) {
  whole.show(item.picture, item.width, item.height, "Photo with the box to judge");
  close.show(item.picture, item.width, item.height, "The box close up");
  for (const picture of [whole, close]) picture.setBoxes([item.box], "box");
  close.lookAt(item.box, MARGIN);
}

function key(event) {
  if (event.key.toLowerCase() !== "n") return false;
  firstReason.focus();
  return true;
}

runSequence(show, key);
