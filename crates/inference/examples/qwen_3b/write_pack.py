"""A folder of the published Qwen2.5-VL 3B's shapes with generated weights, in the two files that llama.cpp's tools write.

    write_pack.py FOLDER [--layers 36] [--tokenizer tokenizer.json] [--template chat_template.jinja]

Needs numpy and gguf. The language model is mixed as llama.cpp's Q4_K_M is: the embeddings, some of the values and some of the downward maps in Q6_K, the
rest in Q4_K. The vision tower is f16. With a tokenizer of Qwen2's vocabulary and a template beside them, the folder is a pack that can be added and asked;
what it answers is noise.
"""

import argparse
import shutil
from pathlib import Path

import gguf
import numpy as np

HIDDEN, INNER, HEADS, KEY_HEADS, D, VOCABULARY = 2048, 11008, 16, 2, 128, 151936
DEPTH, WIDTH, VISION_INNER, VISION_HEADS, PATCH, MERGED = 32, 1280, 3420, 16, 14, 5120
BLOCK_BYTES = {"Q4_K": 144, "Q6_K": 210}


def random_blocks(kind, count, random):
    """Blocks whose weights are spread evenly around zero, about 0.02 wide."""

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


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_language(path, layers):
    random = np.random.default_rng(1)
    # One stock of random blocks a format; each tensor takes it from another place on, so that all lie apart in the file.
    stock = {kind: random_blocks(kind, 400_000, random) for kind in BLOCK_BYTES}
    writer = gguf.GGUFWriter(str(path), "qwen2vl")
    writer.add_block_count(layers)
    writer.add_context_length(32768)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_rope_dimension_sections([16, 24, 24, 0])
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
    finish(writer)


def write_vision(path):
    random = np.random.default_rng(2)
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen2.5vl_merger")
    writer.add_vision_projection_dim(HIDDEN)
    writer.add_vision_image_size(560)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(WIDTH)
    writer.add_vision_feed_forward_length(VISION_INNER)
    writer.add_vision_block_count(DEPTH)
    writer.add_vision_head_count(VISION_HEADS)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_use_silu(True)
    writer.add_vision_n_wa_pattern(8)

    def map(name, rows, columns):
        weight = random.standard_normal((rows, columns), np.float32) / np.sqrt(columns)
        writer.add_tensor(f"{name}.weight", weight.astype(np.float16))
        writer.add_tensor(f"{name}.bias", 0.1 * random.standard_normal(rows, np.float32))

    def norm(name):
        writer.add_tensor(f"{name}.weight", 1 + 0.1 * random.standard_normal(WIDTH, np.float32))

    for frame in ("v.patch_embd.weight", "v.patch_embd.weight.1"):
        filters = random.standard_normal((WIDTH, 3, PATCH, PATCH), np.float32) / np.sqrt(6 * PATCH**2)
        writer.add_tensor(frame, filters.astype(np.float16))
    for i in range(DEPTH):
        norm(f"v.blk.{i}.ln1")
        norm(f"v.blk.{i}.ln2")
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            map(f"v.blk.{i}.{name}", WIDTH, WIDTH)
        map(f"v.blk.{i}.ffn_gate", VISION_INNER, WIDTH)
        map(f"v.blk.{i}.ffn_up", VISION_INNER, WIDTH)
        map(f"v.blk.{i}.ffn_down", WIDTH, VISION_INNER)
    norm("v.post_ln")
    map("mm.0", MERGED, MERGED)
    map("mm.2", HIDDEN, MERGED)
    finish(writer)


def write_pack(folder, layers):
    """Writes the two files unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in (("language.gguf", lambda path: write_language(path, layers)), ("mmproj.gguf", write_vision)):
        if not (folder / name).exists():
            unfinished = folder / f"{name}.part"
            write(unfinished)
            unfinished.rename(folder / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=36)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--template", type=Path)
    options = parser.parse_args()
    write_pack(options.folder, options.layers)
    for source, name in ((options.tokenizer, "tokenizer.json"), (options.template, "chat_template.jinja")):
        if source:
            shutil.copyfile(source, options.folder / name)
