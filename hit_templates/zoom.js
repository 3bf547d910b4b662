// Zooming and panning a picture: wheel, fingers, middle button, keys and buttons.

const STEP = 1.4;
const SHIFT = 1 / 6; // of what is seen, at an arrow key
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Adds the buttons and the gestures; returns what takes the keys + - 0, and the arrows while zoomed in.
// `fewest` fingers pan: two where one draws.
export function zoomable(picture, fewest = 1) {
  const act = { "+": () => picture.zoomBy(STEP), "-": () => picture.zoomBy(1 / STEP), 0: () => picture.fit() };
  picture.svg.parentElement.append(toolbar(act));
  picture.svg.addEventListener("wheel", (event) => wheel(picture, event), { passive: false });
  picture.svg.classList.add("zoomable");
  picture.whenMoved(() => picture.svg.classList.toggle("near", picture.zoom > 1));
  pinch(picture, fewest);
  return (event) => {
    if (event.key in ARROWS) return shift(picture, ARROWS[event.key]);
    const key = event.key === "=" ? "+" : event.key;
    act[key]?.();
    return key in act;
  };
}

function toolbar(act) {
  const bar = document.createElement("div");
  bar.className = "zoom";
  for (const [sign, name, key] of [["+", "Closer", "+"], ["−", "Back", "-"], ["⤢", "Whole photo", "0"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", act[key]);
    bar.append(button);
  }
  return bar;
}

function shift(picture, [x, y]) {
  if (picture.zoom <= 1) return false;
  const step = SHIFT / picture.zoom;
  picture.panBy(x * step * picture.width, y * step * picture.height);
  return true;
}

function wheel(picture, event) {
  if (event.deltaY > 0 && picture.zoom <= 1) return; // nothing to do here: let the page scroll
  event.preventDefault();
  picture.zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, picture.pointAt(event));
}

// Two fingers spread and drag; one drags where it does not draw, and the middle button does.
function pinch(picture, fewest) {
  const fingers = new Map();
  let before = null;
  const middle = (event) => event.pointerType === "mouse" && event.button === 1;
  picture.svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" && !middle(event)) return;
    if (middle(event)) event.preventDefault();
    picture.svg.setPointerCapture(event.pointerId); // it may be lifted anywhere
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    before = stance(fingers);
  });
  picture.svg.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    const now = stance(fingers);
    if (fingers.size >= fewest || event.pointerType === "mouse") follow(picture, before, now);
    before = now;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    picture.svg.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      before = stance(fingers);
    });
  }
}

// The middle of the fingers, and how far they lie from it.
function stance(fingers) {
  const points = [...fingers.values()];
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  return { x, y, spread: points.reduce((sum, point) => sum + Math.hypot(point[0] - x, point[1] - y), 0) };
}

function follow(picture, before, now) {
  const { scale } = picture;
  picture.panBy((before.x - now.x) / scale, (before.y - now.y) / scale);
  if (before.spread && now.spread) {
    picture.zoomBy(now.spread / before.spread, picture.pointAt({ clientX: now.x, clientY: now.y }));
  }
}
