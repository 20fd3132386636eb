//! As much of MQTT 3.1.1 as the same load takes with a broker: connect, subscribe, publish at QoS 1, acknowledge.

use bytes::{Buf, BufMut, BytesMut};

use super::{
    LoadError,
    protocol::{Heard, Who, broken},
};

/// A client with an id of its own; `keeps` asks for a session that outlives the connection.
pub(crate) fn connect(who: &Who, out: &mut BytesMut) {
    const CLEAN_SESSION: u8 = 2;
    let flags = if who.keeps { 0 } else { CLEAN_SESSION };
    packet(0x10, out, |out| {
        text("MQTT", out);
        out.put_slice(&[4, flags, 0, 60]);
        text(&who.user, out);
    });
}

/// Wants everything that is sent to that user, at QoS 1.
pub(crate) fn subscribe(user: &str, id: u16, out: &mut BytesMut) {
    packet(0x82, out, |out| {
        out.put_u16(id);
        text(&topic(user), out);
        out.put_u8(1);
    });
}

/// A message at QoS 1.
pub(crate) fn publish(to: &str, content: &[u8], id: u16, out: &mut BytesMut) {
    packet(0x32, out, |out| {
        text(&topic(to), out);
        out.put_u16(id);
        out.put_slice(content);
    });
}

/// PUBACK.
pub(crate) fn acknowledge(id: u16, out: &mut BytesMut) {
    out.put_slice(&[0x40, 2]);
    out.put_u16(id);
}

fn topic(user: &str) -> String {
    format!("to/{user}")
}

fn text(text: &str, out: &mut BytesMut) {
    out.put_u16(text.len() as u16);
    out.put_slice(text.as_bytes());
}

/// Writes a packet whose body `write` appends. Bodies here are short of 2 MiB: three bytes of length do.
fn packet(first: u8, out: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
    let mut body = BytesMut::new();
    write(&mut body);
    out.put_u8(first);
    let mut rest = body.len();
    while rest > 0x7F {
        out.put_u8((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    out.put_u8(rest as u8);
    out.put_slice(&body);
}

/// Takes what one packet says off the front of the buffer.
pub(crate) fn hear(buffer: &mut BytesMut) -> Result<Option<Heard>, LoadError> {
    let Some((first, size, head)) = head(buffer)? else { return Ok(None) };
    if buffer.len() < head + size {
        return Ok(None);
    }
    buffer.advance(head);
    let mut body = buffer.split_to(size);
    let short = |_| broken("an MQTT packet is cut");
    Ok(Some(match first >> 4 {
        2 => match body.try_get_u16().map_err(short)? & 0xFF {
            0 => Heard::Accepted,
            code => return Err(LoadError::Protocol(format!("login refused with code {code}"))),
        },
        3 => {
            let topic = usize::from(body.try_get_u16().map_err(short)?);
            if body.len() < topic {
                return Err(broken("an MQTT packet is cut"));
            }
            body.advance(topic);
            let qos = (first >> 1) & 3;
            Heard::Message(if qos > 0 { body.try_get_u16().map_err(short)? } else { 0 })
        }
        4 => Heard::Taken(body.try_get_u16().map_err(short)?),
        9 => Heard::Subscribed,
        _ => Heard::Other,
    }))
}

/// First byte, size of the body, size of the head.
fn head(buffer: &[u8]) -> Result<Option<(u8, usize, usize)>, LoadError> {
    let [first, rest @ ..] = buffer else { return Ok(None) };
    let mut size = 0;
    for (index, byte) in rest.iter().take(4).enumerate() {
        size |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((*first, size, 2 + index)));
        }
    }
    if rest.len() >= 4 { Err(broken("an MQTT length over four bytes")) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Bytes worked out by hand from the MQTT 3.1.1 text.
    #[test]
    fn packets_are_what_the_standard_says() {
        let who = Who { app_key: String::new(), user: "a".to_owned(), keeps: false };
        let mut out = BytesMut::new();
        connect(&who, &mut out);
        assert_eq!(&out[..], b"\x10\x0D\x00\x04MQTT\x04\x02\x00\x3C\x00\x01a");
        out.clear();
        subscribe("a", 7, &mut out);
        assert_eq!(&out[..], b"\x82\x09\x00\x07\x00\x04to/a\x01");
        out.clear();
        publish("a", &[b'x'; 200], 7, &mut out);
        assert_eq!(&out[..11], b"\x32\xD0\x01\x00\x04to/a\x00\x07");
        assert_eq!(out.len(), 3 + 208);
    }

    #[test]
    fn a_stream_is_heard_wherever_it_is_cut() {
        let bytes = b"\x20\x02\x00\x00\x90\x03\x00\x07\x01\x32\x09\x00\x04to/a\x00\x05x\x40\x02\x00\x07";
        let (mut buffer, mut heard) = (BytesMut::new(), Vec::new());
        for byte in bytes {
            buffer.put_u8(*byte);
            heard.extend(hear(&mut buffer).unwrap());
        }
        assert_eq!(heard, [Heard::Accepted, Heard::Subscribed, Heard::Message(5), Heard::Taken(7)]);
    }

    #[test]
    fn a_refusal_is_an_error() {
        assert!(hear(&mut BytesMut::from(&b"\x20\x02\x00\x05"[..])).is_err());
    }
}
