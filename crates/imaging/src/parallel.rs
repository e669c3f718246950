//! Work on all cores. Threads of its own, not a common pool: they inherit the priority of the job that starts them, so that the window stays before them.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use crate::ImagingError;

/// How many threads work at a time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` for every item; after an error no further ones are begun, and one of the errors is returned.
pub(crate) fn each<T: Send>(
    items: impl ExactSizeIterator<Item = T> + Send,
    work: impl Fn(T) -> Result<(), ImagingError> + Sync,
) -> Result<(), ImagingError> {
    let threads = cores().min(items.len());
    let queue = Mutex::new(Some(items));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.next();
    let stop = || *queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
    let worker = || {
        while let Some(item) = next() {
            work(item).inspect_err(|_| stop())?;
        }
        Ok(())
    };
    if threads <= 1 {
        return worker();
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let own = worker();
        // A panic goes on in the thread that waits, where it is caught as damage.
        let joined =
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.fold(own, Result::and)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_item_is_done_once_and_an_error_ends_it() {
        let mut places = vec![0; 1000];
        each(places.iter_mut().enumerate(), |(at, place)| {
            *place += at;
            Ok(())
        })
        .unwrap();
        assert!(places.iter().enumerate().all(|(at, place)| at == *place));
        let begun = AtomicUsize::new(0);
        let ended = each(0..1_000_000, |at| {
            begun.fetch_add(1, Ordering::Relaxed);
            if at == 5 { Err(ImagingError::Truncated) } else { Ok(()) }
        });
        assert!(matches!(ended, Err(ImagingError::Truncated)));
        assert!(begun.into_inner() < 1_000_000);
    }
}
