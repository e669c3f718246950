//! Whether a model fits, before it is loaded: weights, what it keeps of a conversation, and what lies between its layers.

use std::fs;
use std::path::Path;

use crate::InferenceError;
use crate::weights::packed::PackedFormat;

/// Left to the system and to the rest of the program.
const RESERVE: u64 = 512 << 20;

/// The memory that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeMemory {
    /// In bytes.
    pub bytes: u64,
    /// What sets the limit, in words.
    pub limit: &'static str,
}

impl FreeMemory {
    /// What this machine has left: `MemAvailable`, or less where a control group allows less. `None` where the system does not say.
    pub fn now() -> Option<Self> {
        let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))?;
        let free = Self { bytes: available, limit: "the machine's free memory" };
        let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let group = group_left(&group, Path::new("/sys/fs/cgroup"));
        Some(match group {
            Some(left) if left < free.bytes => Self { bytes: left, limit: "the limit set for this program" },
            _ => free,
        })
    }
}

/// Whether a model that nobody uses should give its memory up: less is free than is left to the system when models are planned.
pub fn memory_is_short() -> bool {
    FreeMemory::now().is_some_and(|free| free.bytes < RESERVE)
}

/// `MemAvailable` of /proc/meminfo in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// What a program's control group has left, the smallest of it and those above it. `membership` is /proc/self/cgroup.
fn group_left(membership: &str, root: &Path) -> Option<u64> {
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let mut least: Option<u64> = None;
    let mut note = |left: u64| least = Some(least.map_or(left, |least| least.min(left)));
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (place, limit, used) = if controllers.is_empty() {
            (root.to_owned(), "memory.max", "memory.current")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (root.join("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes")
        } else {
            continue;
        };
        let own = place.join(path.trim_start_matches('/'));
        for group in own.ancestors().take_while(|group| group.starts_with(&place)) {
            // "max" is no number: no limit.
            if let (Some(limit), Some(used)) = (number(&group.join(limit)), number(&group.join(used))) {
                let cached = fs::read_to_string(group.join("memory.stat")).ok().and_then(|stat| inactive(&stat));
                note(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))));
            }
        }
    }
    least
}

/// Cache that the system gives up when asked, of a control group's memory.stat.
fn inactive(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("inactive_file "))?.trim().parse().ok()
}

/// How large a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSize {
    /// Its name for people.
    pub title: String,
    /// Numbers in matrices that may be packed.
    pub packable: u64,
    /// Bytes of all other weights.
    pub other_bytes: u64,
    /// Blocks.
    pub layers: u64,
    /// Key and value heads.
    pub key_heads: u64,
    /// The width of a head.
    pub head_width: u64,
    /// The language model's width.
    pub width: u64,
    /// The width inside its feed-forward parts.
    pub inner: u64,
    /// Tokens.
    pub vocabulary: u64,
}

impl ModelSize {
    /// Bytes of keys and values of `tokens` tokens, `bytes` a number.
    pub fn cache_bytes(&self, tokens: u64, bytes: u64) -> u64 {
        let a_token =
            self.layers.saturating_mul(2 * bytes).saturating_mul(self.key_heads).saturating_mul(self.head_width);
        a_token.saturating_mul(tokens)
    }

    /// Bytes of what lies between matrix products for `chunk` tokens in f32: the rows in and around attention, the three of the
    /// feed-forward part, and one row of logits.
    pub fn working_bytes(&self, chunk: u64) -> u64 {
        let a_token = self.width.saturating_mul(8).saturating_add(self.inner.saturating_mul(3));
        a_token.saturating_mul(chunk).saturating_add(self.vocabulary.saturating_mul(2)).saturating_mul(4)
    }

    fn weight_bytes(&self, precision: Option<PackedFormat>) -> u64 {
        // Numbers not packed take 16 bits.
        let bits = precision.map_or(16.0, PackedFormat::bits);
        (self.packable as f64 * bits / 8.0) as u64 + self.other_bytes
    }
}

/// A model's place in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryPlan {
    /// How matrices are kept; `None` in the 16 bits of the file.
    pub precision: Option<PackedFormat>,
    /// Bytes of weights.
    pub weights: u64,
    /// Bytes of keys and values.
    pub cache: u64,
    /// Bytes of what is computed in between.
    pub working: u64,
    /// One sentence about what was decided.
    pub reason: String,
}

impl MemoryPlan {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.cache).saturating_add(self.working)
    }
}

/// Chooses the first of `precisions` (best first) that fits with a cache of `tokens` tokens, `cache_number` bytes a number, read in chunks of `chunk`. An
/// error says how much is missing for the smallest.
pub fn plan_memory(
    size: &ModelSize,
    precisions: &[Option<PackedFormat>],
    tokens: u64,
    cache_number: u64,
    chunk: u64,
    free: &FreeMemory,
) -> Result<MemoryPlan, InferenceError> {
    let room = free.bytes.saturating_sub(RESERVE);
    let name = |precision: Option<PackedFormat>| precision.map_or("16 bits", PackedFormat::name);
    let mut needed = None;
    for (at, &precision) in precisions.iter().enumerate() {
        let mut plan = MemoryPlan {
            precision,
            weights: size.weight_bytes(precision),
            cache: size.cache_bytes(tokens, cache_number),
            working: size.working_bytes(chunk),
            reason: String::new(),
        };
        if plan.total() <= room {
            let takes = format!("{} takes {} in {}", size.title, gigabytes(plan.total()), name(precision));
            plan.reason = match (at, needed) {
                (0, _) | (_, None) => format!("{takes}."),
                (_, Some(first)) => format!(
                    "{takes}; {} would need {}, and {} allows {}.",
                    name(precisions[0]),
                    gigabytes(first),
                    free.limit,
                    gigabytes(room)
                ),
            };
            return Ok(plan);
        }
        needed = needed.or(Some(plan.total()));
        if at + 1 == precisions.len() {
            return Err(InferenceError::Memory(format!(
                "{} needs {} even in {}, and {} allows {}; close other programs, or choose a smaller model",
                size.title,
                gigabytes(plan.total()),
                name(precision),
                free.limit,
                gigabytes(room)
            )));
        }
    }
    Err(InferenceError::Memory(format!("{} can't be kept in any form that was allowed", size.title)))
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_billion() -> ModelSize {
        ModelSize {
            title: "Qwen2.5-VL 3B".into(),
            packable: 3_085_000_000,
            other_bytes: 1_340_000_000,
            layers: 36,
            key_heads: 2,
            head_width: 128,
            width: 2048,
            inner: 11_008,
            vocabulary: 151_936,
        }
    }

    const BEST_FIRST: [Option<PackedFormat>; 4] =
        [None, Some(PackedFormat::Q8_0), Some(PackedFormat::Q6K), Some(PackedFormat::Q4K)];

    fn plan(gigabytes: f64) -> Result<MemoryPlan, InferenceError> {
        let free = FreeMemory { bytes: (gigabytes * 1e9) as u64, limit: "the machine's free memory" };
        plan_memory(&three_billion(), &BEST_FIRST, 8192, 2, 512, &free)
    }

    #[test]
    fn the_best_that_fits_is_taken_and_said() {
        let roomy = plan(24.0).unwrap();
        assert_eq!(roomy.precision, None);
        // 36 layers x 2 x 2 heads x 128 x 2 bytes a token.
        assert_eq!(roomy.cache, 36 * 2 * 2 * 128 * 2 * 8192);
        assert_eq!(roomy.reason, format!("Qwen2.5-VL 3B takes {} in 16 bits.", gigabytes(roomy.total())));
        let tight = plan(5.0).unwrap();
        assert_eq!(tight.precision, Some(PackedFormat::Q6K));
        assert!(tight.reason.contains("in Q6_K; 16 bits would need 7.9 GB"), "{}", tight.reason);
        assert!(tight.total() + RESERVE <= 5_000_000_000);
        let error = plan(2.0).unwrap_err().to_string();
        assert!(error.contains("even in Q4_K") && error.contains("choose a smaller model"), "{error}");
    }

    #[test]
    fn the_systems_files_are_read() {
        assert_eq!(available("MemTotal: 5 kB\nMemAvailable:   2048 kB\n"), Some(2048 * 1024));
        assert_eq!(available("MemAvailable: x kB"), None);
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("a/b");
        fs::create_dir_all(&group).unwrap();
        let write = |path: &str, text: &str| fs::write(root.path().join(path), text).unwrap();
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "100\n");
        assert_eq!(group_left("0::/a/b\n", root.path()), None);
        write("a/memory.max", "1000\n");
        write("a/memory.current", "400\n");
        write("a/memory.stat", "anon 1\ninactive_file 150\n");
        assert_eq!(group_left("0::/a/b\n", root.path()), Some(750));
        assert_eq!(group_left("nonsense", root.path()), None);
        if cfg!(target_os = "linux") {
            assert!(FreeMemory::now().unwrap().bytes > 0);
        }
    }
}
