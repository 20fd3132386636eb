//! What a text comes to, counted event by event.

use std::collections::BTreeMap;

use serde_saphyr::granit_parser::Event;

use super::{MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES};

/// Which limit a text exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// [`MAX_BYTES`]: the text itself.
    #[error("{0} bytes are too many: at most {MAX_BYTES}")]
    Bytes(usize),
    /// [`MAX_NODES`]
    #[error("this comes to more than {MAX_NODES} values (aliases count as what they stand for)")]
    Nodes,
    /// [`MAX_BYTES`]: what aliases make of it.
    #[error("this comes to more than {MAX_BYTES} bytes of text (aliases count as what they stand for)")]
    Text,
    /// [`MAX_DEPTH`]
    #[error("more than {MAX_DEPTH} lists and mappings stand within each other")]
    Depth,
    /// [`MAX_ALIASES`]
    #[error("more than {MAX_ALIASES} aliases")]
    Aliases,
}

/// What a value comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    nodes: u64,
    bytes: u64,
    /// Lists and mappings within each other, itself included.
    height: usize,
}

/// Counts what a text comes to. Feed it every event of the parser before building anything of it.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Unfinished lists and mappings, with their anchors.
    open: Vec<(usize, Weight)>,
    anchors: BTreeMap<usize, Weight>,
    total: Weight,
    aliases: usize,
}

impl Gauge {
    /// A gauge for a text.
    ///
    /// # Errors
    /// The text alone is too long.
    pub fn of(text: &str) -> Result<Self, Refused> {
        if text.len() > MAX_BYTES { Err(Refused::Bytes(text.len())) } else { Ok(Self::default()) }
    }

    /// Counts an event.
    ///
    /// # Errors
    /// With it the text exceeds a limit.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), Refused> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let weight = Weight { nodes: 1, bytes: text.len() as u64, height: 0 };
                self.keep(*anchor, weight)?;
                self.add(weight)
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(Refused::Depth);
                }
                self.open.push((*anchor, Weight { height: 1, ..Weight::default() }));
                // Counted now, or a bomb of empty lists would go off before it is weighed.
                self.add(Weight { nodes: 1, ..Weight::default() })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((anchor, weight)) = self.open.pop() else { return Ok(()) };
                self.keep(anchor, weight)?;
                // All but its height is counted already.
                if let Some((_, around)) = self.open.last_mut() {
                    around.height = around.height.max(weight.height + 1);
                    around.nodes += weight.nodes;
                    around.bytes += weight.bytes;
                }
                Ok(())
            }
            Event::Alias(id) => {
                self.aliases += 1;
                if self.aliases > MAX_ALIASES {
                    return Err(Refused::Aliases);
                }
                // An anchor that is not finished stands around its alias: whoever reads it says so.
                let weight = self.anchors.get(id).copied().unwrap_or_default();
                if self.open.len() + weight.height > MAX_DEPTH {
                    return Err(Refused::Depth);
                }
                self.add(weight)
            }
            _ => Ok(()),
        }
    }

    /// What is anchored is kept a second time.
    fn keep(&mut self, anchor: usize, weight: Weight) -> Result<(), Refused> {
        if anchor == 0 {
            return Ok(());
        }
        self.anchors.insert(anchor, weight);
        self.count(weight)
    }

    fn add(&mut self, weight: Weight) -> Result<(), Refused> {
        if let Some((_, around)) = self.open.last_mut() {
            around.nodes = around.nodes.saturating_add(weight.nodes);
            around.bytes = around.bytes.saturating_add(weight.bytes);
            around.height = around.height.max(weight.height + 1);
        }
        self.count(weight)
    }

    fn count(&mut self, weight: Weight) -> Result<(), Refused> {
        self.total.nodes = self.total.nodes.saturating_add(weight.nodes);
        self.total.bytes = self.total.bytes.saturating_add(weight.bytes);
        if self.total.nodes > MAX_NODES {
            return Err(Refused::Nodes);
        }
        if self.total.bytes > MAX_BYTES as u64 { Err(Refused::Text) } else { Ok(()) }
    }
}
