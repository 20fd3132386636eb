//! A reader goes on from wherever it was before, and a copy of a world goes on as the world does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Cursor;

use recording::{Decoder, End, Reader, replay::Replay};

fn session() -> Reader<Cursor<Vec<u8>>> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recordings/native@5.46.1/two-devices.jsonl");
    Reader::open(Cursor::new(std::fs::read(path).unwrap())).unwrap()
}

#[test]
fn from_every_place_the_same_is_read() {
    let mut reader = session();
    let (mut places, mut entries) = (Vec::new(), Vec::new());
    loop {
        places.push(reader.place());
        let Some(entry) = reader.next_entry().unwrap() else { break };
        entries.push(format!("{entry:?}"));
    }
    assert!(entries.len() > 50 && places.iter().any(|place| place.connections() > 1));
    // Native frames are read as such only by who knows how their connection is carried.
    for (at, place) in places.iter().enumerate().rev() {
        reader.return_to(place).unwrap();
        assert_eq!((reader.last(), reader.intact(), reader.end()), (place.last(), place.offset(), None));
        for told in &entries[at..] {
            assert_eq!(format!("{:?}", reader.next_entry().unwrap().unwrap()), *told);
        }
        assert!(reader.next_entry().unwrap().is_none());
        assert_eq!(reader.end(), Some(&End::Whole));
    }
}

#[test]
fn a_decoder_that_only_learns_knows_what_one_that_tells_does() {
    let (mut reader, mut learns, mut tells) = (session(), Decoder::default(), Decoder::default());
    let mut users = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        let (mut copy, asked) = (learns.clone(), learns.asked_of(&entry).map(str::to_owned));
        assert_eq!(
            (copy.decode(&entry), asked.as_deref()),
            (tells.clone().decode(&entry), tells.asked_of(&entry))
        );
        learns.learn(&entry);
        tells.decode(&entry);
        users.extend((1..4).filter_map(|conn| learns.user(service::ConnId(conn)).map(str::to_owned)));
    }
    users.sort();
    users.dedup();
    assert_eq!(users.len(), 2, "{users:?}");
}

#[test]
fn a_copy_of_a_world_goes_on_as_the_world_does() {
    let mut reader = session();
    let mut replay = Replay::begin(reader.header()).unwrap();
    let mut copies = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        if entry.n % 10 == 0 {
            copies.push(replay.clone());
        }
        for copy in &mut copies {
            copy.check(entry.clone()).unwrap();
        }
        replay.check(entry).unwrap();
    }
    assert!(copies.len() > 5);
}
