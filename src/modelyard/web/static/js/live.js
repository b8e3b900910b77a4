// <my-live id every>: fetches its own page every `every` seconds and takes over the element of the same id,
// until the server sends one without `every`. Rests while the page is hidden, and while somebody is at work inside.
customElements.define("my-live", class extends HTMLElement {
  connectedCallback() { this.schedule(); }
  disconnectedCallback() { clearTimeout(this.timer); }

  schedule() {
    const seconds = Number(this.getAttribute("every"));
    if (seconds > 0) this.timer = setTimeout(() => this.refresh(), seconds * 1000);
  }

  async refresh() {
    if (!document.hidden && !this.contains(document.activeElement)) {
      try {
        this.take(await (await fetch(location.href, { headers: { Accept: "text/html" } })).text());
      } catch { /* The network is away: the next round tries again. */ }
    }
    if (this.isConnected) this.schedule();
  }

  take(html) {
    const next = new DOMParser().parseFromString(html, "text/html").getElementById(this.id);
    if (!next) return this.removeAttribute("every");
    if (next.innerHTML !== this.innerHTML) this.innerHTML = next.innerHTML;
    if (next.hasAttribute("every")) this.setAttribute("every", next.getAttribute("every"));
    else this.removeAttribute("every");
  }
});
