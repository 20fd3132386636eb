//! `harness`: runs scenarios against an IM client and judges its callback sequence.

fn main() -> std::process::ExitCode {
    harness::cli::main()
}
