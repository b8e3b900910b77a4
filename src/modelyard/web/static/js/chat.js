// <my-chat endpoint model csrf max-tokens>: a conversation that streams, can be stopped, and counts its tokens.
import { events } from "./stream.js";

customElements.define("my-chat", class extends HTMLElement {
  connectedCallback() {
    this.log = this.querySelector(".chat-log");
    this.form = this.querySelector("form");
    this.input = this.form.elements.message;
    this.status = this.querySelector(".chat-status");
    this.stop = this.querySelector("[data-stop]");
    this.messages = [...this.log.children].map((turn) => ({ role: turn.className, content: turn.textContent }));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.stop.addEventListener("click", () => this.running?.abort());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
  }

  async send() {
    if (this.running) return;
    this.say("user", this.input.value);
    this.messages.push({ role: "user", content: this.input.value });
    this.form.reset();
    this.running = new AbortController();
    this.stop.hidden = false;
    try {
      await this.answer(this.say("assistant", ""));
    } catch (error) {
      if (error.name === "AbortError") this.status.textContent = this.dataset.stopped;
      else this.say("failed", error.message || this.dataset.failed);
    } finally {
      this.running = null;
      this.stop.hidden = true;
    }
  }

  async answer(turn) {
    try {
      const response = await fetch(this.getAttribute("endpoint"), this.request());
      if (!response.ok) throw new Error((await response.json().catch(() => null))?.error?.message);
      for await (const event of events(response)) this.take(event, turn);
    } finally {
      if (turn.textContent) this.messages.push({ role: "assistant", content: turn.textContent });
      else turn.remove();
    }
  }

  take(event, turn) {
    if (event.error) throw new Error(event.error.message);
    turn.textContent += event.choices?.[0]?.delta?.content ?? "";
    this.log.scrollTop = this.log.scrollHeight;
    if (!event.usage) return;
    const { prompt_tokens: read, completion_tokens: written } = event.usage;
    this.status.textContent = this.dataset.tokens.replace("{in}", read).replace("{out}", written);
  }

  request() {
    const body = { model: this.getAttribute("model"), messages: this.messages, stream: true,
      max_tokens: Number(this.getAttribute("max-tokens")), stream_options: { include_usage: true } };
    return { method: "POST", body: JSON.stringify(body), signal: this.running.signal, credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": this.getAttribute("csrf") } };
  }

  say(role, text) {
    const turn = document.createElement("li");
    turn.className = role;
    turn.textContent = text;
    this.log.append(turn);
    this.log.scrollTop = this.log.scrollHeight;
    return turn;
  }
});
