// <my-copy>: shows its copy button where there is a clipboard, and says so when it has copied.
customElements.define("my-copy", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    const label = button.querySelector("span");
    const before = label.textContent;
    const say = (words, done) => {
      label.textContent = words;
      button.classList.toggle("done", done);
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      say(button.dataset.done, true);
      setTimeout(() => say(before, false), 1500);
    });
  }
});
