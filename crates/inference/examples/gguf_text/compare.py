"""Greedy tokens, speeds and memory of a model of text alone in a GGUF file, by llama.cpp and by this crate.

    compare.py FILE [--threads 2] [--tokens 48] [--ours PROGRAM] [--record JSON]

Needs numpy and llama-cpp-python; with torch, transformers and gguf also says which of the two departs from the file's own numbers, which transformers
multiplies in single precision without rounding what goes in. PROGRAM is the example gguf_text (default: target/release/examples/gguf_text). Prompts that begin with a turn are in the
layout of Gemma's or Qwen's conversations, whichever the file has the tokens for. Where tokens differ, the distance between the two likeliest is shown.
JSON takes llama.cpp's tokens, for a test that has no llama.cpp.
"""

import argparse
import hashlib
import itertools
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

PLAIN = [
    "The Great Wave off Kanagawa is a woodblock print by",
    "Rococo is a style that arose in Paris around 1730. Its painters",
    "Q: Who painted the Mona Lisa?\nA:",
    "Etching is a printmaking process in which",
    "Die Malerei des 17. Jahrhunderts in den Niederlanden",
    "Titel: Der Löwe\nKünstler: Albrecht Dürer\nJahr: 1494\nTechnik:",
]
QUESTIONS = [
    "Say in one sentence what a still life is.",
    "Rewrite as plain text: Impressionism (from 1860); painters: Monet, Renoir, Degas; light, open air.",
    "Who was Katsushika Hokusai, and what is he known for? Answer in three sentences.",
]
TURNS = {
    "<start_of_turn>": "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
    "<|im_start|>": "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
}
# Longer than Gemma's window of 512 tokens.
LONG = " ".join(f"In {1500 + 7 * i} a painter of Haarlem sold {i + 2} pictures of ships, flowers and old men to a merchant." for i in range(28))


def peer(options):
    """Runs llama.cpp in this process and prints a line of JSON a prompt."""
    import llama_cpp as L, numpy as np

    L.llama_backend_init()
    begun = time.time()
    parameters = L.llama_model_default_params()
    parameters.use_extra_bufts = options.peer == "extra"
    model = L.llama_model_load_from_file(str(options.file).encode(), parameters)
    vocabulary = L.llama_model_get_vocab(model)
    parameters = L.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 2048, 512, 512
    parameters.n_threads = parameters.n_threads_batch = options.threads
    context = L.llama_init_from_model(model, parameters)
    loaded = time.time() - begun
    size = L.llama_vocab_n_tokens(vocabulary)

    def tokens(text):
        raw, room = text.encode(), (L.llama_token * 4096)()
        count = L.llama_tokenize(vocabulary, raw, len(raw), room, len(room), True, True)
        assert count >= 0
        return list(room[:count])

    def forward(ids, position):
        batch = L.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + i, 1
            batch.seq_id[i][0], batch.logits[i] = 0, i == len(ids) - 1
        assert L.llama_decode(context, batch) == 0
        L.llama_batch_free(batch)
        return np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(size,))

    for prompt in json.load(sys.stdin):
        L.llama_memory_clear(L.llama_get_memory(context), True)
        ids = tokens(prompt)
        begun = time.time()
        for at in range(0, len(ids), 512):
            logits = forward(ids[at : at + 512], at)
        read = time.time() - begun
        out, second, margins, begun = [], [], [], time.time()
        for step in range(options.tokens):
            first, next_ = np.argpartition(logits, -2)[-2:][::-1]
            if logits[next_] > logits[first]:
                first, next_ = next_, first
            out.append(int(first)); second.append(int(next_)); margins.append(float(logits[first] - logits[next_]))
            if step + 1 < options.tokens:
                logits = forward([out[-1]], len(ids) + step)
        wrote = time.time() - begun
        print(json.dumps({"ids": ids, "out": out, "second": second, "margins": margins, "read": len(ids) / read,
                          "wrote": (options.tokens - 1) / wrote, "loaded": loaded,
                          "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}), flush=True)


def exact(options):
    """The same by transformers, from tokens: the file's weights as numbers in single precision, nothing rounded on the way."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(options.threads)
    file = options.file.resolve()
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32, attn_implementation="eager").eval()
    for ids in json.load(sys.stdin):
        out, second, margins, cache, new = [], [], [], None, torch.tensor([ids])
        with torch.inference_mode():
            for _ in range(options.tokens):
                result = model(new, past_key_values=cache, use_cache=True)
                (highest, next_), (first, other) = (pair.tolist() for pair in result.logits[0, -1].topk(2))
                out.append(first); second.append(other); margins.append(highest - next_)
                cache, new = result.past_key_values, torch.tensor([[first]])
        print(json.dumps({"out": out, "second": second, "margins": margins}), flush=True)


def prompts(file):
    head = file.open("rb").read(16 << 20)
    turn = next((turn for mark, turn in TURNS.items() if mark.encode() in head), "{}")
    return PLAIN + [turn.format(question) for question in QUESTIONS] + [LONG]


def lines(command, asked):
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(found) != len(asked):
        print(f"{command[0]} ended with {done.returncode} after {len(found)} prompts: {done.stderr[-400:]}")
        return None
    return found


def compared(one, other):
    at = next((i for i, (a, b) in enumerate(zip(one["out"], other["out"])) if a != b), None)
    if at is None:
        return f"{len(one['out'])} greedy tokens equal, the least distance {min(one['margins']):.3f}"
    likeliest = {one["out"][at], one["second"][at]} == {other["out"][at], other["second"][at]}
    return (f"equal up to token {at}; there the two likeliest lie {one['margins'][at]:.3f} (ours) and {other['margins'][at]:.3f} "
            f"apart{', the same two' if likeliest else ', others'}; median distance {sorted(one['margins'])[len(one['margins']) // 2]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--ours", default="target/release/examples/gguf_text")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--peer", choices=["extra", "plain", "exact"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return exact(options) if options.peer == "exact" else peer(options)
    asked = prompts(options.file)
    ours = lines([options.ours, str(options.file), str(options.threads), str(options.tokens)], asked)
    peers = {name: lines([sys.executable, __file__, *sys.argv[1:], "--peer", name], asked) for name in ("plain", "extra")}
    peers = {name: found for name, found in peers.items() if found}
    if not ours or not peers:
        sys.exit(1)
    if options.record:
        import llama_cpp

        theirs = next(iter(peers.values()))
        cases = [{"prompt": prompt, "tokens": run["ids"], "greedy": run["out"]} for prompt, run in zip(asked, theirs)]
        head = {"file": options.file.name, "sha256": hashlib.sha256(options.file.read_bytes()).hexdigest(), "llama_cpp": llama_cpp.__version__}
        options.record.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]}\n")
    precise = lines([sys.executable, __file__, *sys.argv[1:], "--peer", "exact"], [us["ids"] for us in ours])
    others = {**peers, **({"exact": precise} if precise else {})}
    for at, (prompt, us) in enumerate(zip(asked, ours)):
        words = all(us["ids"] == found[at]["ids"] for found in peers.values())
        print(f"{prompt[:60]!r}: {len(us['ids'])} tokens, words {'equal' if words else 'DIFFER'}")
        print(f"    {us['text']!r}")
        for name, found in others.items():
            print(f"    ours and {name}: {compared(us, found[at])}")
    for one, other in itertools.combinations({"ours": ours, **others}.items(), 2):
        same = sum(a["out"] == b["out"] for a, b in zip(one[1], other[1]))
        print(f"{one[0]} and {other[0]}: {same} of {len(asked)} continuations equal")
    for name, found in [("ours", ours), *peers.items()]:
        long = found[-1]
        print(f"{name:>6}: reads {long['read']:.1f} tokens a second ({len(long['ids'])}), writes {max(run['wrote'] for run in found):.1f}, "
              f"loaded in {found[0]['loaded']:.2f} s, peak {max(run['peak'] for run in found)} MB, file {options.file.stat().st_size / 2**20:.0f} MB")


main()
