// Zooming and panning a picture: wheel, two fingers, middle button, keys and buttons.

const STEP = 1.4;

// Adds the buttons and the gestures; returns what takes the keys + - 0.
export function zoomable(picture) {
  const act = { "+": () => picture.zoomBy(STEP), "-": () => picture.zoomBy(1 / STEP), 0: () => picture.fit() };
  picture.svg.parentElement.append(toolbar(act));
  picture.svg.addEventListener("wheel", (event) => wheel(picture, event), { passive: false });
  pinch(picture);
  return (event) => {
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

function wheel(picture, event) {
  if (event.deltaY > 0 && picture.zoom <= 1) return; // nothing to do here: let the page scroll
  event.preventDefault();
  picture.zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, picture.pointAt(event));
}

// Two fingers spread and drag; the middle button drags too.
function pinch(picture) {
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
    if (fingers.size > 1 || event.pointerType === "mouse") follow(picture, before, now);
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
