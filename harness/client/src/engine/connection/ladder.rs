//! The back-off ladder (RECON-002 to RECON-011).

use std::time::Duration;

/// Delays before the attempts of one outage; the last one repeats for ever.
const LADDER_MS: [u64; 10] = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000];

/// The delay before attempt `index` (from 0) of an outage, counted from the failure before it (AMB-24).
pub(crate) fn ladder(index: usize) -> Duration {
    Duration::from_millis(LADDER_MS[index.min(LADDER_MS.len() - 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_the_documented_one() {
        let delays: Vec<u128> = (0..12).map(|index| ladder(index).as_millis()).collect();
        assert_eq!(delays, [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 64_000, 64_000]);
    }
}
