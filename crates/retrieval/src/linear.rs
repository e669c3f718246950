//! Linear equations of a few unknowns.

/// `x` of `matrix x = right`, by elimination with pivots; `None` when there is not one.
pub(crate) fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let width = right.len();
    for column in 0..width {
        let pivot = (column..width).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column] == 0.0 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..width {
            let share = matrix[row][column] / matrix[column][column];
            let from = matrix[column].clone();
            matrix[row].iter_mut().zip(from).for_each(|(to, from)| *to -= share * from);
            right[row] -= share * right[column];
        }
    }
    for row in (0..width).rev() {
        let known: f64 = (row + 1..width).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    Some(right)
}
