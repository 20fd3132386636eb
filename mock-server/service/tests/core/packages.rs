//! The mailbox: packages, watermarks, retention, whose a message is.

use crate::world::{World, text_of};

fn backlog(count: u32) -> World {
    World::new(&format!(
        r#"{{"users": ["alice", "bob"], "backlog": [{{"from": "bob", "to": "alice", "count": {count}}}]}}"#
    ))
}

#[test]
fn a_backlog_comes_as_packages_of_200_in_order_and_once() {
    let mut world = backlog(450);
    let alice = world.login("alice", "Android");
    let (mut sizes, mut texts, mut sync_time) = (vec![], vec![], 0);
    loop {
        let package = world.pull(alice, sync_time);
        sizes.push(package.list.len());
        texts.extend(package.list.iter().map(text_of));
        assert!(package.sync_time >= sync_time);
        sync_time = package.sync_time;
        if package.finished() {
            break;
        }
    }
    assert_eq!(sizes, [200, 200, 50]);
    assert_eq!(texts, (1..=450).map(|n| format!("message {n}")).collect::<Vec<_>>());
    assert_eq!(world.pull(alice, sync_time).list.len(), 0);
}

#[test]
fn a_package_that_was_lost_on_the_way_comes_again() {
    let mut world = backlog(250);
    let alice = world.login("alice", "Android");
    let first = world.pull(alice, 0);
    let alice = world.login("alice", "Android");
    assert_eq!(world.pull(alice, 0).list, first.list);
    assert_eq!(world.pull(alice, first.sync_time).list.len(), 50);
}

#[test]
fn everything_announced_lies_below_a_finished_answer() {
    let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
    let alice = world.login("alice", "Android");
    let bob = world.settled("bob", "Android");
    for n in 0..5 {
        assert_eq!(world.send_text(bob, "alice", &n.to_string()), 0);
    }
    let package = world.pull(alice, 0);
    let newest = package.list.last().unwrap().data_time;
    assert!(package.finished() && package.sync_time >= newest);
    let times: Vec<i64> = package.list.iter().map(|message| message.data_time).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

/// A client that logs in at once compares their times with that of its login: all of them are older, by a second and more,
/// however many messages and entries there are.
#[test]
fn what_waits_when_a_world_begins_is_a_second_old_at_least() {
    let mut world = World::new(
        r#"{"users": ["alice", "bob"], "limits": {"package": 1000}, "backlog": [
            {"from": "bob", "to": "alice", "count": 450}, {"from": "bob", "to": "alice", "count": 150},
            {"from": "bob", "to": "alice", "count": 2, "ageMs": 500}]}"#,
    );
    let began = world.now.0;
    let alice = world.login("alice", "Android");
    let mut times = Vec::new();
    let mut since = 0;
    while times.len() < 602 {
        let package = world.pull(alice, since);
        assert!(!package.list.is_empty());
        times.extend(package.list.iter().map(|message| message.data_time));
        since = package.sync_time;
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert_eq!(*times.last().unwrap(), began - 1000);
}

#[test]
fn messages_wait_as_long_as_their_retention_and_no_longer() {
    let day = 86_400_000;
    for (age, waits) in [(7 * day - 1000, 1), (7 * day + 1000, 0)] {
        let mut world = backlog(1);
        // It is a second old when the world begins.
        world.advance(age - 1000);
        let alice = world.login("alice", "Android");
        assert_eq!(world.pull(alice, 0).list.len(), waits, "after {age} ms");
    }
}

#[test]
fn without_sync_a_message_belongs_to_the_first_device_that_pulls_it() {
    let mut world = backlog(3);
    let phone = world.login("alice", "Android");
    assert_eq!(world.pull(phone, 0).list.len(), 3);
    let web = world.login("alice", "Web");
    assert_eq!(world.pull(web, 0).list.len(), 0);
}

#[test]
fn with_sync_every_device_gets_it_and_the_senders_others_too() {
    let mut world = World::new(r#"{"users": ["alice", "bob"], "switches": {"multiDeviceSync": true}}"#);
    let bob = world.settled("bob", "Android");
    assert_eq!(world.send_text(bob, "alice", "hello"), 0);
    for platform in ["Android", "Web"] {
        let device = world.login("alice", platform);
        assert_eq!(world.pull(device, 0).list.len(), 1, "{platform}");
    }
    let web = world.login("bob", "Web");
    let own = world.pull(web, 0).list.remove(0);
    assert_eq!((own.direction, own.from_user_id.as_str()), (Some(true), "alice"));
}

#[test]
fn acknowledged_messages_do_not_pile_up() {
    let mut world = World::new(r#"{"users": ["alice", "bob"], "limits": {"sendPerSecond": 0}}"#);
    let alice = world.settled("alice", "Android");
    let bob = world.settled("bob", "Android");
    for n in 0..1000u16 {
        assert_eq!(world.send_text(bob, "alice", "x"), 0);
        world.frame(alice, wire::ClientFrame::PubAck { id: n + 1 });
        world.out.clear();
    }
    let held = world.service.state("mailboxes", Some("alice")).unwrap()["count"].as_u64().unwrap();
    assert!(held <= 65, "{held}");
}

#[test]
fn named_bugs_change_the_packages() {
    for (bug, first) in [("skips_last_of_package", 199), ("wrong_left_count", 199)] {
        let mut world = backlog(300);
        world.act(&format!(r#"{{"misbehave": {{"bug": "{bug}", "on": true}}}}"#));
        let alice = world.login("alice", "Android");
        assert_eq!(world.pull(alice, 0).list.len(), first, "{bug}");
    }
    let mut world = backlog(2);
    world.act(r#"{"misbehave": {"bug": "duplicates_after_reconnect", "on": true}}"#);
    let alice = world.login("alice", "Android");
    let sync_time = world.pull(alice, 0).sync_time;
    let alice = world.login("alice", "Android");
    assert_eq!(world.pull(alice, sync_time).list.len(), 1);
}

#[test]
fn bodies_are_pushed_only_behind_a_confirmed_last_package() {
    let mut world = backlog(250);
    let bob = world.settled("bob", "Android");
    let alice = world.login("alice", "Web");
    let first = world.pull(alice, 0);
    world.confirm(alice);
    world.advance(5_000);
    // Half of the backlog is still to be pulled.
    world.seen(alice);
    assert_eq!(world.send_text(bob, "alice", "early"), 0);
    assert_eq!(world.announced(alice), 1);

    let second = world.pull(alice, first.sync_time);
    assert!(second.finished());
    world.advance(5_000);
    // The last package may still be on the way.
    world.seen(alice);
    assert_eq!(world.send_text(bob, "alice", "still early"), 0);
    assert_eq!(world.announced(alice), 1);

    let third = world.pull(alice, second.sync_time);
    assert_eq!(third.list.iter().map(text_of).collect::<Vec<_>>(), ["still early"]);
    world.confirm(alice);
    world.advance(1_000);
    world.seen(alice);
    assert_eq!(world.send_text(bob, "alice", "now"), 0);
    assert_eq!(world.pushed(alice), ["now"]);
}

#[test]
fn a_client_that_does_not_pull_after_its_login_is_told_to_once() {
    let mut world = backlog(1);
    let alice = world.login("alice", "Web");
    world.advance(10_000);
    assert_eq!(world.announced(alice), 1);
    // One that pulls is not, nor one for whom nothing waits.
    let again = world.login("alice", "PC");
    world.pull(again, 0);
    let bob = world.login("bob", "Web");
    world.advance(10_000);
    assert_eq!((world.announced(again), world.announced(bob)), (0, 0));
}

#[test]
fn a_package_ends_by_its_bytes_and_holds_at_least_one_message() {
    let text = "x".repeat(2000);
    let mut world = World::new(&format!(
        r#"{{"limits": {{"packageBytes": 5000}}, "backlog": [
            {{"from": "bob", "to": "alice", "count": 5, "text": "{text}"}},
            {{"from": "bob", "to": "alice", "count": 1, "text": "{}"}}]}}"#,
        "y".repeat(9000)
    ));
    let alice = world.login("alice", "Android");
    let (mut since, mut sizes) = (0, Vec::new());
    loop {
        let package = world.pull(alice, since);
        sizes.push(package.list.len());
        since = package.sync_time;
        if package.finished() {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1, 1]);
}

#[test]
fn what_was_acknowledged_comes_again_unless_the_client_has_it_for_certain() {
    // To 5.28.0 the body is a reason to pull, which it does after its acknowledgement; 5.38.0 takes the body, and keeps no
    // watermark of it: a page loaded anew asks from before.
    for (sdk_version, again) in [("5.28.0", 1), ("5.38.0", 0), ("4.6.4", 1), ("", 1)] {
        let mut world = World::new(r#"{"users": ["alice", "bob"]}"#);
        let bob = world.settled("bob", "Android");
        let page = |world: &mut World| {
            let token = world.service.issue_token(world.now, "alice");
            let sdk_version = sdk_version.to_owned();
            world.open(service::Login { token, platform: "Web".into(), sdk_version, ..Default::default() })
        };
        let alice = page(&mut world);
        let before = world.pull(alice, 0).sync_time;
        world.confirm(alice);
        world.advance(1000);
        world.seen(alice);
        assert_eq!(world.send_text(bob, "alice", "hello"), 0);
        assert_eq!(world.pushed(alice), ["hello"]);
        world.frame(alice, wire::ClientFrame::PubAck { id: 1 });
        assert_eq!(world.pull(alice, before).list.len(), again, "{sdk_version}");
        let alice = page(&mut world);
        assert_eq!(world.pull(alice, before).list.len(), again, "{sdk_version}");
        // Acknowledged during a pull, it may have been thrown away.
        world.confirm(alice);
        world.advance(1000);
        assert_eq!(world.send_text(bob, "alice", "thrown away"), 0);
        world.pull(alice, before);
        world.frame(alice, wire::ClientFrame::PubAck { id: 1 });
        let alice = page(&mut world);
        assert_eq!(
            world.pull(alice, before).list.last().map(text_of).as_deref(),
            Some("thrown away"),
            "{sdk_version}"
        );
    }
}
