//! The load's clients against a server of ours, on real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::SocketAddr;

use clap::Parser as _;
use harness::load::{Args, LoadError, Report, measure};
use mock_server::{Config, Server};

fn server() -> (Server, String) {
    let server = Server::start(Config::default()).unwrap();
    let address = server.addresses().tcp.clone();
    (server, address)
}

fn load(arguments: &str, address: &str) -> Result<Report, LoadError> {
    let words = format!("load {arguments} --address {address} --seconds 30");
    measure(&Args::try_parse_from(words.split(' ')).unwrap())
}

#[test]
fn logins_are_counted_on_both_transports() {
    let (_server, address) = server();
    for protocol in ["tcp", "websocket"] {
        let arguments = format!("connect --protocol {protocol} --count 50 --parallel 4");
        let report = load(&arguments, &address).unwrap();
        assert_eq!((report.scenario, report.units), ("connect", 50));
        let latency = report.latency.unwrap();
        assert!(latency.p50 <= latency.p99 && latency.p99 <= latency.max);
        assert_eq!(report.server_cpu_micros, None, "the server's process was not named");
    }
}

#[test]
fn a_backlog_of_several_packages_is_read_to_its_end() {
    let (_server, address) = server();
    for protocol in ["tcp", "websocket"] {
        let report = load(&format!("backlog --protocol {protocol} --count 450"), &address).unwrap();
        assert_eq!((report.scenario, report.units), ("backlog", 450));
    }
}

#[test]
fn a_mailbox_is_filled_and_read_back_in_order() {
    let (_server, address) = server();
    for protocol in ["tcp", "websocket"] {
        let report = load(&format!("store --protocol {protocol} --count 450"), &address).unwrap();
        assert_eq!((report.scenario, report.units), ("store", 450));
    }
}

#[test]
fn who_is_online_in_an_ultra_group_has_every_message_once() {
    let (_server, address) = server();
    let arguments = "ultra-group --members 30 --online 10 --rooms 5 --count 12 --window 1";
    let report = load(arguments, &address).unwrap();
    assert_eq!((report.scenario, report.units), ("ultra-group", 120));
    let error = load("ultra-group --members 10 --online 10", &address).unwrap_err();
    assert!(error.to_string().contains("less than --members"), "{error}");
}

#[test]
fn members_of_many_rooms_have_every_message_once() {
    let (_server, address) = server();
    let report = load("room --members 10 --rooms 7 --count 20 --window 2", &address).unwrap();
    assert_eq!((report.scenario, report.units), ("room", 200));
}

#[test]
fn everybody_in_a_room_has_every_message_once() {
    let (_server, address) = server();
    for (protocol, window) in [("tcp", 1), ("websocket", 8)] {
        let arguments = format!("room --protocol {protocol} --members 20 --count 16 --window {window}");
        let report = load(&arguments, &address).unwrap();
        assert_eq!((report.scenario, report.units), ("room", 320));
    }
}

#[test]
fn pairs_push_every_message_without_a_limit_on_sending() {
    let (_server, address) = server();
    let report = load("pairs --count 500 --parallel 2 --window 8", &address).unwrap();
    assert_eq!((report.scenario, report.units, report.pulled), ("pairs", 500, 0));
}

#[test]
fn the_command_line_names_one_server_and_stays_in_bounds() {
    for arguments in
        ["load pairs", "load pairs --address 127.0.0.1:1 --spawn x", "load pairs --count 0 --spawn x"]
    {
        assert!(Args::try_parse_from(arguments.split(' ')).is_err(), "{arguments}");
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    // Bound and let go: nobody listens there now.
    let gone: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(load("connect", &gone.to_string()), Err(LoadError::Io(_))));
}

#[test]
fn a_program_that_prints_no_ready_line_is_an_error() {
    let words = ["load", "connect", "--spawn", "/bin/true"];
    let error = measure(&Args::try_parse_from(words).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "/bin/true: it printed no ready line");
}
