//! What is measured, and how results are compared with the exact ones.

use std::time::{Duration, Instant};

/// The exact ranking's best ten of one query, and its nDCG@5, where the document that is sought is the relevant one.
#[derive(Clone, PartialEq)]
pub struct Truth {
    pub best: Vec<u64>,
    pub gain: f64,
}

/// Seconds that all threads of this process have computed so far.
pub fn cpu_seconds() -> f64 {
    // SAFETY: the structure is plain numbers, filled by the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// What this thread has computed so far.
pub fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is filled by the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The most memory that this process has held so far, in megabytes.
pub fn peak_megabytes() -> f64 {
    // SAFETY: the structure is plain numbers, filled by the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    usage.ru_maxrss as f64 / 1e3
}

/// nDCG@5 of a ranking in which one document is relevant.
pub fn gain(ranking: &[u64], relevant: u64) -> f64 {
    ranking.iter().take(5).position(|&id| id == relevant).map_or(0.0, |rank| 1.0 / (rank as f64 + 2.0).log2())
}

/// A line of the table.
#[derive(Default)]
pub struct Line {
    pub name: String,
    pub build_cpu: f64,
    pub bytes: u64,
    pub open: Duration,
    pub times: Vec<Duration>,
    pub recall: f64,
    pub gain: f64,
}

impl Line {
    /// Runs every query once to warm up and once for the time, and compares the rankings.
    pub fn search<Q>(&mut self, queries: &[Q], truths: &[(u64, Truth)], search: impl Fn(&Q) -> Vec<u64>) {
        queries.iter().for_each(|q| drop(search(q)));
        let (mut recall, mut gains) = (0.0, 0.0);
        for (query, (relevant, truth)) in queries.iter().zip(truths) {
            let started = Instant::now();
            let found = search(query);
            self.times.push(started.elapsed());
            recall += truth.best.iter().filter(|id| found.iter().take(10).any(|f| f == *id)).count() as f64
                / truth.best.len() as f64;
            gains += gain(&found, *relevant);
        }
        self.times.sort();
        (self.recall, self.gain) = (recall / queries.len() as f64, gains / queries.len() as f64);
    }

    pub fn quantile(&self, share: f64) -> f64 {
        let at = ((self.times.len() as f64 * share).ceil() as usize).clamp(1, self.times.len().max(1)) - 1;
        self.times.get(at).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
    }

    pub fn print(&self, documents: usize, rows: u64) {
        println!(
            "| {} | {:.1} | {:.1} | {:.0} | {:.1} | {:.2} / {:.2} | {:.3} | {:.4} |",
            self.name,
            self.build_cpu,
            self.bytes as f64 / rows as f64,
            self.bytes as f64 / documents as f64,
            self.open.as_secs_f64() * 1e3,
            self.quantile(0.5),
            self.quantile(0.95),
            self.recall,
            self.gain
        );
    }
}
