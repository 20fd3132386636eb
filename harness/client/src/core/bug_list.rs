//! The catalogue of the client's bugs.

macro_rules! bugs {
    ($($area:literal { $($(#[doc = $doc:literal])* $name:ident = $wire:literal, $breaks:literal;)* })*) => {
        /// A deliberately wrong behaviour of the reference client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Bug {
            $($($(#[doc = $doc])* $name,)*)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &[Bug] = &[$($(Bug::$name),*),*];

            /// Its name, by which scenarios cite it (`client:NAME`).
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$name => $wire,)*)*
                }
            }

            /// What it does wrong, a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$name => concat!($($doc),*).trim_ascii(),)*)*
                }
            }

            /// The requirement that it breaks, or the rule that everybody takes for granted (area `IMPL`).
            #[must_use]
            pub fn breaks(self) -> &'static str {
                match self {
                    $($(Self::$name => $breaks,)*)*
                }
            }

            /// The part of a client in which it lies.
            #[must_use]
            pub fn area(self) -> &'static str {
                match self {
                    $($(Self::$name => $area,)*)*
                }
            }

            /// The bug of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|bug| bug.name() == name)
            }
        }
    };
}

bugs! {
    "heartbeat" {
        /// A pong does not take back that an earlier one was missing.
        PongClearsNoMisses = "pong_clears_no_misses", "RECON-015";
    }
    "offline" {
        /// How far the mailbox was fetched is not kept: an app that was started anew fetches from the beginning.
        ForgetsWatermarks = "forgets_watermarks", "OFFL-001";
        /// A message that is not stored is told twice where it comes twice.
        TellsUnstoredTwice = "tells_unstored_twice", "RECV-001";
    }
    "sending" {
        /// A message sent while there is no connection gets its outcome only when there is one.
        SendsWhenBack = "sends_when_back", "SEND-007";
    }
    "search" {
        /// `%` and `_` in a keyword stand for anything.
        SearchTakesWildcards = "search_takes_wildcards", "SRCH-001";
    }
    "conversation" {
        /// Pinned conversations come first only within the page that is cut by time.
        PinsAfterCut = "pins_after_cut", "CONV-014";
    }
}
