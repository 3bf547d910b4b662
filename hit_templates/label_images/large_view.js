// The photo under the pointer, large: beside the grid where there is room, in front of it on demand.

export class LargeView {
  #figure = document.getElementById("large");
  #box = document.getElementById("lightbox");
  #pressed = false;

  constructor() {
    const box = this.#box;
    box.addEventListener("pointerdown", () => (this.#pressed = true));
    // The end of the long press that opened the view clicks too, but did not begin here.
    box.addEventListener("click", ({ detail }) => (this.#pressed || detail === 0) && box.close());
    box.addEventListener("keydown", (event) => event.key.toLowerCase() === "z" && box.close());
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
    this.#pressed = false;
    this.#box.querySelector("img").src = item.picture;
    this.#box.showModal();
  }
}
