//! What a scenario may come to once its matrix is multiplied out, its fragments are in place and `${…}` is replaced.
//!
//! Each of the three multiplies what the others made, so all of them draw on one account a file.

use crate::scenario::tree::{Data, Node};

/// Most cases of a file.
pub(super) const MAX_CASES: usize = 1_000;

/// Most values (scalars, lists, mappings) that all cases of a file come to.
const MAX_NODES: usize = 1_000_000;

/// Most bytes of text that all cases of a file come to.
const MAX_BYTES: usize = 64 << 20;

/// Most steps that a case performs, those of `repeat` counted each time.
pub(super) const MAX_STEPS: u64 = 1_000_000;

/// Most bytes of text that `$repeat` makes in a case, those in a `repeat` counted each time.
pub(super) const MAX_REPEATED_BYTES: u64 = 256 << 20;

/// A file comes to more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMuch {
    /// [`MAX_NODES`]
    #[error("the cases of this file come to more than {MAX_NODES} values")]
    Nodes,
    /// [`MAX_BYTES`]
    #[error("the cases of this file come to more than {MAX_BYTES} bytes of text")]
    Bytes,
}

/// What is left of the account.
#[derive(Debug)]
pub(super) struct Growth {
    nodes: usize,
    bytes: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { nodes: MAX_NODES, bytes: MAX_BYTES }
    }
}

impl Growth {
    /// A copy of a value, before it is made.
    pub(super) fn copy(&mut self, data: &Data) -> Result<(), TooMuch> {
        self.nodes = self.nodes.checked_sub(1).ok_or(TooMuch::Nodes)?;
        match data {
            Data::Scalar { text, .. } => self.text(text.len()),
            Data::List(items) => items.iter().try_for_each(|item| self.copy(&item.data)),
            Data::Map(entries) => entries.iter().try_for_each(|entry| {
                self.text(entry.key.value.len())?;
                self.copy(&entry.value.data)
            }),
        }
    }

    /// Text that is made.
    pub(super) fn text(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(TooMuch::Bytes)?;
        Ok(())
    }

    /// A copy of a tree.
    pub(super) fn clone_of(&mut self, node: &Node) -> Result<Node, TooMuch> {
        self.copy(&node.data)?;
        Ok(node.clone())
    }
}
