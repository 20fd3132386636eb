//! What waits to be written to a client, counted in the server's meter for as long as it waits; and frames that own
//! their bytes.

use std::rc::Rc;

use bytes::{Buf, Bytes, BytesMut};
use wire::{ClientFrame, Request};

use crate::meter::Meter;

/// Frames that came in one piece of more than this share its memory only if they make up a good part of it: who keeps a
/// small frame would keep all of it.
const SHARED: usize = 8 << 10;

/// An out-buffer. Its length cannot change without the meter hearing of it.
pub(crate) struct Out {
    bytes: BytesMut,
    meter: Rc<Meter>,
}

impl Out {
    pub(crate) fn new(meter: &Rc<Meter>) -> Self {
        Self { bytes: BytesMut::new(), meter: meter.clone() }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    /// Whether nothing more may be put into it, and its connection is to be cut.
    pub(crate) fn is_too_long(&self) -> bool {
        self.bytes.len() > self.meter.bounds.output_hard
    }

    /// Lets `write` append.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let before = self.bytes.len();
        write(&mut self.bytes);
        self.meter.output_grew(self.bytes.len().saturating_sub(before));
    }

    /// So much has been written.
    pub(crate) fn advance(&mut self, by: usize) {
        self.bytes.advance(by);
        self.meter.output_fell(by);
    }

    /// Gives the memory back.
    pub(crate) fn release(&mut self) {
        self.meter.output_fell(self.bytes.len());
        self.bytes = BytesMut::new();
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.meter.output_fell(self.bytes.len());
    }
}

/// The same frame, which keeps no more memory than a few times its own: it came among `whole` bytes.
pub(crate) fn own(frame: ClientFrame, whole: usize) -> ClientFrame {
    let owned = |body: Bytes| {
        if whole > SHARED && body.len() < whole / 4 { Bytes::copy_from_slice(&body) } else { body }
    };
    match frame {
        ClientFrame::Publish(request) => {
            ClientFrame::Publish(Request { body: owned(request.body), ..request })
        }
        ClientFrame::Query(request) => ClientFrame::Query(Request { body: owned(request.body), ..request }),
        ClientFrame::Unknown { header, body } => ClientFrame::Unknown { header, body: owned(body) },
        ClientFrame::Connect(connect) => {
            ClientFrame::Connect(wire::Connect { rest: owned(connect.rest), ..connect })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Bounds;

    #[test]
    fn the_meter_hears_of_every_change() {
        let meter = Meter::new(Bounds { output_hard: 3, ..Bounds::default() });
        let mut out = Out::new(&meter);
        out.write(|out| out.extend_from_slice(b"abcde"));
        assert!(out.is_too_long());
        out.advance(2);
        assert_eq!((meter.output(), out.is_too_long()), (3, false));
        out.release();
        assert_eq!(meter.output(), 0);
        out.write(|out| out.extend_from_slice(b"x"));
        drop(out);
        assert_eq!(meter.output(), 0);
    }

    #[test]
    fn a_small_frame_does_not_keep_a_large_read_alive() {
        let whole = Bytes::from(vec![7; SHARED + 1]);
        let kept = |size: usize| {
            let request = Request::new("x".into(), "t", 1, whole.slice(..size));
            let ClientFrame::Query(request) = own(ClientFrame::Query(request), whole.len()) else { panic!() };
            request.body.as_ptr() == whole.as_ptr()
        };
        assert!(!kept(100), "copied");
        assert!(kept(SHARED / 2), "shared");
    }
}
