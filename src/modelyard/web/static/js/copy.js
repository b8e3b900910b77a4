// <my-copy>: shows its copy button where there is a clipboard, and says so when it has copied.
customElements.define("my-copy", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    const label = button.querySelector("span");
    const before = label.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      label.textContent = button.dataset.done;
      setTimeout(() => { label.textContent = before; }, 1500);
    });
  }
});
