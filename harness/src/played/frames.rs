//! Recorded frames as a client of now has to be told them.

use service::{Login, Transport};
use wire::{ConnAck, ConnAckLayout, ServerFrame};

use super::places::Places;

/// A frame that names us where it named the recorded service.
pub(super) fn at_home(mut frame: ServerFrame, places: &Places) -> ServerFrame {
    if let ServerFrame::Publish { body, .. } | ServerFrame::QueryAck { body, .. } = &mut frame
        && let Some(new) = places.body(body)
    {
        *body = new;
    }
    frame
}

/// A frame as a client of another kind has to be told it: its own number, the layout that it asked for.
pub(super) fn with_number(mut frame: ServerFrame, own: Option<u16>, login: &Login) -> ServerFrame {
    match (&mut frame, own) {
        (ServerFrame::ConnAck(ConnAck { layout, .. }), _) => {
            let v4 = login.protocol_version == 4 && login.transport != Transport::Tcp;
            *layout = match *layout {
                known @ ConnAckLayout::V4 { .. } if v4 => known,
                _ if v4 => ConnAckLayout::V4 { first_message_id: 0 },
                _ => ConnAckLayout::V3,
            };
        }
        (
            ServerFrame::PubAck { id, .. }
            | ServerFrame::QueryAck { id, .. }
            | ServerFrame::Publish { dup: true, id, .. },
            Some(own),
        ) => *id = own,
        _ => {}
    }
    frame
}
