// The photo under the pointer, large: beside the grid where there is room, in front of it on demand.

export class LargeView {
  #figure = document.getElementById("large");
  #box = document.getElementById("lightbox");
  #openedAt = 0;

  constructor() {
    // The end of the long press that opened the view must not close it.
    const close = () => performance.now() - this.#openedAt > 400 && this.#box.close();
    this.#box.addEventListener("click", close);
    this.#box.addEventListener("keydown", (event) => event.key.toLowerCase() === "z" && close());
  }

  show(item) {
    const image = this.#figure.querySelector("img");
    image.src = item.picture;
    image.width = item.width;
    image.height = item.height;
    image.hidden = false;
    this.#figure.querySelector("figcaption").hidden = true;
  }

  open(item) {
    if (this.#box.open) return;
    this.#box.querySelector("img").src = item.picture;
    this.#box.showModal();
    this.#openedAt = performance.now();
  }
}
