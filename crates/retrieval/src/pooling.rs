//! Fewer rows a document: rows that say nearly the same become one (Clavié, Chaffin and Adams, Reducing the footprint of multi-vector
//! retrieval, 2024). It costs quality.

use crate::MultiVector;

/// Merges the rows of a document until one in `factor` is left (at least one): Ward's hierarchical clustering (Ward, 1963), each cluster as
/// its mean, of unit length. In the order in which the clusters' first rows stand.
pub fn pool(rows: &MultiVector, factor: usize) -> MultiVector {
    let count = rows.len().div_ceil(factor.max(1));
    pool_to(rows, count)
}

/// The nine rows of the two-stage search in *ArtSeek* (Fanelli et al., 2025): the mean of the first 4 and last 7 rows, which stand for the prompt, and the
/// means of 8 Ward clusters of the others. Documents too short for that keep their rows.
pub fn pool_to_nine(rows: &MultiVector) -> MultiVector {
    const FIRST: usize = 4;
    const LAST: usize = 7;
    let (count, width) = (rows.len(), rows.dimension());
    if count < FIRST + LAST + 8 {
        return rows.clone();
    }
    let values = rows.values();
    let ends: Vec<&[f32]> = rows.rows().take(FIRST).chain(rows.rows().skip(count - LAST)).collect();
    let mut pooled = mean(&ends, width);
    let others = MultiVector { values: values[FIRST * width..(count - LAST) * width].to_vec(), dimension: width };
    pooled.extend(pool_to(&others, 8).values());
    MultiVector { values: pooled, dimension: width }
}

fn pool_to(rows: &MultiVector, count: usize) -> MultiVector {
    let width = rows.dimension();
    if count >= rows.len() {
        return rows.clone();
    }
    let cluster_of = ward(rows, count.max(1));
    let mut values = Vec::with_capacity(count * width);
    let mut seen = vec![false; rows.len()];
    for row in 0..rows.len() {
        let cluster = cluster_of[row];
        if !std::mem::replace(&mut seen[cluster], true) {
            let members: Vec<&[f32]> =
                (row..rows.len()).filter(|&r| cluster_of[r] == cluster).map(|r| rows.row(r)).collect();
            values.extend(mean(&members, width));
        }
    }
    MultiVector { values, dimension: width }
}

/// The mean of rows, of unit length (rows that cancel out give zeros).
fn mean(rows: &[&[f32]], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0f32; width];
    rows.iter().for_each(|row| sum.iter_mut().zip(*row).for_each(|(s, v)| *s += v));
    let length = sum.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|v| *v /= length);
    }
    sum
}

/// For each row the number of its cluster, named by one of its rows. Ward's distances by the formula of Lance and Williams, merged along chains of nearest
/// neighbours (Murtagh, 1983): quadratic in the number of rows, in time and memory.
fn ward(rows: &MultiVector, count: usize) -> Vec<usize> {
    let n = rows.len();
    let mut distances = vec![0.0f32; n * n];
    for i in 0..n {
        for j in 0..i {
            let squared: f32 = rows.row(i).iter().zip(rows.row(j)).map(|(a, b)| (a - b) * (a - b)).sum();
            distances[i * n + j] = squared;
            distances[j * n + i] = squared;
        }
    }
    let mut sizes = vec![1.0f32; n];
    let mut alive = vec![true; n];
    let mut merges: Vec<(f32, usize, usize)> = Vec::with_capacity(n);
    let mut chain: Vec<usize> = Vec::new();
    while merges.len() + 1 < n {
        if chain.is_empty() {
            chain.extend(alive.iter().position(|&a| a));
        }
        let Some(&last) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|p| chain[p]);
        // Of equals the one before, or the chain would go round in circles.
        let (mut nearest, mut least) = before.map_or((usize::MAX, f32::INFINITY), |b| (b, distances[last * n + b]));
        for other in (0..n).filter(|&o| alive[o] && o != last) {
            if distances[last * n + other] < least {
                (nearest, least) = (other, distances[last * n + other]);
            }
        }
        if nearest == usize::MAX {
            break;
        }
        if Some(nearest) != before {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (kept, gone) = (last.min(nearest), last.max(nearest));
        merges.push((least, kept, gone));
        alive[gone] = false;
        let (a, b) = (sizes[kept], sizes[gone]);
        for other in (0..n).filter(|&o| alive[o] && o != kept) {
            let c = sizes[other];
            let (to_kept, to_gone) = (distances[kept * n + other], distances[gone * n + other]);
            let merged = ((a + c) * to_kept + (b + c) * to_gone - c * least) / (a + b + c);
            distances[kept * n + other] = merged;
            distances[other * n + kept] = merged;
        }
        sizes[kept] = a + b;
    }
    // Chains merge out of order; the first n - count merges by distance make the clusters.
    merges.sort_by(|x, y| x.0.total_cmp(&y.0));
    let mut parent: Vec<usize> = (0..n).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for &(_, a, b) in merges.iter().take(n.saturating_sub(count)) {
        let (a, b) = (root(&mut parent, a), root(&mut parent, b));
        parent[a.max(b)] = a.min(b);
    }
    (0..n).map(|row| root(&mut parent, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(angles: &[f32]) -> MultiVector {
        MultiVector::new(angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect(), 2).unwrap()
    }

    #[test]
    fn neighbours_become_one() {
        let rows = around(&[0.0, 2.0, 0.1, 2.1, 4.0, 0.05]);
        let pooled = pool(&rows, 2);
        assert_eq!(pooled.len(), 3);
        let angles: Vec<f32> = pooled.rows().map(|r| r[1].atan2(r[0]).rem_euclid(std::f32::consts::TAU)).collect();
        for (angle, expected) in angles.iter().zip([0.05, 2.05, 4.0]) {
            assert!((angle - expected).abs() < 1e-3, "{angles:?}");
        }
        assert!(pooled.rows().all(|r| (r.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5));
    }

    #[test]
    fn clusters_are_those_of_the_definition() {
        // Merging, at each step, the two clusters whose union's squared error grows least.
        let rows = around(&[0.0, 0.3, 0.7, 1.9, 2.0, 3.5, 3.52, 3.9, 5.0, 5.6]);
        let mut clusters: Vec<Vec<usize>> = (0..rows.len()).map(|r| vec![r]).collect();
        let error = |members: &[usize]| {
            let n = members.len() as f32;
            let mean = |d: usize| members.iter().map(|&r| rows.row(r)[d]).sum::<f32>() / n;
            members
                .iter()
                .map(|&r| (rows.row(r)[0] - mean(0)).powi(2) + (rows.row(r)[1] - mean(1)).powi(2))
                .sum::<f32>()
        };
        for count in (1..rows.len()).rev() {
            let pairs = (0..clusters.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
            let grows = |&(i, j): &(usize, usize)| {
                error(&[clusters[i].clone(), clusters[j].clone()].concat()) - error(&clusters[i]) - error(&clusters[j])
            };
            let (i, j) = pairs.min_by(|a, b| grows(a).total_cmp(&grows(b))).unwrap();
            let moved = clusters.swap_remove(i);
            clusters[j].extend(moved);
            let found = ward(&rows, count);
            for members in &clusters {
                assert!(members.iter().all(|&m| found[m] == found[members[0]]), "{count}: {found:?} {clusters:?}");
            }
        }
    }

    #[test]
    fn nine_rows_or_all_of_a_short_document() {
        let angles: Vec<f32> = (0..40).map(|i| i as f32 * 0.15).collect();
        assert_eq!(pool_to_nine(&around(&angles)).len(), 9);
        assert_eq!(pool_to_nine(&around(&angles[..12])).len(), 12);
        assert!(pool(&MultiVector::new(vec![], 2).unwrap(), 3).is_empty());
        assert_eq!(pool(&around(&angles), 0).len(), 40);
    }
}
