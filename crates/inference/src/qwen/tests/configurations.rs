use super::*;
use crate::qwen::VisionFamily;

/// As the first release of Qwen2.5-VL 3B wrote it: flat, `rope_scaling`, no defaults spelt out.
const FLAT: &str = r#"{
  "model_type": "qwen2_5_vl", "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
  "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936, "rms_norm_eps": 1e-06,
  "rope_theta": 1000000.0, "use_sliding_window": false, "tie_word_embeddings": true, "image_token_id": 151655,
  "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
  "vision_config": {"depth": 32, "hidden_act": "silu", "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16,
    "in_chans": 3, "out_hidden_size": 2048, "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
    "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31], "temporal_patch_size": 2}
}"#;

#[test]
fn flat_and_nested_files_are_read() {
    let flat = QwenConfig::parse(FLAT).unwrap();
    assert_eq!((flat.language.head_width, flat.language.key_heads, flat.language.tied_head), (128, 2, true));
    assert_eq!((flat.vision.width, flat.vision.inner, flat.vision.patch_numbers()), (1280, 3420, 1176));
    let family = VisionFamily::Qwen2_5 { window: 112, full_attention: vec![7, 15, 23, 31] };
    assert_eq!(flat.vision.family, family);

    let nested = config("qwen2_vl");
    assert_eq!(nested.language.rotary_sections, [2, 3, 3]);
    assert_eq!((nested.vision.inner, nested.vision.output, nested.language.tied_head), (64, 64, true));
    assert!(!config("qwen2_5_vl").language.tied_head);
    let colqwen2 = config("colqwen2_transformers");
    assert_eq!(colqwen2.row_width, Some(128));
    assert_eq!((&colqwen2.vision, &colqwen2.language), (&nested.vision, &nested.language));
}

#[test]
fn unusable_files_are_refused_with_a_sentence() {
    for (from, to, says) in [
        ("qwen2_5_vl", "llama", "llama"),
        ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "evenly"),
        ("\"num_hidden_layers\": 36", "\"num_hidden_layers\": 99999999", "num_hidden_layers"),
        ("\"hidden_size\": 2048,", "\"hidden_size\": -1,", "hidden_size"),
        ("\"vocab_size\": 151936,", "", "vocab_size"),
        ("[16, 24, 24]", "[16, 24, 25]", "mrope_section"),
        ("[16, 24, 24]", "[18446744073709551615, 24, 25]", "mrope_section"),
        ("[16, 24, 24]", "[64]", "mrope_section"),
        ("\"type\": \"mrope\"", "\"type\": \"yarn\"", "yarn"),
        ("\"out_hidden_size\": 2048", "\"out_hidden_size\": 2047", "2047"),
        ("\"num_heads\": 16", "\"num_heads\": 17", "17"),
        ("\"window_size\": 112", "\"window_size\": 14", "windows"),
        ("\"use_sliding_window\": false", "\"use_sliding_window\": true", "sliding"),
        ("{", "", "JSON"),
    ] {
        let file = FLAT.replacen(from, to, 1);
        assert_ne!(file, FLAT);
        let message = QwenConfig::parse(&file).unwrap_err().to_string();
        assert!(message.contains(says) && message.contains("config.json"), "{message}");
    }
}
