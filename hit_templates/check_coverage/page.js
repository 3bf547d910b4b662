// check_coverage: does every instance have a box?

import { Picture } from "../picture.js";
import { runSequence } from "../sequence.js";
import { zoomable } from "../zoom.js";

const picture = new Picture(document.getElementById("whole"));
const zoomKey = zoomable(picture);

function show(item) {
  const boxes = item.boxes.length;
  picture.show(item.picture, item.width, item.height, `Photo with ${boxes} ${boxes === 1 ? "box" : "boxes"}`);
  picture.setBoxes(item.boxes, "taken");
  picture.svg.classList.remove("bare");
}

function key(event) {
  if (event.key.toLowerCase() === "h") return picture.svg.classList.toggle("bare") || true;
  return zoomKey(event);
}

runSequence(show, key);
