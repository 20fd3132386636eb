//! Screens, reviewed as they are.

use super::{changed, fixture, open, press, shown};

fn seen(bytes: Vec<u8>, keys: &str) -> String {
    let mut model = open(bytes);
    press(&mut model, keys);
    shown(&mut model, 80, 24)
}

fn recall() -> Vec<u8> {
    fixture("native@5.46.1/recall.jsonl")
}

#[test]
fn the_beginning() {
    insta::assert_snapshot!(seen(recall(), ""));
}

#[test]
fn a_frame_in_words() {
    insta::assert_snapshot!(seen(recall(), ":46<Enter>mJJ"));
}

#[test]
fn a_frame_in_bytes() {
    insta::assert_snapshot!(seen(recall(), ":54<Enter>2"));
}

#[test]
fn callbacks_of_one_client() {
    insta::assert_snapshot!(seen(recall(), "Gcc"));
}

#[test]
fn the_mailbox_concerned() {
    insta::assert_snapshot!(seen(recall(), ":47<Enter>4"));
}

#[test]
fn breakpoints_and_marks() {
    insta::assert_snapshot!(seen(recall(), "btopic ppMsgP<Enter>buser ben<Enter>:3<Enter>v:9<Enter>v5J"));
}

#[test]
fn an_entry_that_differs() {
    insta::assert_snapshot!(seen(changed(), "bdiffers<Enter>r"));
}

#[test]
fn an_answer_that_differs() {
    insta::assert_snapshot!(seen(changed(), "bdiffers<Enter>rr"));
}

#[test]
fn the_keys() {
    insta::assert_snapshot!(seen(recall(), "j?"));
}

#[test]
fn a_large_terminal_shows_the_room_beside_the_entry() {
    let mut model = open(fixture("web-sdk@5.38.0/chatroom-with-entries.jsonl"));
    press(&mut model, "/joinChrmR<Enter>j");
    insta::assert_snapshot!(shown(&mut model, 140, 34));
}

#[test]
fn a_small_terminal_and_one_that_is_too_small() {
    let mut model = open(recall());
    press(&mut model, ":46<Enter>/secr");
    insta::assert_snapshot!("small", shown(&mut model, 40, 10));
    insta::assert_snapshot!("too_small", shown(&mut model, 30, 8));
}
