//! The order of a module's functions in which gzip finds the most of each in those before it.
//!
//! Deflate looks back 32 KiB, about a hundred functions. Copies of one generic function, endpoints that
//! begin alike: such functions must lie near one another, and nothing in a module says which they are
//! but their own bytes.

use std::collections::{HashMap, VecDeque};

/// How many bytes make a run that two functions have in common: about three instructions.
const RUN: usize = 6;
/// How far back runs count, in bytes: half of what Deflate sees, since it prefers what is near.
const WINDOW: usize = 16 * 1024;
/// Runs that more functions than this have are found in any order.
const COMMON: usize = 400;

/// The functions by their place, in the order to write them: after each the one that has the most runs in
/// common with those just before, for its length.
pub fn order(bodies: &[&[u8]]) -> Vec<u32> {
    let mut chain = Chain::of(bodies);
    let mut order = Vec::with_capacity(bodies.len());
    let mut next = (0..bodies.len()).max_by_key(|n| bodies[*n].len());
    while let Some(place) = next {
        order.push(u32::try_from(place).unwrap_or(u32::MAX));
        chain.write(place);
        next = chain.nearest();
    }
    order
}

struct Chain {
    lengths: Vec<usize>,
    /// The distinct runs of each function, of those that few others have.
    runs: Vec<Vec<u32>>,
    /// The functions that have each run.
    having: Vec<Vec<u32>>,
    /// How many functions in the window have each run.
    in_window: Vec<u32>,
    window: VecDeque<usize>,
    /// The bytes of the functions in the window.
    filled: usize,
    /// How many of each function's runs are in the window; none once it is written.
    shared: Vec<Option<u32>>,
}

impl Chain {
    fn of(bodies: &[&[u8]]) -> Self {
        let mut numbers = HashMap::new();
        let mut having: Vec<Vec<u32>> = Vec::new();
        let mut runs = Vec::with_capacity(bodies.len());
        for (place, body) in (0..).zip(bodies) {
            let mut own: Vec<u32> = Vec::new();
            for run in body.windows(RUN) {
                let fresh = u32::try_from(having.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(run).or_insert(fresh);
                if number == fresh {
                    having.push(Vec::new());
                }
                let functions = &mut having[number as usize];
                if functions.last() != Some(&place) {
                    functions.push(place);
                    own.push(number);
                }
            }
            runs.push(own);
        }
        for own in &mut runs {
            own.retain(|run| (2..=COMMON).contains(&having[*run as usize].len()));
        }
        Self {
            lengths: bodies.iter().map(|body| body.len()).collect(),
            in_window: vec![0; having.len()],
            window: VecDeque::new(),
            filled: 0,
            shared: vec![Some(0); bodies.len()],
            runs,
            having,
        }
    }

    /// Takes a function into the window, and those out that gzip no longer sees.
    fn write(&mut self, place: usize) {
        self.shared[place] = None;
        self.window.push_back(place);
        self.filled += self.lengths[place];
        for run in &self.runs[place] {
            let count = &mut self.in_window[*run as usize];
            *count += 1;
            if *count == 1 {
                for function in &self.having[*run as usize] {
                    let shared = &mut self.shared[*function as usize];
                    *shared = shared.map(|shared| shared + 1);
                }
            }
        }
        while self.filled > WINDOW && self.window.len() > 1 {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let Some(oldest) = self.window.pop_front() else {
            return;
        };
        self.filled -= self.lengths[oldest];
        for run in &self.runs[oldest] {
            let count = &mut self.in_window[*run as usize];
            *count -= 1;
            if *count == 0 {
                for function in &self.having[*run as usize] {
                    let shared = &mut self.shared[*function as usize];
                    *shared = shared.map(|shared| shared - 1);
                }
            }
        }
    }

    /// The function that is most like the window. Short ones are alike more easily, and save less.
    fn nearest(&self) -> Option<usize> {
        let likeness = |place: usize| {
            let shared = f64::from(self.shared[place]?);
            Some(shared / f64::from(u32::try_from(self.lengths[place]).ok()?).powf(0.6))
        };
        let candidates =
            (0..self.lengths.len()).filter_map(|place| Some((place, likeness(place)?)));
        let best = candidates.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|(place, _)| place)
    }
}

