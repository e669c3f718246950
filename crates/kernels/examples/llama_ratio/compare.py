"""A 3B-shaped Qwen2 in Q4_K and Q6_K with generated weights: written, run by llama.cpp and by these kernels, speeds and their ratios printed.

    compare.py FOLDER [--threads 2] [--prompt 256] [--generate 32] [--repeats 3] [--layers 36] [--ours PROGRAM]

Needs numpy, gguf and llama-cpp-python. PROGRAM is the example llama_ratio (default: target/release/examples/llama_ratio). The model is written to
FOLDER once. llama.cpp is run with and without its repacked weights ("extra buffers"); the better of the two is compared with. The logits after the prompt
are compared as well: the same file has to mean the same model.
"""

import argparse, json, resource, subprocess, sys, time
from pathlib import Path

HIDDEN, INNER, HEADS, KEY_HEADS, D, VOCABULARY = 2048, 11008, 16, 2, 128, 151936


def random_blocks(kind, count, random):
    """Blocks whose weights are spread evenly around zero, about 0.02 wide."""
    import numpy as np

    def half(value):
        return np.full((count, 1), value, np.float16).view(np.uint8)

    if kind == "Q4_K":
        scales = random.integers(32, 64, (count, 8), np.uint8)
        minima = scales  # with dmin = 7.5 d the sixteen steps lie around zero
        packed = np.empty((count, 12), np.uint8)
        packed[:, :4] = scales[:, :4] | (scales[:, 4:] >> 4 << 6)
        packed[:, 4:8] = minima[:, :4] | (minima[:, 4:] >> 4 << 6)
        packed[:, 8:] = (scales[:, 4:] & 15) | ((minima[:, 4:] & 15) << 4)
        d = 0.02 / 4.6 / 48
        return np.concatenate([half(d), half(7.5 * d), packed, random.integers(0, 256, (count, 128), np.uint8)], 1)
    numbers = random.integers(0, 256, (count, 192), np.uint8)
    scales = random.integers(64, 128, (count, 16), np.uint8)
    return np.concatenate([numbers, scales, half(0.02 / 18.5 / 96)], 1)


def write_model(path, layers):
    import numpy as np, gguf

    random = np.random.default_rng(1)
    size = {"Q4_K": 144, "Q6_K": 210}
    # One stock of random blocks a format; each tensor takes it from another place on, so that all lie apart in the file.
    stock = {kind: random_blocks(kind, 400_000, random) for kind in size}
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_block_count(layers)
    writer.add_context_length(32768)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("no_vocab")

    def matrix(name, kind, rows, columns):
        count = rows * columns // 256
        start = int(random.integers(0, len(stock[kind])))
        blocks = np.take(stock[kind], range(start, start + count), axis=0, mode="wrap")
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=gguf.GGMLQuantizationType[kind])

    def vector(name, length, mean):
        writer.add_tensor(name, (mean + 0.1 * random.standard_normal(length)).astype(np.float32))

    matrix("token_embd.weight", "Q6_K", VOCABULARY, HIDDEN)
    vector("output_norm.weight", HIDDEN, 1)
    for i in range(layers):
        more = i < layers // 8 or i >= 7 * layers // 8 or (i - layers // 8) % 3 == 2
        better = "Q6_K" if more else "Q4_K"
        vector(f"blk.{i}.attn_norm.weight", HIDDEN, 1)
        vector(f"blk.{i}.ffn_norm.weight", HIDDEN, 1)
        for name, kind, rows in (("q", "Q4_K", HEADS * D), ("k", "Q4_K", KEY_HEADS * D), ("v", better, KEY_HEADS * D)):
            matrix(f"blk.{i}.attn_{name}.weight", kind, rows, HIDDEN)
            vector(f"blk.{i}.attn_{name}.bias", rows, 0)
        matrix(f"blk.{i}.attn_output.weight", "Q4_K", HIDDEN, HEADS * D)
        matrix(f"blk.{i}.ffn_gate.weight", "Q4_K", INNER, HIDDEN)
        matrix(f"blk.{i}.ffn_up.weight", "Q4_K", INNER, HIDDEN)
        matrix(f"blk.{i}.ffn_down.weight", better, HIDDEN, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_list(model, path):
    import gguf

    lines = []
    for tensor in gguf.GGUFReader(str(model)).tensors:
        columns, rows = int(tensor.shape[0]), int(tensor.shape[1]) if len(tensor.shape) > 1 else 1
        lines.append(f"{tensor.name} {int(tensor.tensor_type)} {rows} {columns} {int(tensor.data_offset)}\n")
    path.write_text("".join(lines))


def peer(model, options, extra):
    """Runs llama.cpp in this process and prints a line of JSON a run."""
    import llama_cpp as L, numpy as np

    L.llama_backend_init()
    print(L.__version__, L.llama_print_system_info().decode().strip(), flush=True)
    parameters = L.llama_model_default_params()
    parameters.use_extra_bufts = extra
    loaded = L.llama_model_load_from_file(str(model).encode(), parameters)
    parameters = L.llama_context_default_params()
    parameters.n_ctx = options.prompt + options.generate + 8
    parameters.n_batch = parameters.n_ubatch = options.prompt
    parameters.n_threads = parameters.n_threads_batch = options.threads
    context = L.llama_init_from_model(loaded, parameters)
    memory = L.llama_get_memory(context)

    def forward(tokens, position):
        batch = L.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + i, 1
            batch.seq_id[i][0], batch.logits[i] = 0, i == len(tokens) - 1
        assert L.llama_decode(context, batch) == 0
        L.llama_batch_free(batch)
        return np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(VOCABULARY,))

    def clock():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return time.time(), usage.ru_utime + usage.ru_stime

    prompt = [2 if i == 0 else 1000 + i * 7919 % 20000 for i in range(options.prompt)]
    for run in range(options.repeats + 1):
        L.llama_memory_clear(memory, True)
        start = clock()
        logits = forward(prompt, 0)
        middle = clock()
        if run == 0:
            logits.astype(np.float32).tofile(f"{model}.logits.peer")
        out = [int(logits.argmax())]
        begin = clock()
        for i in range(options.generate):
            out.append(int(forward([out[-1]], options.prompt + i).argmax()))
        end = clock()
        figures = {
            "prefill": options.prompt / (middle[0] - start[0]),
            "prefill cpu": options.prompt / (middle[1] - start[1]),
            "decode": options.generate / (end[0] - begin[0]),
            "decode cpu": options.generate / (end[1] - begin[1]),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "out": out[:6],
        }
        print(json.dumps(figures), flush=True)


def best(runs):
    """The fastest of the runs after the first, which warms caches."""
    runs = runs[1:] or runs
    figures = {key: max(run[key] for run in runs) for key in ("prefill", "prefill cpu", "decode", "decode cpu")}
    return figures | {"peak": max(run["peak"] for run in runs), "out": runs[-1]["out"]}


def run_peer(options, extra):
    command = [sys.executable, __file__, *sys.argv[1:], "--peer", "extra" if extra else "plain"]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(f"llama.cpp {'with' if extra else 'without'} extra buffers failed: {done.returncode}")
        return None
    print(done.stdout.splitlines()[0])
    return best([json.loads(line) for line in lines])


def run_ours(options, model, tensors):
    numbers = map(str, (options.threads, options.prompt, options.generate, options.repeats))
    done = subprocess.run([options.ours, model, tensors, *numbers], capture_output=True, text=True, check=True)
    print(done.stdout.splitlines()[0])
    runs = []
    for line in done.stdout.splitlines()[1:]:
        words = line.split()
        out = json.loads(line.split("out ")[1])
        runs.append({
            "prefill": float(words[2]), "prefill cpu": float(words[4]), "decode": float(words[7]),
            "decode cpu": float(words[9]), "peak": int(words[12]), "out": out,
        })
    return best(runs)


def compare_logits(model):
    import numpy as np

    ours, theirs = np.fromfile(f"{model}.logits", np.float32), np.fromfile(f"{model}.logits.peer", np.float32)
    share = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    print(f"logits after the prompt: relative difference {share:.4f}, correlation {np.corrcoef(ours, theirs)[0, 1]:.6f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    for name, default in (("threads", 2), ("prompt", 256), ("generate", 32), ("repeats", 3), ("layers", 36)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--ours", default="target/release/examples/llama_ratio")
    parser.add_argument("--only", choices=["write", "ours", "peer"], help="one step alone")
    parser.add_argument("--peer", choices=["extra", "plain"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    model = options.folder / f"qwen2-3b-shape-{options.layers}.gguf"
    tensors = model.with_suffix(".tensors")
    if options.peer:
        return peer(model, options, options.peer == "extra")
    if not tensors.exists():
        write_model(model, options.layers)
        write_list(model, tensors)
    if options.only == "write":
        return
    figures = {}
    if options.only != "peer":
        figures["ours"] = run_ours(options, model, tensors)
    if options.only != "ours":
        for name, extra in (("llama.cpp", False), ("llama.cpp, repacked", True)):
            if outcome := run_peer(options, extra):
                figures[name] = outcome
    for name, outcome in figures.items():
        print(f"{name:>22}: {outcome}")
    peers = [outcome for name, outcome in figures.items() if name != "ours"]
    if "ours" in figures:
        print(f"peak memory over the file: {figures['ours']['peak'] * 2**20 / model.stat().st_size:.3f}")
    if "ours" in figures and peers:
        for key in ("prefill", "prefill cpu", "decode", "decode cpu"):
            print(f"ratio {key}: {figures['ours'][key] / max(peer[key] for peer in peers):.2f}")
        compare_logits(model)


main()
