//! placeholder
use recording::What;
/// placeholder
#[derive(Debug, Default)]
pub struct Scrubber;
impl Scrubber {
    /// placeholder
    pub fn app_key(&mut self, app_key: &str) -> String { app_key.to_owned() }
    /// placeholder
    pub fn scrub(&mut self, what: What) -> What { what }
}
