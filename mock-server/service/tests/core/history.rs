//! History by `qryPMsg`: bounds, both orders, pages, retention to the millisecond, clearing (HIST, DEL).

use prost::Message;
use wire::{
    Topic,
    body::{CleanHisMsgInput, CleanMsgBatchReq, HistoryMsgInput, HistoryMsgOuput},
};

use crate::world::{World, text_of};

const ON: &str =
    r#"{"users": ["alice", "bob"], "switches": {"roamingHistory": true}, "limits": {"sendPerSecond": 0}}"#;

/// A page as texts, with `hasMsg`, the times and `syncTime`.
fn page(world: &mut World, time: i64, count: i32, order: i32) -> (Vec<String>, i32, Vec<i64>, i64) {
    let alice = world.login("alice", "Android");
    let ask = HistoryMsgInput {
        target_id: Some("bob".into()),
        time: Some(time),
        count: Some(count),
        order: Some(order),
        ..HistoryMsgInput::default()
    };
    let (status, body) = world.query(alice, Topic::QryPMsg, "bob", &ask);
    assert_eq!(status, 0);
    let page = HistoryMsgOuput::decode(body).unwrap();
    let times = page.list.iter().map(|message| message.data_time).collect();
    (page.list.iter().map(text_of).collect(), page.has_msg, times, page.sync_time)
}

/// Bob says `count` texts to alice, `apart` milliseconds from each other; gives their times.
fn said(world: &mut World, count: usize, apart: i64) -> Vec<i64> {
    let bob = world.settled("bob", "Android");
    for n in 1..=count {
        assert_eq!(world.send_text(bob, "alice", &n.to_string()), 0);
        world.advance(apart);
    }
    let mut times = Vec::new();
    while times.len() < count {
        let last = times.last().copied().unwrap_or(0);
        let (_, _, page, _) = page(world, last, 100, 1);
        assert!(!page.is_empty());
        times.extend(page);
    }
    times
}

fn texts(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(ToString::to_string).collect()
}

#[test]
fn a_page_lies_beyond_its_time_and_says_whether_more_does() {
    let mut world = World::new(ON);
    let t = said(&mut world, 5, 1000);
    let cases: [(i64, i32, i32, &[usize], i32); 14] = [
        (0, 2, 0, &[5, 4], 1),
        (0, 5, 0, &[5, 4, 3, 2, 1], 0),
        (0, 0, 0, &[5, 4, 3, 2, 1], 0),
        (t[3], 3, 0, &[3, 2, 1], 0),
        (t[3], 2, 0, &[3, 2], 1),
        (t[2] + 1, 2, 0, &[3, 2], 1),
        (t[0], 3, 0, &[], 0),
        (t[0] + 1, 3, 0, &[1], 0),
        (0, 2, 1, &[1, 2], 1),
        (t[1], 3, 1, &[3, 4, 5], 0),
        (t[1], 2, 1, &[3, 4], 1),
        (t[2] - 1, 1, 1, &[3], 1),
        (t[4] - 1, 3, 1, &[5], 0),
        (t[4], 3, 1, &[], 0),
    ];
    for (time, count, order, expected, more) in cases {
        let (seen, has_more, times, sync_time) = page(&mut world, time, count, order);
        let case = format!("time {time}, count {count}, order {order}");
        assert_eq!((seen, has_more), (texts(expected), more), "{case}");
        // Whoever pages on asks with this time.
        assert_eq!(sync_time, times.last().copied().unwrap_or(time), "{case}");
    }
}

#[test]
fn messages_of_one_millisecond_are_paged_once_each_in_both_orders() {
    for order in [0, 1] {
        let mut world = World::new(ON);
        said(&mut world, 25, 0);
        let (mut seen, mut time, mut mores) = (Vec::new(), 0, Vec::new());
        loop {
            let (texts, more, _, next) = page(&mut world, time, 10, order);
            seen.extend(texts);
            mores.push(more);
            time = next;
            if more == 0 {
                break;
            }
        }
        let mut expected: Vec<usize> = (1..=25).collect();
        if order == 0 {
            expected.reverse();
        }
        assert_eq!((seen, mores), (texts(&expected), vec![1, 1, 0]), "order {order}");
    }
}

#[test]
fn a_page_holds_a_hundred_messages_at_most() {
    let mut world = World::new(ON);
    said(&mut world, 101, 1);
    let (seen, more, ..) = page(&mut world, 0, 1000, 0);
    assert_eq!((seen.len(), seen.first().map(String::as_str), more), (100, Some("101"), 1));
}

#[test]
fn history_is_kept_six_months_and_not_a_millisecond_more() {
    let mut world = World::new(ON);
    let t = said(&mut world, 1, 0);
    // Worlds begin with the year: the first of July is 181 days later.
    let months = 181 * 24 * 3600 * 1000;
    world.advance(t[0] + months - 1 - world.now.0);
    assert_eq!(page(&mut world, 0, 20, 0).0, texts(&[1]));
    world.advance(1);
    assert_eq!(page(&mut world, 0, 20, 0).0, texts(&[1]));
    world.advance(1);
    for order in [0, 1] {
        let (seen, more, ..) = page(&mut world, 0, 20, order);
        assert!(seen.is_empty() && more == 0);
    }
}

/// The vendor's native client shows nothing of a page that does not say so.
#[test]
fn a_page_says_for_which_times_it_leaves_nothing_out() {
    let mut world = World::new(ON);
    let t = said(&mut world, 5, 1000);
    let (now, half_a_year_ago) = (world.now.0, 1_751_328_000_000);
    let cases = [
        (0, 2, 0, t[3], now),
        // The native client asks for the newest like this.
        (4_102_416_000_000, 2, 0, t[3], now),
        (t[3], 2, 0, t[1], t[3]),
        (t[1], 2, 1, t[1], t[3]),
        (t[1], 9, 1, t[1], now),
        (t[4], 9, 1, t[4], now),
    ];
    let alice = world.login("alice", "Android");
    let mut ask = |time, count, order| {
        let ask = HistoryMsgInput {
            target_id: Some("bob".into()),
            time: Some(time),
            count: Some(count),
            order: Some(order),
            ..HistoryMsgInput::default()
        };
        let page = HistoryMsgOuput::decode(world.query(alice, Topic::QryPMsg, "bob", &ask).1).unwrap();
        (page.credible_start_time.unwrap(), page.credible_end_time.unwrap())
    };
    for (time, count, order, start, end) in cases {
        assert_eq!(ask(time, count, order), (start, end), "{count} from {time}, order {order}");
    }
    // Back to the beginning of what is kept, not only to the first message.
    let (start, end) = ask(t[3], 9, 0);
    assert!(half_a_year_ago - 86_400_000 < start && start < half_a_year_ago + 86_400_000, "{start}");
    assert_eq!(end, t[3]);
}

#[test]
fn clearing_takes_the_message_of_its_time_and_nothing_later() {
    for (to_third, left) in [(-1, &[5, 4, 3][..]), (0, &[5, 4]), (1, &[5, 4])] {
        let mut world = World::new(ON);
        let t = said(&mut world, 5, 1000);
        clear(&mut world, t[2] + to_third);
        assert_eq!(page(&mut world, 0, 20, 0).0, texts(left), "{to_third} ms");
        // What was cleared does not come back by clearing less.
        clear(&mut world, t[0]);
        assert_eq!(page(&mut world, 0, 20, 0).0, texts(left), "{to_third} ms");
    }
}

/// Of messages of one millisecond, later ones have times that lie ahead of the clock.
#[test]
fn clearing_everything_takes_messages_that_are_ahead_of_the_clock() {
    let mut world = World::new(ON);
    said(&mut world, 5, 0);
    clear(&mut world, 0);
    assert!(page(&mut world, 0, 20, 0).0.is_empty());
    world.advance(1000);
    let bob = world.login("bob", "Android");
    world.send_text(bob, "alice", "6");
    assert_eq!(page(&mut world, 0, 20, 0).0, texts(&[6]));
}

#[test]
fn several_conversations_are_cleared_at_once_or_none() {
    let mut world = World::new(ON);
    said(&mut world, 2, 1000);
    let one = |target: &str, kind: i32| CleanHisMsgInput {
        target_id: Some(target.to_owned()),
        conversation_type: Some(kind),
        ..CleanHisMsgInput::default()
    };
    let batch = |world: &mut World, input: Vec<CleanHisMsgInput>| {
        let alice = world.login("alice", "Android");
        world.query(alice, Topic::CleanMsgBatch, "alice", &CleanMsgBatchReq { input }).0
    };
    for wrong in
        [vec![], vec![one("bob", 1), one("r", 4)], vec![one("bob", 1), one("", 6)], vec![one("bob", 1); 21]]
    {
        assert_ne!(batch(&mut world, wrong), 0);
        assert_eq!(page(&mut world, 0, 20, 0).0, texts(&[2, 1]));
    }
    assert_eq!(batch(&mut world, vec![one("office", 6), one("bob", 1)]), 0);
    assert!(page(&mut world, 0, 20, 0).0.is_empty());
}

fn clear(world: &mut World, until: i64) {
    let alice = world.login("alice", "Android");
    let ask = CleanHisMsgInput {
        target_id: Some("bob".into()),
        data_time: Some(until),
        ..CleanHisMsgInput::default()
    };
    assert_eq!(world.query(alice, Topic::CleanPMsg, "bob", &ask).0, 0);
}

#[test]
fn without_the_service_there_is_no_history() {
    let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
    let alice = world.settled("alice", "Android");
    for topic in [Topic::QryPMsg, Topic::QryGMsg, Topic::QrySMsg] {
        let ask = HistoryMsgInput { target_id: Some("bob".into()), ..HistoryMsgInput::default() };
        assert_eq!(world.query(alice, topic, "bob", &ask).0, 33007);
    }
    // Switched on, what came before is none; what comes now is.
    world.act(r#"{"setSwitch": {"name": "roamingHistory", "value": true}}"#);
    assert!(page(&mut world, 0, 20, 0).0.is_empty());
}
