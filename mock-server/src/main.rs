//! The command line around the server.

fn main() -> std::process::ExitCode {
    mock_server::cli::run()
}
