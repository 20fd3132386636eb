//! Puts two lanes beside each other: what is the same, what is of the same kind, what only one has. What is missing in one of
//! them moves nothing that follows; the work is bounded however long they are.

use std::collections::BTreeMap;

use super::session::Meaning;

/// So many entries of each side are weighed against each other at once.
const WINDOW: usize = 600;
/// Blocks within blocks that are looked at for what is there once.
const DEEPEST: usize = 100;
/// Two that mean the same are worth so much; two of one kind less, so that no pair of the same is given up for one of those.
const SAME: u32 = 5;
const KIND: u32 = 2;

/// Pairs of places, rising in both: `a[i]` stands beside `b[j]`.
pub(crate) fn align(a: &[Meaning], b: &[Meaning]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    block(a, b, (0, 0), 0, &mut pairs);
    pairs
}

fn same(a: &Meaning, b: &Meaning) -> bool {
    a.shape == b.shape
}

fn block(
    mut a: &[Meaning],
    mut b: &[Meaning],
    mut at: (usize, usize),
    depth: usize,
    pairs: &mut Vec<(usize, usize)>,
) {
    while let ([one, rest_a @ ..], [other, rest_b @ ..]) = (a, b)
        && same(one, other)
    {
        pairs.push(at);
        (a, b, at) = (rest_a, rest_b, (at.0 + 1, at.1 + 1));
    }
    let mut tail = Vec::new();
    while let ([rest_a @ .., one], [rest_b @ .., other]) = (a, b)
        && same(one, other)
    {
        (a, b) = (rest_a, rest_b);
        tail.push((at.0 + a.len(), at.1 + b.len()));
    }
    if !a.is_empty() && !b.is_empty() {
        let is_long = a.len() * b.len() > WINDOW && depth < DEEPEST;
        let anchors = if is_long { anchors(a, b) } else { Vec::new() };
        if anchors.is_empty() {
            windows(a, b, at, pairs);
        } else {
            let mut from = (0, 0);
            for (i, j) in anchors {
                between(&a[from.0..i], &b[from.1..j], (at.0 + from.0, at.1 + from.1), depth + 1, pairs);
                pairs.push((at.0 + i, at.1 + j));
                from = (i + 1, j + 1);
            }
            between(&a[from.0..], &b[from.1..], (at.0 + from.0, at.1 + from.1), depth + 1, pairs);
        }
    }
    pairs.extend(tail.into_iter().rev());
}

/// What lies between two anchors. Each of them is shorter than what it is a part of.
fn between(a: &[Meaning], b: &[Meaning], at: (usize, usize), depth: usize, pairs: &mut Vec<(usize, usize)>) {
    if !a.is_empty() && !b.is_empty() {
        block(a, b, at, depth, pairs);
    }
}

/// What is there once in each, in an order that both have (patience).
fn anchors(a: &[Meaning], b: &[Meaning]) -> Vec<(usize, usize)> {
    let mut seen: BTreeMap<u64, (usize, usize, usize, usize)> = BTreeMap::new();
    for (i, one) in a.iter().enumerate() {
        let place = seen.entry(one.shape).or_default();
        (place.0, place.1) = (place.0 + 1, i);
    }
    for (j, other) in b.iter().enumerate() {
        if let Some(place) = seen.get_mut(&other.shape) {
            (place.2, place.3) = (place.2 + 1, j);
        }
    }
    let mut once: Vec<(usize, usize)> = seen
        .into_values()
        .filter(|place| (place.0, place.2) == (1, 1))
        .map(|place| (place.1, place.3))
        .collect();
    once.sort_unstable();
    rising(&once)
}

/// The longest part of it that rises on the other side, too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut before = vec![usize::MAX; pairs.len()];
    for (at, (_, j)) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| pairs[*top].1 < *j);
        before[at] = if pile == 0 { usize::MAX } else { tops[pile - 1] };
        if pile == tops.len() { tops.push(at) } else { tops[pile] = at }
    }
    let (mut found, mut at) = (Vec::new(), tops.last().copied().unwrap_or(usize::MAX));
    while let Some(pair) = pairs.get(at) {
        found.push(*pair);
        at = before[at];
    }
    found.reverse();
    found
}

/// Weighs all of a short block; a long one window by window, of which the first half is kept.
fn windows(a: &[Meaning], b: &[Meaning], at: (usize, usize), pairs: &mut Vec<(usize, usize)>) {
    let mut from = (0, 0);
    while from.0 < a.len() && from.1 < b.len() {
        let (left, right) =
            (&a[from.0..a.len().min(from.0 + WINDOW)], &b[from.1..b.len().min(from.1 + WINDOW)]);
        let found = weighed(left, right);
        let is_last = from.0 + left.len() == a.len() && from.1 + right.len() == b.len();
        let place = |(i, j): (usize, usize)| (at.0 + from.0 + i, at.1 + from.1 + j);
        if is_last {
            pairs.extend(found.into_iter().map(place));
            return;
        }
        let half: Vec<_> = found.into_iter().take_while(|(i, j)| i.max(j) < &(WINDOW / 2)).collect();
        let next = half.last().map_or((WINDOW / 2, WINDOW / 2), |(i, j)| (i + 1, j + 1));
        pairs.extend(half.into_iter().map(place));
        from = (from.0 + next.0, from.1 + next.1);
    }
}

/// The heaviest set of pairs that rises in both.
fn weighed(a: &[Meaning], b: &[Meaning]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut best = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let weight = weight(&a[i], &b[j]);
            let paired = if weight == 0 { 0 } else { weight + best[(i + 1) * width + j + 1] };
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        let here = best[i * width + j];
        let weight = weight(&a[i], &b[j]);
        if weight > 0 && here == weight + best[(i + 1) * width + j + 1] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn weight(a: &Meaning, b: &Meaning) -> u32 {
    if same(a, b) {
        SAME
    } else if a.what_hash == b.what_hash {
        KIND
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{super::session::Way, *};

    fn lane(shapes: impl IntoIterator<Item = u64>) -> Vec<Meaning> {
        let one = |(n, shape): (usize, u64)| Meaning {
            n: n as u64 + 1,
            after: Duration::ZERO,
            way: Way::Up,
            what: "x".into(),
            what_hash: shape % 7,
            shape,
            text: "{}".into(),
        };
        shapes.into_iter().enumerate().map(one).collect()
    }

    #[test]
    fn what_is_missing_moves_nothing_that_follows() {
        let (a, b) = (lane([1, 2, 3, 4, 5, 6]), lane([1, 3, 4, 40, 5, 6]));
        assert_eq!(align(&a, &b), [(0, 0), (2, 1), (3, 2), (4, 4), (5, 5)]);
        // 9 is of the kind that 2 is.
        let (a, b) = (lane([1, 2, 3]), lane([1, 9, 3]));
        assert_eq!(align(&a, &b), [(0, 0), (1, 1), (2, 2)]);
    }

    #[test]
    fn a_hundred_thousand_entries_take_a_bounded_time() {
        let of = |skip: u64, kinds: u64| {
            lane((0..100_000).filter(move |n| n % skip != 0).map(move |n| n * n % kinds))
        };
        for kinds in [5, 1_000, 1 << 40] {
            let begun = Instant::now();
            let (a, b) = (of(97, kinds), of(101, kinds));
            let pairs = align(&a, &b);
            assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            assert!(pairs.len() > 90_000, "{kinds}: {}", pairs.len());
            assert!(begun.elapsed() < Duration::from_secs(60), "{kinds}: {:?}", begun.elapsed());
        }
    }
}
