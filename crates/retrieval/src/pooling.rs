//! Fewer rows a document: rows that say nearly the same become one (Clavié, Chaffin and Adams, Reducing the footprint of multi-vector
//! retrieval, 2024). It costs quality.

use crate::MultiVector;
use crate::codebook::product;

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
    let (values, _) = means_of(rows, &ward(rows, count.max(1)));
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

/// Rows that are clustered together at most: what clustering takes grows with their square.
const TOGETHER: usize = 1024;

/// Rows of a document that say nearly the same, made one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Near {
    /// The means of the clusters, of unit length, in the order in which the clusters' first rows stand.
    pub(crate) rows: MultiVector,
    /// For each row given the row that stands for it.
    pub(crate) of_row: Vec<u32>,
}

/// Makes one of rows as long as that adds at most `most` to the squared error of the rows against the means of their clusters, by Ward's clustering. Of a long
/// document every stretch of 1,024 rows by itself. With 0 all rows stay as they are.
pub(crate) fn pool_near(rows: &MultiVector, most: f32) -> Near {
    if most <= 0.0 {
        return Near { rows: rows.clone(), of_row: (0..rows.len() as u32).collect() };
    }
    let width = rows.dimension();
    let mut near = Near { rows: MultiVector { values: Vec::new(), dimension: width }, of_row: Vec::new() };
    for stretch in rows.values().chunks(TOGETHER * width) {
        let stretch = MultiVector { values: stretch.to_vec(), dimension: width };
        let merges = merges(&stretch);
        // The distances of Lance and Williams are twice what a merge adds.
        let kept = merges.partition_point(|m| m.0 <= 2.0 * most);
        let cluster_of = clusters(stretch.len(), &merges[..kept]);
        let before = near.rows.len() as u32;
        let (mut means, of_row) = means_of(&stretch, &cluster_of);
        lengthen(&mut means, &stretch, &of_row);
        near.rows.values.extend(means);
        near.of_row.extend(of_row.into_iter().map(|row| before + row));
    }
    near
}

/// Gives each mean the length at which its products with the rows that it stands for are one, on average: a row's product with another is then right on average too,
/// instead of too small, and documents are not ranked lower for having many near rows.
fn lengthen(means: &mut [f32], rows: &MultiVector, of_row: &[u32]) {
    let width = rows.dimension();
    let count = means.len() / width;
    let (mut sums, mut counts) = (vec![0.0f32; count], vec![0.0f32; count]);
    for (row, &place) in rows.rows().zip(of_row) {
        let place = place as usize;
        let mean = &means[place * width..(place + 1) * width];
        sums[place] += row.iter().zip(mean).map(|(a, b)| a * b).sum::<f32>();
        counts[place] += 1.0;
    }
    for ((mean, sum), number) in means.chunks_exact_mut(width).zip(sums).zip(counts) {
        if number > 1.0 && sum > 0.0 {
            mean.iter_mut().for_each(|v| *v *= number / sum);
        }
    }
}

/// The mean of each cluster, of unit length, in the order in which the clusters' first rows stand; and for each row its cluster's place there.
fn means_of(rows: &MultiVector, cluster_of: &[usize]) -> (Vec<f32>, Vec<u32>) {
    let mut places: Vec<Option<u32>> = vec![None; rows.len()];
    let mut members: Vec<Vec<&[f32]>> = Vec::new();
    let mut of_row = Vec::with_capacity(rows.len());
    for (row, &cluster) in rows.rows().zip(cluster_of) {
        let place = *places[cluster].get_or_insert(members.len() as u32);
        if place as usize == members.len() {
            members.push(Vec::new());
        }
        members[place as usize].push(row);
        of_row.push(place);
    }
    // A row that stands for itself alone stays as it is.
    let width = rows.dimension();
    let of = |rows: &Vec<&[f32]>| if let [row] = rows[..] { row.to_vec() } else { mean(rows, width) };
    (members.iter().flat_map(of).collect(), of_row)
}

/// For each row the number of its cluster, named by one of its rows, when `count` are left.
fn ward(rows: &MultiVector, count: usize) -> Vec<usize> {
    let merges = merges(rows);
    let kept = rows.len().saturating_sub(count).min(merges.len());
    clusters(rows.len(), &merges[..kept])
}

/// The merges of Ward's clustering, nearest first: twice what each adds to the squared error, and the rows that name the two clusters. Ward's distances by the
/// formula of Lance and Williams, merged along chains of nearest neighbours (Murtagh, 1983): quadratic in the number of rows, in time and memory.
fn merges(rows: &MultiVector) -> Vec<(f32, usize, usize)> {
    let n = rows.len();
    let mut distances = product(rows.values(), rows.values(), rows.dimension());
    let squares: Vec<f32> = (0..n).map(|i| distances[i * n + i]).collect();
    for i in 0..n {
        for j in 0..i {
            let squared = (squares[i] + squares[j] - 2.0 * distances[i * n + j]).max(0.0);
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
    // Chains merge out of order.
    merges.sort_by(|x, y| x.0.total_cmp(&y.0));
    merges
}

/// For each of `n` rows the number of its cluster after `merges`, named by one of its rows.
fn clusters(n: usize, merges: &[(f32, usize, usize)]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..n).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for &(_, a, b) in merges {
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
    fn rows_that_lie_near_become_one_and_are_found_again() {
        // Two unit rows at a distance d: one of them adds d^2 / 2.
        let rows = around(&[0.0, 2.0, 0.1, 4.0, 2.02]);
        let near = pool_near(&rows, 0.001);
        assert_eq!(near.of_row, [0, 1, 2, 3, 1]);
        let near = pool_near(&rows, 0.006);
        assert_eq!(near.of_row, [0, 1, 0, 2, 1]);
        assert_eq!((near.rows.len(), near.rows.row(2)), (3, rows.row(3)));
        assert!((near.rows.row(0)[1].atan2(near.rows.row(0)[0]) - 0.05).abs() < 1e-4);
        assert_eq!(pool_near(&rows, 0.0), Near { rows: rows.clone(), of_row: vec![0, 1, 2, 3, 4] });
        assert!(pool_near(&MultiVector::new(vec![], 2).unwrap(), 1.0).rows.is_empty());
    }

    #[test]
    fn stretches_of_a_long_document_are_clustered_by_themselves() {
        let rows = around(&vec![1.0; TOGETHER + 5]);
        let near = pool_near(&rows, 0.1);
        assert_eq!((near.rows.len(), near.of_row[TOGETHER - 1], near.of_row[TOGETHER]), (2, 0, 1));
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
