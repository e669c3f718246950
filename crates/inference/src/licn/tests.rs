use super::*;

/// Tasks of the fixtures.
pub(crate) const TASKS: usize = 3;

pub(crate) fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
    (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
}

/// What PyTorch's layers make of the same weights; fixtures/licn.py writes the files.
pub(crate) fn fixture(shared: bool) -> HashMap<String, Tensor> {
    let name = if shared { "licn-shared" } else { "licn" };
    let file = format!("{}/fixtures/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    candle_core::safetensors::load(file, &Device::Cpu).unwrap()
}

/// The fixtures' shape.
pub(crate) fn shape(shared: bool) -> LicnConfig {
    LicnConfig {
        row_width: 8,
        layers: 2,
        heads: 2,
        feed_forward: 12,
        output: 10,
        tasks: TASKS,
        shared_encoder: shared,
        dropout: 0.1,
    }
}

#[test]
fn agrees_with_pytorch() {
    for shared in [false, true] {
        let tensors = fixture(shared);
        let licn = Licn::load(&shape(shared), &tensors).unwrap();
        let images = licn.embed_images(&tensors["in.images"], Some(&tensors["in.images.absent"]), None).unwrap();
        assert!(largest_difference(&images, &tensors["out.images"]) <= 1e-5);
        for task in 0..TASKS {
            let (rows, absent) = (&tensors[&format!("in.labels.{task}")], &tensors[&format!("in.absent.{task}")]);
            let labels = licn.embed_labels(task, rows, absent, None).unwrap();
            assert!(largest_difference(&labels, &tensors[&format!("out.labels.{task}")]) <= 1e-5);
        }
    }
}

#[test]
fn what_stands_where_a_row_is_absent_does_not_matter() {
    let tensors = fixture(false);
    let licn = Licn::load(&shape(false), &tensors).unwrap();
    let absent = &tensors["in.images.absent"];
    let with = |rows: &Tensor| licn.embed_images(rows, Some(absent), None).unwrap();
    let other = tensors["in.images"].broadcast_add(&absent.unsqueeze(2).unwrap()).unwrap();
    assert!(largest_difference(&with(&tensors["in.images"]), &with(&other)) <= 1e-6);
    let all = licn.embed_images(&other, None, None).unwrap();
    assert!(largest_difference(&with(&other), &all) > 1e-3);
}

#[test]
fn the_paper_s_shape_has_the_paper_s_size() {
    let count: usize = LicnConfig::paper().tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
    assert_eq!((count as f64 / 1e4).round(), 718.0);
}
