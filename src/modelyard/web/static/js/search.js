// <my-search target>: wraps a GET form; answers appear while one types, in the element whose id is `target`.
// Without it the same form is sent with Enter.
customElements.define("my-search", class extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form?.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(form), 180);
    });
  }

  async ask(form) {
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    const address = `${form.action}?${new URLSearchParams(filled)}`;
    this.running?.abort();
    this.running = new AbortController();
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: this.running.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const id = this.getAttribute("target");
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") form.requestSubmit();
    }
  }
});
