//! The rules as a user wants them.

use super::rules::{Of, RULES, Usual};

/// How a rule is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// As it is declared.
    #[default]
    Usual,
    /// What it covers must be the same.
    Strict,
    /// What it covers is not looked at.
    Ignored,
}

/// The rules, as a user wants them.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    changed: std::collections::BTreeMap<Of, Mode>,
    /// Whether a machine's clock ran in either session: instants within what is said are then no more than that.
    pub(crate) any_instant: bool,
}

impl Rules {
    /// With some of them changed, by their names.
    ///
    /// # Errors
    /// None is called so, or one is to be both: a sentence, and the nearest name where there is one.
    pub fn changed(ignored: &[String], strict: &[String]) -> Result<Self, (String, Option<String>)> {
        let mut rules = Self::default();
        for (names, mode) in [(ignored, Mode::Ignored), (strict, Mode::Strict)] {
            for name in names {
                let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
                    let near = crate::scenario::nearest(name, RULES.iter().map(|rule| rule.name));
                    return Err((format!("no rule is called `{name}`"), near.map(str::to_owned)));
                };
                if rules.changed.insert(rule.of, mode).is_some_and(|before| before != mode) {
                    return Err((format!("the rule `{name}` is to be ignored and strict at once"), None));
                }
            }
        }
        Ok(rules)
    }

    /// With one ignored, for a reason of the program's.
    #[must_use]
    pub(crate) fn ignoring(mut self, of: Of) -> Self {
        self.changed.entry(of).or_insert(Mode::Ignored);
        self
    }

    /// Instants are no more than that, whatever clock ran.
    #[must_use]
    pub(crate) fn with_any_instant(self) -> Self {
        Self { any_instant: true, ..self }
    }

    /// For learning which names belong together: instants are no part of what something is.
    pub(crate) fn to_learn() -> Self {
        Self { any_instant: true, ..Self::default() }
    }

    pub(crate) fn mode(&self, of: Of) -> Mode {
        self.changed.get(&of).copied().unwrap_or_default()
    }

    /// Whether what a rule covers is not looked at at all.
    pub(crate) fn leaves_out(&self, of: Of) -> bool {
        match self.mode(of) {
            Mode::Usual => RULES.iter().any(|rule| rule.of == of && rule.usual == Usual::LeftOut),
            Mode::Strict => false,
            Mode::Ignored => true,
        }
    }

    /// The rule that covers a field, by its name.
    pub(crate) fn of_field(field: &str) -> Option<Of> {
        RULES.iter().find(|rule| rule.fields.contains(&field)).map(|rule| rule.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_not_there_is_named_with_the_nearest() {
        let (why, near) = Rules::changed(&["instant".to_owned()], &[]).unwrap_err();
        assert_eq!((why.as_str(), near.as_deref()), ("no rule is called `instant`", Some("instants")));
        let both = ["pace".to_owned()];
        assert!(Rules::changed(&both, &both).unwrap_err().0.contains("at once"));
    }
}
