//! Two sessions compared: lanes put beside each other, and every difference in the order in which things happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    align::align,
    bound::{Bound, Place},
    modes::{Mode, Rules},
    rules::Of,
    session::{Lane, LaneKind, Meaning, Session},
};

/// Between two places that something stands at so many entries are looked at.
const SPAN: usize = 1_000;

/// What two sessions have in common, and what not.
#[derive(Debug, Default)]
pub struct Compared {
    /// Pairs of entries that were put beside each other.
    pub pairs: usize,
    /// Where they differ, the first one first; what differs in the same way again is counted there.
    pub differences: Vec<Difference>,
}

impl Compared {
    /// How many places differ, repetitions included.
    #[must_use]
    pub fn places(&self) -> usize {
        self.differences.iter().map(|one| 1 + one.again).sum()
    }
}

/// A place at which two sessions differ.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Whose, in words.
    pub lane: String,
    /// The client or user, as each session calls it; empty: nobody's.
    pub(crate) whose: (String, String),
    /// What kind of entry: `<- PUBLISH s_msg`.
    pub what: String,
    /// The entry of the first session; `None`: only the second has it.
    pub a: Option<u64>,
    /// The entry of the second.
    pub b: Option<u64>,
    /// Where each session stood by then: its last entry up to there, or the entry itself.
    pub(crate) at: (u64, u64),
    /// How they differ.
    pub how: How,
    /// How many times more they differ in the same way.
    pub again: usize,
}

/// How two sessions differ at a place.
#[derive(Debug, Clone)]
pub enum How {
    /// One of them lacks the entry.
    Missing,
    /// Both have it, in another order.
    Order,
    /// A field of it is another; the path, both values (`None`: it is not there), and what is wrong with a name.
    Field(String, Option<Value>, Option<Value>, Option<String>),
}

/// An entry of each session, in a lane of both.
struct Pair<'s> {
    lane: usize,
    a: &'s Meaning,
    b: &'s Meaning,
    moved: bool,
}

/// Compares two sessions that were read by the same rules.
#[must_use]
pub fn compare(a: &Session, b: &Session, rules: &Rules) -> Compared {
    let lanes = beside(a, b);
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    let none = Vec::new();
    for (number, Beside { a: left, b: right, .. }) in lanes.iter().enumerate() {
        let left = left.map_or(&none, |lane| &a.lanes[lane].1);
        let right = right.map_or(&none, |lane| &b.lanes[lane].1);
        lane(number, left, right, rules, &mut pairs, &mut alone);
    }
    pairs.sort_by_key(|pair| (pair.a.n, pair.b.n));
    let mut found = Vec::new();
    let mut bound = Bound::new(&a.names, &b.names);
    for Pair { lane, a, b, moved } in &pairs {
        let mut tell = |how| found.push((lanes[*lane].names.clone(), Some(*a), Some(*b), how, String::new()));
        if *moved {
            tell(How::Order);
        }
        // Nothing in it has a name, and all of it is the same.
        if a.shape == b.shape && a.text == b.text && !a.text.contains("\\u0001") {
            continue;
        }
        let (Ok(one), Ok(other)) = (serde_json::from_str(&a.text), serde_json::from_str(&b.text)) else {
            continue;
        };
        for Place { path, a: left, b: right, names, again } in bound.places((&one, &other), *lane, a.n) {
            let how = How::Field(path, left, right, names);
            found.push((lanes[*lane].names.clone(), Some(*a), Some(*b), how, again));
        }
    }
    for (lane, left, right) in alone {
        found.push((lanes[lane].names.clone(), left, right, How::Missing, String::new()));
    }
    Compared { pairs: pairs.len(), differences: in_order(found, &pairs) }
}

/// A lane, by the names that the sessions have for whose it is.
type Names = (Lane, String);

type Found<'s> = (Names, Option<&'s Meaning>, Option<&'s Meaning>, How, String);

/// The first one first, and what is the same again counted where it is first.
fn in_order(found: Vec<Found<'_>>, pairs: &[Pair<'_>]) -> Vec<Difference> {
    // Where the one session was when the other came to an entry: both have the pairs.
    let by_a: Vec<(u64, u64)> = pairs.iter().map(|pair| (pair.a.n, pair.b.n)).collect();
    let mut by_b: Vec<(u64, u64)> = by_a.iter().map(|(a, b)| (*b, *a)).collect();
    by_b.sort_unstable();
    let there = |list: &[(u64, u64)], n: u64| {
        list[..list.partition_point(|(one, _)| *one <= n)].last().map_or(0, |(_, other)| *other)
    };
    let mut all: Vec<_> = (found.into_iter())
        .map(|((lane, other), a, b, how, again)| {
            let (n, m) = (a.map(|one| one.n), b.map(|one| one.n));
            let at = match (n, m) {
                (Some(n), Some(m)) => (n, m),
                (Some(n), None) => (n, there(&by_a, n)),
                (None, m) => (there(&by_b, m.unwrap_or(0)), m.unwrap_or(0)),
            };
            let what = a.or(b).map_or_else(String::new, |one| one.what.to_string());
            // What is no body's is a habit with frames of any topic.
            let habit =
                matches!(&how, How::Field(path, ..) if lane.kind == LaneKind::Frames && !path.contains('.'));
            let kind =
                if habit { what.split(' ').take(2).collect::<Vec<_>>().join(" ") } else { what.clone() };
            let key = (lane.kind, kind, n.is_some(), m.is_some(), how.word(), again);
            (
                key,
                Difference {
                    lane: lane.words(),
                    whose: (lane.whose, other),
                    what,
                    a: n,
                    b: m,
                    at,
                    how,
                    again: 0,
                },
            )
        })
        .collect();
    all.sort_by_key(|(_, one)| (one.at, one.a.is_none()));
    let (mut first, mut kept) = (BTreeMap::new(), Vec::<Difference>::new());
    for (key, one) in all {
        match first.get(&key) {
            Some(at) => {
                let at: &usize = at;
                kept[*at].again += 1;
            }
            None => {
                first.insert(key, kept.len());
                kept.push(one);
            }
        }
    }
    kept
}

impl How {
    /// In a word, for machines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Order => "order",
            Self::Field(.., Some(_)) => "name",
            Self::Field(..) => "field",
        }
    }
}

/// A lane of both sessions, or of one.
struct Beside {
    names: Names,
    a: Option<usize>,
    b: Option<usize>,
}

/// Lanes of the same name beside each other, then those that have none in the other session in the order in which they began.
fn beside(a: &Session, b: &Session) -> Vec<Beside> {
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    let names = |lane: &Lane, other: Option<usize>| {
        (lane.clone(), other.map_or_else(|| lane.whose.clone(), |other| b.lanes[other].0.whose.clone()))
    };
    for (at, (lane, _)) in a.lanes.iter().enumerate() {
        let same =
            b.lanes.iter().enumerate().find(|(other, (there, _))| there == lane && !taken.contains(other));
        let same = same.map(|(other, _)| other);
        taken.extend(same);
        found.push(Beside { names: names(lane, same), a: Some(at), b: same });
    }
    for lane in &mut found {
        if lane.b.is_none() {
            let kind = lane.names.0.kind;
            let rest = |(at, (there, _)): &(usize, &(Lane, _))| there.kind == kind && !taken.contains(at);
            lane.b = b.lanes.iter().enumerate().find(rest).map(|(at, _)| at);
            lane.names = names(&lane.names.0, lane.b);
            taken.extend(lane.b);
        }
    }
    let alone = b.lanes.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    found.extend(alone.map(|(at, (lane, _))| Beside { names: names(lane, Some(at)), a: None, b: Some(at) }));
    found
}

type Alone<'s> = (usize, Option<&'s Meaning>, Option<&'s Meaning>);

fn lane<'s>(
    number: usize,
    a: &'s [Meaning],
    b: &'s [Meaning],
    rules: &Rules,
    pairs: &mut Vec<Pair<'s>>,
    alone: &mut Vec<Alone<'s>>,
) {
    let aligned = align(a, b);
    let (mut left, mut right): (BTreeSet<usize>, BTreeMap<u64, Vec<usize>>) =
        ((0..a.len()).collect(), BTreeMap::new());
    let mut unpaired: BTreeSet<usize> = (0..b.len()).collect();
    for (i, j) in &aligned {
        left.remove(i);
        unpaired.remove(j);
        pairs.push(Pair { lane: number, a: &a[*i], b: &b[*j], moved: false });
    }
    for j in unpaired.iter().rev() {
        right.entry(b[*j].shape).or_default().push(*j);
    }
    // What is of a kind and may have changed places stands beside each other, too.
    let mut kinds: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut rest = Vec::new();
    for i in left {
        let Some(j) = right.get_mut(&a[i].shape).and_then(Vec::pop) else {
            rest.push(i);
            continue;
        };
        unpaired.remove(&j);
        let moved = match rules.mode(Of::Order) {
            Mode::Strict => true,
            Mode::Ignored => false,
            Mode::Usual => !may_move((a, b), (i, j), &aligned),
        };
        pairs.push(Pair { lane: number, a: &a[i], b: &b[j], moved });
    }
    for j in unpaired.iter().rev() {
        kinds.entry(b[*j].what_hash).or_default().push(*j);
    }
    for i in rest {
        let of_kind = kinds.get_mut(&a[i].what_hash);
        let other = of_kind.and_then(|found| {
            let j = *found.last()?;
            let moves = rules.mode(Of::Order) == Mode::Usual && may_move((a, b), (i, j), &aligned);
            if moves { found.pop() } else { None }
        });
        match other {
            Some(j) => {
                unpaired.remove(&j);
                pairs.push(Pair { lane: number, a: &a[i], b: &b[j], moved: false });
            }
            None => alone.push((number, Some(&a[i]), None)),
        }
    }
    alone.extend(unpaired.into_iter().map(|j| (number, None, Some(&b[j]))));
}

/// Whether nothing decides on which side of its neighbours an entry stands: they go the other way, or happened at its instant.
fn may_move((a, b): (&[Meaning], &[Meaning]), (i, j): (usize, usize), aligned: &[(usize, usize)]) -> bool {
    let free = |lane: &[Meaning], at: usize, to: usize| {
        let (from, to) = (at.min(to), at.max(to).min(lane.len()));
        let (one, between) = (&lane[at], &lane[from..to]);
        between.len() <= SPAN && between.iter().all(|other| other.way != one.way || other.after == one.after)
    };
    // Where it would stand in the other lane.
    let in_a = aligned[..aligned.partition_point(|pair| pair.1 < j)].last().map_or(0, |pair| pair.0 + 1);
    let in_b = aligned[..aligned.partition_point(|pair| pair.0 < i)].last().map_or(0, |pair| pair.1 + 1);
    free(a, i, in_a) || free(b, j, in_b)
}

impl Session {
    /// The last entries up to `n` that concern a client: its own, and the operator's.
    pub(crate) fn led_to(&self, whose: &str, n: u64, most: usize) -> BTreeSet<u64> {
        let concerns = |lane: &&(Lane, Vec<Meaning>)| {
            whose.is_empty() || lane.0.whose == whose || lane.0.kind == LaneKind::Operator
        };
        let mut found = BTreeSet::new();
        for (_, entries) in self.lanes.iter().filter(concerns) {
            let until = entries.partition_point(|entry| entry.n < n);
            found.extend(entries[until.saturating_sub(most)..until].iter().map(|entry| entry.n));
            while found.len() > most {
                found.pop_first();
            }
        }
        found
    }
}
