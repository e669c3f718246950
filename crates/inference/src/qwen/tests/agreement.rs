use super::*;
use crate::qwen::{Grid, Positions, PreparedImages, QwenVl};

/// A model with what the reference made of a prompt with two images.
pub(super) struct Reference {
    pub(super) model: QwenVl,
    pub(super) images: PreparedImages,
    pub(super) ids: Vec<u32>,
    pub(super) expected: HashMap<String, Tensor>,
}

pub(super) fn reference(name: &str, dtype: DType) -> Reference {
    let config = config(name);
    let weights = Checkpoint::read(&[&format!("{name}.weights.safetensors")], dtype);
    let images = IMAGES.map(drawn);
    let expected = tensors(&format!("{name}.expected.safetensors"));
    Reference {
        model: QwenVl::load(&config, &weights).unwrap(),
        images: PreparedImages::new(&[&images[0], &images[1]], &config.vision, BUDGET).unwrap(),
        ids: numbers(&expected["ids"]),
        expected,
    }
}

const MODELS: [&str; 2] = ["qwen2_vl", "qwen2_5_vl"];

/// Says and checks how far `found` is from what the reference has under `name`.
fn hold(model: &str, name: &str, found: &Tensor, expected: &HashMap<String, Tensor>) {
    let expected = &expected[name];
    let off = difference(found, expected);
    let largest: f32 = expected.abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap();
    eprintln!("{model} {name}: off by {off:.1e}, numbers up to {largest:.1}");
    assert!(off <= 1e-4, "{model} {name} is off by {off:e}");
}

#[test]
fn vision_towers_agree_block_by_block() {
    for name in MODELS {
        let Reference { model, images, expected, .. } = reference(name, DType::F32);
        let grids: Vec<u32> = images.grids.iter().flat_map(|g| [1, g.rows as u32, g.columns as u32]).collect();
        assert_eq!(grids, numbers(&expected["grids"]));
        let mut stages = Vec::new();
        let merged = model.vision.forward_watched(&images, &mut |x| stages.push(x.clone())).unwrap();
        hold(name, "patch_embedding.0", &stages[0], &expected);
        assert_eq!(stages.len(), 1 + model.vision.config().depth);
        for (at, stage) in stages[1..].iter().enumerate() {
            hold(name, &format!("vision.{at}"), stage, &expected);
        }
        hold(name, "merged", &merged, &expected);
    }
}

/// Images in one call must not see each other: each by itself makes the same rows.
#[test]
fn images_in_one_call_are_as_by_themselves() {
    for name in MODELS {
        let Reference { model, images, .. } = reference(name, DType::F32);
        let both = model.vision.forward(&images).unwrap();
        let mut first = 0;
        for size in IMAGES {
            let alone = PreparedImages::new(&[&drawn(size)], model.vision.config(), BUDGET).unwrap();
            let rows = model.vision.forward(&alone).unwrap();
            let count = rows.dim(0).unwrap();
            assert!(difference(&both.narrow(0, first, count).unwrap(), &rows) < 1e-5);
            first += count;
        }
        assert_eq!(first, both.dim(0).unwrap());
    }
}

#[test]
fn positions_of_images_and_text_agree() {
    for name in MODELS {
        let Reference { model, images, ids, expected } = reference(name, DType::F32);
        let positions = Positions::of_prompt(&ids, model.image_token(), &images.grids, 2).unwrap();
        let by_axis: Vec<u32> =
            (0..3).flat_map(|axis| positions.places().iter().map(move |place| place[axis])).collect();
        assert_eq!(by_axis, numbers(&expected["positions"]));
        let delta: i64 = expected["delta"].to_dtype(DType::I64).unwrap().to_vec1::<i64>().unwrap()[0];
        assert_eq!(i64::from(positions.next()), ids.len() as i64 + delta);
    }
}

#[test]
fn prompts_and_images_that_do_not_fit_are_refused() {
    let grids = [Grid { rows: 4, columns: 6 }];
    let fits = [1, 9, 9, 9, 9, 9, 9, 2];
    assert_eq!(Positions::of_prompt(&fits, 9, &grids, 2).unwrap().next(), 5);
    for ids in [&[1, 9, 9, 2][..], &[1, 2], &[9, 9, 9, 1, 9, 9, 9], &[9; 7]] {
        let message = Positions::of_prompt(ids, 9, &grids, 2).unwrap_err().to_string();
        assert!(message.contains("image"), "{message}");
    }
    let Reference { model, images, ids, .. } = reference("qwen2_vl", DType::F32);
    assert!(model.read_prompt(&ids[..ids.len() - 20], Some(&images)).is_err());
    assert!(model.read_prompt(&[1_000_000], None).is_err());
    let fewer = PreparedImages { patches: images.patches.clone(), grids: images.grids[..1].to_vec() };
    assert!(model.vision.forward(&fewer).is_err());
}

#[test]
fn language_models_agree_block_by_block() {
    for name in MODELS {
        let Reference { model, images, ids, expected } = reference(name, DType::F32);
        let (rows, positions) = model.read_prompt(&ids, Some(&images)).unwrap();
        let mut stages = Vec::new();
        let hidden =
            model.language.encode_watched(&rows, &positions, &[ids.len()], &mut |x| stages.push(x.clone())).unwrap();
        for (at, stage) in stages.iter().enumerate() {
            hold(name, &format!("language.{at}"), stage, &expected);
        }
        hold(name, "logits", &model.language.logits(&hidden).unwrap(), &expected);
    }
}

/// bf16 has eight bits: two ways of rounding differ by parts of a hundred, of what the numbers are as a whole.
#[test]
fn models_in_bf16_agree() {
    for name in MODELS {
        let Reference { model, images, ids, expected } = reference(name, DType::BF16);
        let merged = relative(&model.vision.forward(&images).unwrap(), &expected["bf16.merged"]);
        let (rows, positions) = model.read_prompt(&ids, Some(&images)).unwrap();
        let hidden = model.language.encode(&rows, &positions, &[ids.len()]).unwrap();
        let logits = relative(&model.language.logits(&hidden).unwrap(), &expected["bf16.logits"]);
        let rounding = relative(&expected["bf16.logits"], &expected["logits"]);
        eprintln!(
            "{name} in bf16: merged off by {merged:.1e}, logits by {logits:.1e}; bf16 is off f32 by {rounding:.1e}"
        );
        assert!(merged <= 2e-2 && logits <= 2e-2, "{name}: {merged} {logits}");
    }
}
