//! Cases by name: `message/send[type=group]`.

use indexmap::IndexMap;

/// The name of the case of that file with those axes, as [`ScenarioResult::name`](super::ScenarioResult::name) has it.
#[must_use]
pub fn name_of(path: &str, axes: &IndexMap<String, String>) -> String {
    let path = path.rsplit_once("scenarios/").map_or(path, |(_, path)| path);
    let path = match path.rsplit_once('.') {
        Some((stem, end)) if ["yaml", "yml"].iter().any(|yaml| end.eq_ignore_ascii_case(yaml)) => stem,
        _ => path,
    };
    let axes: Vec<String> = axes.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
    if axes.is_empty() { path.to_owned() } else { format!("{path}[{}]", axes.join(",")) }
}

/// The area of a case by its name: the first folder, or all folders of a file that is not in `scenarios/`.
#[must_use]
pub fn area_of(name: &str) -> &str {
    let path = name.split('[').next().unwrap_or(name);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if folder.starts_with(['/', '.']) { folder } else { folder.split('/').next().unwrap_or(folder) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_the_first_folder_or_all_of_one_that_is_elsewhere() {
        for (name, area) in [
            ("message/send[type=group/all]", "message"),
            ("chatroom/entries/set", "chatroom"),
            ("send", ""),
            ("/tmp/x/send", "/tmp/x"),
            ("../x/send", "../x"),
        ] {
            assert_eq!(area_of(name), area, "{name}");
        }
    }
}
