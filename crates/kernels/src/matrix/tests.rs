use proptest::prelude::*;

use super::*;

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Q4K), Just(Format::Q6K), Just(Format::Q8_0)]
}

/// Numbers between −1 and 1 without a pattern that a kernel could hide behind.
fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2) + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Any bytes are weights, with scales that are finite: what a file may hold, extreme numbers and scales among it.
fn any_blocks(seed: u64, format: Format, rows: usize, columns: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes: Vec<u8> = (0..gguf_bytes(format, rows, columns).unwrap())
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // A third of the bytes at the ends of their range.
            match state >> 33 & 7 {
                0 => 0xff,
                1 => 0x80,
                2 => 0x7f,
                _ => (state >> 50) as u8,
            }
        })
        .collect();
    for block in bytes.chunks_exact_mut(format.block_bytes()) {
        let at: &[usize] = match format {
            Format::Q4K => &[0, 2],
            Format::Q6K => &[208],
            Format::Q8_0 => &[0],
        };
        for &at in at {
            block[at + 1] = block[at + 1] & 0x83 | 0x20;
        }
    }
    bytes
}

fn kernels() -> Vec<Kernel> {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::has_avx2() {
        let mut kernels = vec![Kernel::Portable, Kernel::Avx2];
        kernels.extend((Kernel::best() == Kernel::Avx512).then_some(Kernel::Avx512));
        return kernels;
    }
    vec![Kernel::Portable]
}

/// Inputs of which some rows are at the extreme of what eight bits hold, all of one sign.
fn inputs(seed: u64, m: usize, columns: usize) -> Vec<f32> {
    let mut input = noise(seed, m * columns);
    for (row, input) in input.chunks_exact_mut(columns).enumerate() {
        match row % 4 {
            1 => input.fill(1.0),
            2 => input.fill(-3.0),
            _ => {}
        }
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Every kernel gives the portable one's numbers, bit for bit, whatever the sizes, the weights and the number of threads.
    #[test]
    fn kernels_are_equal(
        format in any_format(),
        m in prop_oneof![Just(1usize), Just(2), Just(3), Just(4), Just(5), Just(7), Just(16), Just(19), Just(64)],
        rows in prop_oneof![1usize..40, Just(64usize), 65usize..100],
        blocks in 1usize..6,
        threads in 1usize..4,
        seed in any::<u64>(),
    ) {
        let columns = blocks * format.block_columns();
        let pool = Pool::new(threads);
        let matrix = QuantisedMatrix::from_gguf_blocks(format, rows, columns, &any_blocks(seed, format, rows, columns)).unwrap();
        let activations = Activations::new(format, &inputs(seed, m, columns), m, columns, &pool).unwrap();
        let results: Vec<Vec<f32>> = kernels()
            .into_iter()
            .map(|kernel| {
                let mut output = vec![f32::NAN; m * rows];
                matrix.multiply_with(kernel, &activations, None, &mut output, &pool).unwrap();
                output
            })
            .collect();
        for result in &results {
            prop_assert!(result.iter().all(|value| value.is_finite()));
            prop_assert_eq!(result, &results[0]);
        }
    }

    /// The product is that of the dequantised rows, up to the rounding of the inputs.
    #[test]
    fn products_are_those_of_the_dequantised_weights(
        format in any_format(),
        m in 1usize..6,
        rows in 1usize..20,
        blocks in 1usize..4,
        seed in any::<u64>(),
    ) {
        let columns = blocks * format.block_columns();
        let pool = Pool::new(2);
        let weights = noise(seed, rows * columns);
        let matrix = QuantisedMatrix::quantise(format, rows, columns, &weights, &pool).unwrap();
        let input = inputs(seed ^ 5, m, columns);
        let bias = noise(seed ^ 7, rows);
        let mut output = vec![0.0; m * rows];
        matrix.multiply(&input, m, Some(&bias), &mut output, &pool).unwrap();
        let mut weights = vec![0.0; columns];
        // Half a step of 1/127 of the largest input a number, or of 1/32767, and what f32 loses.
        let step = if format == Format::Q8_0 { 2e-5 } else { 0.5 / 127.0 + 1e-5 };
        for row in 0..rows {
            matrix.dequantise_row(row, &mut weights).unwrap();
            for token in 0..m {
                let input = &input[token * columns..][..columns];
                let product: f64 = weights.iter().zip(input).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                let exact = product + f64::from(bias[row]);
                let largest = input.iter().fold(0f32, |most, value| most.max(value.abs()));
                let room: f32 = weights.iter().map(|weight| weight.abs() * largest * step).sum();
                let found = output[token * rows + row];
                prop_assert!((f64::from(found) - exact).abs() <= f64::from(room), "{} is not {}", found, exact);
            }
        }
    }

    /// A file's blocks come out of the packed layout unchanged.
    #[test]
    fn blocks_survive_packing(format in any_format(), rows in 1usize..20, blocks in 1usize..4, seed in any::<u64>()) {
        let columns = blocks * format.block_columns();
        let bytes = any_blocks(seed, format, rows, columns);
        let matrix = QuantisedMatrix::from_gguf_blocks(format, rows, columns, &bytes).unwrap();
        prop_assert_eq!(matrix.to_gguf_blocks(), bytes);
    }
}

#[test]
fn the_packed_matrix_takes_little_more_than_the_file() {
    for (format, most) in [(Format::Q4K, 1.0), (Format::Q6K, 1.01), (Format::Q8_0, 1.0)] {
        let bytes = gguf_bytes(format, 64, 2048).unwrap();
        let matrix = QuantisedMatrix::from_gguf_blocks(format, 64, 2048, &vec![0; bytes]).unwrap();
        assert!(matrix.bytes() as f64 <= bytes as f64 * most, "{}", format.name());
    }
}

#[test]
fn wrong_sizes_are_refused_in_words() {
    let pool = Pool::new(1);
    let refused = |format, rows, columns, bytes: &[u8]| {
        QuantisedMatrix::from_gguf_blocks(format, rows, columns, bytes).err().expect("refused").to_string()
    };
    assert_eq!(refused(Format::Q4K, 2, 256, &[0; 287]), "a matrix of 2 x 256 in Q4_K takes 288 bytes and 287 came");
    assert!(refused(Format::Q6K, 2, 250, &[0; 420]).contains("multiples of 256"));
    assert!(refused(Format::Q8_0, 2, 0, &[]).contains("multiples of 32"));
    assert!(refused(Format::Q8_0, 0, 32, &[]).contains("at least one"));
    assert!(refused(Format::Q4K, usize::MAX / 2, 256, &[]).contains("no more than memory"));
    assert!(refused(Format::Q4K, 1 << 40, usize::MAX - 255, &[]).contains("no more than memory"));
    let too_short = QuantisedMatrix::read_gguf_blocks(Format::Q8_0, 9, 32, &[0u8; 9 * 34 - 1][..]);
    assert!(too_short.err().expect("refused").to_string().contains("9 x 32"));

    let matrix = QuantisedMatrix::from_gguf_blocks(Format::Q8_0, 9, 32, &[0; 9 * 34]).unwrap();
    assert!(matrix.multiply(&[0.0; 32], 1, None, &mut [0.0; 8], &pool).is_err());
    assert!(matrix.multiply(&[0.0; 31], 1, None, &mut [0.0; 9], &pool).is_err());
    assert!(matrix.multiply(&[], usize::MAX, None, &mut [0.0; 9], &pool).is_err());
    assert!(matrix.multiply(&[], 0, None, &mut [], &pool).is_ok());
    assert!(matrix.multiply(&[0.0; 32], 1, Some(&[0.0; 8]), &mut [0.0; 9], &pool).is_err());
    assert!(matrix.dequantise_row(9, &mut [0.0; 32]).is_err());
    assert!(matrix.dequantise_row(8, &mut [0.0; 31]).is_err());
    let activations = Activations::new(Format::Q4K, &[0.0; 256], 1, 256, &pool).unwrap();
    assert!(matrix.multiply_activations(&activations, None, &mut [0.0; 9], &pool).is_err());
    assert!(QuantisedMatrix::quantise(Format::Q8_0, 1, 32, &[f32::NAN; 32], &pool).is_err());
    assert!(QuantisedMatrix::quantise(Format::Q8_0, 1, 32, &[0.0; 31], &pool).is_err());
}

#[test]
fn what_is_not_finite_comes_out_so() {
    let pool = Pool::new(1);
    for format in [Format::Q4K, Format::Q6K, Format::Q8_0] {
        let columns = format.block_columns();
        let matrix = QuantisedMatrix::quantise(format, 8, columns, &vec![0.5; 8 * columns], &pool).unwrap();
        let mut input = vec![1.0; columns];
        input[7] = f32::INFINITY;
        let mut output = vec![0.0; 8];
        matrix.multiply(&input, 1, None, &mut output, &pool).unwrap();
        assert!(output.iter().all(|value| value.is_nan()), "{}", format.name());
    }
}
