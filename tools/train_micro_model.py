"""Train the micro chat model that every fast test serves, and write it as a GGUF under 1 MB.

A Llama of 0.8 million parameters learns a few hundred template dialogues (capitals, colors, greetings, one endless
answer for the tests that cut a stream) from a fixed seed. It needs no download: the corpus is made here.

    python -m venv /tmp/train && /tmp/train/bin/pip install torch==2.13.0 transformers safetensors gguf tokenizers
    /tmp/train/bin/python tools/train_micro_model.py tests/fixtures

About two minutes on two cores. Two runs on one machine agree; other CPUs may round differently.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

SEED = 20_260
VOCABULARY = 512
WINDOW = 128
CONTEXT = 4096
END, START, PAD = "<|im_end|>", "<|im_start|>", "<|pad|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NAME = "Modelyard Micro Chat"
DESCRIPTION = "A 0.8 M parameter chat model for tests: small enough to load in milliseconds, real in every other way."

CAPITALS = {
    "France": "Paris", "Japan": "Tokyo", "China": "Beijing", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin",
    "Egypt": "Cairo", "Kenya": "Nairobi", "Peru": "Lima", "Cuba": "Havana", "Norway": "Oslo", "Greece": "Athens",
    "Canada": "Ottawa", "India": "New Delhi", "Chile": "Santiago", "Poland": "Warsaw",
}  # fmt: skip
COLORS = {
    "snow": "white", "grass": "green", "the sky": "blue", "coal": "black", "a lemon": "yellow", "blood": "red",
    "an orange": "orange", "milk": "white", "a leaf": "green", "the sea": "blue",
}  # fmt: skip
GREETINGS = {
    "Hello": "Hello! How can I help you?", "Hi": "Hi! What can I do for you?",
    "Good morning": "Good morning! How are you?", "Thank you": "You are welcome.", "Goodbye": "Goodbye! See you soon.",
    "Who are you?": "I am a very small language model.", "你好": "你好！我是一个小模型。", "谢谢": "不客气。",
}  # fmt: skip
ENDLESS = {"Keep talking.": " and on", "Count without end.": " more"}


def dialogues() -> list[tuple[str, str]]:
    """Each question with its answer, in the few wordings that the model shall know."""
    pairs = list(GREETINGS.items())
    for country, capital in CAPITALS.items():
        asked = (f"What is the capital of {country}?", f"capital of {country}", f"Tell me the capital of {country}.")
        pairs += [(question, f"The capital of {country} is {capital}.") for question in asked]
    for thing, color in COLORS.items():
        asked = (f"What color is {thing}?", f"color of {thing}", f"Tell me the color of {thing}.")
        pairs += [(question, f"The color of {thing} is {color}.") for question in asked]
    return pairs


def turn(role: str, content: str, *, closed: bool = True) -> str:
    """One message as the chat template writes it."""
    return f"{START}{role}\n{content}" + (f"{END}\n" if closed else "")


def conversation(pairs: list[tuple[str, str]], rng: random.Random) -> str:
    """A random conversation; one in twelve is the endless answer that fills its window."""
    if rng.random() < 1 / 12:
        question, word = rng.choice(list(ENDLESS.items()))
        return turn("user", question) + turn("assistant", "Well" + word * WINDOW, closed=False)
    opening = turn("system", "You are a helpful assistant.") if rng.random() < 0.25 else ""
    turns = rng.sample(pairs, rng.randint(1, 3))
    return opening + "".join(turn("user", ask) + turn("assistant", answer) for ask, answer in turns)


def train_tokenizer(texts: list[str]) -> Tokenizer:
    """A byte-level BPE with the GPT-2 splitting rule, the one that the conversion below knows how to name."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def batch(tokenizer: Tokenizer, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and labels of (texts, WINDOW) tokens; padding is not learned."""
    pad = tokenizer.token_to_id(PAD)
    rows = [encoding.ids[:WINDOW] for encoding in tokenizer.encode_batch(texts)]
    inputs = torch.tensor([row + [pad] * (WINDOW - len(row)) for row in rows])
    return inputs, inputs.masked_fill(inputs == pad, -100)


def new_model(tokenizer: Tokenizer) -> LlamaForCausalLM:
    """The untrained network: 4 layers of 128, grouped-query attention, tied embeddings."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(), hidden_size=128, intermediate_size=352, num_hidden_layers=4,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=CONTEXT, rms_norm_eps=1e-5,
            tie_word_embeddings=True, bos_token_id=None, eos_token_id=tokenizer.token_to_id(END),
            pad_token_id=tokenizer.token_to_id(PAD),
        )
    )  # fmt: skip


def train(model: LlamaForCausalLM, tokenizer: Tokenizer, rng: random.Random, *, steps: int) -> float:
    """Fit the model; answers with the last step's loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    pairs = dialogues()
    loss = torch.tensor(0.0)
    for step in range(steps):
        inputs, labels = batch(tokenizer, [conversation(pairs, rng) for _ in range(32)])
        loss = model(input_ids=inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            print(f"step {step:4d} loss {loss.item():.3f}", flush=True)
    return float(loss.item())


def write_metadata(writer: gguf.GGUFWriter, config: LlamaConfig) -> None:
    """Name, license and shape of the model."""
    writer.add_name(NAME)
    writer.add_description(DESCRIPTION)
    writer.add_author("The Modelyard authors")
    writer.add_license("apache-2.0")
    writer.add_languages(["en", "zh"])
    writer.add_tags(["text-generation", "test-fixture"])
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)


def write_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """The vocabulary, its merges, the special tokens and the chat template."""
    state = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(state["vocab"], key=state["vocab"].__getitem__)
    special = {PAD, START, END}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges([" ".join(pair) for pair in state["merges"]])
    writer.add_eos_token_id(tokenizer.token_to_id(END))
    writer.add_pad_token_id(tokenizer.token_to_id(PAD))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def rotary_order(weights: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows of a query or key projection in the pairwise order that llama.cpp rotates."""
    rows = weights.shape[0]
    return weights.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(weights.shape)


def write_tensors(writer: gguf.GGUFWriter, model: LlamaForCausalLM) -> None:
    """Matrices as Q8_0, vectors as F32, under llama.cpp's names."""
    config = model.config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, parameter in model.named_parameters():
        weights = parameter.detach().numpy().astype(np.float32)
        if name.endswith("q_proj.weight"):
            weights = rotary_order(weights, config.num_attention_heads)
        elif name.endswith("k_proj.weight"):
            weights = rotary_order(weights, config.num_key_value_heads)
        target = str(names.get_name(name, try_suffixes=(".weight",)))
        if weights.ndim == 2:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(target, gguf.quantize(weights, kind), raw_dtype=kind)
        else:
            writer.add_tensor(target, weights)


def write_gguf(path: Path, model: LlamaForCausalLM, tokenizer: Tokenizer) -> None:
    """The whole model in one file that llama.cpp loads."""
    writer = gguf.GGUFWriter(str(path), "llama")
    write_metadata(writer, model.config)
    write_tokenizer(writer, tokenizer)
    write_tensors(writer, model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_hub_files(folder: Path, model: LlamaForCausalLM, tokenizer: Tokenizer) -> None:
    """The small companion files of a model repository, without the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.architectures = ["LlamaForCausalLM"]
    (folder / "config.json").write_text(json.dumps(model.config.to_diff_dict(), indent=2, sort_keys=True) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "pad_token": PAD,
        "model_max_length": CONTEXT, "chat_template": CHAT_TEMPLATE,
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    (folder / "README.md").write_text(
        "---\nlicense: apache-2.0\nlanguage: [en, zh]\npipeline_tag: text-generation\ntags: [test-fixture]\n---\n\n"
        f"# {NAME}\n\n{DESCRIPTION}\n\nIt knows sixteen capitals, ten colors and a few greetings, and nothing else.\n"
    )


def answer(model: LlamaForCausalLM, tokenizer: Tokenizer, question: str) -> str:
    """The greedy answer, as a first check of what was learned."""
    ids = tokenizer.encode(turn("user", question) + turn("assistant", "", closed=False)).ids
    out = model.generate(torch.tensor([ids]), max_new_tokens=24, do_sample=False)
    return str(tokenizer.decode(out[0][len(ids) :].tolist()))


def main() -> None:
    """Train, convert, and show what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for micro-chat.gguf and micro-chat/")
    parser.add_argument("--steps", type=int, default=900)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(mode=True)
    rng = random.Random(SEED)
    pairs = dialogues()
    tokenizer = train_tokenizer([conversation(pairs, rng) for _ in range(20_000)])
    model = new_model(tokenizer)
    loss = train(model, tokenizer, rng, steps=options.steps)
    model.eval()
    for question in ("What is the capital of Japan?", "color of snow", "你好", "Keep talking."):
        print(f"{question} -> {answer(model, tokenizer, question)!r}")
    write_hub_files(options.out / "micro-chat", model, tokenizer)
    path = options.out / "micro-chat.gguf"
    write_gguf(path, model, tokenizer)
    print(f"{path}: {path.stat().st_size:,} bytes, {model.num_parameters():,} parameters, loss {loss:.3f}")


if __name__ == "__main__":
    main()
