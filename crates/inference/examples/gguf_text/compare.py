"""Greedy tokens, speeds and memory of a model of text alone in a GGUF file, by llama.cpp and by this crate.

    compare.py FILE [--threads 2] [--tokens 48] [--ours PROGRAM] [--record JSON] [--single COPY]

PROGRAM is the example gguf_text (default: target/release/examples/gguf_text). Needs xllamacpp, which carries llama.cpp: once as it comes (usual), once with its
cache in single precision and without flash attention (wide). With torch, transformers and gguf also the file's own numbers, multiplied in single precision without
rounding what goes in (exact), which tells who departs from whom. Prompts that begin with a turn are in the layout of Gemma's or Qwen's conversations, whichever the
file has the tokens for. Where tokens differ, the distance between the two likeliest is shown. With COPY everything is done on a copy of the file
that holds the same numbers in single precision, by llama.cpp in its wide way and by this crate without packing: nobody rounds, so that all should be equal. JSON takes llama.cpp's tokens, for a test that has no llama.cpp.
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
    import xllamacpp as L

    begun = time.time()
    parameters = L.CommonParams()
    parameters.model.path = str(options.file)
    parameters.n_ctx, parameters.n_parallel, parameters.warmup, parameters.verbosity = 2048, 1, False, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    if options.peer == "wide":
        parameters.cache_type_k = parameters.cache_type_v = L.ggml_type.GGML_TYPE_F32
        parameters.flash_attn_type = L.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = L.Server(parameters)
    loaded = time.time() - begun
    for prompt in json.load(sys.stdin):
        answer = server.handle_completions({"prompt": prompt, "n_predict": options.tokens, "temperature": 0.0, "n_probs": 2, "cache_prompt": False})
        # The logarithms of shares differ as the logits do.
        pairs = [token["top_logprobs"] for token in answer["choices"][0]["logprobs"]["content"]]
        print(json.dumps({"count": answer["usage"]["prompt_tokens"], "out": [pair[0]["id"] for pair in pairs], "second": [pair[1]["id"] for pair in pairs],
                          "margins": [pair[0]["logprob"] - pair[1]["logprob"] for pair in pairs], "read": answer["timings"]["prompt_per_second"],
                          "wrote": answer["timings"]["predicted_per_second"], "loaded": loaded,
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


def single(file, copy):
    """Writes the file's numbers in single precision, and everything else that it says as it stands."""
    import gguf

    reader = gguf.GGUFReader(file)
    writer = gguf.GGUFWriter(copy, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        item = field.types[1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=item)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type).astype("float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


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
    parser.add_argument("--single", type=Path)
    parser.add_argument("--peer", choices=["usual", "wide", "exact"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return exact(options) if options.peer == "exact" else peer(options)
    if options.single:
        single(options.file, options.single)
        options.file = options.single
    asked = prompts(options.file)
    dense = ["dense"] if options.single else []
    ours = lines([options.ours, str(options.file), str(options.threads), str(options.tokens), *dense], asked)
    again = [sys.executable, __file__, str(options.file), "--threads", str(options.threads), "--tokens", str(options.tokens), "--peer"]
    peers = {name: lines([*again, name], asked) for name in (["wide"] if options.single else ["usual", "wide"])}
    peers = {name: found for name, found in peers.items() if found}
    if not ours or not peers:
        sys.exit(1)
    if options.record:
        theirs = next(iter(peers.values()))
        cases = [{"prompt": prompt, "tokens": us["ids"], "greedy": run["out"]} for prompt, us, run in zip(asked, ours, theirs)]
        head = {"file": options.file.name, "sha256": hashlib.sha256(options.file.read_bytes()).hexdigest()}
        options.record.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]}\n")
    precise = lines([*again, "exact"], [us["ids"] for us in ours])
    others = {**peers, **({"exact": precise} if precise else {})}
    for at, (prompt, us) in enumerate(zip(asked, ours)):
        words = all(len(us["ids"]) == found[at]["count"] for found in peers.values())
        print(f"{prompt[:60]!r}: {len(us['ids'])} tokens, {'as many' if words else 'OTHERS'} for llama.cpp")
        print(f"    {us['text']!r}")
        for name, found in others.items():
            print(f"    ours and {name}: {compared(us, found[at])}")
    for one, other in itertools.combinations({"ours": ours, **others}.items(), 2):
        same = sum(a["out"] == b["out"] for a, b in zip(one[1], other[1]))
        print(f"{one[0]} and {other[0]}: {same} of {len(asked)} continuations equal")
    for name, found in [("ours", ours), *peers.items()]:
        long = found[-1]
        print(f"{name:>6}: reads {long['read']:.1f} tokens a second ({len(ours[-1]['ids'])}), writes {max(run['wrote'] for run in found):.1f}, "
              f"loaded in {found[0]['loaded']:.2f} s, peak {max(run['peak'] for run in found)} MB, file {options.file.stat().st_size / 2**20:.0f} MB")


main()
